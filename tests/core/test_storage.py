import csv
import errno
import io
import json
import os

import pytest

from sightline.core.errors import RunError
from sightline.core.storage import (
    csv_text,
    require_writable,
    reserve,
    unwritable,
    write_csv,
    write_json,
    write_together,
    write_whole,
)


def test_a_written_file_holds_what_was_given_and_can_be_read_by_all(tmp_path):
    write_whole(tmp_path / "a.bin", b"\x00\xff")

    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path):
    (tmp_path / "old").mkdir()  # a file can't be renamed onto a folder
    (tmp_path / "old" / "kept.txt").write_text("kept")

    with pytest.raises(RunError, match="old can't be written: Is a directory"):
        write_whole(tmp_path / "old", "new")

    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old" / "kept.txt").read_text() == "kept"


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path):
    write_whole(tmp_path / "a.txt", "old")

    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "a.txt", "\ud800")

    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_name_that_is_no_text_keeps_its_bytes(tmp_path):
    write_csv(tmp_path / "a.csv", ["path"], [[os.fsdecode(b"caf\xe9.jpg")]])

    assert (tmp_path / "a.csv").read_bytes() == b"path\ncaf\xe9.jpg\n"


def test_json_is_strict_and_a_nan_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})

    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


def test_a_cell_with_commas_quotes_or_line_feeds_is_quoted():
    assert csv_text(["a", "b"], [["x,y", 'say "z"\n']]) == 'a,b\n"x,y","say ""z""\n"\n'


def test_a_carriage_return_alone_in_a_cell_does_not_end_its_row():
    rows = [["a\rb", "c"], ["d", "e"]]
    assert list(csv.reader(io.StringIO(csv_text(["x", "y"], rows), newline=""))) == [["x", "y"], *rows]


def test_of_files_that_are_written_together_none_is_replaced_before_all_are_on_the_disk(tmp_path):
    write_whole(tmp_path / "first.txt", "old")
    with pytest.raises(RunError, match="second"):
        write_together({tmp_path / "first.txt": "new", tmp_path / "none" / "second.txt": "new"})
    assert (tmp_path / "first.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["first.txt"]


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path):
    for name in ("x" * 255, "é" * 127):
        write_whole(tmp_path / name, "whole")
        assert (tmp_path / name).read_text() == "whole"
    with pytest.raises(RunError, match="too long") as caught:
        write_whole(tmp_path / ("x" * 256), "whole")
    assert caught.value.hint == "choose a shorter name"


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "make room and give the same command again"), (errno.EDQUOT, "make room"),
     (errno.EFBIG, "make room"), (errno.EROFS, "the right to write there"), (errno.EACCES, "the right"),
     (errno.EIO, "another place")],
)  # fmt: skip
def test_what_the_system_says_becomes_words_and_advice(number, advice, tmp_path):
    error = unwritable(tmp_path / "a", OSError(number, os.strerror(number)))
    assert error.problem == f"{tmp_path / 'a'} can't be written: {os.strerror(number)}"
    assert advice in error.hint


def test_a_place_below_a_file_is_refused_before_any_work_and_nothing_is_made(tmp_path):
    require_writable(tmp_path / "a" / "b" / "c.txt")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="is no folder"):
        require_writable(tmp_path / "file" / "b" / "c.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system keeps no room for files")
def test_room_for_a_file_that_will_be_mapped_is_kept_or_refused_at_once(room_for_files, tmp_path):
    with (tmp_path / "a").open("wb") as file, room_for_files(10_000):
        reserve(file.fileno(), 8_000)
        with pytest.raises(OSError, match="too large"):
            reserve(file.fileno(), 20_000)
    assert (tmp_path / "a").stat().st_size == 8_000
