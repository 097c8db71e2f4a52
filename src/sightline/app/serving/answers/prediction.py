"""From the body of a request to the answers for its pictures."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request

from sightline.app.http.body import Body, BodyMemory
from sightline.app.http.refusal import TOO_LARGE, Refusal, busy
from sightline.app.http.request_log import NOTE
from sightline.app.http.upload import Upload, uploads_in
from sightline.app.serving.answers.job import Job, Picture, Question
from sightline.app.serving.answers.limits import PictureLimits
from sightline.app.serving.answers.loading import LoadedModel
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.metrics import MODEL, Metrics


class Predictor:
    """Answers requests about pictures.

    Args:
        models: By the names that clients use.
        memory: Counts the bytes of all bodies.
        limits: Of the pictures of a request.
        metrics: Counts the pictures by their outcome.
    """

    def __init__(self, models: ModelStore, memory: BodyMemory, limits: PictureLimits, metrics: Metrics) -> None:
        self.models, self._memory, self._limits, self._metrics = models, memory, limits, metrics

    async def predict(self, name: str, question: Question, request: Request) -> dict[str, Any]:
        """Answer one request.

        Raises:
            Refusal: There is no such model, the body can't be taken, it took too long, or no picture of it was
                answered.
            ClientDisconnect: Nobody waits any more.
        """
        self.models.batcher(name)  # a wrong name is refused before the body is read
        with Body(request, self._memory) as body:
            uploads = await uploads_in(body, self._limits.pictures)
            self._require_few(uploads, question)
            batcher = self.models.batcher(name)
            job = batcher.submit(uploads, question)
            del uploads
            count = len(job.pictures)
            request.scope["state"] |= {MODEL: name, NOTE: f"{count} picture{'s' if count > 1 else ''}"}
            try:
                await self._finish(job, request)
            finally:
                batcher.leave(job)
        return self._results(job, batcher.model)

    def _require_few(self, uploads: list[Upload], question: Question) -> None:
        if question.explain and len(uploads) > self._limits.explained:
            raise Refusal(
                TOO_LARGE,
                f"{len(uploads)} pictures are to be explained; at most {self._limits.explained} of a request are",
                hint="each costs a hundred answers: send fewer at once",
            )

    async def _finish(self, job: Job, request: Request) -> None:
        """Wait until every picture has its outcome, its client goes away, or it has taken too long."""
        seconds = self._memory.limits.answer_seconds
        gone = asyncio.ensure_future(request.receive())  # the body is read: what comes now is the connection's end
        gone.add_done_callback(lambda _: job.end(ClientDisconnect()))
        late = job.done.get_loop().call_later(
            seconds, lambda: job.end(busy(f"the model did not answer within {seconds:g} seconds"))
        )
        try:
            await job.done
        finally:
            late.cancel()
            gone.cancel()

    def _results(self, job: Job, model: LoadedModel) -> dict[str, Any]:
        metrics = self._metrics.of_model(model.name)
        refusals = [picture.outcome for picture in job.pictures if isinstance(picture.outcome, Refusal)]
        if refusals:
            metrics.refused.inc(len(refusals))
        if len(refusals) == len(job.pictures):
            raise max(refusals, key=lambda refusal: refusal.status)
        metrics.answered.inc(len(job.pictures) - len(refusals))
        return {"model": model.name, "digest": model.digest, "results": [_result(picture) for picture in job.pictures]}


def _result(picture: Picture) -> dict[str, Any]:
    if isinstance(picture.outcome, Refusal):
        return {"name": picture.name, "error": picture.outcome.as_json()}
    return picture.outcome or {}
