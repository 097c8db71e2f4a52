"""How torch's threads wait."""

import os
import subprocess
import sys

import pytest

ASK = "import sightline, os; print(os.environ.get('OMP_WAIT_POLICY'))"


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active"), ({"GOMP_SPINCOUNT": "9"}, "None")],
)
def test_threads_sleep_unless_the_user_says_otherwise(given, expected):
    clean = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ASK], env={**clean, **given}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == expected
