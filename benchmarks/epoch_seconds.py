"""Seconds an epoch: sightline's loop beside a bare PyTorch loop, on the same network and pictures.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/epoch_seconds.py

Each takes turns in a process of its own. The bare loop runs twice: with OpenMP's threads spinning while they wait, as
torch has them, and sleeping at once; sightline's sleep after a moment. The table is in
docs/benchmarks/epoch-seconds.md; it takes about two minutes.
"""

from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.loops import LOOPS, Case
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import decoded, square
from bench.settings import started
from bench.turns import in_turns, medians

CASE = Case("basic-cnn", 32)
WAYS = {
    "bare PyTorch loop, no checkpoints, threads spin": ("bare", {}),
    "bare PyTorch loop, no checkpoints, threads sleep": ("bare", {"OMP_WAIT_POLICY": "passive"}),
    "sightline": ("ours", {}),
}


class Setting(NamedTuple):
    """How many turns, epochs a turn, and pictures."""

    turns: int
    epochs: int
    training: int
    validation: int


FULL, TINY = Setting(5, 2, 6_400, 1_280), Setting(1, 1, 64, 32)


def run(loop, pictures, setting):
    """Return the `EpochSeconds` of each epoch of a loop."""
    return LOOPS[loop](CASE, pictures, training=setting.training, epochs=setting.epochs)


def rows(turns):
    """Return the table's rows: seconds of training, those with validation, and the ratios to each bare loop."""
    seconds = {}
    for name, values in turns.items():
        epochs = [epoch for turn in values for epoch in turn]
        seconds[name] = medians([(epoch.training, epoch.training + epoch.validation) for epoch in epochs])
    yield from ([name, *(f"{value:.2f}" for value in pair)] for name, pair in seconds.items())
    *bare, ours = seconds
    for name, way in zip(bare, ("spinning", "sleeping"), strict=True):
        ratios = (mine / theirs for mine, theirs in zip(seconds[ours], seconds[name], strict=True))
        yield [f"ratio to the {way} loop", *(f"{ratio:.2f}" for ratio in ratios)]


def main() -> None:
    """Take turns and write the table."""
    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    with archive(CIFAR10, tiny=start.tiny) as path:
        pictures = decoded(path, "test", square(32), count=setting.training + setting.validation)
    ways = {
        name: lambda loop=loop, variables=variables: start.aside(run, loop, pictures, setting, **variables)
        for name, (loop, variables) in WAYS.items()
    }
    turns = in_turns(ways, setting.turns)
    note = (
        f"basic-cnn, Adam, batch {CASE.batch}, {setting.training:,} training and {setting.validation:,} validation "
        f"pictures of CIFAR-10 at 32x32, medians of {setting.turns * setting.epochs} epochs in {setting.turns} turns"
    )
    heads = ["", "training part, s", "with validation and checkpoints, s"]
    publish(
        "benchmarks/epoch-seconds.md", {"epochs": f"{origin(note)}\n\n{table(heads, rows(turns))}"}, tiny=start.tiny
    )


if __name__ == "__main__":
    main()
