"""From the body of a request to the answers for its pictures."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.requests import ClientDisconnect, Request

from sightline.app.http.body import Body, BodyMemory
from sightline.app.http.refusal import BAD_REQUEST, TOO_LARGE, Refusal, busy
from sightline.app.http.request_log import NOTE
from sightline.app.http.upload import Upload, uploads_in
from sightline.app.serving.answers.limits import PictureLimits
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.answers.picture import Answer, Outcome, Question, promising
from sightline.app.serving.metrics import MODEL, Metrics, ModelMetrics
from sightline.core.errors import BundleError


class Predictor:
    """Answers requests about pictures.

    Args:
        models: By the names that clients use.
        memory: Counts the bytes of all bodies.
        limits: Of the pictures of a request.
        metrics: Counts the pictures by their outcome.
        refresh: Called with a model's name before it is asked, where its file may have been changed by any process.
    """

    def __init__(
        self,
        models: ModelStore,
        memory: BodyMemory,
        limits: PictureLimits,
        metrics: Metrics,
        *,
        refresh: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.models, self._memory, self._limits, self._metrics = models, memory, limits, metrics
        self._refresh = refresh

    async def predict(self, name: str, question: Question, request: Request) -> dict[str, Any]:
        """Answer one request.

        Raises:
            Refusal: There is no such model, the body can't be taken, it took too long, or no picture of it was
                answered.
            ClientDisconnect: Nobody waits any more.
        """
        self._require_promise(name, question)  # a wrong question is refused before the body is read
        with Body(request, self._memory) as body:
            uploads = await uploads_in(body, self._limits.pictures)
            self._require_few(uploads, question)
            names, count = [upload.name for upload in uploads], len(uploads)
            request.scope["state"] |= {MODEL: name, NOTE: f"{count} picture{'s' if count > 1 else ''}"}
            if self._refresh is not None:
                await self._refresh(name)
            batcher = self.models.batcher(name)
            outcomes = await self._while_awaited(batcher.answers(uploads, question), request)
        self._count(self._metrics.of_model(name), outcomes)
        results = [_result(*pair) for pair in zip(names, outcomes, strict=True)]
        return {"model": name, "digest": batcher.model.digest, "results": results}

    def _require_promise(self, name: str, question: Question) -> None:
        try:
            promising(self.models.batcher(name).model.classifier, question.sets)
        except BundleError as error:
            raise Refusal(BAD_REQUEST, f"sets: {error.problem}", hint=error.hint) from error

    def _require_few(self, uploads: list[Upload], question: Question) -> None:
        if question.explain and len(uploads) > self._limits.explained:
            raise Refusal(
                TOO_LARGE,
                f"{len(uploads)} pictures are to be explained; at most {self._limits.explained} of a request are",
                hint="each costs a hundred answers: send fewer at once",
            )

    async def _while_awaited(self, work: Coroutine[Any, Any, list[Outcome]], request: Request) -> list[Outcome]:
        """Wait for the answers until the client goes away, or it has taken too long."""
        seconds, task = self._memory.limits.answer_seconds, asyncio.current_task()
        gone = asyncio.ensure_future(request.receive())  # the body is read: what comes now is the connection's end
        gone.add_done_callback(lambda _: gone.cancelled() or task is None or task.cancel())
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError as error:
            raise busy(f"the model did not answer within {seconds:g} seconds") from error
        except asyncio.CancelledError:
            if gone.done():
                raise ClientDisconnect from None
            raise
        finally:
            gone.cancel()

    @staticmethod
    def _count(metrics: ModelMetrics, outcomes: list[Outcome]) -> None:
        """Count the pictures.

        Raises:
            Refusal: The gravest, where none was answered.
        """
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        if refusals:
            metrics.refused.inc(len(refusals))
        if len(refusals) == len(outcomes):
            raise max(refusals, key=lambda refusal: refusal.status)
        metrics.answered.inc(len(outcomes) - len(refusals))


def _result(name: str, outcome: Outcome) -> Answer:
    return {"name": name, "error": outcome.as_json()} if isinstance(outcome, Refusal) else outcome
