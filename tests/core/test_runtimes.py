"""What the runtimes read: threads soon sleep, and nothing is reported."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.core.runtimes import SPINS

ASK = "import sightline, os; print(os.environ.get('OMP_WAIT_POLICY'), os.environ.get('GOMP_SPINCOUNT'))"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, f"None {SPINS}" if sys.platform == "linux" else "passive None"),
        ({"OMP_WAIT_POLICY": "active"}, "active None"),
        ({"GOMP_SPINCOUNT": "9"}, "None 9"),
    ],
)
def test_threads_spin_briefly_unless_the_user_says_otherwise(named, expected):
    clean = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ASK], env={**clean, **named}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == expected


@pytest.mark.parametrize(("set_here", "expected"), [({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")])
def test_importing_keeps_the_runtime_from_reporting_home(set_here, expected):
    clean = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    ask = "import sightline, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ask], env={**clean, **set_here}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == expected


def test_a_prediction_leaves_nothing_in_the_users_folders(tmp_path):
    code = "import sightline, sys; sightline.load(sys.argv[1]).predict(sys.argv[2])"
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(tmp_path / "a.png")
    home = tmp_path / "home"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    clean |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "TMPDIR": str(home)}
    model = Path(__file__).parent.parent / "inference" / "fixtures" / "version2.sightline"
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, model, tmp_path / "a.png"], env=clean, check=True
    )
    assert not list(home.rglob("*"))
