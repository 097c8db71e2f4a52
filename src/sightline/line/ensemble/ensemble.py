"""The story of an ensemble: open the members, choose by validation, join the graphs, meet the pictures new to all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import RunError, SettingsError
from sightline.core.intervals import NORMAL_QUANTILE, wilson_interval
from sightline.core.percent import percent
from sightline.core.storage import require_writable, write_together
from sightline.data.catalog import Catalog
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.evaluation.ensembling import disagreement, equal_weights, greedy_weights
from sightline.evaluation.report.ensemble import Ensemble, Gain, MemberFigures
from sightline.evaluation.significance.paired import compare
from sightline.evaluation.words import duration
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import Bundle, write_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.export.proof import PROOF_PICTURES
from sightline.inference.picture_digests import PictureDigests
from sightline.inference.tasks import classifier_of
from sightline.line.answers import Answers, ask
from sightline.line.ensemble.joined_bundle import joined_bundle
from sightline.line.ensemble.members import WEIGHTS, require_several
from sightline.line.ensemble.panel import Panel, panel_of
from sightline.line.narrator import Narrator
from sightline.line.overlap import overlap_of
from sightline.line.report import MISTAKES_HTML, SHIPPED_FIGURES, report_files, report_on_data
from sightline.line.run import Run

GREEDY = "greedy"
NAMES = {"mean": "The mean", "vote": "The vote", GREEDY: "A greedy selection", WEIGHTS: "The mean of the weights"}
"""Each way to make one model of others, as a sentence begins with it."""
FEWEST_FOR_GREEDY = 500
"""With fewer validation pictures, what the selection gains there is mostly chance (Caruana et al. warn of it)."""
TIMED, TRIES = 64, 3


@dataclass(frozen=True, eq=False)
class Joined:
    """An ensemble that has been written.

    Args:
        file: The model file that was written.
        report_html: Its report as one page, beside it.
        report: What the report's JSON twin holds.
    """

    file: Path
    report_html: Path
    report: dict[str, Any]

    def classifier(self) -> Classifier:
        """Load the model file."""
        from sightline.inference.tasks import load_classifier

        return load_classifier(self.file)


@dataclass(frozen=True)
class EnsembleCost:
    """What an ensemble would cost.

    Args:
        megabytes: Of its file, about.
        seconds: To make and to judge it, by a few timed answers.
        a_picture: How long it takes for a picture, in seconds, on one core.
    """

    megabytes: float
    seconds: float
    a_picture: float

    @property
    def words(self) -> str:
        """The cost in a sentence."""
        return (
            f"a file of about {self.megabytes:.2f} MB, {1000 * self.a_picture:.2f} ms a picture on one core, made and "
            f"judged in about {duration(self.seconds)}; nothing is trained, and nothing was written"
        )


def join(places: Sequence[Path], catalog: Catalog, *, out: Path, way: str, force: bool, narrator: Narrator) -> Joined:
    """Make one model of several, and judge it by pictures that none of them has seen.

    Args:
        places: Folders of runs or model files, two or more.
        catalog: The pictures that they were trained on, or others.
        out: The model file to write; its report is written beside it.
        way: ``"mean"``, ``"vote"`` or ``"greedy"``; ``"weights"`` for the mean of one run's last weights.
        force: Replace what is there.
        narrator: Who tells the user.

    Raises:
        SettingsError: There is one member, no such way, or too little validation for a greedy selection.
        BundleError: The members can't be one model, or the joined graph does not answer as they do together.
        DataError: No picture is new to all members.
        RunError: The file can't be written.
    """
    _require_way(way)
    require_several(places, way)
    _require_place(out, force=force)
    panel = panel_of(places, catalog, narrator, way=way)
    made = _averaged(panel, places[0]) if way == WEIGHTS else _joined(panel, way)
    bundle = made.bundle
    narrator.say("the graph is proved to answer as it should; now the pictures that no member has seen")
    classifier = classifier_of(bundle, threads=1)
    answers = ask(classifier, catalog, panel.divided.test, panel.pixels(panel.divided.test))
    figures = answers.scores(classifier).as_json()
    bundle = bundle.with_figures({key: figures[key] for key in SHIPPED_FIGURES})
    write_bundle(out, bundle)
    section = _section(panel, made, answers, classifier, out=out)
    digests = [panel.surveyed.digests[row] for row in panel.divided.test]
    overlap, _ = overlap_of(PictureDigests.of_bundle(bundle), digests)
    findings = check(panel.surveyed, checks=PICTURE_CHECKS)
    report = report_on_data(
        answers, classifier, findings=findings, overlap=overlap, sections=(section,), mistakes=_mistakes(out).name
    )
    files = report_files(report, answers, html=_html(out), json=_json(out), mistakes=_mistakes(out))
    write_together(files)
    return Joined(out, _html(out), report.as_json())


@dataclass(frozen=True, eq=False)
class Made:
    """A model made of others, and what is known of how.

    Args:
        bundle: As it will ship, without figures.
        words: What it is, as a sentence begins with it.
        over: What its gain is over, in words.
        weights: (M,) the share of each member, summing to one.
        notes: What its user should know, as sentences.
    """

    bundle: Bundle
    words: str
    over: str
    weights: npt.NDArray[np.float64]
    notes: tuple[str, ...] = ()


def _joined(panel: Panel, way: str) -> Made:
    """Return several members as one graph."""
    weights, notes = _weights(panel, way)
    kept = [(member, float(weight)) for member, weight in zip(panel.members, weights, strict=True) if weight]
    bundle = joined_bundle(panel, kept, combination="mean" if way == GREEDY else way, way=way)
    if "calibration" not in bundle.manifest:
        notes = (*notes, "It is not calibrated: no picture was left that every member could be calibrated by.")
    words = f"{NAMES[way]} of {len(kept)} of {len(panel.members)} members"
    return Made(bundle, words, "the mean of its members", weights, notes)


def _averaged(panel: Panel, place: Path) -> Made:
    """Return the mean of one run's last weights."""
    from sightline.line.ensemble.weight_average import run_of, weight_average  # imports torch

    classifier = panel.members[0].classifier
    pixels = panel.pixels(np.arange(len(panel.surveyed.digests)))
    average = weight_average(
        run_of(place), classifier.bundle, classifier.network, panel.surveyed.catalog, pixels, panel.divided
    )
    epochs = "epoch" if average.epochs == 1 else f"{average.epochs} epochs"
    words = f"The mean of the weights of its last {epochs}"
    return Made(average.bundle, words, "the weights that the run ships", equal_weights(1))


def cost_of_ensemble(places: Sequence[Path], catalog: Catalog, *, way: str, narrator: Narrator) -> EnsembleCost:
    """Say what an ensemble costs, by a few timed answers; nothing is written. The errors are those of `join`."""
    panel = panel_of(places, catalog, narrator, way=way)
    some = panel.pixels(panel.divided.test[:TIMED])
    seconds = [_seconds(member.classifier, some) for member in panel.members]
    asked = len(panel.divided.test) + len(panel.divided.validation) + PROOF_PICTURES
    return EnsembleCost(sum(member.megabytes for member in panel.members), 2 * sum(seconds) * asked, sum(seconds))


def _require_way(way: str) -> None:
    if way not in NAMES:
        raise SettingsError(f"by = {way!r}", hint=f"expected one of {', '.join(NAMES)}")


def _html(out: Path) -> Path:
    return out.with_suffix(".html")


def _json(out: Path) -> Path:
    return out.with_suffix(".json")


def _mistakes(out: Path) -> Path:
    return out.with_name(f"{out.stem}-{MISTAKES_HTML}")  # several ensembles may lie in one folder


def _require_place(out: Path, *, force: bool) -> None:
    require_writable(out)
    if out.is_dir() or not out.suffix:
        raise RunError(f"{out} is no name of a model file", hint="name a file, such as --out joined/model.sightline")
    if Run(out.parent).settings.exists():
        raise RunError(f"{out.parent} holds a run with a report of its own", hint="choose another folder for --out")
    taken = [path for path in (out, _html(out), _json(out), _mistakes(out)) if path.exists()]
    if taken and not force:
        raise RunError(f"{taken[0]} exists", hint="choose another --out, or replace it with --force")
    out.parent.mkdir(parents=True, exist_ok=True)


def _weights(panel: Panel, way: str) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return the share of each member, and what to know of how it came about.

    Raises:
        SettingsError: There are too few validation pictures for a greedy selection.
    """
    count = len(panel.members)
    if way != GREEDY:
        return equal_weights(count), ()
    rows = panel.divided.validation
    if len(rows) < FEWEST_FOR_GREEDY:
        raise SettingsError(
            f"{len(rows):,} validation pictures are too few to choose members by (expected {FEWEST_FOR_GREEDY} or more "
            "that no member has learnt from and all were chosen by)",
            hint="take the mean: --by mean",
        )
    weights = greedy_weights(panel.table(rows), panel.surveyed.catalog.labels[rows])
    left_out = [member.name for member, weight in zip(panel.members, weights, strict=True) if not weight]
    notes = (f"Left out, since they did not help on {len(rows):,} validation pictures: {', '.join(left_out)}.",)
    return weights, notes if left_out else ()


def _section(panel: Panel, made: Made, answers: Answers, classifier: Classifier, *, out: Path) -> Ensemble:
    """Return what the report says of the ensemble beside its members, on the same pictures."""
    rows, truth = panel.divided.test, answers.truth
    table = panel.table(rows)
    right = table.argmax(axis=2) == truth  # (M, n)
    together = answers.probabilities.argmax(axis=1) == truth
    best = int(right.mean(axis=1).argmax())
    some = panel.pixels(rows[:TIMED])
    seconds = [_seconds(member.classifier, some) for member in panel.members]
    apart = disagreement(table)[np.triu_indices(len(panel.members), 1)]
    return Ensemble(
        combination=made.words,
        over=made.over,
        members=tuple(
            MemberFigures(
                member.name,
                member.model,
                float(weight),
                float(ones.mean()),
                wilson_interval(int(ones.sum()), len(ones)),
                member.megabytes,
            )
            for member, weight, ones in zip(panel.members, made.weights, right, strict=True)
        ),
        disagreement=float(apart.mean()) if len(apart) else 0.0,
        gain=gain_of(together, right),
        against_best=compare(truth, answers.probabilities.argmax(axis=1), table[best].argmax(axis=1)),
        best=panel.members[best].name,
        megabytes=out.stat().st_size / 1e6,
        slower=_seconds(classifier, some) / min(seconds),
        notes=made.notes,
    )


def gain_of(together: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> Gain:
    """Return what an ensemble gains over the mean of its members, with its interval over the pictures.

    Args:
        together: (n,) whether the ensemble named each picture rightly.
        right: (M, n) the same of each member.
    """
    differences = together - right.mean(axis=0)  # (n,)
    reach = NORMAL_QUANTILE * float(differences.std(ddof=1)) / len(differences) ** 0.5 if len(differences) > 1 else 1.0
    mean = float(differences.mean())
    return Gain(mean, (max(-1.0, mean - reach), min(1.0, mean + reach)))


def _seconds(classifier: Classifier, pixels: Pixels) -> float:
    """Return how long a picture takes on one core, at the best of some tries: others make a machine slower only."""
    classifier.probabilities(pixels[:1])  # the first call pays for what later ones do not
    tries = []
    for _ in range(TRIES):
        started = time.perf_counter()
        classifier.probabilities(pixels)
        tries.append(time.perf_counter() - started)
    return min(tries) / len(pixels)


def words_of(joined: Joined) -> str:
    """Return what came out, in a sentence or two."""
    test = joined.report["test"]
    return f"{joined.report['ensemble']['words']} On {test['count']:,} pictures: {percent(test['accuracy'])}."
