import os
import shutil

import numpy as np
import pytest

import sightline
from sightline.core.errors import RunError
from sightline.data.opening import open_catalog
from sightline.line.output_place import require_output_place


@pytest.mark.parametrize("out", ["run", "ant/run", ".", "../few/run", "ant/sheet.png"])
@pytest.mark.parametrize("spelt", ["few", "./few/", "elsewhere/../few", "link"])
def test_nothing_is_written_among_the_pictures_that_are_read(out, spelt, few, monkeypatch):
    monkeypatch.chdir(few.parent)
    (few.parent / "elsewhere").mkdir()
    (few.parent / "link").symlink_to(few)

    with pytest.raises(RunError, match="the folder of the pictures"):
        require_output_place(few / out, data=spelt)


@pytest.mark.parametrize("out", ["run", "few-run", "few/../run"])
def test_what_lies_beside_the_pictures_is_written(out, few):
    require_output_place(few.parent / out, data=few)
    require_output_place(few / "run", data=few / "list.csv")
    require_output_place(few / "run", data="digits")
    require_output_place(few / "run", data="x" * 5000)
    (few / "list.csv").write_text("path,label\nant/0.png,ant\nbee/0.png,bee\n")
    require_output_place(few / "run", data=open_catalog(few / "list.csv"))


def test_a_catalog_knows_the_folder_that_it_was_made_of(few):
    for catalog in (open_catalog(few), open_catalog(few).at(np.arange(3))):
        with pytest.raises(RunError, match="the folder of the pictures"):
            require_output_place(few / "run", data=catalog)


def test_a_training_on_a_catalog_refuses_to_write_among_its_pictures(few):
    with pytest.raises(RunError, match="the folder of the pictures"):
        sightline.train(open_catalog(few), out=few / "run")

    assert not (few / "run").exists()


def test_folders_that_sightline_wrote_among_the_pictures_are_seen_and_left_out(trained, command):
    command("evaluate", "run", trained, "--out", "evaluation", "--quiet")
    before = open_catalog(trained)
    shutil.copytree("run", trained / "run")
    shutil.copytree("run", trained / "bee" / "run")
    shutil.copytree("evaluation", trained / "evaluation")

    catalog = open_catalog(trained)

    assert (catalog.paths, catalog.classes) == (before.paths, before.classes)
    (finding,) = (finding for finding in catalog.findings if finding.code == "own-folder-left-out")
    assert finding.evidence == ("bee/run", "evaluation", "run")


def test_a_class_with_settings_of_its_owner_stays_a_class(few):
    (few / "ant" / "settings.toml").write_text("theirs = 1")

    assert open_catalog(few).classes == ("ant", "bee")


@pytest.mark.parametrize("name", ["answers.csv", "answers.json", "answers.jsonl", "answers.csv.part"])
def test_answers_that_are_kept_among_the_pictures_are_seen_and_left_out(name, trained, command):
    assert command("predict", "run", trained, "--out", trained / name.removesuffix(".part"), "--sets").status == 0
    if name.endswith(".part"):
        (trained / "answers.csv").rename(trained / name)

    catalog = open_catalog(trained)
    again = command("predict", "run", trained, "--format", "csv").out

    assert catalog.classes == ("ant", "bee")
    assert any(name in line for finding in catalog.findings for line in finding.evidence)
    assert name not in again


def test_an_empty_name_is_no_place(few):
    with pytest.raises(RunError, match="the place to write to is empty"):
        require_output_place("", data=few)


def test_a_name_that_is_no_text_is_refused_in_words(few):
    with pytest.raises(RunError, match=r"run\\udce9' is no Unicode text"):
        require_output_place(few.parent / os.fsdecode(b"run\xe9"), data=few)


@pytest.mark.parametrize(
    "words",
    [
        ["train", "few", "--out", "few/run", "--model", "linear"],
        ["evaluate", "run", "few", "--out", "few/evaluation"],
        ["augment", "few", "--out", "few/ant/sheet.png"],
        ["export", "run", "--to", "onnx", "--data", "few", "--out", "few/model.onnx"],
    ],
)
def test_every_verb_that_writes_for_a_folder_refuses_at_once(words, trained, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    before = sorted(trained.rglob("*"))

    outcome = command(*words)

    assert outcome.status == 2
    assert "the folder of the pictures" in outcome.err
    assert sorted(trained.rglob("*")) == before
