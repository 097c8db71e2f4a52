"""How a model does on fixed episodes: what others have published on the same ones can be compared with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.data.by_class.episode_runs import EpisodeRun, episode_runs
from sightline.evaluation.pairs.clusters import clustered_interval
from sightline.evaluation.words import interval_words
from sightline.inference.classifier import Classifier
from sightline.inference.graph import Floats
from sightline.inference.pictures import reading_of
from sightline.inference.support.distances import unit
from sightline.line.narrator import Narrator


@dataclass(frozen=True, repr=False)
class FixedEpisodes:
    """What a model answered in the episodes of a folder.

    Args:
        model: What the model is called.
        data: The folder of the episodes.
        answers: (run, picture that was asked about, known picture that was answered, whether that is right) of each.
        accuracy: The share of right answers, 0 to 1.
        interval: At 95 %, over the runs, whose pictures are of one alphabet each.
    """

    model: str
    data: str
    answers: tuple[tuple[str, str, str, bool], ...]
    accuracy: float
    interval: Interval

    @property
    def runs(self) -> dict[str, float]:
        """The accuracy of each run by its name."""
        names = dict.fromkeys(run for run, *_ in self.answers)
        return {name: float(np.mean([right for run, *_, right in self.answers if run == name])) for name in names}

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline evaluate --json`` prints."""
        return {
            "model": self.model,
            "data": self.data,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.interval),
            "trials": len(self.answers),
            "runs": self.runs,
            "answers": [dict(zip(("run", "asked", "answer", "right"), each, strict=True)) for each in self.answers],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows."""
        yield (
            f"{len(self.runs)} runs, {len(self.answers):,} pictures asked about: {percent(self.accuracy)} right "
            f"(95 % interval {interval_words(self.interval)}, over runs)"
        )
        for name, accuracy in self.runs.items():
            yield f"  {name}  {percent(accuracy)}"

    def __repr__(self) -> str:
        """Return the accuracy and of how many pictures in how many runs, in one line."""
        return f"<FixedEpisodes: {percent(self.accuracy)} of {len(self.answers):,} pictures in {len(self.runs)} runs>"


def evaluate_runs(classifier: Classifier, folder: Path, narrator: Narrator) -> FixedEpisodes:
    """Ask a model about every picture of a folder of fixed episodes, as they stand there.

    Args:
        classifier: Of any task; a classifier's last features are compared.
        narrator: Shows how many pictures have been read.

    Raises:
        DataError: The folder is not laid out as it should be.
        PictureError: A picture of it can't be read.
        BundleError: The model's graph does not say what pictures are compared by.
    """
    runs = episode_runs(folder)
    with narrator.counting("reading pictures", sum(len(run.known) + len(run.asked) for run in runs)) as advance:
        answers = [answer for run in runs for answer in _answered(classifier, run, advance)]
    right = [is_right for *_, is_right in answers]
    _, numbers = np.unique([run for run, *_ in answers], return_inverse=True)
    return FixedEpisodes(
        model=str(classifier.manifest["model"]["name"]),
        data=str(folder),
        answers=tuple(answers),
        accuracy=float(np.mean(right)),
        interval=clustered_interval(right, numbers),
    )


def _answered(classifier: Classifier, run: EpisodeRun, advance: Any) -> Iterator[tuple[str, str, str, bool]]:
    known, asked = (_embedded(classifier, paths) for paths in (run.known, run.asked))
    nearest = (asked @ known.T).argmax(axis=1).tolist()
    advance(len(run.known) + len(run.asked))
    for path, place, truth in zip(run.asked, nearest, run.truths, strict=True):
        yield run.name, path.name, run.known[place].name, place == truth


def _embedded(classifier: Classifier, paths: tuple[Path, ...]) -> Floats:
    pixels = np.stack([reading_of(path, classifier.format, name=str(path)).pixels for path in paths])
    return unit(classifier.with_features(pixels)[1])
