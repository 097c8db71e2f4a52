"""Seconds from a cold shell to the first answer of `sightline predict` with basic-cnn, and what they are made of.

    .venv/bin/python benchmarks/predict_start.py

The table is in docs/benchmarks/predict-start.md. The model is untrained: its answer takes as long as any.
"""

import sys
import tempfile
from pathlib import Path

from bench.archives import cloud
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import write_untrained
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from bench.turns import in_turns, spread

SIDE = 32
FULL, TINY = 9, 1
"""Turns."""


def commands(folder):
    """Return what is measured: for each name, the words of a command."""
    picture = folder / "picture.jpg"
    picture.write_bytes(cloud(0, (SIDE, SIDE)))
    model = write_untrained("basic-cnn", SIDE, folder)
    return {
        "`sightline predict`, basic-cnn, one picture": (SIGHTLINE, "predict", model, picture),
        "of which importing NumPy, Pillow and ONNX Runtime": (
            sys.executable,
            "-c",
            "import numpy, PIL.Image, onnxruntime",
        ),
        "of which Python's own start": (sys.executable, "-c", "pass"),
    }


def cells(name, costs):
    """Return a row of the table."""
    wall = spread([cost.seconds for cost in costs])
    processors = spread([cost.processors for cost in costs])
    return [name, f"{wall.median:.3f} s", f"{wall.least:.3f} s", f"{processors.median:.3f} s"]


def main() -> None:
    """Measure and write the table."""
    tiny, turns, _ = started(__doc__, full=FULL, tiny=TINY)
    with tempfile.TemporaryDirectory() as folder:
        ways = {name: lambda words=words: cost_of(*words) for name, words in commands(Path(folder)).items()}
        costs = in_turns(ways, turns)
    rows = [cells(name, values) for name, values in costs.items()]
    heads = ["what", "wall, median", "wall, least", "processors, median"]
    text = f"{origin(f'{turns} runs each in turns')}\n\n{table(heads, rows)}"
    publish("benchmarks/predict-start.md", {"seconds": text}, tiny=tiny)


if __name__ == "__main__":
    main()
