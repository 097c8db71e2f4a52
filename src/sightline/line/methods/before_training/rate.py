"""A learning rate that is measured on the pictures, where somebody asks for that."""

import time
from dataclasses import replace

from sightline.core.findings import Finding, Severity
from sightline.line.methods.before_training.setup import setup_of
from sightline.line.methods.contract import Decided
from sightline.line.methods.network.options import network_options
from sightline.line.prepared import Prepared
from sightline.training.preflight.rate_range import RateRange, measured_range
from sightline.training.recipe import RANGE_TEST


def ranged(prepared: Prepared, decided: Decided) -> Decided:
    """Return what was decided, with the rate that a range test suggests where the settings ask for one.

    Where three orders of batches disagree, the recipe's rate is kept, and why is said.
    """
    if decided.settings["rate_from"] != RANGE_TEST or "learning_rate" in _named(decided):
        return decided
    started = time.perf_counter()
    measured = measured_range(setup_of(prepared, decided, network_options(decided.settings)))
    left = max(decided.seconds - (time.perf_counter() - started), 1.0) if decided.seconds else 0.0
    suggestion = measured.suggestion
    chosen = decided.settings if suggestion is None else decided.settings.changed(learning_rate=suggestion)
    return replace(decided, settings=chosen, seconds=left, noticed=(*decided.noticed, _note(measured)))


def _named(decided: Decided) -> set[str]:
    return {name for name, origin in decided.settings.origins.items() if origin in ("named", "file")}


def _note(measured: RateRange) -> Finding:
    low, high = measured.interval
    if measured.suggestion is not None:
        return Finding(
            "rate-measured",
            Severity.NOTE,
            f"by a range test the learning rate is {measured.suggestion:g}: in three orders of batches it learns at "
            f"rates from {low:.2g} to {high:.2g}; the recipe's is {measured.own:g}",
            "nothing needs to be done",
        )
    return Finding(
        "rate-kept",
        Severity.NOTE,
        f"the learning rate stays the recipe's, {measured.own:g}, since {measured.doubt}",
        "name a rate, or compare some: learning_rate=...",
    )
