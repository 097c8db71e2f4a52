"""What every kind of model promises: one contract, so that nothing else asks of which kind a model is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from sightline.core.errors import SettingsError
from sightline.core.findings import Finding
from sightline.core.pieces import pieces
from sightline.data.catalog import Catalog, Rows
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.inference.arrays.unknown_detector import Spread
from sightline.inference.manifest import CLASSIFICATION
from sightline.line.input.checked_split import checked_split
from sightline.line.input.input_format import choose_format
from sightline.line.methods.held_out import HeldOut, held_out_rows
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings

if TYPE_CHECKING:
    from torch import nn

    from sightline.evaluation.report import Section
    from sightline.evaluation.report.overlap import Overlap
    from sightline.evaluation.scores import Scores
    from sightline.inference.classifier import Classifier
    from sightline.inference.explanation.evidence import Evidence
    from sightline.inference.explanation.torch_model import TorchModel
    from sightline.inference.graph import Features, Probabilities
    from sightline.line.answers import Answers
    from sightline.training.preflight.setup import Setup

FEWEST_READ, MOST_PIXELS_READ = 200, 2**24
"""Pictures that are read again through a finished model: some 300 of 224 pixels a side."""


class Summary(Protocol):
    """What a model is made of; each kind has a record of its own."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the input."""


class Entry(Protocol):
    """A row of the table of a method's models."""

    @property
    def line(self) -> str:
        """What it is, in one line."""

    @property
    def reference(self) -> str:
        """Where it comes from."""


@dataclass(frozen=True)
class Decided:
    """Settings in which nothing is open any more that pictures or clock decide.

    Args:
        settings: With values in the place of ``"auto"``.
        seconds: How long the model may learn; 0 for no limit.
        noticed: What came up while that was decided.
    """

    settings: Settings
    seconds: float = 0.0
    noticed: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """What a training will cost, by a few timed steps.

    Args:
        first: Seconds for the first one, with its model file and its report.
        again: Seconds for each further one on the same pictures, which finds what the first one has kept.
    """

    first: float
    again: float

    def seconds(self, trainings: float) -> float:
        """Return how long so many trainings take one after the other; the last may be a part of one."""
        return self.first + self.again * max(0.0, trainings - 1)


@dataclass(frozen=True, eq=False)
class Learnt(ABC):
    """A model that has been learnt. Each kind of model adds how that went.

    Args:
        model: From (N, H, W, C) uint8 to logits (N, classes), on the CPU, in eval mode.
        numbers: How many numbers it has learnt.
        batch: How many pictures to ask it about at a time.
        graph_batch: The most pictures that one run of its graph may take, 1 to 256.
        findings: What was noticed while it was learnt.

    Attributes:
        features_are_fixed: Whether what the last layer reads was made without the classes: then they are to it as new
            ones would be, and can stand for these.
    """

    features_are_fixed: ClassVar[bool] = False

    model: "nn.Sequential"
    numbers: int
    batch: int
    graph_batch: int
    findings: tuple[Finding, ...]

    @property
    @abstractmethod
    def seconds(self) -> float:
        """How long it took."""

    def answers(self, pixels: Pixels, rows: Rows, *, factor: float) -> "Probabilities | None":  # noqa: ARG002 - the same
        """Return what the model, calibrated, answers about some rows, (n, classes), where that is known without asking.

        Args:
            factor: Multiplies the logits; see `sightline.evaluation.calibration.Calibration`.
        """
        return None

    def features(self, classifier: "Classifier", pixels: Pixels, rows: Rows) -> "Features":
        """Return what the model's last layer reads of some rows that it was learnt from, (n, F).

        Args:
            classifier: The model as it will ship.
        """
        return classifier.with_features(pixels[rows])[1]

    def graph(self, shape: tuple[int, int, int], *, factor: float) -> bytes:
        """Return the model as an ONNX file, from pixels to probabilities.

        Args:
            shape: (H, W, C) of the pictures.
            factor: Multiplies the logits; see `sightline.evaluation.calibration.Calibration`.
        """
        from sightline.inference.export.onnx_graph import graph_of

        return graph_of(self.model, shape, factor=factor)

    @abstractmethod
    def sections(self, subject: "Subject", answers: "Answers", scores: "Scores") -> "tuple[Section, ...]":
        """Return what this kind of model adds to the report.

        Args:
            subject: What the report is about.
            answers: What the model said of the test part.
        """

    def came_out(self, settings: Settings) -> dict[str, Any]:  # noqa: ARG002 - a kind may ask them
        """Return settings that were only bounds, by what they came to; the report shows these.

        Args:
            settings: With which it was learnt.
        """
        return {}

    def most_read(self, shape: tuple[int, int, int]) -> int:
        """Return how many pictures `features` is asked about at most beside the training, so that it takes seconds.

        Args:
            shape: (H, W, C) of the pictures.
        """
        return max(FEWEST_READ, MOST_PIXELS_READ // (shape[0] * shape[1]))

    def spread(self) -> Spread | None:
        """Return how features are standardised before the last layer reads them; None where they are not."""
        standardise = dict(self.model.named_children()).get("standardise")
        if standardise is None:
            return None
        mean, factor = (getattr(standardise, name).cpu().numpy().astype(np.float32) for name in ("mean", "factor"))
        return Spread(mean, np.where(factor > 0, 1 / np.where(factor > 0, factor, 1), 0).astype(np.float32))

    def held_out(self, prepared: Prepared) -> HeldOut:
        """Return what the model says of pictures that it has not learnt from: its confidence is calibrated on them."""
        rows, origin = held_out_rows(prepared.split)
        return HeldOut(rows, self.logits(prepared.pixels, rows), origin)

    def label_evidence(self, prepared: Prepared) -> LabelEvidence | None:  # noqa: ARG002 - most kinds know nothing
        """Return what is said of the pictures that it learnt from, which judges their labels, if anything is."""
        return None

    def logits(self, pixels: Pixels, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the logits of some rows, (n, classes)."""
        import torch

        with torch.inference_mode():
            parts = [
                self.model(torch.from_numpy(pixels[rows[piece]])).numpy() for piece in pieces(len(rows), self.batch)
            ]
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Args:
        settings: With which the model was learnt.
        classifier: The model as it will ship.
    """

    run: Run
    settings: Settings
    prepared: Prepared
    classifier: "Classifier"


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training has come to, before it ships and the test part is read.

    Args:
        findings: What was noticed until now, of the model too.
        sections: What is known of the model besides, for the report.
    """

    run: Run
    prepared: Prepared
    decided: Decided
    learnt: Learnt
    findings: tuple[Finding, ...]
    sections: "tuple[Section, ...]" = ()


class Method(ABC):
    """A kind of model. Importing one does not import torch; learning does."""

    task: ClassVar[str] = CLASSIFICATION
    """What its models do, by a name in `sightline.inference.tasks.TASKS`."""
    phrase: ClassVar[str]
    """What a user calls it, with its article, such as ``"a network"``."""
    heading: ClassVar[str] = ""
    """What stands above its models in a list; the phrase where it is empty."""
    example: ClassVar[str] = ""
    """A setting that asks for one, where that is not plain."""
    original: ClassVar[str]
    """What the graph that ships is compared with, such as ``"trained network"``."""
    models: ClassVar[Mapping[str, Entry]]
    """Every name that ``model`` can have of this kind, with what is known of it."""
    reads: ClassVar[frozenset[str]]
    """The settings that mean something for it."""
    implied_by: ClassVar[Mapping[str, str]] = {}
    """A setting, or one with its value, to the model that is meant where that is named and no model is."""

    def lines(self, model: str) -> tuple[str, ...]:
        """Return what a list says of a model: first what it is, then where it comes from, and what else is known."""
        entry = self.models[model]
        return entry.line, entry.reference

    def preset(self, settings: Settings) -> dict[str, Any]:  # noqa: ARG002 - a kind without recipes decides nothing
        """Return what the recipe puts where nobody named a value; it has seen no picture."""
        return {}

    def fetch(self, settings: Settings, narrator: Narrator) -> None:  # noqa: ARG002 - most kinds begin with nothing
        """Fetch from the web what the model begins with, if it is not on this machine; the user has asked for that.

        Raises:
            DataError: It can't be fetched.
            BundleError: What came is not what was published.
            RunError: There is no place for it.
        """
        return

    @abstractmethod
    def contradictions(self, settings: Settings) -> list[str]:
        """Return what is impossible together, in words; empty if nothing is."""

    @abstractmethod
    def options(self, settings: Settings) -> dict[str, Any]:
        """Return what the model is built with besides input and classes, as values that JSON knows."""

    @abstractmethod
    def sides(self, model: str) -> tuple[int, int]:
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""

    def require_size(self, model: str, height: int, width: int) -> None:  # noqa: ARG002 - any size will do
        """Raise if pictures of so many pixels are too small; known before torch is imported.

        Raises:
            SettingsError: They are.
        """
        return

    def input_format(self, catalog: Catalog, settings: Settings) -> PictureFormat:
        """Return what every picture becomes; where nobody named size or colours, some pictures decide."""
        return choose_format(catalog, settings.data, sides=self.sides(settings["model"]))

    def for_pictures(self, settings: Settings, catalog: Catalog, narrator: Narrator) -> Settings:  # noqa: ARG002 - the same
        """Return settings with the model that some pictures decide, where nobody named one.

        Raises:
            MissingExtraError: What was named needs a package that is not installed.
            SettingsError: What was named does not fit these pictures.
        """
        return settings

    def checked_split(
        self, surveyed: Surveyed, settings: Settings, *, test_fraction: float
    ) -> tuple[Split, tuple[Finding, ...]]:
        """Check the data, and return the part of each sample, with what was noticed; see `checked_split`.

        Raises:
            DataError: Something must be mended first; the message names all of it.
        """
        return checked_split(surveyed, settings, test_fraction=test_fraction)

    @abstractmethod
    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:
        """Return how pixels are centred and scaled."""

    @abstractmethod
    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:
        """Raise, before the pictures are read, if input, model and machine do not go together.

        Raises:
            SettingsError: They do not; the message has the arithmetic.
        """

    def decide(
        self,
        prepared: Prepared,  # noqa: ARG002 - for the kinds that ask
        settings: Settings,
        *,
        started: float,  # noqa: ARG002 - the same
    ) -> Decided:
        """Return what pictures and clock decide.

        Args:
            settings: As named, and as the recipe has filled them.
            started: When the command began, by `time.perf_counter`.

        Raises:
            RunError: Too little time is left.
            SettingsError: The settings do not go together with what was decided.
        """
        return Decided(settings)

    def foreseen(self, prepared: Prepared, decided: Decided) -> Foreseen | None:  # noqa: ARG002 - the same
        """Return what a training will cost, by a few timed steps; None where nothing can be timed beforehand.

        Args:
            decided: With nothing open any more.
        """
        return None

    def doubts(self, prepared: Prepared, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002 - the same
        """Yield a warning for each decided setting that is possible but will hardly do what was wanted."""
        yield from ()

    def setup(self, prepared: Prepared, decided: Decided) -> "Setup":  # noqa: ARG002 - the same
        """Return what a pre-flight looks at: the training as it is planned.

        Raises:
            SettingsError: This kind of model is not learnt in steps, so there is nothing to look at.
        """
        raise SettingsError(
            f"{decided.settings['model']} is {self.phrase}, which has no pre-flight: it is not learnt in steps",
            hint="name a network that `sightline models` lists: --model basic-cnn",
        )

    def seen_before(self, prepared: Prepared, settings: Settings) -> "Overlap | None":  # noqa: ARG002 - the same
        """Return how many pictures of the test part what the model begins with has learnt from; None if it has none."""
        return None

    def plan(self, decided: Decided) -> str:  # noqa: ARG002 - the same
        """Return what the recipe took, as text that follows the line about the training; empty if nothing."""
        return ""

    def improvement(self, settings: Settings, verdict: str) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - the same
        """Return what to try next, in words and as the settings that are to be others.

        Args:
            verdict: The kind of the verdict on how the model was learnt; see `sightline.evaluation.verdict.Verdict`.
        """
        return "See how much of it is chance: other parts, other first weights", {"seed": settings["seed"] + 1}

    def baseline(self, settings: Settings) -> str | None:  # noqa: ARG002 - the same
        """Return the pipeline that the model is compared with; None for no comparison."""
        return None

    def require_layers(self, model: str) -> None:
        """Raise if a model has no layers to look into.

        Raises:
            SettingsError: It has none.
        """
        has_parts = type(self).summary is not Method.summary and model in self.models
        raise SettingsError(
            f"{model} is {self.phrase}: it has no layers to look into",
            hint="`sightline show` describes the model file"
            + (f", `sightline summary {model}` its parts" if has_parts else ""),
        )

    def evidence(self, model: "TorchModel", pixels: Pixels, label: str) -> "Evidence | None":  # noqa: ARG002 - the same
        """Return which parts of a model spoke for a class, where it is made of parts that speak one by one.

        Args:
            model: As torch computes it.
            pixels: (H, W, C) uint8, as the model reads it.
            label: One of its classes.
        """
        return None

    def summary(self, settings: Settings, shape: tuple[int, int, int], classes: int) -> Summary:
        """Return what the model is made of.

        Args:
            shape: (H, W, C) of the input.
            classes: 2 or more.

        Raises:
            SettingsError: The input does not fit, or there is nothing to show of this kind of model.
        """
        raise SettingsError(
            f"{settings['model']} has no summary for {shape} and {classes} classes: it is {self.phrase}",
            hint="`sightline models` lists the networks and pipelines, which have one",
        )

    @abstractmethod
    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Learn from the training part, choose by the validation part; the test part is not looked at.

        Args:
            run: Where the training stands is kept in its folder.
            narrator: Who tells the user.

        Raises:
            RunError: The training diverged.
            SettingsError: The model can't take so many pictures.
        """
