"""What a pre-flight costs against an epoch, and the babysitter against a step; writes a page of docs.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/preflight_cost.py

`basic-cnn` learns a tenth of CIFAR-10. Seconds are those of the processor, so that other programs change little.
"""

import time
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from bench.setups import Plan, setup_of

PAGE = "benchmarks/preflight-cost.md"
WHOLE_SET = 50_000
"""Training pictures of CIFAR-10."""


class Setting(NamedTuple):
    """The network, training pictures, and steps that are timed."""

    model: str
    count: int
    steps: int


FULL, TINY = Setting("basic-cnn", 5_000, 20), Setting("linear", 64, 2)


def step_seconds(setup, steps, watcher=None):
    """Return the seconds of a step, mean over some, with or without a watcher before and after each."""
    from sightline.training.preflight.setup import learner_of
    from sightline.training.watchers.watcher import Step

    batch = setup.batch(setup.recipe.steps.batch_size)
    with setup.copied() as network:
        learner = learner_of(network.train(), setup.recipe)
        learner.gradients(batch)  # warms up
        began = time.process_time()
        for number in range(1, steps + 1):
            losses, tally = learner.gradients(batch)
            step = Step(1, number, 1e-3, network, batch.rows, losses, tally, setup.recipe.objective)
            if watcher:
                watcher.before_step(step)
            learner.step()
            if watcher:
                watcher.after_step(step)
        return (time.process_time() - began) / steps


def main():
    """Time each check, a step, and a step under the babysitter, and write the page."""
    from sightline.training.preflight.checks import CHECKS
    from sightline.training.watchers.babysitter import EVERY, Babysitter

    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    with archive(CIFAR10, tiny=start.tiny) as path:
        setup = setup_of(Plan(setting.model, "photos", side=32, count=setting.count), path)
    batch = setup.recipe.steps.batch_size
    step = step_seconds(setup, setting.steps)
    own, whole = (step * count / batch for count in (setting.count, WHOLE_SET))
    rows, total = [], 0.0
    for name, entry in CHECKS.items():
        began = time.process_time()
        entry.check(setup)
        seconds = time.process_time() - began
        total += seconds
        rows.append([name, f"{entry.cost(setup):,.0f}", f"{seconds:.2f}", f"{seconds / whole:.2f}"])
    planned = sum(entry.cost(setup) for entry in CHECKS.values())
    rows.append(["all", f"{planned:,.0f}", f"{total:.2f}", f"{total / whole:.2f}"])
    watched = step_seconds(setup, 1, Babysitter(setup.recipe, validated=1)) - step_seconds(setup, 1)
    words = (
        f"An epoch of the whole set takes {whole:.1f} s, one of {setting.count:,} pictures {own:.1f} s. A step at "
        f"which the babysitter looks is {max(0.0, watched) / step:.0%} longer, and it looks at one in {EVERY}."
    )
    heads = ["check", "pictures that cost as much", "seconds", "epochs of the whole set"]
    publish(PAGE, {"cost": f"{origin()}\n\n{table(heads, rows)}\n\n{words}"}, tiny=start.tiny)


if __name__ == "__main__":
    main()
