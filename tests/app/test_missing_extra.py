"""What works, and what is said, where the extra ``train`` is not installed."""

import subprocess
import sys

import pytest

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "sklearn", "matplotlib", "jinja2", "filelock"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from sightline.app.cli import main
main()
"""


def without_extra(*words):
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", BLOCKED, *map(str, words)], check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "words",
    [
        ["train", "DATA", "--out", "RUN"],
        ["predict", "MODEL", "a.png"],
        ["evaluate", "MODEL", "DATA"],
        ["summary", "lenet"],
        ["demo", "--out", "RUN"],
    ],
)
def test_a_verb_that_needs_the_extra_says_how_to_install_it(words, few, finished, tmp_path):
    places = {"DATA": few, "RUN": tmp_path / "run", "MODEL": finished.model}
    outcome = without_extra(*(places.get(word, word) for word in words))
    assert outcome.returncode == 2
    assert "pip install 'sightline[train]'" in outcome.stderr.splitlines()[-1]
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("words", [["check", "DATA"], ["models"], ["train", "--help"], ["--version"]])
def test_the_other_verbs_work_without_it(words, few):
    outcome = without_extra(*(few if word == "DATA" else word for word in words))
    assert (outcome.returncode, outcome.stderr.count("Traceback")) == (0, 0)
    assert outcome.stdout


def test_the_python_functions_say_so_too(few):
    code = BLOCKED.replace("main()\n", "") + (
        "import sightline\n"
        f"try: sightline.train({str(few)!r}, out='x')\n"
        "except sightline.SightlineError as error: print(error.hint)"
    )
    outcome = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)  # noqa: S603
    assert outcome.stdout == "install it with: pip install 'sightline[train]'\n", outcome.stderr
