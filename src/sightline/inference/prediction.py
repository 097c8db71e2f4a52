"""The answer of a classifier to one picture, and what stands beside it."""

from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Protocol

from sightline.core.percent import percent
from sightline.inference.graph import Features


@dataclass(frozen=True)
class Match:
    """The enrolled class that a picture is nearest to.

    Args:
        label: The name of the class.
        distance: From the class, 0 to 2; 0 is the same.
        picture: What the nearest of its enrolled pictures was called, or ``""``.
        digest: The SHA-256 sum of that picture's file, hexadecimal.
        is_stranger: Whether it is too far away: the picture shows none of the classes.
        copy: A small JPEG of that picture, where the model file keeps one; else ``b""``.
    """

    label: str
    distance: float
    picture: str
    digest: str
    is_stranger: bool
    copy: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """Return plain values, the copy left out."""
        return {key: value for key, value in asdict(self).items() if key != "copy"}

    @property
    def words(self) -> str:
        """How far it is, and from which picture."""
        return f"{self.distance:.3f} away, nearest {self.picture or self.digest[:12]}"

    @property
    def refusal(self) -> str:
        """Why the picture is taken for none of the classes, in words; ``""`` where it is not.

        Example:
            >>> Match("rose", 0.91, "rose1.jpg", "", is_stranger=True).refusal
            'nearest is rose, 0.910 away'
        """
        return f"nearest is {self.label}, {self.distance:.3f} away" if self.is_stranger else ""


@dataclass(frozen=True)
class Neighbour:
    """A training picture that is near to another one.

    Args:
        similarity: Of the two pictures' features, -1 to 1; see `sightline.inference.examples.Examples.nearest`.
        thumbnail: The bytes of a small JPEG.
        path: What it was called in the training, or ``""``.
    """

    label: str
    similarity: float
    thumbnail: bytes
    path: str = ""

    @property
    def distance(self) -> float:
        """One less the similarity, 0 to 2."""
        return max(0.0, 1 - self.similarity)

    @property
    def words(self) -> str:
        """Which picture it is, and how near.

        Example:
            >>> Neighbour("bee", 0.312, b"", "bees/7.jpg").words
            'bees/7.jpg, class bee (similarity 0.31)'
        """
        return f"{f'{self.path}, ' if self.path else ''}class {self.label} (similarity {self.similarity:.2f})"

    def as_json(self) -> dict[str, Any]:
        """Return plain values, without the picture."""
        return {"label": self.label, "similarity": self.similarity, "path": self.path}


class Neighbours(Protocol):
    """Finds training pictures that are near."""

    def nearest(self, features: Features, count: int) -> list[tuple[Neighbour, ...]]:
        """Return the nearest pictures of each, nearest first.

        Args:
            features: (N, F) float32, of the pictures that are asked about.
            count: How many of each.
        """


@dataclass(frozen=True, repr=False)
class Prediction:
    """The answer to one picture; a notebook shows it as a row of bars.

    Args:
        path: What the picture is called.
        probabilities: Each class's probability, likeliest first; empty if there is an error.
        error: Why there is no answer, or ``""``.
        set: The prediction set, likeliest first: all classes that are likely enough to be the true one, at least
            the likeliest. None where the model was not calibrated, or there is an error.
        note: What should be known of how the picture was read, as that deep values were clipped; or ``""``.
        typicality: The share of known pictures that are as strange as this one or stranger, above 0 to 1; None where
            the model can't say it.
        refusal: Why the picture is taken for none of the classes, in words; ``""`` where it is not.
        match: The nearest enrolled class, of a model that has some; else None.
        nearest: The nearest training picture of one that is refused, where the run's folder is at hand; else None.

    Example:
        >>> Prediction("new.jpg", {"rose": 0.75, "tulip": 0.25}).label
        'rose'
    """

    path: str
    probabilities: dict[str, float]
    error: str = ""
    set: tuple[str, ...] | None = None
    note: str = ""
    typicality: float | None = None
    refusal: str = ""
    match: Match | None = None
    nearest: Neighbour | None = None

    @property
    def label(self) -> str:
        """The likeliest class, or ``""`` if there is an error."""
        return next(iter(self.probabilities), "")

    @property
    def confidence(self) -> float:
        """The likeliest class's probability, or 0 if there is an error."""
        return next(iter(self.probabilities.values()), 0.0)

    def top(self, count: int) -> "Prediction":
        """Return the prediction with the probabilities of its `count` likeliest classes only."""
        return replace(self, probabilities=dict(islice(self.probabilities.items(), count)))

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values, in the one shape that files, the command line and the service share.

        Example:
            >>> Prediction("a.png", {}, error="a.png is gone").as_json()
            {'name': 'a.png', 'error': {'problem': 'a.png is gone'}}
        """
        if self.error:
            return {"name": self.path, "error": {"problem": self.error}}
        answer = {
            "name": self.path,
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": [{"label": name, "probability": share} for name, share in self.probabilities.items()],
            "set": None if self.set is None else list(self.set),
            "refused": bool(self.refusal),
            "typicality": self.typicality,
        }
        more = {
            "note": self.note,
            "match": None if self.match is None else self.match.as_json(),
            "nearest": None if self.nearest is None else self.nearest.as_json(),
        }
        return answer | {key: value for key, value in more.items() if value}

    def __repr__(self) -> str:
        """Return the picture and its likeliest class, in one line."""
        likeliest = f"{self.label} {percent(self.confidence)}"
        answer = self.error or (f"none of these, likeliest {likeliest}" if self.refusal else likeliest)
        return f"<Prediction {self.path}: {answer}>"

    def _repr_html_(self) -> str:
        from sightline.inference.notebook import prediction_html

        return prediction_html(
            self.path,
            self.probabilities,
            error=self.error,
            likely=self.set,
            note=self.note,
            refusal=self.refusal,
            nearest=None if self.nearest is None else (self.nearest.words, self.nearest.thumbnail),
        )
