"""The addresses of the service."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BeforeValidator
from starlette.middleware import Middleware

from sightline.app.http.errors import add_error_handlers
from sightline.app.http.page import READ, add_page
from sightline.app.http.refusal import busy, encoded
from sightline.app.serving.answers.enrolling import NoTeacher, Teacher
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.answers.picture import Question
from sightline.app.serving.answers.prediction import Predictor
from sightline.app.serving.api import schema
from sightline.app.serving.metrics import Metrics
from sightline.evaluation.prediction_sets import LEAST_MISSED, MOST_MISSED

PAGE = Path(__file__).parents[1] / "page"
MOST_TOP, MOST_NEIGHBOURS = 1000, 8
SWITCHES = {"true": True, "1": True, "false": False, "0": False}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": schema.Refused} for status in (400, 401, 403, 404, 408, 413, 415, 422, 500, 503)
}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]]


def _wanted_sets(text: object) -> bool | float:
    """Return what a query says of prediction sets.

    Raises:
        ValueError: It says something else.
    """
    if (word := str(text).lower()) in SWITCHES:
        return SWITCHES[word]
    try:
        share = float(word)
    except ValueError:
        share = 0.0
    if not LEAST_MISSED <= share < MOST_MISSED:
        raise ValueError(
            f"expected true, false, or a share that may be missed, {LEAST_MISSED:g} to below {MOST_MISSED:g}"
        )
    return share


Sets = Annotated[
    bool | float,
    BeforeValidator(_wanted_sets),
    Query(description="Also each prediction set: true, or the share of pictures that it may miss."),
]


def application(
    predictor: Predictor,
    teacher: Teacher,
    metrics: Metrics,
    *,
    workers: int,
    middleware: Sequence[Middleware],
    lifespan: Lifespan,
) -> FastAPI:
    """Return the application.

    Args:
        predictor: Its models are those that are listed.
        teacher: Changes their classes, or refuses to.
        metrics: Those that ``/metrics`` shows.
        workers: How many must have their models until the service is ready, 1 or more.
        middleware: The outermost first; it answers what the application raises as a `Refusal`.
        lifespan: What is done before the first request and after the last one.
    """
    api = FastAPI(
        title="sightline", version=version("sightline"), docs_url=None, redoc_url=None, redirect_slashes=False,
        description="Names pictures. Every error has one shape, also those of a single picture.",
        middleware=middleware, lifespan=lifespan,
    )  # fmt: skip
    add_error_handlers(api)
    _add_predict(api, predictor)  # the routes are tried in their order, and this one is asked most
    _add_models(api, predictor.models, teaches=not isinstance(teacher, NoTeacher))
    _add_teaching(api, teacher)
    _add_signs(api, predictor.models, metrics, workers)
    add_page(api, PAGE)
    return api


class PlainRoute(APIRoute):
    """Hands a request without a query to its function as it is: the defaults hold, and there is nothing to validate.

    FastAPI's way through its dependencies would take a fifth of what a small request costs.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        validated = super().get_route_handler()

        async def answer(request: Request) -> Response:
            if request.scope["query_string"]:
                return await validated(request)
            plain: Response = await self.endpoint(request, **request.path_params)
            return plain

        return answer


def _json(value: Any) -> Response:
    return Response(encoded(value), media_type="application/json")


def _add_predict(api: FastAPI, predictor: Predictor) -> None:
    async def predict(
        request: Request,
        name: str,
        top: Annotated[int, Query(ge=1, le=MOST_TOP, description="So many classes each.")] = 5,
        sets: Sets = False,  # noqa: FBT002
        explain: Annotated[bool, Query(description="Also where the model looked.")] = False,  # noqa: FBT002
        neighbours: Annotated[
            int, Query(ge=0, le=MOST_NEIGHBOURS, description="So many of the nearest training pictures each.")
        ] = 0,
    ) -> Response:
        """Name pictures: one as the body, or many as the files of a form."""
        return _json(await predictor.predict(name, Question(top, sets, explain, neighbours), request))

    api.router.add_api_route(
        "/v1/models/{name}/predict",
        predict,
        methods=["POST"],
        responses={200: {"model": schema.Prediction}, **REFUSALS},
        openapi_extra=schema.PICTURES,
        route_class_override=PlainRoute,
    )


def _add_teaching(api: FastAPI, teacher: Teacher) -> None:
    label = Query(min_length=1, max_length=255, description="The name of the class.")

    async def enroll(
        request: Request,
        name: str,
        label: Annotated[str, label],
        keep_pictures: Annotated[bool, Query(description="Also keep small copies, to be shown with answers.")] = False,  # noqa: FBT002
    ) -> Response:
        """Add a class to a model by one picture as the body, or many as the files of a form."""
        return _json(await teacher.enroll(name, label, request, keep_pictures=keep_pictures))

    async def forget(request: Request, name: str, label: Annotated[str, label]) -> Response:
        """Take a class that was enrolled out of a model."""
        return _json(await teacher.forget(name, label, request))

    taught: dict[int | str, dict[str, Any]] = {200: {"model": schema.Taught}, 409: {"model": schema.Refused}}
    for work, body in ((enroll, schema.PICTURES), (forget, {})):
        api.add_api_route(
            f"/v1/models/{{name}}/{work.__name__}",
            work,
            methods=["POST"],
            responses={**taught, **REFUSALS},
            openapi_extra=body,
        )


def _add_models(api: FastAPI, models: ModelStore, *, teaches: bool) -> None:
    more = {"teaches": teaches}

    @api.get("/v1/models", responses={200: {"model": schema.Models}, **REFUSALS})
    async def list_models() -> Response:
        """List the models."""
        return _json({"models": [batcher.model.summary | more for batcher in models.batchers.values()]})

    @api.get("/v1/models/{name}", responses={200: {"model": schema.Card}, **REFUSALS})
    async def show_model(name: str) -> Response:
        """Show what a model is."""
        return _json(models.batcher(name).model.card | more)


def _add_signs(api: FastAPI, models: ModelStore, metrics: Metrics, workers: int) -> None:
    @api.api_route("/healthz", methods=READ, include_in_schema=False)
    async def show_life() -> Response:
        return _json({"alive": True})

    @api.api_route("/readyz", methods=READ, include_in_schema=False)
    async def show_readiness() -> Response:
        if (begun := metrics.count_of_workers()) < workers:
            raise busy(f"{begun} of {workers} processes have their models")
        return _json({"ready": True, "models": list(models.batchers)})

    @api.get("/metrics", include_in_schema=False)
    async def show_metrics() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")
