"""A watcher that says in words what is wrong with a training while it runs, and never changes it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from statistics import median

import torch

from sightline.core.findings import Finding, accepted
from sightline.training.history import EpochRecord
from sightline.training.losses import is_matrix
from sightline.training.recipe import Recipe
from sightline.training.tally import Tally
from sightline.training.watchers.course import Course
from sightline.training.watchers.symptoms import SYMPTOMS
from sightline.training.watchers.watcher import Step, Watcher

EXPLAINS_ALL = "loss-exploding"
"""The code after which nothing else means anything."""
EVERY = 64
"""Of so many steps one is looked at, the first of an epoch among them."""


class Babysitter(Watcher):
    """Looks at losses, answers and the length of steps, and says each thing that is wrong once, one after an epoch.

    A step in 64 is looked at: two more passes over the weights, where a step makes several for every sample. What it
    notices after an epoch goes into the next epoch's record.

    Args:
        recipe: How the network learns.
        validated: How many samples the validation part has.
        accept: Codes of findings that the user takes as they are.
        dead: Returns the share of dead units of each layer, as last looked at.
        tell: Called with each finding as it is noticed.
        advise: From a finding to the same with advice that fits this kind of training.

    Reference:
        Zhang et al., "AUTOTRAINER" (2021); Schoop et al., "UMLAUT" (2021); Ben Braiek and Khomh, "TheDeepChecker"
        (2023): the symptoms. Their repairs are left out: chance repaired as well.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        validated: int,
        accept: Sequence[str] = (),
        dead: Callable[[], Mapping[str, float]] = dict,
        tell: Callable[[Sequence[Finding]], None] = lambda _: None,
        advise: Callable[[Finding], Finding] = lambda finding: finding,
    ) -> None:
        self._recipe, self._validated, self._accept = recipe, validated, accept
        self._dead, self._tell, self._advise = dead, tell, advise
        self._first_loss: float | None = None
        self._begins_anew = True
        self._before: dict[str, torch.Tensor] = {}
        self._ratios: dict[str, list[float]] = {}
        self._tally = Tally()
        self._codes: set[str] = set()
        self._unrecorded: list[Finding] = []

    def on_start(self, epochs_done: int) -> None:
        """Note whether the first step can still be seen."""
        self._begins_anew = not epochs_done

    def before_step(self, step: Step) -> None:
        """Keep the weights of a step that is looked at."""
        self._tally = step.tally
        if self._begins_anew:
            self._first_loss, self._begins_anew = float(step.losses.float().mean()), False
        sets_own_steps = self._recipe.optimizer.keeps_length  # its rate alone says how far a step goes
        if step.number % EVERY == 1 and not sets_own_steps:
            self._before = {
                name: weight.detach().clone()
                for name, weight in step.network.named_parameters()
                if weight.requires_grad and is_matrix(weight)
            }

    def after_step(self, step: Step) -> None:
        """Look at how far the step moved each weight."""
        if not self._before:
            return
        factor = step.learning_rate / self._recipe.learning_rate
        for name, weight in step.network.named_parameters():
            if name in self._before:
                before = self._before[name]
                ratio = (weight.detach() - before).norm() / before.norm().clamp(min=1e-12) / max(factor, 1e-3)
                self._ratios.setdefault(name, []).append(float(ratio))
        self._before = {}

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Ask after every symptom, and say the first that is new: it may well explain the others."""
        course = self._course(history)
        known = self._codes | {finding.code for record in history for finding in record.findings}
        if EXPLAINS_ALL in known:
            return
        noticed = (finding for symptom in SYMPTOMS if (finding := symptom(course)) is not None)
        first = islice((self._advise(finding) for finding in noticed if finding.code not in known), 1)
        new = accepted(first, self._accept)
        self._codes |= {finding.code for finding in new}
        self._ratios = {}
        self._unrecorded += new
        if new:
            self._tell(new)

    def findings(self) -> Sequence[Finding]:
        """Return what was noticed since the last epoch's record was made."""
        unrecorded, self._unrecorded = self._unrecorded, []
        return unrecorded

    def _course(self, history: Sequence[EpochRecord]) -> Course:
        sums = self._tally.sums
        return Course(
            history,
            self._recipe,
            first_loss=self._first_loss,
            ratios={name: median(ratios) for name, ratios in self._ratios.items()},
            dead=self._dead(),
            answers=sums.get("answers"),
            truths=sums.get("class_counts"),
            validated=self._validated,
        )
