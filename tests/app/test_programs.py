"""What programs read: JSON on the standard output, and nothing else there."""

import hashlib
import json
import math
import subprocess
import sys

import pytest

import sightline
from sightline.core.errors import DataError
from sightline.core.json_values import json_line
from sightline.inference.prediction import Prediction
from sightline.line.narrator import Silent


def test_check_says_every_finding_as_json(few, command):
    (few / "empty").mkdir()
    ended = command("check", few, "--json")
    document = json.loads(ended.out)
    checkup = sightline.check(few, narrator=Silent())
    assert ended.status == 1
    assert document == json.loads(json_line(checkup.as_json()))
    assert (document["pictures"], document["ready"]) == (16, False)
    assert "empty-class" in {finding["code"] for finding in document["findings"]}


def test_evaluate_says_the_figures_of_the_report_as_json(finished, few, tmp_path, command):
    document = json.loads(command("evaluate", finished.folder, few, "--json", "--out", tmp_path / "out").out)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["digest"] == hashlib.sha256(finished.model.read_bytes()).hexdigest()
    for name in ("model", "classes", "findings"):
        assert document[name] == report[name]
    assert {name: report["test"][name] for name in document["test"]} == document["test"]


def test_train_writes_an_object_a_line_and_the_result_last(few, tmp_path, command):
    (few / "ant" / "broken.png").write_bytes(b"no picture")
    ended = command("train", few, "--out", tmp_path / "run", "--model", "linear", "--epochs", 2, "--progress", "jsonl")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.err == ""
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [1, 2]
    assert {"begin", "end", "message", "training", "finding"} < {event["event"] for event in events}
    last, report = events[-1], json.loads((tmp_path / "run" / "report.json").read_text())
    assert last["event"] == "finished"
    assert last["test"] == report["test"]
    assert last["digest"] == hashlib.sha256((tmp_path / "run" / "model.sightline").read_bytes()).hexdigest()


@pytest.mark.parametrize("verb", ["train", "check", "evaluate"])
def test_quiet_says_the_result_and_no_progress(verb, finished, few, tmp_path, command):
    words = {
        "train": (few, "--out", tmp_path / "run", "--model", "linear", "--epochs", 1),
        "check": (few,),
        "evaluate": (finished.folder, few),
    }[verb]
    ended = command(verb, *words, "--quiet")
    assert ended.status == 0
    assert ended.out
    assert "reading" not in ended.err
    assert "note [" not in ended.err


def test_quiet_hides_no_warning(finished, few, command):
    (few / "ant" / "broken.png").write_bytes(b"no picture")
    assert "unreadable-picture" in command("evaluate", finished.folder, few, "--quiet").err


def test_answers_have_one_shape_whoever_asks(finished, few, command):
    picture = few / "ant" / "0.png"
    answer = sightline.predict(finished.folder, picture)
    (row,) = json.loads(command("predict", finished.folder, picture, "--format", "json", "--top", 9).out)["results"]
    assert {**row, "set": answer.as_json()["set"]} == answer.as_json()
    schema = pytest.importorskip("sightline.app.serving.api.schema")
    assert list(answer.as_json()) == list(schema.Named.model_fields)[: len(answer.as_json())]
    failed = Prediction("a.png", {}, error="it is gone").as_json()
    assert list(failed) == list(schema.Unnamed.model_fields)
    assert set(failed["error"]) < set(schema.Error.model_fields)


def test_what_json_has_no_word_for_is_null():
    assert json_line({"a": [math.nan, (math.inf, 1.5)]}) == '{"a": [null, [null, 1.5]]}'
    assert json.loads(json_line("\udcff")) == "\udcff"


def test_the_digest_of_a_model_is_that_of_its_file(finished):
    assert finished.classifier().digest == hashlib.sha256(finished.model.read_bytes()).hexdigest()


def test_what_python_shows_is_one_short_line(finished, few):
    shown = [
        finished,
        sightline.open_catalog(few),
        sightline.check(few, narrator=Silent()),
        sightline.evaluate(finished.folder, few, narrator=Silent()),
        finished.classifier(),
        sightline.predict(finished.folder, few / "ant" / "0.png"),
    ]
    for thing in shown:
        line = repr(thing).replace(str(few.parent), "")
        assert line.startswith(f"<{type(thing).__name__}")
        assert len(line) < 160
        assert "\n" not in line


def test_the_narrators_do_not_import_torch():
    code = "from sightline.app.progress import narrator_of; narrator_of(quiet=True); "
    code += "import sys; print('torch' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert ended.stdout == "False\n"


@pytest.mark.parametrize(
    ("counts", "is_ready"),
    [
        ({"a": 1, "b": 1}, False),
        ({"a": 2, "b": 2}, False),
        ({"a": 12, "b": 1}, True),
        ({"train/a": 6, "train/b": 6, "test/a": 1}, True),
        ({"train/a": 6, "test/a": 1, "test/b": 1}, False),
        ({"train/a": 1, "train/b": 1, "test/a": 1}, False),
        ({"a": 12}, False),
    ],
)
def test_check_says_ready_where_a_training_begins_and_what_that_would_warn_of(
    counts, is_ready, class_folders, tmp_path
):
    data = class_folders(counts)

    checkup = sightline.check(data, narrator=Silent())

    assert (not checkup.errors) is is_ready
    if is_ready:
        run = sightline.train(data, out=tmp_path / "run", model="linear", epochs=1, baseline="none", narrator=Silent())
        codes = {finding.code for finding in checkup.findings}
        told = [finding for finding in run.report["findings"] if finding["code"] in codes]
        assert told == json.loads(json_line(checkup.as_json()))["findings"]
    else:
        with pytest.raises(DataError, match=r"must be mended|one class|no picture is left"):
            sightline.train(data, out=tmp_path / "run", model="linear", epochs=1, narrator=Silent())


def test_show_says_the_manifest_and_the_digest_as_json(finished, command):
    document = json.loads(command("show", finished.folder, "--json").out)

    assert document["digest"] == hashlib.sha256(finished.model.read_bytes()).hexdigest()
    assert document["classes"] == list(finished.classifier().classes)
    assert document["card"]["model"]["name"] == "linear"
    assert document["figures"] == document["card"]["figures"]


def test_export_says_its_files_and_what_of_the_pictures_was_seen_as_json(finished, flowers, tmp_path, command):
    words = ("export", finished.folder, "--to", "onnx", "--data", flowers, "--out", tmp_path / "x.onnx")

    document = json.loads(command(*words, "--json").out)
    told = command(*words, "--force").out

    assert document["files"] == [str(tmp_path / "x.onnx")]
    assert [row["name"] for row in document["rows"]] == ["float32 as it ships", "float32 for onnx"]
    assert document["proof"]["same_top1"] == document["proof"]["count"] == document["overlap"]["count"]
    assert 0 < document["overlap"]["train"] < document["overlap"]["count"]
    assert f"it has learnt from {document['overlap']['train']} and was chosen by" in told


def test_export_says_nothing_of_pictures_that_are_new(finished, few, tmp_path, command):
    for number, path in enumerate(few.rglob("*.png")):
        path.write_bytes(path.read_bytes() + bytes([number]))

    told = command("export", finished.folder, "--to", "onnx", "--data", few, "--out", tmp_path / "x.onnx").out

    assert "learnt from" not in told


def test_augment_says_what_was_done_as_json(few, tmp_path, command):
    words = ("--set", "rotation=15", "--pictures", 2, "--variants", 3, "--json")

    document = json.loads(command("augment", few, "--out", tmp_path / "sheet.png", *words).out)

    assert document["sheet"] == str(tmp_path / "sheet.png")
    assert (len(document["pictures"]), document["variants"], document["amounts"]) == (2, 3, {"rotation": 15})


def test_every_line_of_answers_says_whose_they_are(finished, few, tmp_path, command):
    command("predict", finished.folder, few, "--out", tmp_path / "answers.jsonl")

    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]

    assert len(lines) == 16
    assert {line["digest"] for line in lines} == {finished.classifier().digest}


@pytest.mark.parametrize("count", [3, 5_000])
def test_a_message_tells_some_of_many_names_and_how_many_more_there_are(count, finished, tmp_path, command):
    rows = "".join(f"{number}.png,unknown class {number:05d}\n" for number in range(count))
    (tmp_path / "table.csv").write_text(f"path,label\n{rows}")

    told = command("evaluate", finished.folder, tmp_path / "table.csv").err

    assert "'unknown class 00002'" in told
    assert len(told) < 1_000
    assert ("and 4,988 more" in told) is (count > 3)
