"""What works, and what is said, where the extra ``train`` is not installed."""

import subprocess
import sys

import pytest

BLOCKED = """
import sys
EXTRA = "torch onnx onnxscript safetensors sklearn matplotlib jinja2".split()
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRA:
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
        ["evaluate", "MODEL", "DATA", "--out", "RUN"],
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


OTHERS = [
    ["check", "DATA"],
    ["models"],
    ["train", "--help"],
    ["--version"],
    ["predict", "MODEL", "DATA"],
    ["evaluate", "MODEL", "DATA"],
]


@pytest.mark.parametrize("words", OTHERS)
def test_the_other_verbs_work_without_it(words, few, finished):
    places = {"DATA": few, "MODEL": finished.model}
    outcome = without_extra(*(places.get(word, word) for word in words))
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


IMPORTED = """
import sys
from sightline.app.cli import main
try:
    main()
finally:
    heavy = "torch onnx onnxscript sklearn scipy matplotlib jinja2 rich safetensors pandas sympy".split()
    print([name for name in heavy if name in sys.modules], file=sys.stderr)
    print(len(sys.modules), file=sys.stderr)
"""
MOST_MODULES = 415
"""What a first answer may import, Python's own included; 0.6 s from a cold shell depends on it."""


def test_a_first_answer_imports_little(few, finished):
    picture = next(few.rglob("*.png"))
    command = [sys.executable, "-c", IMPORTED, "predict", finished.model, picture]
    outcome = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    heavy, count = outcome.stderr.splitlines()
    assert heavy == "[]"
    assert int(count) < MOST_MODULES
    assert str(picture) in outcome.stdout


def test_figures_on_labelled_pictures_need_no_torch(few, finished):
    command = [sys.executable, "-c", IMPORTED, "evaluate", finished.model, few]
    outcome = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    heavy = outcome.stderr.splitlines()[-2]
    assert heavy in ("[]", "['rich']")
    assert "accuracy" in outcome.stdout
