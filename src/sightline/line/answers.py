"""What a model that ships says of labelled pictures."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.errors import DataError
from sightline.core.runtimes import core_count
from sightline.core.storage import csv_text
from sightline.core.text import listed
from sightline.data.catalog import Catalog, Rows
from sightline.evaluation.pages.mistakes import MOST_LISTED, MOST_PICTURED, MistakesPage, NamedMistake
from sightline.evaluation.pictures import PredictedPicture, confident_mistakes, least_certain
from sightline.evaluation.scores import Scores, score
from sightline.evaluation.trust.label_errors import LabelErrors
from sightline.imaging.deep import FULL, DeepRange
from sightline.imaging.photo import Pixels, open_photo
from sightline.inference.classifier import Classifier
from sightline.inference.graph import Floats, Probabilities

ABSENT = -1
"""Stands for the place of a class that no sample has and the model does not know."""
MOST_SHOWN = 12
MOST_EXAMPLES = 20
SHOWN_SIDE = 160
PROBABILITY = "probability:"
"""Before the name of a class, the name of its column in ``predictions.csv``."""
EMBEDDING = "embedding:"
"""Before a number, the name of its column in the ``predictions.csv`` of a model that compares pictures."""


@dataclass(frozen=True)
class Answers:
    """What a model said of some labelled pictures.

    Args:
        rows: (n,) the rows of the catalog that were asked about.
        truth: (n,) int64, indices into `classes`.
        probabilities: (n, classes) float32.
        deep: What the model takes for black and white in pictures of more than eight bits.
        typicality: (n,) the share of known pictures that are as strange as each; None where the model can't say it.
        features: (n, F) what its last layer reads; None where the graph was not asked for it.
    """

    catalog: Catalog
    rows: Rows
    classes: tuple[str, ...]
    truth: Rows
    probabilities: Probabilities
    deep: DeepRange = FULL
    typicality: npt.NDArray[np.float64] | None = None
    features: Floats | None = None

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(n,) bool, whether each picture's likeliest class is its own."""
        right: npt.NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.truth
        return right

    def table(self) -> str:
        """Return what ``predictions.csv`` holds; nine digits bring a float32 back exactly.

        A class may be called anything, ``truth`` too, so its column has a prefix that the other columns lack.
        """
        return csv_text(
            ("path", "truth", *(f"{PROBABILITY}{name}" for name in self.classes)),
            (
                (self.catalog.paths[row], self.classes[truth], *(f"{value:.9g}" for value in answer))
                for row, truth, answer in zip(self.rows, self.truth, self.probabilities, strict=True)
            ),
        )

    def scores(self, classifier: Classifier) -> Scores:
        """Return the figures, beside the class that was largest in training."""
        largest = int(classifier.manifest.get("largest_class", 0))
        return score(self.truth, self.probabilities, classes=self.classes, baseline_class=largest)

    def examples(self) -> tuple[tuple[str, npt.NDArray[np.uint8]], ...]:
        """Return the first picture of each class as (name, pixels), for the first few classes."""
        firsts = {label: int(np.argmax(self.truth == label)) for label in np.unique(self.truth)[:MOST_EXAMPLES]}
        return tuple(
            (self.classes[label], picture(self.catalog, int(self.rows[first]), self.deep))
            for label, first in firsts.items()
        )

    def mistakes(self) -> tuple[PredictedPicture, ...]:
        """Return the most confident mistakes as pictures, the surest first."""
        return tuple(map(self._predicted, confident_mistakes(self.truth, self.probabilities, MOST_SHOWN)))

    def mistakes_page(self, title: str) -> MistakesPage:
        """Return the page of all mistakes under this heading, its pictures read by all cores."""
        places = confident_mistakes(self.truth, self.probabilities, MOST_PICTURED + MOST_LISTED)
        with ThreadPoolExecutor(core_count()) as readers:
            pictured = tuple(readers.map(self._predicted, places[:MOST_PICTURED]))
        return MistakesPage(
            title=title,
            count=int((self.probabilities.argmax(axis=1) != self.truth).sum()),
            total=len(self.truth),
            pictured=pictured,
            named=tuple(map(self._named, places[MOST_PICTURED:])),
        )

    def uncertain(self) -> tuple[PredictedPicture, ...]:
        """Return the least certain answers as pictures, the closest first."""
        return tuple(map(self._predicted, least_certain(self.truth, self.probabilities, MOST_SHOWN)))

    def suspects(self, errors: LabelErrors) -> tuple[PredictedPicture, ...]:
        """Return labels that look wrong as pictures, the surest first.

        Args:
            errors: Of these very answers.
        """
        return tuple(self._predicted(suspect.place) for suspect in errors.looks_wrong[:MOST_SHOWN])

    def _named(self, number: int) -> NamedMistake:
        answer = self.probabilities[number]
        return NamedMistake(
            path=self.catalog.paths[int(self.rows[number])],
            truth=self.classes[self.truth[number]],
            prediction=self.classes[answer.argmax()],
            confidence=float(answer.max()),
        )

    def _predicted(self, number: int) -> PredictedPicture:
        answer, truth = self.probabilities[number], self.truth[number]
        row = int(self.rows[number])
        return PredictedPicture(
            path=self.catalog.paths[row],
            truth=self.classes[truth],
            prediction=self.classes[answer.argmax()],
            confidence=float(answer.max()),
            truth_probability=float(answer[truth]),
            pixels=picture(self.catalog, row, self.deep),
        )


def picture(catalog: Catalog, row: int, deep: DeepRange) -> npt.NDArray[np.uint8]:
    """Return a picture of a catalog for showing, (h, w, 3) uint8, at most 160 pixels a side."""
    name = catalog.paths[row]
    photo = open_photo(catalog.source.read(name), name=name, at_least=(SHOWN_SIDE, SHOWN_SIDE), deep=deep)
    shown = photo.image.convert("RGB")
    shown.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    return np.asarray(shown)


def ask(classifier: Classifier, catalog: Catalog, rows: Rows, pixels: Pixels) -> Answers:
    """Ask a model about some rows of a catalog.

    Args:
        rows: (n,) which of them.
        pixels: (n, H, W, C) uint8, those rows in the classifier's format.

    Raises:
        DataError: The data has classes that the model does not know.
    """
    places = class_places(catalog, classifier.classes)
    truth, decided = places[catalog.labels[rows]], classifier.decide(pixels)
    return Answers(
        catalog,
        rows,
        classifier.classes,
        truth,
        decided.probabilities,
        classifier.format.deep,
        decided.typicality,
        decided.features,
    )


def class_places(catalog: Catalog, classes: tuple[str, ...]) -> Rows:
    """Return where each class of a catalog stands among a model's classes, by its name; -1 for one without a sample.

    Raises:
        DataError: The data has samples of classes that the model does not know.
    """
    places = {name: place for place, name in enumerate(classes)}
    occurring = {catalog.classes[label] for label in np.unique(catalog.labels[catalog.labelled])}
    unknown = [name for name in catalog.classes if name in occurring and name not in places]
    if unknown:
        raise DataError(
            f"{catalog.name} has classes that the model does not know: {listed([*map(repr, unknown)])}",
            hint=f"the model knows {listed([*map(repr, classes)])}; rename the classes, or leave them out",
        )
    return np.array([places.get(name, ABSENT) for name in catalog.classes], dtype=np.int64)
