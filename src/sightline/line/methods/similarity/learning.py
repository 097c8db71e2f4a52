"""A network learns to compare in epochs, and says how that went."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.core.seeding import derived_seed
from sightline.data.by_class.groups import class_groups
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.imaging.photo import Pixels
from sightline.inference.export.onnx_graph import base_graph_of
from sightline.inference.graph import MOST_SAMPLES, Floats
from sightline.line.features.extractor import base_of
from sightline.line.features.store import store_of
from sightline.line.methods.contract import Decided, Learnt, Subject
from sightline.line.methods.similarity.recipe import recipe_of
from sightline.line.methods.transfer.learning import BATCH
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.models.building import build_leg, parameter_count
from sightline.models.changes.unit_length import UnitLength
from sightline.training.by_class.batches import GROUP
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, write_history
from sightline.training.loop import Outcome, fit
from sightline.training.phase import Phase
from sightline.training.recipe import Recipe
from sightline.training.samplers import LABEL, evaluation_batch
from sightline.training.samples import Parts, Samples
from sightline.training.watchers.collapse import CollapseWatch
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.interrupts import Interrupts

if TYPE_CHECKING:
    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.line.answers import Answers


@dataclass(frozen=True, eq=False)
class LearntEmbedding(Learnt):
    """A network that has learnt to compare.

    Args:
        history: One record an epoch.
        prepared: What it was learnt from.
    """

    history: tuple[EpochRecord, ...]
    prepared: Prepared

    @property
    def seconds(self) -> float:
        """Of all epochs, with the looks at the validation part."""
        return sum(record.seconds + record.validation_seconds for record in self.history)

    def graph(self, shape: tuple[int, int, int], *, factor: float = 1.0) -> bytes:  # noqa: ARG002 - a distance is not calibrated
        """Return the network as an ONNX file, from pixels to embeddings."""
        return base_graph_of(self.model, shape)

    def embeddings(self, pixels: Pixels, rows: Rows) -> Floats:
        """Return the embeddings of some rows, (n, E)."""
        return super().logits(pixels, rows)

    def logits(self, pixels: Pixels, rows: Rows) -> npt.NDArray[np.float32]:
        """Return minus the squared distance of some rows to the mean of each class, (n, classes)."""
        embeddings, means = self.embeddings(pixels, rows), self._means
        squares: Floats = np.square(embeddings[:, None] - means).sum(axis=2)
        return -squares

    @cached_property
    def _means(self) -> Floats:
        """The mean embedding of each class, (classes, E); far off where it has no picture."""
        labels = self.prepared.catalog.labels
        rows = self.prepared.surveyed.labelled_rows
        embeddings = self.embeddings(self.prepared.pixels, rows)
        sums = np.zeros((len(self.prepared.catalog.classes), embeddings.shape[1]), dtype=np.float32)
        np.add.at(sums, labels[rows], embeddings)
        counts = np.bincount(labels[rows], minlength=len(sums))
        return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], np.float32(1e3))

    def sections(self, subject: Subject, answers: "Answers", scores: "Scores") -> "tuple[Section, ...]":  # noqa: ARG002 - a class's
        """Add nothing that speaks of classes."""
        return ()


def learn_leg(prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> LearntEmbedding:
    """Train a leg, from its last checkpoint if there is one.

    Args:
        decided: Settings of which none is open any more, and how long it may take.
        run: Takes the checkpoints and ``history.csv``.
        narrator: Who tells the user.

    Raises:
        RunError: The training diverged, or the checkpoint can't be used.
    """
    settings = decided.settings
    with torch.random.fork_rng():
        torch.manual_seed(derived_seed(settings["seed"], "weights"))
        network = build_leg(settings["model"], prepared.preprocess, settings["embedding"])
    parts = Parts(*(_samples_of(prepared, part) for part in (TRAIN, VALIDATION)))
    outcome = _fitted(network, parts, recipe_of(settings, seconds=decided.seconds), run=run, narrator=narrator)
    return LearntEmbedding(
        model=network.cpu().eval(),
        numbers=parameter_count(network),
        batch=evaluation_batch(prepared.preprocess.format.shape),
        graph_batch=MOST_SAMPLES,
        findings=outcome.findings,
        history=outcome.history,
        prepared=prepared,
    )


def learn_projection(prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> LearntEmbedding:
    """Learn a projection of what a base sees, from its last checkpoint if there is one.

    The arguments and errors are those of `learn_leg`.
    """
    settings = decided.settings
    base = replace(base_of(settings), format=prepared.preprocess.format)
    rows = np.sort(np.concatenate([prepared.split.rows(part) for part in (TRAIN, VALIDATION)]))
    features = store_of(base).features(prepared.surveyed, rows, narrator=narrator)
    with torch.random.fork_rng():
        torch.manual_seed(derived_seed(settings["seed"], "weights"))
        projection = nn.Linear(features.shape[1], settings["embedding"])
    network = nn.Sequential(OrderedDict(projection=projection, unit=UnitLength()))
    parts = Parts(*(_seen_samples(prepared, part, rows, features) for part in (TRAIN, VALIDATION)))
    outcome = _fitted(network, parts, recipe_of(settings, seconds=decided.seconds), run=run, narrator=narrator)
    whole = nn.Sequential(OrderedDict(base=base.load(), **dict(network.cpu().named_children()))).eval()
    return LearntEmbedding(
        model=whole,
        numbers=parameter_count(whole),
        batch=BATCH,
        graph_batch=BATCH,
        findings=outcome.findings,
        history=outcome.history,
        prepared=prepared,
    )


def _fitted(network: nn.Sequential, parts: Parts, recipe: Recipe, *, run: Run, narrator: Narrator) -> Outcome:
    with narrator.watcher(recipe, recipe.step_count(parts.training)) as watcher, Interrupts() as interrupts:
        outcome = fit(
            network,
            parts,
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(run.checkpoints),
            watchers=(watcher, HistoryFile(run.history), CollapseWatch(), interrupts),
            say=narrator.say,
        )
    write_history(run.history, outcome.history)  # a process may have been killed between checkpoint and history
    return outcome


def _samples_of(prepared: Prepared, part: str) -> Samples:
    """Return one part of the pictures as tensors that share the memory of all, with their classes' groups."""
    return _samples(prepared, part, torch.from_numpy(prepared.pixels), np.arange(len(prepared.catalog)))


def _seen_samples(prepared: Prepared, part: str, rows: Rows, features: Floats) -> Samples:
    """Return what a base sees of one part; only some rows were looked at, so that they are numbered anew."""
    return _samples(prepared, part, torch.from_numpy(features), rows)


def _samples(prepared: Prepared, part: str, inputs: torch.Tensor, rows: Rows) -> Samples:
    """Return the samples of a part among those of some rows of the catalog.

    Args:
        inputs: (n, ...) of these rows.
        rows: (n,) int64, ascending.
    """
    catalog = prepared.catalog
    labels = catalog.labels[rows]
    paths = [catalog.paths[row] for row in rows]
    return Samples(
        inputs,
        {LABEL: torch.from_numpy(labels), GROUP: torch.from_numpy(_group_numbers(prepared)[labels])},
        torch.from_numpy(np.searchsorted(rows, prepared.split.rows(part))),
        names=lambda places: [paths[place] for place in places.tolist()],
    )


def _group_numbers(prepared: Prepared) -> npt.NDArray[np.int64]:
    """Return (classes,) the number of each class's group; a class without one is a group of its own."""
    groups = class_groups(prepared.catalog)
    names = [group or f"/{label}" for label, group in enumerate(groups)]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)
