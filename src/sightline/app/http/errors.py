"""One shape for every error of an application, FastAPI's own among them."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sightline.app.http.refusal import BAD_REQUEST, CLIENT_GONE, NOT_FOUND, Refusal, our_fault

LONGEST_SHOWN = 100


def add_error_handlers(api: FastAPI) -> None:
    """Have every error of an application answered as a `Refusal`."""

    @api.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> Response:
        return refusal.response()

    @api.exception_handler(HTTPException)
    async def refuse_address(request: Request, error: HTTPException) -> Response:
        if error.status_code == NOT_FOUND:
            refusal = Refusal(NOT_FOUND, "there is nothing at this address", hint="/openapi.json lists them all")
            return refusal.response()
        problem, headers = f"{request.method}: {error.detail}", dict(error.headers or {})
        return Refusal(error.status_code, problem, hint="see /openapi.json", headers=headers).response()

    @api.exception_handler(RequestValidationError)
    async def refuse_query(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        problem = f"{first['loc'][-1]}: {first['msg']}, not {str(first.get('input'))[:LONGEST_SHOWN]!r}"
        return Refusal(BAD_REQUEST, problem, hint="see /openapi.json").response()

    @api.exception_handler(ClientDisconnect)
    async def answer_nobody(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_GONE)

    @api.exception_handler(Exception)
    async def admit(_: Request, __: Exception) -> Response:
        return our_fault().response()
