import json
import os

import pytest

from sightline.core.errors import RunError
from sightline.core.storage import csv_text, write_csv, write_json, write_whole


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
