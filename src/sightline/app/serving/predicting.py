"""From the body of a request to the answers for its pictures."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.app.serving.bodies import Body, ClientGoneError, pictures_in
from sightline.app.serving.desk import Answer, Order, Picture, Told, Wishes
from sightline.app.serving.front import Visit
from sightline.app.serving.limits import Limits
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.refusals import TOO_LARGE, Refusal, busy
from sightline.app.serving.shelf import Shelf
from sightline.inference.examples import Neighbour


@dataclass(frozen=True)
class Counter:
    """Where pictures are handed in.

    Args:
        shelf: The models.
        limits: Of a request.
        metrics: Counts the pictures, and the bytes of all bodies.
    """

    shelf: Shelf
    limits: Limits
    metrics: Metrics

    async def predict(self, name: str, wishes: Wishes, visit: Visit) -> dict[str, Any]:
        """Answer one request.

        Raises:
            Refusal: There is no such model, the body can't be taken, or no picture of it was answered.
            ClientGoneError: Nobody waits any more.
        """
        self.shelf.desk(name)  # a wrong name is told before the body is read
        done = asyncio.get_running_loop().create_future()

        def tell(_: object = None) -> None:
            if not done.done():
                done.set_result(None)

        with Body(self.metrics.held, self.limits) as body:
            announced = visit.headers.get(b"content-length", b"").decode("latin-1")
            whole = await body.read(visit.receive, announced=announced)
            order = self.place(name, wishes, whole, visit.headers, tell)
            del whole
            visit.model, visit.pictures = name, len(order.pictures)
            too_late = asyncio.get_running_loop().call_later(self.limits.answer_seconds, tell)
            visit.lost.add_done_callback(tell)
            try:
                await done
            finally:
                too_late.cancel()
                visit.lost.remove_done_callback(tell)
                order.desk.leave(order)
        if visit.lost.done():
            raise ClientGoneError
        return self.answer(order)

    def place(self, name: str, wishes: Wishes, body: bytes, headers: Mapping[bytes, bytes], told: Told) -> Order:
        """Hand in the pictures of a body; see `sightline.app.serving.desk.Desk.place`.

        Raises:
            Refusal: There is no such model, or the body can't be taken.
        """
        sent = pictures_in(body, headers.get(b"content-type", b"").decode("latin-1"), self.limits)
        if wishes.explain and len(sent) > self.limits.explained:
            raise Refusal(
                TOO_LARGE,
                f"{len(sent)} pictures are to be explained; at most {self.limits.explained} of a request are",
                hint="each costs a hundred answers: send fewer at once",
            )
        return self.shelf.desk(name).place(sent, wishes, told)

    def answer(self, order: Order) -> dict[str, Any]:
        """Return what is said of an order's pictures.

        Raises:
            Refusal: It took too long, or no picture was answered.
        """
        if order.left:
            raise self.too_slow()
        loaded = order.desk.loaded
        outcomes = [picture.outcome for picture in order.pictures]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        for outcome in outcomes:
            self.metrics.picture(loaded.name, "refused" if isinstance(outcome, Refusal) else "answered")
        if len(refusals) == len(outcomes):
            raise max(refusals, key=lambda refusal: refusal.status)
        return {
            "model": loaded.name,
            "digest": loaded.digest,
            "results": [_result(picture) for picture in order.pictures],
        }

    def too_slow(self) -> Refusal:
        """Return the refusal of what takes longer than a client is left waiting."""
        return busy(f"the model did not answer within {self.limits.answer_seconds:g} seconds")


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
        "neighbours": None if answer.neighbours is None else [_shown(neighbour) for neighbour in answer.neighbours],
        "milliseconds": round(1000 * answer.seconds, 3),
    }


def _shown(neighbour: Neighbour) -> dict[str, Any]:
    thumbnail = f"data:image/jpeg;base64,{base64.b64encode(neighbour.thumbnail).decode()}"
    return {"label": neighbour.label, "similarity": neighbour.similarity, "thumbnail": thumbnail}
