"""A network learns in epochs, and says how that went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, VALIDATION
from sightline.imaging.preprocess import Preprocess
from sightline.inference.graph import MOST_SAMPLES
from sightline.line.layers import layers_of
from sightline.line.methods.contract import Decided, Learnt, Subject
from sightline.line.methods.network_recipe import recipe_of
from sightline.line.methods.network_sections import network_sections
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.models.building import build_network, parameter_count
from sightline.models.changes.whitening import fit_to_pictures
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, write_history
from sightline.training.loop import fit
from sightline.training.phase import Phase
from sightline.training.samplers import LABEL, evaluation_batch
from sightline.training.samples import Parts, Samples
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.interrupts import Interrupts
from sightline.training.watchers.layers import LayerWatch, some_rows

if TYPE_CHECKING:
    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.line.answers import Answers


@dataclass(frozen=True, eq=False)
class LearntNetwork(Learnt):
    """A network that has been learnt."""

    history: tuple[EpochRecord, ...]

    @property
    def seconds(self) -> float:
        """Of all epochs, with the looks at the validation part."""
        return sum(record.seconds + record.validation_seconds for record in self.history)

    def came_out(self, settings: Settings) -> dict[str, Any]:
        """Return how many epochs the clock left room for, where only it bounded them."""
        is_named = settings.origins.get("epochs") in ("named", "file")
        is_bounded = settings["minutes"] and not is_named and len(self.history) < settings["epochs"]
        return {"epochs": f"{len(self.history)}, the minutes being the bound"} if is_bounded else {}

    def sections(
        self,
        subject: Subject,
        answers: "Answers",  # noqa: ARG002 - the contract's
        scores: "Scores",
    ) -> "tuple[Section, ...]":
        """Return the course of the training with its verdict, and what the layers were like."""
        steps = subject.settings.steps
        return network_sections(
            self.history,
            epochs=steps.epochs,
            patience=steps.patience,
            layers=layers_of(subject.classifier, subject.run),
            scores=scores,
        )


def train_network(
    prepared: Prepared, decided: Decided, options: Mapping[str, Any], *, run: Run, narrator: Narrator
) -> LearntNetwork:
    """Train a network, from its last checkpoint if there is one.

    Args:
        options: What the network is built with.
        run: Takes the checkpoints, ``history.csv`` and ``layers.json``.
        narrator: Who tells the user.

    Raises:
        RunError: The training diverged, or the checkpoint can't be used.
    """
    settings, classes = decided.settings, len(prepared.catalog.classes)
    parts = Parts(samples_of(prepared, TRAIN), samples_of(prepared, VALIDATION))
    recipe = recipe_of(settings, parts.training, classes=classes, seconds=decided.seconds)
    network = fresh_network(settings["model"], prepared.preprocess, classes, options, seed=settings["seed"])
    fit_to_pictures(network, parts.training.inputs, parts.training.rows)
    look = LayerWatch(run.layers, parts.validation.inputs[some_rows(parts.validation.rows)])
    with narrator.watcher(recipe, recipe.step_count(parts.training)) as watcher, Interrupts() as interrupts:
        outcome = fit(
            network,
            parts,
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(run.checkpoints),
            watchers=(watcher, HistoryFile(run.history), look, interrupts),
            say=narrator.say,
        )
    # A process killed between its last checkpoint and its last line of history has no epoch left to write.
    write_history(run.history, outcome.history)
    return LearntNetwork(
        model=network.cpu().eval(),
        numbers=parameter_count(network),
        batch=evaluation_batch(prepared.preprocess.format.shape),
        graph_batch=MOST_SAMPLES,
        history=outcome.history,
        findings=outcome.findings,
    )


def samples_of(prepared: Prepared, part: str) -> Samples:
    """Return one part of the pictures as tensors that share the memory of all."""
    catalog = prepared.catalog
    return Samples(
        torch.from_numpy(prepared.pixels),
        {LABEL: torch.from_numpy(catalog.labels)},
        torch.from_numpy(prepared.split.rows(part)),
        names=lambda rows: [catalog.paths[row] for row in rows.tolist()],
    )


def fresh_network(
    model: str, preprocess: Preprocess, classes: int, options: Mapping[str, Any], *, seed: int
) -> nn.Sequential:
    """Return the network with weights that depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(derived_seed(seed, "weights"))
        return build_network(model, preprocess, classes, options)
