"""Classes that are taught and forgotten over HTTP: the model's file is changed, and the next request knows it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request

from sightline.app.http.body import Body, BodyMemory
from sightline.app.http.log import LOGGER
from sightline.app.http.refusal import BAD_REQUEST, CONFLICT, FORBIDDEN, UNREADABLE, Refusal
from sightline.app.http.request_log import NOTE
from sightline.app.http.upload import uploads_in
from sightline.app.serving.answers.aside import begin_aside
from sightline.app.serving.answers.limits import PictureLimits
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.metrics import MODEL
from sightline.core.errors import BundleError, DataError, RunError, SightlineError
from sightline.line.enrolment.enrolment import Enrolment, enroll, forget
from sightline.line.enrolment.new_pictures import Named
from sightline.line.narrator import Silent

STATUSES: dict[type[SightlineError], int] = {DataError: UNREADABLE, BundleError: CONFLICT}


class Teacher(Protocol):
    """Who is asked to change the classes of a model."""

    async def enroll(self, name: str, label: str, request: Request, *, keep_pictures: bool) -> dict[str, Any]:
        """Add a class, or pictures to one, and return what the model knows by then."""

    async def forget(self, name: str, label: str, request: Request) -> dict[str, Any]:
        """Take an enrolled class away, and return what the model knows by then."""


class NoTeacher:
    """Refuses to change anything."""

    async def enroll(self, name: str, label: str, request: Request, *, keep_pictures: bool) -> dict[str, Any]:  # noqa: ARG002
        """Refuse.

        Raises:
            Refusal: Always (403).
        """
        return await self.forget(name, label, request)

    async def forget(self, name: str, label: str, request: Request) -> dict[str, Any]:  # noqa: ARG002
        """Refuse, as `enroll` does."""
        raise Refusal(FORBIDDEN, "this service learns no classes", hint="start it with --allow-enroll")


class Enroller:
    """Changes the classes of models, each in its file; other processes of the service see it there.

    Args:
        models: By the names that clients use.
        memory: Counts the bytes of all bodies.
        limits: Of the pictures of a request.
    """

    def __init__(self, models: ModelStore, memory: BodyMemory, limits: PictureLimits) -> None:
        self._models, self._memory, self._limits = models, memory, limits

    async def enroll(self, name: str, label: str, request: Request, *, keep_pictures: bool) -> dict[str, Any]:
        """Add a class to a model by the pictures of a request, or pictures to a class that was enrolled.

        Args:
            keep_pictures: Whether the model's file keeps a small copy of each.

        Raises:
            Refusal: There is no such model (404), the body can't be taken, a picture or the label can't be used (422),
                no class can be enrolled in the model, or its file can't be changed (409).
        """
        self._models.batcher(name)  # a wrong name is refused before the body is read
        with Body(request, self._memory) as body:
            uploads = await uploads_in(body, self._limits.pictures)
            pictures = [Named(*upload) for upload in uploads]
            request.scope["state"] |= {MODEL: name, NOTE: f"{len(pictures)} to learn by"}
            work = partial(enroll, pictures=pictures, keep_pictures=keep_pictures)
            return await self._changed(name, label, work)

    async def forget(self, name: str, label: str, request: Request) -> dict[str, Any]:
        """Take an enrolled class out of a model.

        Raises:
            Refusal: There is no such model (404) or enrolled class (422), or the file can't be changed (409).
        """
        self._models.batcher(name)
        request.scope["state"] |= {MODEL: name}
        return await self._changed(name, label, forget)

    async def _changed(self, model: str, label: str, work: Callable[..., Enrolment]) -> dict[str, Any]:
        place: Path = self._models.files[model]
        try:
            done = await begin_aside(partial(work, place, label, out=None, check=None, narrator=Silent()))
        except RunError as error:
            LOGGER.warning("%s: %s -> %s", model, error.problem, error.hint)
            raise Refusal(CONFLICT, "the model's file can't be changed", hint="the service's log has why") from error
        except SightlineError as error:
            status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), BAD_REQUEST)
            raise Refusal(status, error.problem, hint=error.hint) from error
        await self._models.refresh(model)
        return {
            "model": model,
            "digest": done.digest,
            "label": label,
            "pictures": done.pictures,
            "classes": list(done.classes),
        }
