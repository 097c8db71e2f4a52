"""Seconds from a cold shell to the first answer of `sightline predict` with basic-cnn, and what they are made of.

    .venv/bin/python benchmarks/predict_start.py

The table is in docs/benchmarks/predict-start.md. The model is untrained: its answer takes as long as any.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.inference.assembly import assembled
from sightline.inference.bundle import write_bundle
from sightline.models.building import build_network

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "predict-start.md"
SIGHTLINE = str(Path(sys.executable).parent / "sightline")
RUNS = 9
PROOF_PICTURES = 16


def prepare(folder: Path) -> tuple[str, str]:
    """Write an untrained basic-cnn for 32x32 pictures of ten classes, and a picture; return their paths."""
    input_format = PictureFormat(32, 32)
    pixels = np.random.default_rng(0).integers(0, 256, (PROOF_PICTURES, *input_format.shape), dtype=np.uint8)
    preprocess = fitted(input_format, [pixels], centre="channel", scale="deviation")
    manifest = {
        "method": "network",
        "model": {"name": "basic-cnn", "options": {}},
        "classes": [f"class {number}" for number in range(10)],
        "preprocess": preprocess.describe(),
    }
    write_bundle(folder / "model.sightline", assembled(manifest, build_network("basic-cnn", preprocess, 10), pixels))
    Image.fromarray(pixels[0]).save(folder / "picture.png")
    return str(folder / "model.sightline"), str(folder / "picture.png")


def seconds_of(*command: str) -> tuple[float, float]:
    """Return the wall time and the processors' time of a command that must end well."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    taken, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(name: str, taken: list[tuple[float, float]]) -> str:
    wall, processors = zip(*taken, strict=True)
    return f"| {name} | {median(wall):.3f} s | {min(wall):.3f} s | {median(processors):.3f} s |"


def main() -> None:
    """Measure, in turns so that a busy moment meets all of them, and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "`sightline predict`, basic-cnn, one picture": (SIGHTLINE, "predict", *prepare(Path(folder))),
            "of which importing NumPy, Pillow and ONNX Runtime": (
                sys.executable,
                "-c",
                "import numpy, PIL.Image, onnxruntime",
            ),
            "of which Python's own start": (sys.executable, "-c", "pass"),
        }
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                seconds[name].append(seconds_of(*command))
    rows = "\n".join(_row(name, taken) for name, taken in seconds.items())
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    text = f"""# From a cold shell to an answer

Written by `benchmarks/predict_start.py` on {os.cpu_count()} cores, {RUNS} runs each in turns; load averages {load}.

The processors' time is what the wall time comes to on a machine that has nothing else to do.

| what | wall, median | wall, least | processors, median |
|---|---|---|---|
{rows}
"""
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
