"""A model that tells classes apart: pictures in, a probability a class out."""

import copy
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.choose import choose
from sightline.core.errors import BundleError, PictureError, SettingsError
from sightline.core.percent import percent
from sightline.evaluation.prediction_sets import SetRule
from sightline.evaluation.trust.calibration_set import meaning_of
from sightline.evaluation.trust.enrolled_fit import misfit_words
from sightline.evaluation.trust.flagging import Flagging, Wanted, flagging_at
from sightline.evaluation.trust.unknowns import RATE, refusal_words
from sightline.imaging.photo import Pixels
from sightline.inference.arrays.judgement import Judgement, judgement_of
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.graph import Features, Graph, Probabilities
from sightline.inference.manifest import batch_of, classes_of, format_of, model_of
from sightline.inference.network import network_of
from sightline.inference.pictures import Picture, Reading, name_of, reading_of
from sightline.inference.prediction import Neighbour, Neighbours, Prediction
from sightline.inference.signature import FEATURES, LOGITS, Signature
from sightline.inference.streaming import Batch, answered
from sightline.inference.support.decision import Decided, GraphRule, RuleOf

if TYPE_CHECKING:
    from torch import nn

    from sightline.evaluation.trust.drift import DriftReference
    from sightline.inference.explanation.heat import Heat

PORTIONS = 4
"""Of a batch; smaller ones are computed as fast, and leave no core without work when there are few pictures."""
UNNAMED = "the picture"
UNLIKELY = "no class is likely enough"


@dataclass(slots=True, eq=False)
class Asked:
    """A picture that is asked about.

    Args:
        name: What it is called.
        picture: Of any kind that `predict` takes.
        note: What should be known of how it was read, once it is.
    """

    name: str
    picture: Picture
    note: str = ""


class Classifier:
    """A bundle that has been loaded; it answers without torch. `sightline.inference.tasks` makes it.

    Args:
        bundle: One that has a graph.
        signature: What the graph must take and give.
        threads: How many compute a batch together; as many as there are cores if None.
        rule: Makes what decides by the graph's outputs.

    Raises:
        BundleError: Its parts do not fit together.
    """

    def __init__(
        self, bundle: Bundle, signature: Signature, threads: int | None = None, *, rule: RuleOf = GraphRule
    ) -> None:
        model_of(bundle.manifest)
        self.bundle = bundle
        self.manifest: dict[str, Any] = bundle.manifest
        self.classes = classes_of(bundle.manifest)
        self.format = format_of(bundle.manifest)
        self.rule = rule(bundle)
        self._signature, self._threads, self._rule_of = signature, threads, rule
        self._graph = self._opened(threads)
        if self.rule.roster is not None and self.rule.roster.support.width != self.features:
            raise BundleError("the enrolled pictures do not fit the graph's features", hint=TRAIN_AGAIN)
        self.judgement = judgement_of(bundle, width=self.features)
        self.calibration = None if self.judgement is None else self.judgement.calibration
        self._neighbours: Callable[[], Neighbours] | None = None
        self.missed: float | None = None
        self.rate = RATE

    @property
    def digest(self) -> str:
        """SHA-256 of the model's file, hexadecimal; ``""`` of one that has not been written."""
        return self.bundle.digest

    @property
    def graph(self) -> bytes:
        """The ONNX file that answers."""
        return self.bundle.graph or b""

    @property
    def batch(self) -> int:
        """The most pictures that are in memory at a time."""
        return self._graph.batch

    @property
    def portion(self) -> int:
        """How many pictures `predict_many` computes together on one core: a quarter of `batch`, at least 1.

        Its answers depend on it in their last bits, so who goes on with earlier ones begins at a multiple of it.
        """
        return max(1, self.batch // PORTIONS)

    @property
    def features(self) -> int:
        """How many numbers the last layer reads of a picture; 0 where an older file does not say which they are."""
        return self._graph.width(self.rule.features)

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return int(self.bundle.manifest["parameters"])

    @cached_property
    def network(self) -> "nn.Sequential":
        """The torch network from decoded pixels to logits, for who looks inside; made when first asked for.

        Its logits are not calibrated: `probabilities` are the softmax of ``calibration.factor`` times them.

        Raises:
            BundleError: The weights do not fit the manifest.
            MissingExtraError: torch is not installed.
        """
        return network_of(self.bundle)

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return the probability of each class for pictures that are decoded already.

        Args:
            pixels: (N, H, W, C) uint8, as `format` makes them.

        Returns:
            (N, classes) float32, each row summing to one.
        """
        return self.rule.probabilities(self._graph.run(pixels, *self.rule.reads))

    def decide(self, pixels: Pixels) -> Decided:
        """Return the probabilities of pictures that are decoded already, what each was nearest to, how typical it is.

        Args:
            pixels: (N, H, W, C) uint8, as `format` makes them.
        """
        return self._decide(self._graph, pixels)

    def with_features(self, pixels: Pixels) -> tuple[Probabilities, Features]:
        """Return the probabilities, and what pictures are compared by.

        Returns:
            (N, classes) float32, and (N, `features`) float32: the last hidden activations of a network, the
            standardised features of a classical pipeline, the embedding of a model that compares pictures.

        Raises:
            BundleError: The model's graph does not say which they are.
        """
        outputs = self._outputs(self._graph, pixels, *self.rule.reads, self.rule.features)
        return self.rule.probabilities([outputs[name] for name in self.rule.reads]), outputs[self.rule.features]

    def required_judgement(self) -> Judgement:
        """Return what the answers are judged by.

        Raises:
            BundleError: The model was not calibrated.
        """
        if self.judgement is None:
            raise BundleError(
                "the model holds no calibration, so its answers have no prediction sets",
                hint="train it again with this version of sightline",
            )
        return self.judgement

    def judging(self, *, missed: float | None = None, rate: float | None = None) -> "Classifier":
        """Return the same model, whose answers are judged by other promises.

        Args:
            missed: The share of pictures whose true class a prediction set may lack, between 0 and 1; None for the
                model's own.
            rate: The share of known pictures that may be refused wrongly, 0 for no refusal; None for 5 %.

        Raises:
            SettingsError: A share lies outside its range.
            BundleError: The model was not calibrated, or has nothing to make the promise from.
        """
        judgement = self.required_judgement()
        judgement.rule(missed)
        if rate:
            judgement.require_rate(rate)
        other = copy.copy(self)
        other.__dict__.pop("set_rule", None)
        other.missed, other.rate = missed, RATE if rate is None else rate
        return other

    def showing(self, neighbours: Callable[[], Neighbours]) -> "Classifier":
        """Return the same model, whose refusals show the nearest training picture.

        Args:
            neighbours: Gives what finds it; called with the first refusal, and then with every further one.
        """
        other = copy.copy(self)
        other._neighbours = neighbours  # noqa: SLF001 - a copy of its own
        return other

    @cached_property
    def drift_reference(self) -> "DriftReference | None":
        """What new pictures are compared with, to tell whether they have drifted; None where the file has nothing.

        Raises:
            BundleError: What it has does not fit together.
        """
        from sightline.inference.arrays.drift_reference import drift_reference_of  # who names a picture asks for none

        return None if self.judgement is None else drift_reference_of(self.bundle, width=self.features)

    @cached_property
    def set_rule(self) -> SetRule:
        """Which classes belong to a prediction set.

        Raises:
            BundleError: The model was not calibrated.
        """
        return self.required_judgement().rule(self.missed)

    def flagging(self, label: str, *, wanted: Wanted, share: float) -> Flagging:
        """Return the probability from which on a class is flagged, at a wanted precision or recall, with intervals.

        Args:
            label: A class of the model.
            wanted: What shall reach the share: ``"precision"`` or ``"recall"``.
            share: Above 0 to 1.

        Raises:
            SettingsError: There is no such class, or no such share.
            BundleError: The model holds no answers to choose by, or no threshold reaches the share on them.
        """
        choose(label, dict.fromkeys(self.classes), kind="class")
        if not 0 < share <= 1:
            raise SettingsError(f"a {wanted} of {share:g}", hint="expected a share above 0 and at most 1, such as 0.99")
        judgement = self.required_judgement()
        answers = judgement.answers
        if answers is None or judgement.enrolled:
            raise BundleError(
                f"the model holds no answers to choose a threshold by{', since classes were enrolled' * bool(answers)}",
                hint="forget the enrolled classes, or train again" if answers else TRAIN_AGAIN,
            )
        place = self.classes.index(label)
        found = flagging_at(answers.probabilities, answers.labels, place, wanted=wanted, share=share)
        if found is None:
            raise BundleError(
                f"no threshold flags {label} at a {wanted} of {share:g} on the {len(answers):,} pictures that it is "
                "chosen by",
                hint="want less, or train with more pictures",
            )
        return found

    @property
    def sets_meaning(self) -> str:
        """What its prediction sets promise and what that stands on, in words.

        Raises:
            BundleError: The model was not calibrated.
        """
        calibration = self.required_judgement().calibration
        return meaning_of(self.set_rule, count=calibration.count, origin=calibration.origin)

    @property
    def refusal_meaning(self) -> str:
        """When it takes a picture for none of its classes, in words.

        Raises:
            BundleError: The model was not calibrated.
        """
        judgement = self.required_judgement()
        return UNLIKELY if judgement.detector is None else judgement.refusal_meaning(judgement.detector, self.rate)

    def sets(self, probabilities: Probabilities) -> list[tuple[str, ...]]:
        """Return the prediction set of each answer: the classes that are likely enough, at least the likeliest.

        Args:
            probabilities: (N, classes) float32, as `probabilities` gives them.

        Returns:
            The classes of each set, likeliest first.

        Raises:
            BundleError: The model was not calibrated.
        """
        members = self.set_rule.sets(probabilities)  # (N, classes)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        return [
            tuple(self.classes[place] for place in places if inside[place])
            for places, inside in zip(order, members, strict=True)
        ]

    def refusals(self, decided: Decided) -> list[str]:
        """Return why each picture is refused as none of the classes, in words, ``""`` where it is not.

        A model of an earlier version can't say how typical pictures are, and refuses where no class is likely enough.
        """
        if self.judgement is None or not self.rate:
            return [match.refusal if match else "" for match in decided.matches]
        if decided.typicality is None:
            fits = self.set_rule.fitting(decided.probabilities)  # (N, classes)
            return ["" if row.any() else UNLIKELY for row in fits]
        judged_by = decided.matches if decided.enrolled_typicality is not None else [None] * len(decided.typicality)
        return [
            "" if share > self.rate else misfit_words(match.label, share) if match else refusal_words(share)
            for share, match in zip(decided.typicality.tolist(), judged_by, strict=True)
        ]

    def predict(self, picture: Picture) -> Prediction:
        """Name one picture; a file, its bytes, its Pillow image and its array have the same answer.

        A JPEG of at least four times the model's size is decoded at a smaller scale, which only its file allows:
        the answer to its array, or to its Pillow image once that is loaded, may then differ in later digits.

        Args:
            picture: A file's path, the bytes of a file, a Pillow image, or pixels (h, w) or (h, w, 1|3|4) uint8.

        Raises:
            PictureError: The picture can't be read, or is none of these.
        """
        name = name_of(picture, otherwise=UNNAMED)
        reading = self._reading(name, picture)
        return self._predictions([(name, reading.note)], self.decide(reading.pixels[None]))[0]

    def predict_many(self, pictures: Iterable[Picture]) -> Generator[Prediction, None, None]:
        """Yield a prediction for every picture, in order; one that can't be read has its error in it.

        Every core decodes and computes portions of its own, and of any number of pictures a few portions are in
        memory. Close the iterator to end early (`contextlib.closing`).

        Args:
            pictures: Each as for `predict`; taken as they are needed. What has no path is called ``picture 1`` and
                so on, by its place.
        """
        asked = (
            Asked(name_of(picture, otherwise=f"picture {number}"), picture)
            for number, picture in enumerate(pictures, 1)
        )
        batches = answered(asked, batch=self.portion, read=self._pixels_or_problem, ask=self._decide_alone)
        with closing(batches):
            for batch in batches:
                yield from self._batch_predictions(batch)

    def explain(self, picture: Picture, label: str | None = None) -> "Heat":
        """Say which places of a picture speak for a class; see `sightline.inference.explanation.occlusion`.

        Args:
            label: A class of the model; the likeliest if not given.

        Raises:
            PictureError: The picture can't be read.
            SettingsError: There is no such class.
        """
        from sightline.inference.explanation.occlusion import occlusion_heat

        return occlusion_heat(self, self._reading(name_of(picture, otherwise=UNNAMED), picture).pixels, label)

    def __copy__(self) -> "Classifier":
        """Return a copy that shares the opened graph."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __reduce__(self) -> tuple[object, ...]:
        """Say how another process of ours makes its copy: of the bundle, whose graph is opened there anew."""
        return partial(type(self), rule=self._rule_of), (self.bundle, self._signature, self._threads)

    def __repr__(self) -> str:
        """Return the model's name, how many classes it knows, and what it reads."""
        return f"<Classifier {model_of(self.manifest)[0]}: {len(self.classes)} classes, {self._input_words()}>"

    def _repr_html_(self) -> str:
        from sightline.inference.notebook import classifier_html

        rows = {"task": self.manifest["task"], "input": self._input_words(), "parameters": f"{self.parameters:,}"}
        accuracy = self.manifest.get("figures", {}).get("accuracy")
        if isinstance(accuracy, float | int) and 0 <= accuracy <= 1:
            rows["accuracy on the test part"] = percent(accuracy)
        if self.calibration is not None:
            rows["prediction sets"] = f"hold the true class of {percent(self.calibration.level)} of the pictures"
        rows["licence"] = str(self.manifest.get("licence", "unstated"))
        return classifier_html(model_of(self.manifest)[0], rows, self.classes)

    def _input_words(self) -> str:
        return f"{self.format.colours} pictures of {self.format.height}x{self.format.width}"

    def _reading(self, name: str, picture: Picture) -> Reading:
        return reading_of(picture, self.format, name=name)

    def _pixels_or_problem(self, asked: Asked) -> Pixels | str:
        try:
            pixels, asked.note = self._reading(asked.name, asked.picture)
        except PictureError as error:
            return error.problem
        return pixels

    def _decide_alone(self, pixels: Pixels) -> Decided:
        return self._decide(self._single_threaded, pixels)

    def _decide(self, graph: Graph, pixels: Pixels) -> Decided:
        detector = None if self.judgement is None or not graph.width(LOGITS) else self.judgement.detector
        if detector is None:
            return self.rule.decide(graph.run(pixels, *self.rule.reads))
        outputs = self._outputs(graph, pixels, *self.rule.reads, LOGITS, FEATURES)
        decided = self.rule.decide([outputs[name] for name in self.rule.reads])
        features, typicality = outputs[FEATURES], detector.typicality(outputs[LOGITS], outputs[FEATURES])
        if (enrolled := decided.enrolled_typicality) is not None:  # each answer is judged by what it says
            typicality = np.where(np.isnan(enrolled), typicality, enrolled)
        return replace(decided, typicality=typicality, features=features)

    @staticmethod
    def _outputs(graph: Graph, pixels: Pixels, *names: str) -> dict[str, Features]:
        """Return some values of a graph by their names, which may stand there twice."""
        each = tuple(dict.fromkeys(names))
        return dict(zip(each, graph.run(pixels, *each), strict=True))

    @cached_property
    def _single_threaded(self) -> Graph:
        """The graph as it is computed by the thread that asks, alone.

        Where several threads share a run, every layer waits for the last of them; beside threads that decode, that
        takes a tenth of the cores.
        """
        return self._graph if self._graph.threads == 1 else self._opened(threads=1)

    def _opened(self, threads: int | None) -> Graph:
        return Graph(self.graph, self._signature, batch=batch_of(self.manifest), threads=threads)

    def _batch_predictions(self, batch: Batch[Asked, Decided]) -> Iterator[Prediction]:
        """Yield a prediction for every picture of a batch, in order, with its error where it can't be read."""
        table = list(zip(batch.items, batch.problems, strict=True))
        readable = [(asked.name, asked.note) for asked, problem in table if not problem]
        predictions = iter(() if batch.answers is None else self._predictions(readable, batch.answers))
        for asked, problem in table:
            yield Prediction(asked.name, {}, error=problem) if problem else next(predictions)

    def _predictions(self, read: Sequence[tuple[str, str]], decided: Decided) -> list[Prediction]:
        """Return a prediction for each picture that was read.

        Args:
            read: What each of n is called, and its note.
            decided: Probabilities and matches of those n.
        """
        order = np.argsort(-decided.probabilities, axis=1, kind="stable")
        shares = np.take_along_axis(decided.probabilities, order, axis=1)
        sets: Sequence[tuple[str, ...] | None]
        sets = [None] * len(read) if self.calibration is None else self.sets(decided.probabilities)
        typical = [None] * len(read) if decided.typicality is None else decided.typicality.tolist()
        refusals = self.refusals(decided)
        judged = zip(sets, typical, refusals, decided.matches, self._nearest(decided, refusals), strict=True)
        return [
            Prediction(
                name,
                dict(zip(map(self.classes.__getitem__, places), values, strict=True)),
                set=likely,
                note=note,
                typicality=typicality,
                refusal=refusal,
                match=match,
                nearest=nearest,
            )
            for (name, note), places, values, (likely, typicality, refusal, match, nearest) in zip(
                read, order.tolist(), shares.tolist(), judged, strict=True
            )
        ]

    def _nearest(self, decided: Decided, refusals: Sequence[str]) -> list[Neighbour | None]:
        """Return the nearest training picture of each that is refused, where there is something to find it by."""
        nearest: list[Neighbour | None] = [None] * len(refusals)
        refused = [place for place, refusal in enumerate(refusals) if refusal]
        if self._neighbours is None or decided.features is None or not refused:
            return nearest
        for place, found in zip(refused, self._neighbours().nearest(decided.features[refused], 1), strict=True):
            nearest[place] = found[0] if found else None
        return nearest
