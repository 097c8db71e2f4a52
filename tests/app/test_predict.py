import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

import sightline
from sightline.core.errors import SettingsError
from sightline.inference.bundle import bundle_of, read_bundle, write_bundle

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
    document = json.loads(command("predict", finished.folder, *pictures, "--format", "json", "--top", 9).out)
    expected = [replace(one, set=None).as_json() for one in finished.classifier().predict_many(pictures)]
    digest = hashlib.sha256(finished.model.read_bytes()).hexdigest()
    assert document == {"model": "run", "digest": digest, "results": expected}


def test_json_of_a_folder_names_every_picture_below_it(command, finished, photos):
    outcome = command("predict", finished.model, photos, "--format", "json")
    rows = json.loads(outcome.out)["results"]
    assert {row["name"] for row in rows} == {str(photos / name) for name in [*HOSTILE, "below/c.png"]}
    assert all(len(row["probabilities"]) == 1 and "error" not in row for row in rows)


def test_csv_survives_hostile_names(command, finished, photos):
    outcome = command("predict", finished.model, photos, "--format", "csv", "--top", 2)
    header, *rows = csv.reader(io.StringIO(outcome.out, newline=""))
    assert header == ["path", "label1", "probability1", "label2", "probability2", "refused", "error"]
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
        "json": lambda text: ["error" in row and "label" not in row for row in json.loads(text)["results"]],
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
    rows = json.loads(command("predict", finished.model, os.fsdecode(picture), "--format", "json").out)["results"]
    assert os.fsencode(rows[0]["name"]) == picture


@pytest.fixture
def sets_of(finished, tmp_path):
    """Return a maker of a model whose prediction sets begin at some probability; None leaves them out."""

    def make(threshold):
        bundle = read_bundle(finished.model)
        later = ("calibration", "unknowns", "arrays_sha256")
        manifest = {key: value for key, value in bundle.manifest.items() if key not in later}
        if threshold is not None:
            manifest["calibration"] = {"factor": 1.0, "level": 0.9, "threshold": threshold, "count": 100}
        write_bundle(tmp_path / "model.sightline", bundle_of(manifest, bundle.weights, bundle.graph))
        return tmp_path / "model.sightline"

    return make


def printed_sets(command, model, pictures):
    """Return what `--sets` prints in each format."""
    table, listed, cells = (
        command("predict", model, *pictures, "--format", kind, "--sets").out for kind in ("table", "json", "csv")
    )
    header, *rows = csv.reader(io.StringIO(cells))
    assert header == ["path", "label1", "probability1", "set", "refused", "error"]
    return table.splitlines(), [row.get("set") for row in json.loads(listed)["results"]], [row[3] for row in rows]


def test_sets_are_printed_likeliest_first_in_every_format(command, sets_of, finished, flowers, tmp_path):
    picture = flowers / "bee" / "0.png"
    shares = finished.classifier().predict(picture).probabilities
    third = sorted(shares.values())[-3]
    table, listed, cells = printed_sets(command, sets_of(third), [picture, tmp_path / "none.png"])
    expected = list(shares)[:3]
    assert table[0].endswith(f"%  set: {', '.join(expected)}")
    assert table[1].endswith("does not exist")
    assert listed == [expected, None]
    assert cells == [json.dumps(expected), ""]


def test_where_no_class_is_likely_enough_an_older_model_refuses_in_words_and_its_set_is_the_likeliest(
    command, sets_of, flowers
):
    table, [listed], [cell] = printed_sets(command, sets_of(0.9999), [flowers / "bee" / "0.png"])
    assert "none of these: no class is likely enough; likeliest" in table[0]
    assert len(listed) == len(json.loads(cell)) == 1


def test_sets_of_any_level_come_from_a_model_s_own_answers(command, finished, flowers):
    picture = flowers / "bee" / "0.png"
    sizes = []
    for missed in ("0.4", "0.05"):
        shown = command("predict", finished.model, picture, "--sets", missed, "--format", "json").out
        sizes.append(len(json.loads(shown)["results"][0]["set"]))
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("share", ["0.95", "x", "0", "nan", "1e-17", "1e-300"])
def test_a_share_that_is_none_is_refused_with_an_example(command, finished, flowers, share):
    outcome = command("predict", finished.model, flowers / "bee" / "0.png", "--sets", share)
    assert (outcome.status, outcome.out) == (2, "")
    assert "give 0.05 for a promise about 95 %" in outcome.err


def test_a_picture_unlike_all_others_is_refused_at_the_stated_rate_and_none_at_a_rate_of_zero(
    command, finished, tmp_path
):
    Image.new("RGB", (16, 16), (255, 0, 255)).save(tmp_path / "odd.png")
    answers = [
        json.loads(command("predict", finished.model, tmp_path / "odd.png", "--format", "json", *words).out)["results"][
            0
        ]
        for words in ((), ("--refuse", "0.2"), ("--refuse", "0"))
    ]
    assert [answer["refused"] for answer in answers] == [answers[0]["typicality"] <= 0.05, True, False]
    assert "nearest" not in answers[1]  # the model file knows no training pictures


def test_a_refusal_names_the_nearest_training_picture_where_the_run_is_at_hand(command, finished, tmp_path):
    Image.new("RGB", (16, 16), (255, 0, 255)).save(tmp_path / "odd.png")
    words = ("predict", finished.folder, tmp_path / "odd.png", "--refuse", "0.2")
    (answer,) = json.loads(command(*words, "--format", "json").out)["results"]
    nearest = answer["nearest"]
    assert (nearest["path"].endswith(".png"), nearest["label"] in nearest["path"]) == (True, True)
    assert f"nearest training picture {nearest['path']}, class {nearest['label']}" in command(*words).out
    (unrefused,) = json.loads(command(*words[:3], "--refuse", "0", "--format", "json").out)["results"]
    assert "nearest" not in unrefused


@pytest.mark.parametrize("rate", ["0.5", "2", "nonsense", "-1"])
def test_a_rate_of_refusals_that_is_none_is_refused_with_its_own_range(command, finished, flowers, rate):
    outcome = command("predict", finished.model, flowers / "bee" / "0.png", "--refuse", rate)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{rate!r} is no share of pictures that may be refused: expected 0, which refuses none" in outcome.err
    assert "last" not in outcome.err


@pytest.mark.parametrize("promise", [{"missed": 1e-17}, {"missed": 1.5}, {"rate": 2.0}, {"rate": -0.5}])
def test_in_python_a_promise_outside_its_range_is_refused_in_words(finished, promise):
    with pytest.raises(SettingsError, match=f"{next(iter(promise.values())):g}"):
        sightline.load(finished.model).judging(**promise)


def test_a_rate_that_too_few_pictures_stand_behind_is_refused(command, finished, flowers):
    outcome = command("predict", finished.model, flowers / "bee" / "0.png", "--refuse", "0.001")
    assert outcome.status == 2
    assert "too few for a rate of 0.001" in outcome.err


def test_without_the_option_no_sets_are_printed(command, sets_of, flowers):
    model = sets_of(0.1)
    assert "set" not in command("predict", model, flowers / "bee" / "0.png").out
    (row,) = json.loads(command("predict", model, flowers / "bee" / "0.png", "--format", "json").out)["results"]
    assert list(row) == ["name", "label", "confidence", "probabilities", "set", "refused", "typicality"]
    assert (row["set"], row["refused"]) == (None, False)


def test_a_model_without_calibration_says_so_before_anything_is_printed(command, sets_of, flowers):
    outcome = command("predict", sets_of(None), flowers / "bee" / "0.png", "--sets")
    assert (outcome.status, outcome.out) == (2, "")
    assert "no calibration" in outcome.err


def test_names_come_from_the_standard_input_too(command, finished, photos, monkeypatch):
    told = b"\n".join(os.fsencode(photos / name) for name in [" .png", "below/c.png", "none.png"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(told + b"\n")))
    outcome = command("predict", finished.model, "-", "--format", "csv")
    rows = list(csv.reader(io.StringIO(outcome.out)))[1:]
    assert [row[0] for row in rows] == [str(photos / name) for name in [" .png", "below/c.png", "none.png"]]
    assert [bool(row[-1]) for row in rows] == [False, False, True]


def test_answers_are_kept_in_a_file_and_the_status_tells_of_errors(command, finished, photos, tmp_path):
    (photos / "broken.png").write_bytes(b"no picture")
    outcome = command("predict", finished.model, photos, "--out", tmp_path / "answers.csv")
    assert (outcome.status, outcome.out) == (1, f"written: {tmp_path / 'answers.csv'}\n")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text(), newline="")))
    assert {row["path"] for row in rows} == {str(photos / name) for name in [*HOSTILE, "below/c.png", "broken.png"]}


def test_answers_of_another_model_are_not_mixed_in(command, finished, flowers, tmp_path):
    words = ["predict", finished.model, flowers, "--out", tmp_path / "answers.csv"]
    command(*words)
    (tmp_path / "answers.csv").rename(tmp_path / "answers.csv.part")
    note = {"model": "another", "top": 1, "missed": None, "rate": 0.05, "sightline": sightline.__version__}
    (tmp_path / "answers.csv.part.json").write_text(json.dumps(note))
    outcome = command(*words)
    assert outcome.status == 2
    assert "was begun with another model" in outcome.err
    note["model"] = hashlib.sha256(finished.model.read_bytes()).hexdigest()
    (tmp_path / "answers.csv.part.json").write_text(json.dumps(note))
    outcome = command(*words)
    assert (outcome.status, outcome.err) == (0, "going on after 84 answers that are there already\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "csv", "--out", "a.csv"], "--format is for answers that are printed"),
        (["--force"], "there is no --out"),
        (["--out", "a.xml"], "a.xml; its ending names no kind of file"),
    ],
)
def test_options_that_contradict_each_other_are_told(words, told, command, finished, flowers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = command("predict", finished.model, flowers, *words)
    assert outcome.status == 2
    assert told in outcome.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["--format", "csv"], ["--out", "answers.csv"]])
def test_a_folder_without_pictures_is_told_before_anything_is_begun(words, command, finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    outcome = command("predict", finished.model, "empty", *words)
    assert (outcome.status, outcome.out) == (2, "")
    assert "empty holds no picture" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_link_that_leads_outside_is_told_and_left_out(command, finished, photos, flowers):
    (photos / "outside.png").symlink_to(flowers / "ant" / "0.png")
    outcome = command("predict", finished.model, photos)
    assert "outside.png" not in outcome.out
    assert outcome.err.startswith("left out, for it leads outside the folder, to a folder, or lies too deep: ")
    assert f"outside.png -> {flowers / 'ant' / '0.png'}" in outcome.err


@pytest.fixture
def mixed(photos):
    """The same folder with pictures that are not read, two of them below another folder."""
    for name in ("1.NEF", "below/2.jp2", "below/3.nef"):
        (photos / name).write_bytes(b"some bytes")
    return photos


def test_what_looks_like_a_picture_and_is_not_read_is_counted(command, finished, mixed):
    outcome = command("predict", finished.model, mixed, "--format", "json")

    assert outcome.status == 0
    assert len(json.loads(outcome.out)["results"]) == len(HOSTILE) + 1
    assert "not read, left out: 3 (JPEG 2000: 1, camera raw: 2), such as" in outcome.err


def test_a_named_file_that_is_not_read_has_a_row_with_its_error(command, finished, mixed):
    outcome = command("predict", finished.model, mixed / "1.NEF", "--format", "json")

    assert outcome.status == 1
    assert "by its ending it is camera raw" in json.loads(outcome.out)["results"][0]["error"]["problem"]


def test_a_folder_of_nothing_but_such_pictures_says_so(command, finished, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "1.nef").write_bytes(b"some bytes")

    outcome = command("predict", finished.model, tmp_path / "raw")

    assert outcome.status == 2
    assert "holds no picture that can be read; files that look like pictures" in outcome.err


def test_python_is_warned_of_them_too(finished, mixed):
    with pytest.warns(UserWarning, match=r"left out: 3 \(JPEG 2000: 1, camera raw: 2\)"):
        assert len(sightline.predict(finished.model, [mixed])) == len(HOSTILE) + 1


def test_a_class_is_flagged_at_a_wanted_recall_and_the_threshold_is_said_on_the_standard_error(
    command, finished, flowers
):
    outcome = command("predict", finished.model, flowers, "--flag", "bee", "--recall", "0.5", "--format", "csv")
    assert outcome.status == 0
    assert "bee is flagged from" in outcome.err
    assert 1 < len(outcome.out.splitlines()) < 85


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--flag", "bee"), "--flag CLASS goes with"),
        (("--recall", "0.5"), "--flag CLASS goes with"),
        (("--flag", "wasp", "--recall", "0.5"), "wasp"),
        (("--flag", "bee", "--precision", "7"), "a precision of 7"),
        (("--flag", "bee", "--recall", "0.5", "--out", "x.csv"), "answers that are printed"),
    ],
)
def test_what_can_not_be_flagged_is_refused_in_words(command, finished, flowers, words, expected):
    outcome = command("predict", finished.model, flowers, *words)
    assert (outcome.status, outcome.out) == (2, "")
    assert expected in outcome.err
