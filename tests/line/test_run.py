"""What a training leaves behind, and when it refuses to begin."""

import csv
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load as load_arrays
from sklearn import metrics

import sightline
from sightline.core.errors import DataError, RunError, SettingsError
from sightline.core.percent import percent
from sightline.inference.bundle import read_bundle
from sightline.line.run import Run
from sightline.line.settings.toml import read_settings

FILES = {
    "settings.toml", "environment.json", "split.csv", "history.csv", "predictions.csv", "test-readings.csv",
    "report.html", "report.json", "mistakes.html", "model.sightline", "checkpoints", "layers.json", "preflight.json",
    "examples.safetensors", "suspects.csv",
}  # fmt: skip
EVALUATED = {"mistakes.html", "predictions.csv", "report.html", "report.json"}


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_file_of_a_run_is_there_and_nothing_half_written(finished):
    assert {path.name for path in finished.folder.iterdir()} - {".lock"} == FILES


def test_the_report_holds_what_a_program_looks_for(finished):
    report = json.loads((finished.folder / "report.json").read_text())
    assert report["classes"] == ["ant", "bee", "cat", "dog", "eel", "fox"]
    assert report["parameters"] == 16 * 16 * 3 * 6 + 6
    assert sum(report["split"][part] for part in ("train", "validation", "test")) == 84
    assert {
        "accuracy",
        "accuracy_interval",
        "top5",
        "macro_f1",
        "balanced_accuracy",
        "loss",
        "baseline_accuracy",
    } <= set(report["test"])
    assert {"epochs", "seconds", "images_per_second", "best_epoch", "stopped_early"} <= set(report["training"])
    assert report["training"]["epochs"] == 4
    assert isinstance(report["findings"], list)
    assert report == json.loads(json.dumps(finished.report))


def test_every_figure_can_be_made_again_from_the_predictions_alone(finished):
    test = finished.report["test"]
    rows, classes = rows_of(finished.folder / "predictions.csv"), finished.report["classes"]
    truth = np.array([classes.index(row["truth"]) for row in rows])
    probabilities = np.array([[float(row[f"probability:{name}"]) for name in classes] for row in rows])
    answers = probabilities.argmax(axis=1)
    every = range(len(classes))
    assert test["count"] == len(rows) == finished.report["split"]["test"]
    assert test["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))
    assert test["macro_f1"] == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    assert test["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, answers))
    assert test["top5"] == pytest.approx(metrics.top_k_accuracy_score(truth, probabilities, k=5, labels=every))
    own = probabilities[np.arange(len(rows)), truth]
    assert test["loss"] == pytest.approx(-np.log(own).mean(), rel=1e-6)
    assert test["confusion"] == metrics.confusion_matrix(truth, answers, labels=every).tolist()
    recalls = metrics.recall_score(truth, answers, average=None, labels=every)
    assert [one["recall"] for one in test["per_class"]] == pytest.approx(recalls)
    low, high = test["accuracy_interval"]
    assert low < test["accuracy"] < high


def test_classes_called_as_the_columns_are_have_columns_of_their_own(train, tmp_path):
    classes = ("path", "truth", "probability:path")
    for label, name in enumerate(classes):
        (tmp_path / "odd" / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.random.default_rng([label, number]).integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "odd" / name / f"{number}.png")
    train(tmp_path / "odd", size=8)
    first, *rows = csv.reader((tmp_path / "run" / "predictions.csv").read_text().splitlines())
    assert first == ["path", "truth", *(f"probability:{name}" for name in sorted(classes))]
    assert all(row[0].startswith(f"{row[1]}/") for row in rows)
    assert all(sum(map(float, row[2:])) == pytest.approx(1, abs=1e-5) for row in rows)


def test_the_predictions_are_the_shipped_model_s(finished, flowers):
    classifier = finished.classifier()
    for row in rows_of(finished.folder / "predictions.csv"):
        answer = classifier.predict(flowers / row["path"]).probabilities
        assert [float(row[f"probability:{name}"]) for name in answer] == pytest.approx(list(answer.values()), abs=1e-6)


def test_the_shipped_figures_are_the_report_s(finished):
    figures = read_bundle(finished.model).manifest["figures"]
    assert figures["accuracy"] == finished.report["test"]["accuracy"]
    assert figures["macro_f1_interval"] == finished.report["test"]["macro_f1_interval"]


def test_the_page_loads_nothing_from_anywhere(finished):
    page = (finished.folder / "report.html").read_text()
    assert not re.search(r"""(src|href|url|action|data)\s*[=(]\s*["']?\s*(https?:)?//""", page)
    assert not re.search(r"<(script|iframe|object)\b", page)


def test_the_test_part_is_in_no_other_part(finished):
    rows = rows_of(finished.folder / "split.csv")
    sums = {part: {row["sha256"] for row in rows if row["part"] == part} for part in ("train", "validation", "test")}
    tested = {row["path"] for row in rows_of(finished.folder / "predictions.csv")}
    assert tested == {row["path"] for row in rows if row["part"] == "test"}
    assert not sums["test"] & (sums["train"] | sums["validation"])
    assert all(len({row["label"] for row in rows if row["part"] == part}) == 6 for part in sums)


def test_the_mean_is_that_of_the_training_part_alone(finished, flowers):
    rows = rows_of(finished.folder / "split.csv")
    weights = load_arrays(read_bundle(finished.model).weights)

    def pixels(*parts):
        chosen = [row["path"] for row in rows if row["part"] in parts]
        return np.stack([np.asarray(Image.open(flowers / path)) for path in chosen]).astype(np.float64)

    training = pixels("train")
    np.testing.assert_allclose(weights["normalise.mean"].ravel(), training.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(1 / weights["normalise.factor"].ravel(), training.std(axis=(0, 1, 2)), rtol=1e-5)
    everything = pixels("train", "validation", "test").mean(axis=(0, 1, 2))
    assert not np.allclose(weights["normalise.mean"].ravel(), everything, rtol=1e-6)


def test_the_settings_of_a_run_are_all_of_them_and_give_the_same_run_again(finished, flowers, train, tmp_path):
    settings = read_settings(finished.folder / "settings.toml")
    assert (settings["model"], settings["epochs"], settings["learning_rate"]) == ("linear", 4, 0.001)
    settings.pop("data")
    again = train(flowers, **settings)
    assert again.model.read_bytes() == finished.model.read_bytes()
    for name in ("split.csv", "predictions.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (finished.folder / name).read_bytes()


def test_a_foreign_folder_is_refused_and_left_alone(few, train, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.doc").write_text("mine")
    for force in (False, True):
        with pytest.raises(RunError, match="no folder of a sightline run"):
            train(few, force=force)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.doc"]


def test_force_removes_what_a_run_writes_and_nothing_else(trained, train, tmp_path):
    (tmp_path / "run" / "notes.txt").write_text("mine")
    train(trained, force=True)
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_force_leaves_a_run_where_none_can_take_its_place(trained, train, tmp_path):
    before = contents(tmp_path / "run")
    with pytest.raises(RunError, match="are left to learn"):
        train(trained, force=True, minutes=1e-4)
    for picture in [path for path in trained.rglob("*") if path.is_file()]:
        picture.write_bytes(b"")
    with pytest.raises(DataError):
        train(trained, force=True)
    assert contents(tmp_path / "run") == before


def test_a_finished_run_gives_its_result_again_and_is_left_alone(trained, train, tmp_path):
    before = contents(tmp_path / "run")
    again = train(trained)
    assert again.report == json.loads((tmp_path / "run" / "report.json").read_text())
    assert contents(tmp_path / "run") == before


def test_the_same_command_ends_with_the_same_words_and_its_settings_file_alone_is_enough(few, command, tmp_path):
    words = ("train", few, "--out", tmp_path / "run", "--model", "linear", "--epochs", 1)
    first, again = command(*words), command(*words)
    by_file = command("train", "--config", tmp_path / "run" / "settings.toml", "--out", tmp_path / "run")
    assert first.status == again.status == by_file.status == 0
    assert first.out == again.out == by_file.out
    assert "its result again" in again.err


@pytest.mark.parametrize("lost", ["model.sightline", "report.json"])
def test_a_finished_run_that_was_damaged_is_said(lost, trained, train, tmp_path):
    if lost == "report.json":
        (tmp_path / "run" / lost).write_text("{")
    else:
        (tmp_path / "run" / lost).unlink()
    with pytest.raises(RunError, match=re.escape(lost)):
        train(trained)


def test_a_finished_run_on_other_pictures_gives_no_old_result(trained, train):
    Image.new("RGB", (16, 16), "red").save(trained / "ant" / "0.png")
    with pytest.raises(RunError, match="pictures have changed"):
        train(trained)


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "run", "few/ant/0.png"),
        ("evaluate", "run", "few"),
        ("show", "run"),
        ("serve", "run"),
        ("export", "run", "--to", "onnx", "--out", "x.onnx"),
        ("predict", "run/model.sightline", "few/ant/0.png"),
    ],
)
def test_every_verb_names_a_run_that_is_not_finished(words, trained, command, tmp_path):
    assert trained.exists()
    (tmp_path / "run" / "report.json").unlink()
    (tmp_path / "run" / "model.sightline").unlink()
    ended = command(*words)
    assert ended.status == 2
    assert "run holds a run that is not finished" in ended.err
    assert "sightline train --config run/settings.toml --out run" in ended.err


def test_inspect_names_a_run_that_is_not_finished(trained, command, tmp_path):
    assert trained.exists()
    (tmp_path / "run" / "model.sightline").unlink()
    ended = command("inspect", "run")
    assert ended.status == 0
    assert "This run has no model yet" in ended.out
    assert "holds no model yet" in command("inspect", "run", "few/ant/0.png").err


def test_other_settings_are_refused_by_name(trained, train):
    with pytest.raises(RunError, match="seed was 0 and is 5; epochs was 1 and is 2"):
        train(trained, epochs=2, seed=5)


def test_force_begins_anew_and_counts_the_readings_of_the_test_part(trained, train, tmp_path):
    assert json.loads((tmp_path / "run" / "report.json").read_text())["test"]["readings"] == 1
    again = train(trained, force=True, epochs=2)
    assert again.report["test"]["readings"] == 2
    assert again.report["training"]["epochs"] == 2
    assert train(trained, force=True, seed=1).report["test"]["readings"] == 1, "another split is another test part"


def interrupted(run):
    """Make a run look as if it had been stopped before its report."""
    (run / "report.json").unlink()


@pytest.mark.parametrize("change", ["a picture less", "a picture more", "other pixels"])
def test_changed_pictures_are_refused_when_a_run_goes_on(change, trained, train, tmp_path):
    interrupted(tmp_path / "run")
    if change == "a picture less":
        (trained / "ant" / "0.png").unlink()
    elif change == "a picture more":
        Image.new("RGB", (16, 16), "red").save(trained / "ant" / "new.png")
    else:
        Image.new("RGB", (16, 16), "red").save(trained / "ant" / "0.png")
    with pytest.raises(RunError, match="pictures have changed"):
        train(trained)


@pytest.mark.skipif(sys.platform != "linux", reason="only there are such file names possible")
@pytest.mark.parametrize("name", [b"a\rb.png", b"\xff.png", b"a\nb.png"])
def test_a_run_goes_on_whatever_the_pictures_are_called(name, few, train, tmp_path):
    os.rename(few / "ant" / "0.png", os.fsencode(few / "ant") + b"/" + name)  # noqa: PTH104 - the name is bytes
    model = train(few).model.read_bytes()
    interrupted(tmp_path / "run")
    assert train(few).model.read_bytes() == model


@pytest.mark.skipif(sys.platform != "linux", reason="only there are such file names possible")
@pytest.mark.parametrize("name", [b"\xff", b"a\x7fb", 'ü"\\'.encode(), b"a\tb"])
def test_a_run_goes_on_whatever_the_data_is_called(name, few, train, tmp_path):
    data = os.fsdecode(os.fsencode(few.parent) + b"/" + name)
    few.rename(data)
    train(data)
    interrupted(tmp_path / "run")
    assert train(data).report["test"]["count"] == 2


def test_a_second_process_on_the_same_run_is_refused(few, train, tmp_path):
    (tmp_path / "run").mkdir()
    code = "import filelock, sys; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('locked', flush=True)"
    code += "; sys.stdin.read()"
    holder = [sys.executable, "-c", code, str(tmp_path / "run" / ".lock")]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(RunError, match="another process"):
            train(few)
        other.communicate("")
    assert train(few).model.exists()


def test_a_half_written_first_file_of_a_killed_run_is_no_foreign_folder(few, train, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".settings.toml.abc123").write_text("da")
    assert train(few).model.exists()


def test_settings_that_were_damaged_are_told(trained, train, tmp_path):
    (tmp_path / "run" / "settings.toml").write_bytes(b"\x00")
    with pytest.raises(RunError, match=r"settings\.toml can't be read"):
        train(trained)


def test_the_folder_s_places_are_as_documented(tmp_path):
    assert Run(tmp_path).model.name == "model.sightline"


def test_data_that_must_be_mended_is_refused_with_all_of_it(few, train):
    (few / "empty").mkdir()
    (few / "bee" / "copy.png").write_bytes((few / "ant" / "0.png").read_bytes())
    with pytest.raises(DataError) as caught:
        train(few)
    assert "empty-class" in caught.value.problem
    assert "same-picture-two-classes" in caught.value.problem


def test_a_picture_that_can_t_be_read_is_left_out_and_named(few, train, tmp_path):
    (few / "ant" / "broken.png").write_bytes(b"no picture")
    report = train(few).report
    found = next(finding for finding in report["findings"] if finding["code"] == "unreadable-picture")
    assert "ant/broken.png" in found["evidence"][0]
    row = next(row for row in rows_of(tmp_path / "run" / "split.csv") if row["path"] == "ant/broken.png")
    assert row["part"] == "left-out"
    assert row["reason"]


def test_the_command_line_trains_and_says_where_everything_is(command, few, tmp_path):
    words = ["--set", "model=mlp", "hidden=5", "--epochs", "1", "--set", "seed=3", few, "--out", tmp_path / "run"]
    outcome = command("train", *words)
    assert outcome.status == 0
    assert str(tmp_path / "run" / "report.html") in outcome.out
    settings = read_settings(tmp_path / "run" / "settings.toml")
    assert (settings["model"], settings["hidden"], settings["epochs"], settings["seed"]) == ("mlp", [5], 1, 3)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_a_flag_wins_over_set_and_set_over_a_file_in_every_order(order, command, few, tmp_path):
    (tmp_path / "a.toml").write_text('data = "elsewhere"\nmodel = "linear"\nepochs = 3\nseed = 3\npatience = 3\n')
    pieces = [[few], ["--config", tmp_path / "a.toml"], ["--set", "epochs=2", "seed=2"], ["--epochs", "1"]]
    pieces = pieces[order:] + pieces[:order]
    if pieces[-1][0] == "--set":
        pieces.insert(0, pieces.pop())
    assert command("train", *(word for piece in pieces for word in piece), "--out", tmp_path / "run").status == 0
    settings = read_settings(tmp_path / "run" / "settings.toml")
    assert (settings["epochs"], settings["seed"], settings["patience"]) == (1, 2, 3)
    assert settings["data"] == str(few)


def test_data_that_gives_its_own_parts_is_evaluated_on_them(few, train, tmp_path, command):
    rows = ["path,label,split"]
    for label in ("ant", "bee"):
        rows += [f"{label}/{n}.png,{label},{'test' if n < 3 else 'train'}" for n in range(8)]
    (few / "table.csv").write_text("\n".join(rows))
    train(few / "table.csv")
    tested = {row["path"] for row in rows_of(tmp_path / "run" / "predictions.csv")}
    assert tested == {f"{label}/{n}.png" for label in ("ant", "bee") for n in range(3)}
    outcome = command("evaluate", tmp_path / "run", few / "table.csv")
    assert "pictures           6" in outcome.out
    assert "pictures           16" in command("evaluate", tmp_path / "run", few / "table.csv", "--part", "all").out
    assert command("evaluate", tmp_path / "run", few / "table.csv", "--part", "validation").status == 2


def test_evaluating_the_test_part_again_gives_the_reported_figures(command, finished, flowers, tmp_path):
    test = {row["path"]: row["label"] for row in rows_of(finished.folder / "split.csv") if row["part"] == "test"}
    table = "".join(f"{flowers / path},{label}\n" for path, label in test.items())
    (tmp_path / "test.csv").write_text(f"path,label\n{table}")
    outcome = command("evaluate", finished.model, tmp_path / "test.csv", "--out", tmp_path / "out")
    assert outcome.status == 0
    again = json.loads((tmp_path / "out" / "report.json").read_text())["test"]
    for name in ("count", "accuracy", "macro_f1", "top5", "confusion", "baseline_accuracy"):
        assert again[name] == finished.report["test"][name]
    assert again["loss"] == pytest.approx(finished.report["test"]["loss"])


def test_an_evaluation_is_replaced_only_by_force(command, finished, few, tmp_path):
    words = ["evaluate", finished.model, few, "--out", tmp_path / "out"]
    assert command(*words).status == 0
    assert "--force" in command(*words).err
    assert command(*words, "--force").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == EVALUATED


def test_classes_that_the_model_does_not_know_are_named(command, finished, few):
    (few / "ant").rename(few / "yak")
    outcome = command("evaluate", finished.model, few)
    assert outcome.status == 2
    assert "'yak'" in outcome.err
    assert "'ant'" in outcome.err


def test_classes_are_matched_by_name_when_some_are_absent(command, finished, few):
    outcome = command("evaluate", finished.model, few)
    assert outcome.status == 0
    correct = sum(finished.classifier().predict(path).label == path.parent.name for path in sorted(few.rglob("*.png")))
    assert f"accuracy           {100 * correct / 16:.1f}" in outcome.out


def test_the_three_steps_of_the_package_s_docstring(few, tmp_path):
    catalog = sightline.open_catalog(few)
    run = sightline.train(catalog, model="linear", epochs=1, out=tmp_path / "run")
    prediction = sightline.load(tmp_path / "run" / "model.sightline").predict(few / "ant" / "0.png")
    assert prediction.label in ("ant", "bee")
    assert run.classifier().predict(few / "ant" / "0.png") == prediction


def test_the_package_offers_what_it_names_and_nothing_else():
    assert all(hasattr(sightline, name) for name in sightline.__all__)
    assert set(sightline.__all__) <= set(dir(sightline))
    assert issubclass(SettingsError, sightline.SightlineError)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sightline.nonsense  # noqa: B018 - looking it up is the test


def test_a_run_shows_itself_in_a_notebook_with_its_accuracy_and_where_its_files_are(finished):
    html = finished._repr_html_()
    assert percent(finished.report["test"]["accuracy"]) in html
    assert finished.report["verdict"]["words"].split(".")[0] in html
    assert all(f'href="{file.as_posix()}"' in html for file in (finished.report_html, finished.model))
    assert "<script" not in html


def test_a_run_that_an_older_version_began_is_refused_in_words(trained, train, tmp_path):
    (tmp_path / "run" / "report.json").unlink()
    (tmp_path / "run" / "settings.toml").write_text('data = "few"\nmodel = "linear"\nepochs = 1\n')
    with pytest.raises(RunError, match="earlier version of sightline began") as caught:
        train(trained)
    assert "finish it with the version that began it" in caught.value.hint


def test_licence_and_author_are_in_the_model_its_card_and_its_export(few, command, tmp_path):
    stated = ("--set", "licence=CC-BY-4.0", "author=A. Name")
    assert command("train", few, "--out", tmp_path / "run", "--model", "linear", "--epochs", 1, *stated).status == 0
    manifest = read_bundle(tmp_path / "run" / "model.sightline").manifest
    assert (manifest["licence"], manifest["author"]) == ("CC-BY-4.0", "A. Name")
    card = command("show", tmp_path / "run").out
    assert re.search(r"licence +CC-BY-4.0", card)
    assert re.search(r"author +A. Name", card)
    command("export", tmp_path / "run", "--to", "onnx", "--out", tmp_path / "x.onnx")
    assert b"sightline_author" in (tmp_path / "x.onnx").read_bytes()


def test_a_model_whose_maker_said_nothing_has_no_author(finished):
    manifest = read_bundle(finished.model).manifest
    assert manifest["licence"] == "unstated"
    assert "author" not in manifest


def test_a_run_that_is_older_than_a_setting_goes_on(trained, train, tmp_path):
    settings = tmp_path / "run" / "settings.toml"
    settings.write_text(re.sub(r"(?m)^licence = .*\n", "", settings.read_text()))
    interrupted(tmp_path / "run")
    assert train(trained).model.exists()
    with pytest.raises(RunError, match="licence was 'unstated' and is 'MIT'"):
        train(trained, licence="MIT")
