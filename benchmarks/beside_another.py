"""What is left of the speed of training while another program keeps one core busy.

    .venv/bin/python benchmarks/beside_another.py

Each loop trains in a process of its own, in turns alone and beside a process that only counts. The plain PyTorch loop
has the threads that torch gives it, which spin while they wait. The table is in docs/performance.md; it takes about
four minutes.
"""

import json
import subprocess
import sys
from statistics import median

from sections import machine, write_section
from throughput import Case, bare, case_of, ours, possible, untold

TURNS = 3
CASES = (Case("basic-cnn", 32, 32, 100), Case("basic-cnn", 32, 128, 30), Case("quick-cnn", 32, 256, 4, "bf16"))
BUSY = "while True: pass"


def rate(way, case, *, busy):
    """Return pictures a second of a loop in a process of its own."""
    words = [sys.executable, __file__, way, *map(str, case)]
    neighbours = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]  # noqa: S603
    try:
        answer = subprocess.run(words, check=True, capture_output=True, text=True, env=untold())  # noqa: S603
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()
    return json.loads(answer.stdout)


def main() -> None:
    """Take turns and write the table."""
    if len(sys.argv) > 1:
        way, *words = sys.argv[1:]
        if way == "bare":
            import torch  # noqa: F401 - before sightline, which would set how its threads wait
        print(json.dumps({"ours": ours, "bare": bare}[way](case_of(words))))
        return
    lines = []
    for case in possible(CASES):
        for way, name in (("ours", "sightline"), ("bare", "plain PyTorch loop")):
            turns = [[rate(way, case, busy=busy) for busy in (0, 1)] for _ in range(TURNS)]
            alone, beside = (median(column) for column in zip(*turns, strict=True))
            kept = beside / alone
            what = f"{case.model}, {case.precision}, batch {case.batch}"
            lines.append(f"| {what} | {name} | {alone:,.0f} | {beside:,.0f} | {kept:.2f} |")
            print(lines[-1], flush=True)
    rows = "\n".join(lines)
    write_section(
        "Beside another program",
        f"""Written by `benchmarks/beside_another.py` on {machine()}: pictures a second at 32 px, medians of
{TURNS} turns, with one process that keeps one core busy.

| what | loop | alone | beside it | kept |
|---|---|---|---|---|
{rows}
""",
    )


if __name__ == "__main__":
    main()
