"""From the numbers of a batch to the answer for each picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sightline.app.http.refusal import OUR_FAULT, Refusal
from sightline.app.serving.answers.picture import Answer, Outcome, Picture, promising
from sightline.evaluation.pictures import uri_of
from sightline.inference.classifier import Classifier
from sightline.inference.graph import Probabilities
from sightline.inference.prediction import Match, Neighbour, Prediction
from sightline.inference.support.decision import Decided

Sets = Sequence[tuple[str, ...] | None]
Judged = tuple[tuple[str, ...] | None, float | None, str, Match | None]
"""A picture's prediction set, how typical it is, why it is refused, and the enrolled class that is nearest."""


def answers_to(
    batch: Sequence[Picture],
    classifier: Classifier,
    decided: Decided,
    neighbours: Sequence[tuple[Neighbour, ...] | None],
) -> list[Outcome]:
    """Return what is answered about each picture of a batch.

    The numbers of all pictures are sorted at once: numpy lets other threads go first at every call.

    Args:
        batch: (N,) pictures with their questions.
        classifier: Names the classes, in the order of the columns.
        decided: What the model says of all of them.
        neighbours: (N,) of each picture those that the greediest question asks for, or None.
    """
    probabilities = decided.probabilities
    top = max(picture.question.top for picture in batch)
    places = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    shares = np.take_along_axis(probabilities, places, axis=1)
    is_sound: list[bool] = np.isfinite(probabilities).all(axis=1).tolist()  # type: ignore[assignment]
    typical = [None] * len(batch) if decided.typicality is None else decided.typicality.tolist()
    judged = zip(
        _sets_for(batch, classifier, probabilities), typical, classifier.refusals(decided), decided.matches, strict=True
    )
    table = zip(batch, places.tolist(), shares.tolist(), is_sound, judged, neighbours, strict=True)
    return [
        _answer(picture, list(zip(map(classifier.classes.__getitem__, row), values, strict=True)), *more)
        if sound
        else Refusal(OUR_FAULT, f"the model's answer to {picture.name} is no number", hint="train the model again")
        for picture, row, values, sound, *more in table
    ]


def _sets_for(batch: Sequence[Picture], classifier: Classifier, probabilities: Probabilities) -> Sets:
    """Return the prediction set of each picture that is asked for one; each promise is kept for all of a batch."""
    asked = {picture.question.sets for picture in batch} - {False}
    if classifier.calibration is None or not asked:
        return [None] * len(batch)
    sets = {each: promising(classifier, each).sets(probabilities) for each in asked}
    return [sets[picture.question.sets][row] if picture.question.sets else None for row, picture in enumerate(batch)]


def _answer(
    picture: Picture,
    shares: list[tuple[str, float]],
    judged: Judged,
    neighbours: tuple[Neighbour, ...] | None,
) -> Answer:
    """Leave out what others in the batch asked for."""
    question = picture.question
    likely, typicality, refusal, match = judged
    shown = [_shown(one) for one in (neighbours or ())[: question.neighbours or bool(refusal)]]
    answer = Prediction(
        picture.name,
        dict(shares[: question.top]),
        set=likely if question.sets else None,
        note=picture.note,
        typicality=typicality,
        refusal=refusal,
        match=match,
    ).as_json()
    if match is not None and match.copy:
        answer["match"] |= {"thumbnail": uri_of(match.copy, "jpeg")}
    return answer | {"heat": None, "neighbours": shown or None, "milliseconds": picture.milliseconds}


def _shown(neighbour: Neighbour) -> dict[str, Any]:
    return {
        "label": neighbour.label,
        "similarity": neighbour.similarity,
        "thumbnail": uri_of(neighbour.thumbnail, "jpeg"),
    }
