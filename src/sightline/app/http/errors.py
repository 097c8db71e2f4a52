"""FastAPI's own errors in the one shape that all have; `RequestLog` answers what else is raised."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from sightline.app.http.refusal import BAD_REQUEST, NOT_FOUND, Refusal

LONGEST_SHOWN = 100
SEE = "see /openapi.json"


def add_error_handlers(api: FastAPI) -> None:
    """Have wrong addresses, methods and queries answered as a `Refusal`."""

    @api.exception_handler(HTTPException)
    async def refuse_address(request: Request, error: HTTPException) -> Response:
        if error.status_code == NOT_FOUND:
            return Refusal(
                NOT_FOUND, "there is nothing at this address", hint="/openapi.json lists them all"
            ).response()
        problem, headers = f"{request.method}: {error.detail}", dict(error.headers or {})
        return Refusal(error.status_code, problem, hint=SEE, headers=headers).response()

    @api.exception_handler(RequestValidationError)
    async def refuse_query(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        problem = f"{first['loc'][-1]}: {first['msg']}, not {str(first.get('input'))[:LONGEST_SHOWN]!r}"
        return Refusal(BAD_REQUEST, problem, hint=SEE).response()
