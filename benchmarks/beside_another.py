"""What is left of the speed of training while another program keeps one core busy.

    .venv/bin/python benchmarks/beside_another.py

Each loop trains in a process of its own, in turns alone and beside a process that only counts. The plain PyTorch loop
has the threads that torch gives it, which spin while they wait. The table is in docs/performance.md; it takes about
four minutes.
"""

import subprocess
import sys
from contextlib import contextmanager
from itertools import product
from typing import NamedTuple

from bench.loops import Case, best_rate, possible
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import noise
from bench.settings import started
from bench.turns import in_turns, spread

SIDE, VALIDATION = 32, 8
LOOPS = {"ours": "sightline", "bare, channels last": "plain PyTorch loop"}
BUSY = "while True: pass"


class Setting(NamedTuple):
    """Cases with the steps of an epoch, and turns."""

    rows: tuple[tuple[Case, int], ...]
    turns: int


FULL = Setting(((Case("basic-cnn", 32), 100), (Case("basic-cnn", 128), 30), (Case("quick-cnn", 256, "bf16"), 4)), 3)
TINY = Setting(((Case("basic-cnn", 8), 2),), 1)


@contextmanager
def neighbours(count):
    """Keep so many cores busy until the end of the block."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]  # noqa: S603
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def rate(loop, case, steps):
    """Return pictures a second of a loop."""
    count = case.batch * steps
    return best_rate(loop, case, noise(SIDE, count + VALIDATION), training=count)


def rows_of(case, steps, start):
    """Yield a case's rows of the table."""

    def rate_beside(loop, busy):
        with neighbours(busy):
            return start.aside(rate, loop, case, steps)

    ways = {(loop, busy): lambda loop=loop, busy=busy: rate_beside(loop, busy) for loop, busy in product(LOOPS, (0, 1))}
    rates = {way: spread(values).median for way, values in in_turns(ways, start.setting.turns).items()}
    for loop, name in LOOPS.items():
        alone, beside = rates[loop, 0], rates[loop, 1]
        what = f"{case.model}, {case.precision}, batch {case.batch}"
        yield [what, name, f"{alone:,.0f}", f"{beside:,.0f}", f"{beside / alone:.2f}"]


def main() -> None:
    """Take turns and write the table."""
    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    usable = possible([case for case, _ in setting.rows])
    rows = [row for case, steps in setting.rows if case in usable for row in rows_of(case, steps, start)]
    note = f"pictures a second at {SIDE} px, medians of {setting.turns} turns, one process keeps one core busy"
    heads = ["what", "loop", "alone", "beside it", "kept"]
    publish("performance.md", {"beside another": f"{origin(note)}\n\n{table(heads, rows)}"}, tiny=start.tiny)


if __name__ == "__main__":
    main()
