import shutil
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.app.cli import main
from sightline.app.narrator import Silent

CLASSES = ("ant", "bee", "cat", "dog", "eel", "fox")
EACH = 14
SHORTLY = {"model": "linear", "epochs": 1, "baseline": "none", "narrator": Silent()}


def stripes(label, number):
    """Return a picture whose class is the place of a bright stripe; it is not always easy to see."""
    generator = np.random.default_rng([label, number])
    pixels = generator.integers(0, 200, (16, 16, 3), dtype=np.uint8)
    pixels[2 * label : 2 * label + 4] //= 2
    pixels[2 * label : 2 * label + 4] += 90
    return pixels


def write_classes(folder, classes=CLASSES, each=EACH):
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(stripes(label, number)).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def flowers(tmp_path_factory):
    """A folder of six classes that no test may change."""
    return write_classes(tmp_path_factory.mktemp("data") / "flowers")


@pytest.fixture
def few(tmp_path):
    """A folder of two classes that a test may change."""
    return write_classes(tmp_path / "few", CLASSES[:2], 8)


@pytest.fixture(scope="session")
def finished(flowers, tmp_path_factory):
    """A run that has come to its end and that no test may change."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return sightline.train(flowers, out=out, model="linear", epochs=4, narrator=Silent())


@pytest.fixture
def train(tmp_path):
    """Return a short training into ``tmp_path / "run"``."""

    def run(data, **settings):
        return sightline.train(data, **({"out": tmp_path / "run"} | SHORTLY | settings))

    return run


@pytest.fixture(scope="session")
def little_run(tmp_path_factory):
    """A folder with pictures as `few` and what `train` makes of them; it knows nothing of where it lies."""
    folder = tmp_path_factory.mktemp("little")
    write_classes(folder / "few", CLASSES[:2], 8)
    with chdir(folder):
        sightline.train("few", out="run", **SHORTLY)
    return folder


@pytest.fixture
def trained(little_run, tmp_path, monkeypatch):
    """The pictures of the run in ``tmp_path / "run"``, which `train` has made of them; a test may change both."""
    shutil.copytree(little_run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("few")


@dataclass
class Outcome:
    """What a command line ended with."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys):
    """Return a function that runs a command line in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["sightline", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Outcome(ended.value.code, told.out, told.err)

    return run
