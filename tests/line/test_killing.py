"""kill -9 anywhere, the same command again, the same bits."""

import json
import signal
import subprocess
import sys

import pytest

MAIN = "from sightline.app.cli import main; main()"

TRAIN = """
from sightline.line.features.cache import FeatureCache

def train(out):
    os.environ["SIGHTLINE_CACHE"] = f"{out}.cache"
    sightline.train(data, out=out, baseline="none", narrator=Silent(), **SETTINGS)

def end_as_the_whole(out):
    if not (out / "report.json").exists():
        assert ended(begun(lambda: train(out))) == 0, out
    require_same(out, place / "whole")
"""

LINEAR = """
SETTINGS = dict(model="linear", epochs=2, optimizer="momentum", patience=0)
POINTS = [(True, number) for number in range(1, 18, 4)] + [(False, number) for number in range(3, 16, 4)]
"""

LEARNING_ON = """
from sightline.line.methods.transfer import tuning

SETTINGS = dict(model="quick-cnn", widths=(8, 8, 8), size=16, epochs=1)
train(place / "base")
SETTINGS = dict(base=str(place / "base" / "model.sightline"), epochs=30)
tuning.TOP_RATE = tuning.DEEP_RATE = 3e-3  # so that what has learnt on ships
POINTS = [(True, number) for number in (8, 77)]  # while features are stored; while all blocks learn on
"""

DIE_AT_WRITES = """
def dying(number, before):
    left = number
    rename, flush, keep = Path.replace, os.fsync, FeatureCache.keep
    def count(real, *words):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*words)
    if before:
        os.fsync = lambda handle: count(flush, handle)
        FeatureCache.keep = lambda *words: count(keep, *words)
    else:
        Path.replace = lambda self, target: count(lambda: None) or rename(self, target)

train(place / "whole")  # in this process, so that no child has to import anything
killed = 0
for before, number in POINTS:
    out = place / f"{before}{number}"
    killed += ended(begun(lambda: (dying(number, before), train(out)))) == signal.SIGKILL
    end_as_the_whole(out)
print(killed)
"""

DIE_AT_RANDOM_MOMENTS = """
SETTINGS = dict(model="linear", epochs=20, optimizer="momentum", patience=0)
train(place / "imported")  # nothing is imported or made for the first time in what follows
started = time.perf_counter()
assert ended(begun(lambda: train(place / "whole"))) == 0
lasted, chance, killed = time.perf_counter() - started, random.Random(0), 0
for number in range(2):
    out = place / str(number)
    for _ in range(2):
        process = begun(lambda: train(out))
        time.sleep(lasted * chance.uniform(0.1, 0.9))
        os.kill(process, signal.SIGKILL)
        killed += ended(process) == signal.SIGKILL
    end_as_the_whole(out)
print(killed)
"""


def test_a_run_killed_at_any_write_ends_with_the_same_model(few, tmp_path, forked):
    assert int(forked(TRAIN + LINEAR + DIE_AT_WRITES, few, tmp_path)) >= 8


def test_a_base_killed_while_it_looks_or_learns_on_ends_with_the_same_model(flowers, tmp_path, forked):
    assert int(forked(TRAIN + LEARNING_ON + DIE_AT_WRITES, flowers, tmp_path)) == 2
    report = json.loads((tmp_path / "whole" / "report.json").read_text())
    assert report["base"]["unfrozen"] == "all"


def test_a_run_killed_at_random_moments_ends_with_the_same_model(few, tmp_path, forked):
    assert int(forked(TRAIN + DIE_AT_RANDOM_MOMENTS, few, tmp_path)) >= 1


@pytest.fixture
def begin():
    """Return a function that begins a training in a process of its own; none of them outlives the test."""
    processes = []

    def run(few, out, *more):
        heard = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"  # also in background
        words = [sys.executable, "-c", heard, "train", few, "--out", out, "--model", "mlp", "--baseline", "none", *more]
        processes.append(subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True))  # noqa: S603
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def test_an_interrupt_is_told_calmly_and_the_run_goes_on(few, tmp_path, begin):
    process = begin(few, tmp_path / "run", "--epochs", "100000", "--set", "patience=0")
    assert any("epoch " in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    words = process.communicate()[1]
    assert process.returncode == 130
    assert "the same command" in words.splitlines()[-1]
    assert "Traceback" not in words
    assert (tmp_path / "run" / "checkpoints" / "last.safetensors").exists()
