import csv
import io

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

import sightline
from sightline.data.opening import open_catalog
from sightline.inference.examples import read_examples
from sightline.line.examples import keep_examples, some_of_each_class
from sightline.line.narrator import Silent
from sightline.line.reading import reading
from sightline.line.resolution import resolved
from sightline.line.run import Run
from sightline.line.settings.values import Settings


class Listening(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, line):
        self.said.append(line)


def test_the_classes_are_kept_in_equal_numbers_as_far_as_they_go():
    labels = np.repeat([0, 1, 2], [100, 5, 50])
    rows = np.arange(0, 155, 2)
    chosen = some_of_each_class(rows, labels, 23, seed=0)
    counts = np.bincount(labels[chosen])
    assert counts.tolist() in ([10, 3, 10], [10, 2, 11], [11, 2, 10])
    assert set(chosen) <= set(rows)
    assert np.array_equal(chosen, some_of_each_class(rows, labels, 23, seed=0))
    assert not np.array_equal(chosen, some_of_each_class(rows, labels, 23, seed=1))
    assert np.array_equal(some_of_each_class(rows, labels, 1000, seed=0), rows)


def test_of_more_classes_than_places_chance_decides_which_are_kept():
    labels = np.arange(1000) % 500
    kept = [set(labels[some_of_each_class(np.arange(1000), labels, 100, seed=seed)]) for seed in (0, 1)]
    assert [len(one) for one in kept] == [100, 100]
    assert kept[0] != kept[1]


def test_a_run_keeps_its_training_pictures_and_their_classes_and_the_model_file_holds_none(finished, flowers):
    examples = read_examples(finished.folder / "examples.safetensors", finished.classifier())
    with (finished.folder / "split.csv").open() as table:
        training = [row for row in csv.DictReader(table) if row["part"] == "train"]
    assert examples.labels == tuple(row["label"] for row in training)
    for row, thumbnail in zip(training, examples.thumbnails, strict=True):
        with Image.open(flowers / row["path"]) as given, Image.open(io.BytesIO(thumbnail)) as small:
            assert (small.format, small.size) == ("JPEG", given.size)
            apart = np.abs(np.asarray(given.convert("L"), float) - np.asarray(small.convert("L"), float))
            assert apart.mean() < 10
    model = (finished.folder / "model.sightline").read_bytes()
    assert not any(thumbnail in model for thumbnail in examples.thumbnails)


def test_a_large_picture_is_kept_small_in_its_proportions_and_says_nothing_of_itself(tmp_path, noise):
    for label in ("a", "b"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(6):
            noise(number + 10 * (label == "b"), height=100, width=300).save(
                tmp_path / "set" / label / f"{number}.jpg", comment=b"who took it", exif=b"Exif\0\0secret"
            )
    run = sightline.train(
        tmp_path / "set", out=tmp_path / "run", model="linear", epochs=1, baseline="none", narrator=Silent()
    )
    examples = read_examples(run.folder / "examples.safetensors", run.classifier())
    assert {Image.open(io.BytesIO(thumbnail)).size for thumbnail in examples.thumbnails} == {(64, 21)}
    assert not any(word in thumbnail for thumbnail in examples.thumbnails for word in (b"who", b"secret"))


@pytest.fixture
def prepared(few):
    with reading(
        open_catalog(few), resolved({"model": "linear", "data": str(few)}), test_fraction=0.15, keep_in=few
    ) as preparing:
        return preparing(Silent())


def test_a_picture_that_is_gone_by_then_is_told_and_left_out(few, train, prepared):
    finished = train(few)
    gone = few / prepared.catalog.paths[prepared.split.rows("train")[0]]
    gone.unlink()
    narrator = Listening()
    before = load_file(finished.folder / "examples.safetensors")
    classifier = finished.classifier()
    keep_examples(
        finished.folder / "examples.safetensors",
        classifier,
        prepared,
        lambda rows: classifier.with_features(prepared.pixels[rows])[1],
        seed=0,
        narrator=narrator,
    )
    after = load_file(finished.folder / "examples.safetensors")
    assert len(narrator.said) == 1
    assert gone.name in narrator.said[0]
    np.testing.assert_allclose(after["features"], before["features"][1:], atol=1e-3)


@pytest.mark.usefixtures("trained")
def test_beginning_anew_forgets_the_examples(tmp_path):
    run = Run(tmp_path / "run")
    with run.locked():
        run.begin(Settings(), force=True)
    assert not (tmp_path / "run" / "examples.safetensors").exists()
