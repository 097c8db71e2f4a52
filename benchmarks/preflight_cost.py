"""What a pre-flight costs against an epoch, and the babysitter of one; writes a page of docs.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/preflight_cost.py

`basic-cnn` learns a tenth of CIFAR-10. Seconds are those of the processor, so that other programs change little.
"""

import tempfile
import time
from pathlib import Path
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
    """The network, training pictures, and epochs that are watched."""

    model: str
    count: int
    epochs: int


FULL, TINY = Setting("basic-cnn", 5_000, 3), Setting("linear", 64, 1)


class Timed:
    """A watcher that passes all moments on to another, and sums the seconds of the processor that it takes."""

    def __init__(self, watcher):
        self._watcher, self.seconds = watcher, 0.0

    def __getattr__(self, name):
        """Return the other's method, timed."""
        method = getattr(self._watcher, name)

        def timed(*words):
            began = time.process_time()
            answer = method(*words)
            self.seconds += time.process_time() - began
            return answer

        return timed


def watched(setup):
    """Return the seconds of a training, and those of them that babysitter and look at the layers take, by name."""
    from sightline.training.checkpoints import Checkpoints
    from sightline.training.loop import fit
    from sightline.training.phase import Phase
    from sightline.training.watchers.babysitter import Babysitter
    from sightline.training.watchers.layers import LayerWatch, some_rows

    validation = setup.parts.validation
    with tempfile.TemporaryDirectory() as folder, setup.copied() as network:
        look = LayerWatch(Path(folder) / "layers.json", validation.inputs[some_rows(validation.rows)])
        babysitter = Babysitter(setup.recipe, validated=len(validation), dead=lambda: look.dead)
        watchers = {"babysitter": Timed(babysitter), "layers": Timed(look)}
        began = time.process_time()
        fit(
            network,
            setup.parts,
            phases=[Phase(setup.recipe)],
            checkpoints=Checkpoints(Path(folder) / "checkpoints"),
            watchers=(watchers["layers"], watchers["babysitter"]),
        )
        seconds = time.process_time() - began
    return seconds, {name: watcher.seconds for name, watcher in watchers.items()}


def main():
    """Time epochs with their watchers, and each check, and write the page."""
    from sightline.training.preflight.checks import CHECKS

    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    with archive(CIFAR10, tiny=start.tiny) as path:
        plan = Plan(
            setting.model, "photos", side=32, count=setting.count, settings={"epochs": setting.epochs, "batch_size": 32}
        )
        setup = setup_of(plan, path)
    seconds, beside = watched(setup)
    own = (seconds - sum(beside.values())) / setting.epochs
    whole = own * WHOLE_SET / setting.count
    rows, total = [], 0.0
    for name, entry in CHECKS.items():
        began = time.process_time()
        entry.check(setup)
        taken = time.process_time() - began
        total += taken
        rows.append([name, f"{entry.cost(setup):,.0f}", f"{taken:.2f}", f"{taken / whole:.2f}"])
    planned = sum(entry.cost(setup) for entry in CHECKS.values())
    rows.append(["all", f"{planned:,.0f}", f"{total:.2f}", f"{total / whole:.2f}"])
    shares = {name: taken / setting.epochs / own for name, taken in beside.items()}
    words = (
        f"An epoch of the whole set takes {whole:.1f} s, one of {setting.count:,} pictures {own:.1f} s, with its look "
        f"at the validation part. To the latter the babysitter adds {shares['babysitter']:.2%}, and the look at every "
        f"layer, which it reads the dead units from, {shares['layers']:.2%}."
    )
    heads = ["check", "pictures that cost as much", "seconds", "epochs of the whole set"]
    publish(PAGE, {"cost": f"{origin()}\n\n{table(heads, rows)}\n\n{words}"}, tiny=start.tiny)


if __name__ == "__main__":
    main()
