"""A pipe, a socket, a device or a folder in the place of a file is refused at once, whoever reads it."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from sightline.app.predictions.file import AnswerFile, Question
from sightline.core.errors import SightlineError
from sightline.core.regular import content_of, only_regular, require_regular, text_of
from sightline.data.opening import open_catalog
from sightline.data.ranges import RangeReader
from sightline.data.sources import FolderSource, ZipSource
from sightline.inference.bundle import file_digest, read_bundle
from sightline.line.pages.page_file import write_page
from sightline.line.run import Run
from sightline.line.settings.toml import read_settings
from sightline.training.checkpoints import Checkpoints
from sightline.training.watchers.layers import read_layers

SECONDS = 20
KINDS = ("pipe", "socket", "device", "folder")


def finished(path):
    path.with_name("model.sightline").touch()
    return path.rename(path.with_name("report.json")).parent


READERS = {
    "model": read_bundle,
    "digest of a model": file_digest,
    "settings": read_settings,
    "data": open_catalog,
    "archive": ZipSource,
    "picture": lambda path: FolderSource(path.parent).read(path.name),
    "cache": RangeReader,
    "layers": read_layers,
    "page": lambda path: write_page("<html>", path, verb="show", option="--out"),
    "report": lambda path: Run(finished(path)).finished_report(),
    "answers": lambda path: AnswerFile(path, Question("m", 1, missed=None, rate=0.05, sightline="0"), force=True),
    "bytes": content_of,
    "text": text_of,
    "weights": require_regular,
}


@pytest.fixture(autouse=True)
def alarm():
    """End a test that waits: the signal breaks the call."""

    def ring(*_):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def odd(tmp_path):
    def make(kind):
        path = tmp_path / "odd"
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "device":
            path.symlink_to("/dev/zero")
        else:
            here = Path.cwd()
            os.chdir(tmp_path)  # a socket's path may have some hundred signs
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path.name)
            os.chdir(here)
        return path

    return make


pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_regular_file_is_refused_at_once(reader, kind, odd):
    path = odd(kind)

    with pytest.raises((OSError, SightlineError)) as caught:
        READERS[reader](path)

    assert not isinstance(caught.value, TimeoutError)
    assert "\n" not in str(caught.value).strip().removesuffix(getattr(caught.value, "hint", "")).strip()
    assert os.path.lexists(path) or reader == "report"


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_checkpoint_that_is_no_regular_file_is_refused_at_once(kind, odd, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    odd(kind).rename(tmp_path / "checkpoints" / "last.safetensors")

    with pytest.raises(SightlineError, match="no regular file"):
        Checkpoints(tmp_path / "checkpoints").phase()


def test_a_regular_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": "\xc3\xbc"}\r\n')

    assert content_of(path) == path.read_bytes()
    assert json.loads(text_of(path)) == {"a": "ü"}
    with open(path, "rb", opener=only_regular) as file:
        assert os.get_blocking(file.fileno()) is False
        assert file.read(1) == b"{"
    with pytest.raises(FileNotFoundError):
        content_of(tmp_path / "b.json")
    path.write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        text_of(path)
