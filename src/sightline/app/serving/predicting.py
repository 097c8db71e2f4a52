"""From the body of a request to the answers for its pictures."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sightline.app.serving.bodies import Body, ClientGoneError, Holding, pictures_in
from sightline.app.serving.desk import Answer, Desk, Order, Picture, Wishes
from sightline.app.serving.front import Visit
from sightline.app.serving.limits import Limits
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.refusals import TOO_LARGE, Refusal, busy
from sightline.app.serving.shelf import Shelf


@dataclass(frozen=True)
class Counter:
    """Where pictures are handed in.

    Args:
        shelf: The models.
        limits: Of a request.
        metrics: Counts the pictures.
        holding: Counts the bytes of all bodies.
    """

    shelf: Shelf
    limits: Limits
    metrics: Metrics
    holding: Holding

    async def predict(self, name: str, wishes: Wishes, visit: Visit) -> dict[str, Any]:
        """Answer one request.

        Raises:
            Refusal: There is no such model, the body can't be taken, or no picture of it was answered.
            ClientGoneError: Nobody waits any more.
        """
        self.shelf.desk(name)  # a wrong name is told before the body is read
        with Body(self.holding, self.limits) as body:
            whole = await body.read(
                visit.receive, announced=visit.headers.get(b"content-length", b"").decode("latin-1")
            )
            sent = pictures_in(whole, visit.headers.get(b"content-type", b"").decode("latin-1"), self.limits)
            if wishes.explain and len(sent) > self.limits.explained:
                raise Refusal(
                    TOO_LARGE,
                    f"{len(sent)} pictures are to be explained; at most {self.limits.explained} of a request are",
                    hint="each costs a hundred answers: send fewer at once",
                )
            desk = self.shelf.desk(name)
            order = desk.place(sent, wishes)
            visit.model, visit.pictures = name, len(sent)
            del whole, sent
            try:
                await self._done(order, visit)
            finally:
                desk.leave(order)
        return self._told(desk, order)

    async def _done(self, order: Order, visit: Visit) -> None:
        """Wait for the answers, but no longer than the client does, or than it may."""

        def give_up(_: asyncio.Future[None] | None = None) -> None:
            if not order.done.done():
                order.done.set_result(None)

        too_late = asyncio.get_running_loop().call_later(self.limits.answer_seconds, give_up)
        visit.lost.add_done_callback(give_up)
        try:
            await order.done
        finally:
            too_late.cancel()
            visit.lost.remove_done_callback(give_up)
        if visit.lost.done():
            raise ClientGoneError
        if order.left:
            raise busy(f"the model did not answer within {self.limits.answer_seconds:g} seconds")

    def _told(self, desk: Desk, order: Order) -> dict[str, Any]:
        outcomes = [picture.outcome for picture in order.pictures]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        for outcome in outcomes:
            self.metrics.picture(desk.loaded.name, "refused" if isinstance(outcome, Refusal) else "answered")
        if len(refusals) == len(outcomes):
            raise max(refusals, key=lambda refusal: refusal.status)
        return {
            "model": desk.loaded.name,
            "digest": desk.loaded.digest,
            "results": [_result(picture) for picture in order.pictures],
        }


def _result(picture: Picture) -> dict[str, Any]:
    answer = picture.outcome
    if not isinstance(answer, Answer):
        return {"name": picture.name, "error": answer.as_json() if answer is not None else None}
    label, confidence = answer.shares[0]
    return {
        "name": picture.name,
        "label": label,
        "confidence": confidence,
        "probabilities": [{"label": label, "probability": share} for label, share in answer.shares],
        "set": None if answer.likely is None else list(answer.likely),
        "refused": answer.likely == (),
        "heat": answer.heat,
        "milliseconds": round(1000 * answer.seconds, 3),
    }
