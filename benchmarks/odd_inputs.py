"""The verbs on odd inputs: trees of odd names, tables of odd shapes, files of odd bytes, hundreds of each.

    .venv/bin/python benchmarks/odd_inputs.py

The tests of `tests/odd` with other inputs each time: every verb ends in words and with the status 0, 1 or 2, and
`predictions.csv` gives the figures of `report.json` again. What fails is printed as small as it can be made. It takes
some three minutes on 2 cores.
"""

import subprocess
import sys

from bench.origin import ROOT
from bench.settings import started

FULL, TINY = "many", "tiny"
"""Profiles of `tests/odd/conftest.py`."""


def main() -> None:
    """Try them."""
    profile = started(__doc__, full=FULL, tiny=TINY).setting
    words = ("tests/odd", f"--hypothesis-profile={profile}", "--hypothesis-show-statistics", "--timeout=0")
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", *words], check=False, cwd=ROOT).returncode)  # noqa: S603


if __name__ == "__main__":
    main()
