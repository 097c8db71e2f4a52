"""The addresses of the service."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from sightline import __version__
from sightline.app.serving import contract
from sightline.app.serving.bodies import ClientGoneError
from sightline.app.serving.desk import Wishes
from sightline.app.serving.front import Application
from sightline.app.serving.page import Sheet, sheets
from sightline.app.serving.predicting import Counter
from sightline.app.serving.refusals import (
    BAD_REQUEST,
    CLIENT_GONE,
    NOT_FOUND,
    NOT_MODIFIED,
    Refusal,
    busy,
    encoded,
    our_fault,
    stopping,
)

READ = ["GET", "HEAD"]
MOST_TOP, MOST_NEIGHBOURS = 1000, 8
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": contract.Refused} for status in (400, 401, 403, 404, 408, 413, 415, 422, 500, 503)
}


@dataclass
class State:
    """What the service is about; `stopping` is set by who runs it.

    Args:
        counter: Where pictures are handed in.
        stopping: Whether the service takes no more.
    """

    counter: Counter
    stopping: bool = False


def application(state: State) -> Application:
    """Return the application; `sightline.app.serving.front.Front` belongs around it."""
    api = FastAPI(
        title="sightline", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False,
        description="Names pictures. Every error has one shape, also those of a single picture.",
    )  # fmt: skip
    _add_complaints(api)
    _add_models(api, state)
    _add_signs(api, state)
    for address, sheet in sheets().items():
        api.add_api_route(address, _giving(sheet), methods=READ, include_in_schema=False)
    return api


def _json(value: Any) -> Response:
    return Response(encoded(value), media_type="application/json")


def _add_models(api: FastAPI, state: State) -> None:
    counter = state.counter

    @api.get("/v1/models", responses={200: {"model": contract.Models}, **REFUSALS})
    async def models() -> Response:
        """List the models."""
        return _json({"models": [desk.loaded.summary for desk in counter.shelf.desks.values()]})

    @api.get("/v1/models/{name}", responses={200: {"model": contract.Card}, **REFUSALS})
    async def model(name: str) -> Response:
        """Say what a model is."""
        return _json(counter.shelf.desk(name).loaded.card)

    @api.post(
        "/v1/models/{name}/predict",
        responses={200: {"model": contract.Prediction}, **REFUSALS},
        openapi_extra=contract.PICTURES,
    )
    async def predict(
        request: Request,
        name: str,
        top: Annotated[int, Query(ge=1, le=MOST_TOP, description="So many classes each.")] = 5,
        sets: Annotated[bool, Query(description="Also every class that is likely enough.")] = False,  # noqa: FBT002
        explain: Annotated[bool, Query(description="Also where the model looked.")] = False,  # noqa: FBT002
        neighbours: Annotated[
            int, Query(ge=0, le=MOST_NEIGHBOURS, description="So many of the nearest training pictures each.")
        ] = 0,
    ) -> Response:
        """Name pictures: one as the body, or many as the files of a form."""
        return _json(await counter.predict(name, Wishes(top, sets, explain, neighbours), request.scope["visit"]))


def _add_signs(api: FastAPI, state: State) -> None:
    counter = state.counter

    @api.api_route("/healthz", methods=READ, include_in_schema=False)
    async def alive() -> Response:
        return _json({"alive": True})

    @api.api_route("/readyz", methods=READ, include_in_schema=False)
    async def ready() -> Response:
        if state.stopping:
            raise stopping()
        if (begun := counter.metrics.ready.total) < counter.metrics.processes:
            raise busy(f"{begun} of {counter.metrics.processes} processes have their models")
        return _json({"ready": True, "models": list(counter.shelf.desks)})

    @api.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(counter.metrics.text(), media_type="text/plain; version=0.0.4")


def _giving(sheet: Sheet) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def give(request: Request) -> Response:
        if request.headers.get("if-none-match") == sheet.headers["ETag"]:
            return Response(status_code=NOT_MODIFIED, headers=sheet.headers)
        return Response(sheet.content, headers=sheet.headers)

    return give


def _add_complaints(api: FastAPI) -> None:
    """Give every error the one shape."""

    @api.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> Response:
        return _refused(refusal)

    @api.exception_handler(HTTPException)
    async def complain(request: Request, error: HTTPException) -> Response:
        if error.status_code == NOT_FOUND:
            return _refused(Refusal(NOT_FOUND, "there is nothing at this address", hint="/openapi.json lists them all"))
        told = f"{request.method}: {error.detail}"
        return _refused(Refusal(error.status_code, told, hint="see /openapi.json", headers=dict(error.headers or {})))

    @api.exception_handler(RequestValidationError)
    async def correct(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        told = f"{first['loc'][-1]}: {first['msg']}, not {str(first.get('input'))[:100]!r}"
        return _refused(Refusal(BAD_REQUEST, told, hint="see /openapi.json"))

    @api.exception_handler(ClientGoneError)
    async def shrug(_: Request, __: ClientGoneError) -> Response:
        return Response(status_code=CLIENT_GONE)

    @api.exception_handler(Exception)
    async def admit(_: Request, __: Exception) -> Response:
        return _refused(our_fault())


def _refused(refusal: Refusal) -> Response:
    return Response(refusal.body(), refusal.status, media_type="application/json", headers=refusal.headers)
