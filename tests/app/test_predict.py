import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest

HOSTILE = ['a,b".png', "line\nbreak.png", "=1+1.png", "日本.png", "<b>.png", " .png"]


@pytest.fixture
def photos(tmp_path, flowers):
    """A folder of pictures with hostile names, one below another folder, and something else."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for name in [*HOSTILE, "below/c.png"]:
        (folder / name).write_bytes((flowers / "cat" / "0.png").read_bytes())
    (folder / "readme.txt").write_text("no picture")
    return folder


def test_a_table_has_a_line_a_picture(command, finished, flowers):
    pictures = [flowers / "ant" / "0.png", flowers / "bee" / "1.png"]
    outcome = command("predict", finished.model, *pictures)
    assert outcome.status == 0
    assert [line.split("  ")[0] for line in outcome.out.splitlines()] == [str(picture) for picture in pictures]


def test_the_answers_are_those_of_the_python_api(command, finished, flowers):
    pictures = sorted((flowers / "dog").iterdir())
    rows = json.loads(command("predict", finished.folder, *pictures, "--format", "json", "--top", 9).out)
    expected = list(finished.classifier().predict_many(pictures))
    assert [row["probabilities"] for row in rows] == [one.probabilities for one in expected]
    assert [row["label"] for row in rows] == [one.label for one in expected]


def test_json_of_a_folder_names_every_picture_below_it(command, finished, photos):
    outcome = command("predict", finished.model, photos, "--format", "json")
    rows = json.loads(outcome.out)
    assert {row["path"] for row in rows} == {str(photos / name) for name in [*HOSTILE, "below/c.png"]}
    assert all(len(row["probabilities"]) == 1 and row["error"] is None for row in rows)


def test_csv_survives_hostile_names(command, finished, photos):
    outcome = command("predict", finished.model, photos, "--format", "csv", "--top", 2)
    header, *rows = csv.reader(io.StringIO(outcome.out, newline=""))
    assert header == ["path", "label1", "probability1", "label2", "probability2", "error"]
    assert {row[0] for row in rows} == {str(photos / name) for name in [*HOSTILE, "below/c.png"]}
    assert all(len(row) == len(header) and float(row[2]) >= float(row[4]) for row in rows)


@pytest.mark.parametrize("kind", ["table", "json", "csv"])
@pytest.mark.parametrize("broken", ["none.png", "broken.png", "x" * 300 + ".png"])
def test_a_picture_that_can_t_be_read_has_a_row_and_status_one(kind, broken, command, finished, flowers, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    outcome = command("predict", finished.model, tmp_path / broken, flowers / "ant" / "0.png", "--format", kind)
    assert outcome.status == 1
    rows = {
        "table": lambda text: ["error: " in line for line in text.splitlines()],
        "json": lambda text: [row["error"] is not None and row["label"] is None for row in json.loads(text)],
        "csv": lambda text: [row[-1] != "" and row[1] == "" for row in csv.reader(io.StringIO(text))][1:],
    }[kind](outcome.out)
    assert rows == [True, False]


@pytest.mark.skipif(sys.platform != "linux", reason="only there are file names bytes")
def test_a_file_name_that_is_no_text_keeps_its_bytes_and_json_stays_json(command, finished, flowers, tmp_path):
    picture = os.fsencode(tmp_path) + b"/\xff.png"
    shutil.copy(os.fsencode(flowers / "ant" / "0.png"), picture)
    code = "from sightline.app.cli import main; main()"
    table = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, "predict", finished.model, picture], check=True, capture_output=True
    ).stdout
    assert table.startswith(picture + b"  ")
    rows = json.loads(command("predict", finished.model, os.fsdecode(picture), "--format", "json").out)
    assert os.fsencode(rows[0]["path"]) == picture
