"""The example program of docs/bundle.md reads a model file without sightline."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from sightline.inference.tasks import load

DOCS = Path(__file__).parents[2] / "docs" / "bundle.md"
UPSIDE_DOWN = 3


def test_the_program_in_the_docs_gives_the_probabilities_that_sightline_gives(bundle_file, saved, picture, tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert "sightline" not in program
    turned = Image.Exif()
    turned[0x0112] = UPSIDE_DOWN
    Image.fromarray(picture(90, 120, 3)).save(tmp_path / "large.jpg", exif=turned)
    pictures = [saved("a.png"), saved("b.jpg", seed=1), saved("grey.png", "L", seed=2), tmp_path / "large.jpg"]
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", program, bundle_file, *pictures], check=True, capture_output=True, text=True
    ).stdout
    classifier = load(bundle_file)
    answers = [json.loads(line) for line in told.splitlines()]
    for answer, expected in zip(answers, classifier.predict_many(pictures), strict=True):
        np.testing.assert_allclose(
            [answer[name] for name in expected.probabilities], [*expected.probabilities.values()]
        )
