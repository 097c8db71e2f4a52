"""The edges of a process: streams that are closed, full or of another encoding, folders gone, names too long."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from sightline.app.cli import main\nmain()"
NAME = os.fsdecode(b"\xff\xc3\xa9\xe6\x97\xa5\xf0\x9f\xa6\x8a")  # no text, e with an accent, a sun, a fox
LONG = "x" * 300


def shell(script, *words, **options):
    """Run a command line as a shell's `script` has it, where "$@" stands for sightline and the words."""
    command = ["/bin/sh", "-c", script, "sh", sys.executable, "-c", MAIN, *map(str, words)]
    return subprocess.run(command, check=False, **({"capture_output": True} | options))  # noqa: S603


PROGRESS = (b"reading", b"comparing")


def is_two_lines(errors):
    return [line.split()[0] for line in errors.splitlines() if not line.startswith(PROGRESS)] == [b"error:", b"->"]


@pytest.fixture
def fox(few):
    """A folder with one class whose name is no text and holds what few encodings have, and with broken pictures."""
    (few / "ant").rename(few / NAME)
    (few / NAME / "broken.png").write_bytes(b"x")
    return few


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", b"\xff\\xe9\\u65e5\\U0001f98a"),
        ("cp1252", b"\xff\xe9\\u65e5\\U0001f98a"),
        ("utf-8", os.fsencode(NAME)),
        ("utf-16-le", "\\udcffé日🦊".encode("utf-16-le")),
    ],
)
def test_what_an_encoding_lacks_is_escaped_in_what_is_echoed_too(encoding, shown, fox):
    outcome = shell('exec "$@"', "check", fox, env=os.environ | {"PYTHONIOENCODING": encoding})
    assert outcome.returncode == 1, "a name that no model file holds is an error"
    assert shown + "/broken.png".encode(encoding) in outcome.stdout


def test_printed_json_is_json_in_every_encoding(finished, fox):
    words = ("predict", finished.model, fox, "--format", "json")
    read = [
        json.loads(shell('exec "$@"', *words, env=os.environ | {"PYTHONIOENCODING": encoding}).stdout.decode(encoding))
        for encoding in ("ascii", "cp1252", "utf-8")
    ]
    assert read[0] == read[1] == read[2]
    assert any(NAME in row["name"] for row in read[0]["results"])


def test_what_could_steer_a_terminal_is_escaped_in_names(command, few, finished):
    (few / "ant" / "\x1b[31m\n.png").write_bytes(b"x")
    assert "ant/\\x1b[31m\\n.png" in command("check", few).out
    assert "ant/\\x1b[31m\\n.png  error:" in command("predict", finished.model, few).out
    assert "ant/\\x1b[31m" in command("evaluate", finished.model, few).err
    assert "\\x1b[31m does not exist" in command("check", "\x1b[31m").err


@pytest.mark.parametrize("words", [["models"], ["check", "few"], ["--help"], ["nonsense"]])
def test_a_closed_standard_output_is_said(words, few):
    outcome = shell('exec "$@" >&-', *words, cwd=few.parent)
    assert (outcome.returncode, is_two_lines(outcome.stderr)) == (2, True)
    assert b"standard output is closed" in outcome.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["models"], ["check", "few"], ["--version"]])
def test_a_standard_output_without_room_is_said(words, few):
    outcome = shell('exec "$@" >/dev/full', *words, cwd=few.parent)
    assert (outcome.returncode, is_two_lines(outcome.stderr)) == (2, True)
    assert b"the output can't be written: No space left on device" in outcome.stderr


@pytest.mark.parametrize("words", [["models"], ["check", "few"], ["--help"]])
def test_a_reader_that_went_away_ends_a_verb_quietly_with_status_one(words, few):
    reading, writing = os.pipe()
    os.close(reading)
    outcome = shell('exec "$@"', *words, cwd=few.parent, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert outcome.returncode == 1
    assert not [line for line in outcome.stderr.splitlines() if not line.startswith(PROGRESS)]


def test_names_can_t_come_from_a_closed_standard_input(finished):
    outcome = shell('exec "$@" <&-', "predict", finished.model, "-")
    assert (outcome.returncode, is_two_lines(outcome.stderr)) == (2, True)
    assert b"standard input is closed" in outcome.stderr


def test_a_closed_standard_error_changes_no_answer(few):
    outcomes = [shell(f'exec "$@" {closed}', "check", few) for closed in ("", "2>&-", "2>&- <&-")]
    assert {outcome.returncode for outcome in outcomes} == {0}
    assert len({outcome.stdout for outcome in outcomes}) == 1


@pytest.mark.parametrize("words", [["check", "few"], ["train", "FEW", "--out", "run"], ["predict", "RUN", "FEW"]])
def test_a_folder_that_is_gone_is_said(words, few, finished, tmp_path):
    (tmp_path / "gone").mkdir()
    places = {"FEW": few, "RUN": finished.folder}
    outcome = shell('rmdir ../gone; exec "$@"', *(places.get(word, word) for word in words), cwd=tmp_path / "gone")
    assert (outcome.returncode, is_two_lines(outcome.stderr)) == (2, True)
    assert b"the folder that this command was called in is gone" in outcome.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["check", LONG],
        ["check", f"{LONG}.csv"],
        ["check", f"mnist:{LONG}"],
        ["train", "FEW", "--out", LONG],
        ["train", "FEW", "--out", "OUT", "--config", LONG],
        ["evaluate", LONG, "FEW"],
        ["evaluate", "RUN", LONG],
        ["evaluate", "RUN", "FEW", "--out", LONG],
        ["predict", LONG, "FEW"],
        ["predict", "RUN", "FEW", "--out", f"{LONG}.csv"],
        ["augment", "FEW", "--out", f"{LONG}.png"],
        ["export", "RUN", "--to", "onnx", "--out", f"{LONG}.onnx"],
        ["show", "RUN", "--html", LONG],
        ["inspect", "RUN", LONG],
        ["serve", LONG],
    ],
)
def test_a_name_that_is_too_long_is_said(words, command, few, finished, tmp_path):
    places = {"FEW": few, "RUN": finished.folder, "OUT": tmp_path / "out"}
    outcome = command(*(places.get(word, word) for word in words))
    assert (outcome.status, is_two_lines(outcome.err.encode())) == (2, True)
    assert "too long" in outcome.err


def test_a_picture_with_a_name_that_is_too_long_is_a_row(command, finished):
    outcome = command("predict", finished.model, f"{LONG}.png")
    assert (outcome.status, "File name too long" in outcome.out) == (1, True)
