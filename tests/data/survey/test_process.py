import signal
import subprocess
import sys
import zipfile
from concurrent.futures import wait
from contextlib import closing
from dataclasses import fields

import numpy as np
import pytest

from sightline.data.opening import open_catalog
from sightline.data.survey import Survey, survey
from sightline.data.survey.look import Look
from sightline.data.survey.process import ReadingProcess
from sightline.imaging.picture_format import PictureFormat

SMALL = PictureFormat(6, 6)


@pytest.fixture(params=["folder", "archive"])
def place(request, class_folders, faults, tmp_path):
    root = class_folders({"a": 16, "é": 16})
    (root / "é" / "cut.png").write_bytes(faults["png-cut.png"])
    if request.param == "folder":
        return root
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted(root.rglob("*.png")):
            archive.write(path, f"set/{path.relative_to(root).as_posix()}")
    return tmp_path / "set.zip"


@pytest.fixture(autouse=True)
def _any_set_is_worth_help(monkeypatch):
    monkeypatch.setattr("sightline.data.survey.workers.WORTH_PROCESSES", 1)
    monkeypatch.setattr("sightline.data.survey.workers.core_count", lambda: 2)
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WORK", 60.0)
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WAIT", 60.0)


def assert_same(one, other):
    assert one.catalog.paths == other.catalog.paths
    for field in fields(one):
        if field.name == "catalog":
            continue
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.parametrize("input_format", [SMALL, None])
def test_another_process_sees_what_this_one_would_see(input_format, place, monkeypatch, tmp_path):
    monkeypatch.setattr("sightline.data.survey.WORTH_SECONDS", 0)
    catalog = open_catalog(place)

    with Survey(catalog, input_format, cache_in=tmp_path / "kept") as begun:
        object.__setattr__(catalog.source, "read", None)
        wait(begun.workers.helpers)
        left = begun.workers.rows.left
        helped = begun.finished()
    from_cache = survey(open_catalog(place), input_format, cache_in=tmp_path / "kept")

    monkeypatch.setattr("sightline.data.survey.workers.core_count", lambda: 1)
    alone = survey(open_catalog(place), input_format)
    assert (left, list(alone.problems)) == (0, [32])
    assert_same(helped, alone)
    assert_same(from_cache, alone)


@pytest.mark.parametrize("code", ["", "print('hello')", "import os; os.abort()"])
def test_what_a_process_leaves_that_comes_to_harm_is_looked_at_here(code, place, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.process.PROGRAM", ("-c", code))

    with Survey(open_catalog(place), SMALL) as begun:
        wait(begun.workers.helpers)
        helped = begun.finished()

    monkeypatch.setattr("sightline.data.survey.workers.core_count", lambda: 1)
    assert_same(helped, survey(open_catalog(place), SMALL))


def test_a_survey_that_is_given_up_leaves_no_process_and_no_file(place, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with Survey(open_catalog(place), SMALL) as begun:
        (helping,) = begun.workers.helpers

    assert helping.done()
    assert not list(tmp_path.glob("sightline-*"))


def test_a_picture_that_cannot_be_read_has_zeros_and_not_the_pixels_of_the_one_before(place):
    source = open_catalog(place).source
    with closing(ReadingProcess(Look(source, SMALL, None))) as reader:
        sound, _ = reader.look(["a/0.png"])
        assert sound.pixels.any()
        rotten, _ = reader.look(["é/cut.png"])
        assert not rotten.pixels.any()


ASKER = """
import os, signal, sys
from sightline.data.opening import open_catalog
from sightline.data.survey.look import Look
from sightline.data.survey.process import ReadingProcess

reader = ReadingProcess(Look(open_catalog(sys.argv[1]).source, None, None))
reader._send(["a/0.png"])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_one_whose_asker_was_killed_ends_without_a_word(place):
    asked = subprocess.run([sys.executable, "-c", ASKER, place], capture_output=True, text=True, check=False)  # noqa: S603
    assert (asked.returncode, asked.stderr) == (-signal.SIGKILL, "")
