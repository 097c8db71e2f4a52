"""The training loop, written once: phases, in them epochs, in them steps."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import nn

from sightline.core.errors import RunError
from sightline.core.findings import Finding
from sightline.training.checkpoints import Checkpoints
from sightline.training.epoch import Epoch
from sightline.training.history import EpochRecord, finished, of_phase
from sightline.training.learner import Learner
from sightline.training.machine.surroundings import Surroundings
from sightline.training.phase import Phase
from sightline.training.samples import Parts
from sightline.training.watchers.watcher import Watcher


@dataclass(frozen=True)
class Outcome:
    """What a training leaves beside the weights.

    Args:
        history: One record an epoch, of all phases.
        findings: What the watchers noticed, in an earlier process too.
    """

    history: tuple[EpochRecord, ...]
    findings: tuple[Finding, ...]


def fit(
    network: nn.Module,
    parts: Parts,
    *,
    phases: Sequence[Phase],
    checkpoints: Checkpoints,
    watchers: Sequence[Watcher] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Train a network, from its last checkpoint if there is one, and leave the best weights in it.

    Each phase begins with the best weights of the one before, and the best weights of the last phase are the result.
    Every epoch's randomness is a function of the seed and the epoch's number, so the weights at the
    end are the same, bit for bit, however often the process was stopped and started again.

    Args:
        network: Takes and gives what the objectives of the phases ask for.
        parts: What is learnt from, and what the best epochs are chosen by.
        phases: At least one, in their order.
        checkpoints: Where the state is kept.
        watchers: Called in this order at each moment.
        say: Called with a line when a batch does not fit into memory, or the number of threads changes.

    Raises:
        RunError: A loss is no longer finite, memory does not hold two samples, or the checkpoint
            can't be used.
        SettingsError: The optimizer does not fit the network, or a phase's blocks are not in it.
    """
    training = _Training(network, parts, checkpoints, watchers, say)
    first = checkpoints.phase()
    if first > len(phases):
        raise RunError(
            f"{checkpoints.last} is in phase {first} of a training that has {len(phases)} now",
            hint="train with the phases that it began with, or begin the run anew with --force",
        )
    for number, phase in enumerate(phases[first - 1 :], start=first):
        training.follow(phase, number)
    network.cpu()
    return training.outcome()


class _Training:
    """A network on its way through its phases, and what the way has shown so far."""

    def __init__(
        self,
        network: nn.Module,
        parts: Parts,
        checkpoints: Checkpoints,
        watchers: Sequence[Watcher],
        say: Callable[[str], None],
    ) -> None:
        self._network, self._parts, self._checkpoints = network, parts, checkpoints
        self._watchers, self._say = watchers, say
        self._history: list[EpochRecord] = []
        self._has_started = False
        self._ended, self._beside = 0.0, 0.0

    def follow(self, phase: Phase, number: int) -> None:
        """Train from the phase's beginning or last checkpoint to its end, and leave its best weights."""
        recipe = phase.recipe
        self._ended, self._beside = time.perf_counter(), 0.0
        with phase.freezing(self._network), Surroundings(recipe.device) as surroundings:
            learner = self._next_learner(phase, number) if self._has_started else self._first_learner(phase)
            choose_threads = partial(learner.choose_threads, self._parts.training)
            while not finished(of_phase(self._history, number), recipe, beside=self._beside):
                with surroundings.threads(learner.threads, choose_threads):
                    self._take_epoch(learner, number)
            self._checkpoints.load_best(self._network)

    def _first_learner(self, phase: Phase) -> Learner:
        """Return a learner where the last checkpoint left it, or at the beginning; watchers hear of it."""
        learner = Learner(self._network, phase, say=self._say)
        self._history = self._checkpoints.resume(learner)
        if not self._history:
            learner.choose_piece(self._parts.training)
            learner.choose_threads(self._parts.training)
        self._has_started = True
        for watcher in self._watchers:
            watcher.on_start(len(self._history))
        return learner

    def _next_learner(self, phase: Phase, number: int) -> Learner:
        """Return a learner at the beginning of a phase that follows another, and write where the training stands."""
        learner = Learner(self._network, phase, say=self._say)
        learner.choose_piece(self._parts.training)
        learner.choose_threads(self._parts.training)
        self._checkpoints.keep(learner, self._history, phase=number)
        return learner

    def _take_epoch(self, learner: Learner, phase: int) -> None:
        self._beside += time.perf_counter() - self._ended  # checkpoints, watchers and choices take of the phase's time
        epoch = Epoch(
            learner, self._parts, history=self._history, phase=phase, watchers=self._watchers, beside=self._beside
        )
        self._history.append(epoch.run())
        self._ended = time.perf_counter()
        self._checkpoints.keep(learner, self._history, phase=phase)
        for watcher in self._watchers:
            watcher.on_epoch(self._history)

    def outcome(self) -> Outcome:
        """Return what all phases have shown."""
        findings = [finding for record in self._history for finding in record.findings]
        findings += [finding for watcher in self._watchers for finding in watcher.findings()]
        return Outcome(tuple(self._history), tuple(findings))
