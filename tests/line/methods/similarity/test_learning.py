"""A model that compares, from folders to its report."""

import csv
import json

import numpy as np
import pytest

import sightline
from sightline.core.errors import DataError, SettingsError
from sightline.inference.tasks import load
from sightline.line.enrolment.verification import rates_of
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved


def test_an_embedding_learnt_on_three_alphabets_tells_the_letters_of_a_fourth_apart(compared):
    first = compared.report["episodes"]["within"][0]
    assert (first["task"]["ways"], first["task"]["shots"]) == (5, 1)
    assert first["interval"][0] > 0.5
    assert compared.report["verification"]["equal_error"] < 0.25
    assert compared.report["similarity"]["classes_are_new"]


def test_classes_of_the_parts_differ_and_alphabets_stay_whole(compared):
    with (compared.folder / "split.csv").open() as file:
        rows = list(csv.DictReader(file))
    parts = {}
    for row in rows:
        parts.setdefault(row["label"].split("/")[0], set()).add(row["part"])
    assert all(len(found) == 1 for found in parts.values())
    assert sorted(next(iter(found)) for found in parts.values()) == ["test", "train", "train", "train", "validation"]


def test_the_file_knows_the_classes_it_learnt_and_gives_embeddings_of_length_one(compared, letters):
    model = load(compared.model)
    assert len(model.classes) == 15
    names = {name.split("/")[0] for name in model.classes}
    assert len(names) == 3
    picture = letters / model.classes[0] / "0.png"
    assert model.predict(picture).label == model.classes[0]
    embeddings = model.with_features(np.random.default_rng(0).integers(0, 256, (3, 20, 20, 1), dtype=np.uint8))[1]
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_the_network_rebuilt_from_the_file_embeds_as_its_graph(compared):
    import torch

    model = load(compared.model)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 20, 20, 1), dtype=np.uint8)
    with torch.no_grad():
        rebuilt = model.network(torch.from_numpy(pixels)).numpy()
    np.testing.assert_allclose(rebuilt, model.with_features(pixels)[1], atol=1e-3)


def test_the_report_shows_result_episodes_curve_and_the_pictures_in_a_plane(compared):
    page = compared.report_html.read_text()
    for key in ("result", "episodes", "verification", "embedding", "training", "findings", "provenance", "next"):
        assert f'<section id="{key}"' in page
    assert page.count("<image href=") == 30
    assert "never learnt from" in repr(compared)
    assert json.loads(json.dumps(compared.as_json()))["similarity"]["words"]


def test_the_same_command_again_says_the_finished_result(compared, letters):
    names = ("task", "folders", "size", "epochs", "classes_a_step", "pictures_a_class", "embedding")
    settings = {name: compared.report["settings"][name] for name in (*names, "turned_classes")}
    again = sightline.train(
        letters, out=compared.folder, narrator=Silent(), validation_fraction=0.2, test_fraction=0.2, **settings
    )
    assert again.report == compared.report


def test_the_command_line_says_what_came_out(letters, tmp_path, command):
    ran = command(
        "train", letters, "--out", tmp_path / "run", "--task", "similarity", "--folders", "nested", "--loss", "triplet",
        "--epochs", 1, "--set", "size=16", "classes_a_step=3", "mining=hard", "margin=0.3",
    )  # fmt: skip
    assert ran.status == 0
    assert "among 5 classes of one group from one picture of each" in ran.out
    assert f"model:  {tmp_path}/run/model.sightline" in ran.out


def test_too_few_classes_to_hold_some_out_are_split_by_pictures_and_that_is_said(letters, tmp_path):
    alphabet = letters / "alphabet0"
    run = sightline.train(alphabet, out=tmp_path / "run", narrator=Silent(), task="similarity", epochs=1, size="16")
    codes = {finding["code"] for finding in run.report["findings"]}
    assert "no-class-held-out" in codes
    assert not run.report["similarity"]["classes_are_new"]


def test_groups_of_a_table_hold_classes_together_and_reach_the_strangers_of_the_file(letters, tmp_path):
    rows = [
        (path, path.parent.name + path.parent.parent.name, path.parent.parent.name) for path in letters.rglob("*.png")
    ]
    with (tmp_path / "letters.csv").open("w") as file:
        csv.writer(file).writerows([("path", "label", "group"), *rows])
    run = sightline.train(
        tmp_path / "letters.csv", out=tmp_path / "run", narrator=Silent(), task="similarity", epochs=1, size="16",
        validation_fraction=0.4, accept=("path-outside",),
    )  # fmt: skip
    rule = load(run.model).rule
    assert len(set(rule.cohort.groups)) == 2
    assert all(name.endswith(group) for name, group in zip(rule.cohort.classes, rule.cohort.groups, strict=True))
    assert (rule.acceptance.classes, rule.acceptance.groups) == (10, 2)
    assert rates_of(load(run.model)).groups == 2


def test_one_class_in_training_is_refused_in_words(class_folders, tmp_path):
    root = class_folders({"train/a": 4, "validation/b": 4, "validation/c": 4, "test/d": 4, "test/e": 4})
    with pytest.raises(DataError, match=r"\[few-classes-in-part\] the train part has 1 classes, 1 of them with two"):
        sightline.train(root, out=tmp_path / "run", narrator=Silent(), task="similarity", size="16")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"task": "similarity", "model": "quick-cnn"}, "expected conv4, siamese-conv, projection"),
        ({"task": "similarity", "loss": "hinge"}, "expected supcon, contrastive, triplet, prototypical"),
        ({"model": "quick-cnn", "loss": "supcon"}, "expected cross-entropy, hinge, squared-error"),
        ({"task": "similarity", "loss": "prototypical", "shots": 4}, "shots = 4 with pictures_a_class = 4"),
        ({"task": "similarity", "pictures_a_class": 1}, "pictures_a_class = 1"),
        ({"task": "similarity", "mixup": 0.2}, "mixup = 0.2"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(settings, words):
    with pytest.raises(SettingsError) as caught:
        resolved(settings)
    assert words in str(caught.value)


def test_inspect_shows_the_embedding_with_the_pictures_and_the_layers_of_a_leg(compared, command, tmp_path):
    ran = command("inspect", compared.folder, "--out", tmp_path / "inside.html")
    assert ran.status == 0
    assert "block4.conv" in ran.out
    assert "equal error rate" in command("show", compared.folder).out
    page = (tmp_path / "inside.html").read_text()
    assert page.count("<image href=") == 90  # six each of fifteen classes
    assert '<section id="embedding"' in page
