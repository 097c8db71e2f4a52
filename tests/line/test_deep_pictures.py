"""Trainings on grey of more than eight bits, from files to answers."""

import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import BundleError
from sightline.data.checks import check
from sightline.data.health.ranges import foreign_ranges, mixed_ranges
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.deep import DeepRange
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.bundle import bundle_of, read_bundle, write_bundle
from sightline.line.narrator import Silent

SETTINGS = {"model": "linear", "epochs": 1, "size": 8, "baseline": "none", "seed": 3}


def drawn(label: int, number: int) -> np.ndarray:
    """Eight-bit grey, (8, 8), brighter to the right or downwards."""
    ramp = np.tile(np.arange(8) * 30, (8, 1))
    noise = np.random.default_rng(100 * label + number).integers(0, 40, (8, 8))
    return (ramp.T if label else ramp) + noise


def folder(root, change, ending=".tif"):
    for label in (0, 1):
        (root / "ab"[label]).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(change(drawn(label, number))).save(root / "ab"[label] / f"{number:02d}{ending}")
    return root


def trained(data, out, **settings):
    sightline.train(data, out=out, **SETTINGS, **settings)
    return sightline.load(out)


def probabilities(model, picture) -> list[float]:
    shares = model.predict(picture).probabilities
    return [shares[name] for name in model.classes]


@pytest.fixture(scope="module")
def eight_bits(tmp_path_factory):
    """A model of eight-bit pictures, and their folder."""
    root = tmp_path_factory.mktemp("eight")
    data = folder(root / "data", lambda values: values.astype(np.uint8), ".png")
    return trained(data, root / "run"), data


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda values: values.astype(np.uint16), DeepRange(whole=(0, 255))),
        (lambda values: values.astype(np.int32), DeepRange(whole=(0, 255))),
        (lambda values: (values * 257).astype(np.int32), DeepRange(whole=(0, 65_535))),
        (lambda values: (values / 255 * 0.25).astype(np.float32), DeepRange(real=(0, 0.25))),
        (lambda values: (values * 257 - 1000 * 257).astype(np.int32), None),
    ],
    ids=["eight in sixteen", "eight in thirty-two", "sixteen", "floats", "below zero"],
)
def test_a_training_measures_the_range_and_learns_as_from_the_same_pictures_in_eight_bits(
    change, expected, eight_bits, tmp_path
):
    plain, plain_data = eight_bits
    data = folder(tmp_path / "data", change)

    model = trained(data, tmp_path / "run")

    if expected is not None:
        assert model.format.deep == expected
        picture, twin = data / "a" / "03.tif", plain_data / "a" / "03.png"
        np.testing.assert_allclose(probabilities(model, picture), probabilities(plain, twin), atol=1e-6)
    else:
        assert model.format.deep.whole[0] < -100_000


def test_evaluating_and_predicting_read_as_the_training_did(tmp_path):
    data = folder(tmp_path / "data", lambda values: (values * 16).astype(np.uint16))
    model = trained(data, tmp_path / "run")
    assert model.format.deep == DeepRange(whole=(0, 4095))
    manifest = read_bundle(tmp_path / "run" / "model.sightline").manifest
    assert manifest["preprocess"]["deep"] == {"whole": [0, 4095]}

    evaluation = sightline.evaluate(tmp_path / "run", data, part="all")

    answers = evaluation.answers
    alone = [probabilities(model, data / answers.catalog.paths[row]) for row in answers.rows]
    np.testing.assert_allclose(answers.probabilities, alone, atol=1e-6)


def test_only_the_training_part_is_measured_and_a_named_range_wins(tmp_path):
    data = folder(tmp_path / "data" / "train", lambda values: values.astype(np.uint16)).parent
    folder(data / "test", lambda values: (values * 200).astype(np.uint16))

    assert trained(data, tmp_path / "measured").format.deep == DeepRange(whole=(0, 255))
    named = trained(data, tmp_path / "named", deep_range="0..65535")
    assert named.format.deep == DeepRange(whole=(0, 65_535), real=(0, 65_535))


def test_a_data_set_without_deep_pictures_says_nothing_of_a_range(eight_bits):
    assert "deep" not in eight_bits[0].manifest["preprocess"]


def test_a_range_that_is_none_is_refused_in_a_model_file(eight_bits, tmp_path):
    bundle = eight_bits[0].bundle
    manifest = json.loads(json.dumps(bundle.manifest))
    manifest["preprocess"]["deep"] = {"whole": [9, 3]}
    write_bundle(tmp_path / "model.sightline", bundle_of(manifest, bundle.weights, bundle.graph, arrays=bundle.arrays))

    with pytest.raises(BundleError, match="range of deep pictures"):
        sightline.load(tmp_path / "model.sightline")


def test_files_of_another_range_are_named(tmp_path):
    data = folder(tmp_path / "data", lambda values: (values * 257).astype(np.uint16))
    for number in (1, 2):
        Image.fromarray(drawn(0, number).astype(np.uint16)).save(data / "a" / f"{number:02d}.tif")
    Image.fromarray(drawn(0, 5).astype(np.uint8)).save(data / "a" / "05.tif")

    findings = {finding.code: finding for finding in mixed_ranges(survey(open_catalog(data)))}

    assert [line.split(":")[0] for line in findings["mixed-ranges"].evidence] == ["a/01.tif", "a/02.tif"]
    assert findings["mixed-depths"].evidence == ("a/05.tif",)


def test_pictures_of_another_range_than_the_model_s_are_named(tmp_path):
    catalog = open_catalog(folder(tmp_path / "data", lambda values: (values * 16).astype(np.uint16)))

    def codes(deep: DeepRange) -> list[str]:
        return [finding.code for finding in foreign_ranges(survey(catalog, PictureFormat(8, 8, "grey", deep=deep)))]

    assert codes(DeepRange(whole=(0, 4095))) == []
    assert codes(DeepRange(whole=(0, 255))) == ["beyond-range"]
    assert codes(DeepRange()) == ["mixed-ranges"]  # a model that has seen no deep picture takes 65,535 for white


def deep_png(values: np.ndarray) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], len(values), 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def coloured(values: np.ndarray) -> np.ndarray:
    return np.stack([values, values[::-1], values // 2], axis=-1)


def test_colours_of_a_twelve_bit_camera_are_learnt_as_from_the_same_pictures_in_eight_bits(tmp_path):
    plain = folder(tmp_path / "plain", lambda values: coloured(values).astype(np.uint8), ".png")
    deep = folder(tmp_path / "deep", lambda values: coloured(values).astype(np.uint8), ".png")
    for label in (0, 1):
        for number in range(12):
            (deep / "ab"[label] / f"{number:02d}.png").write_bytes(deep_png(coloured(drawn(label, number)) * 16))

    learnt, twin = trained(deep, tmp_path / "run"), trained(plain, tmp_path / "twin")

    assert (learnt.format.colours, learnt.format.deep) == ("rgb", DeepRange(whole=(0, 4095)))
    shares = probabilities(learnt, deep / "a" / "03.png"), probabilities(twin, plain / "a" / "03.png")
    np.testing.assert_allclose(*shares, atol=0.02)  # sixteen times 255 is not 4,095


def test_colours_that_fill_little_of_the_others_range_are_named(tmp_path):
    data = folder(tmp_path / "data", lambda values: values.astype(np.uint8), ".png")
    for number in range(12):
        values = coloured(drawn(1, number)) * (257 if number else 1)
        (data / "b" / f"{number:02d}.png").write_bytes(deep_png(values))

    findings = {finding.code: finding for finding in check(survey(open_catalog(data)))}

    assert [line.split(":")[0] for line in findings["mixed-ranges"].evidence] == ["b/00.png"]


class Counted(Silent):
    """Keeps what was counted."""

    def __init__(self) -> None:
        self.counted: list[str] = []

    def counting(self, what, total):
        self.counted.append(what)
        return super().counting(what, total)


def test_deep_pictures_are_read_once_where_those_looked_at_first_have_the_range_of_all(tmp_path):
    data = folder(tmp_path / "data", lambda values: (values * 16).astype(np.uint16))
    settings = {name: value for name, value in SETTINGS.items() if name != "size"}

    once, twice = Counted(), Counted()

    sightline.train(data, out=tmp_path / "auto", **settings, narrator=once)
    sightline.train(data, out=tmp_path / "named", **SETTINGS, colours="grey", narrator=twice)

    assert "reading deep pictures in their range" not in once.counted
    assert "reading deep pictures in their range" in twice.counted
    assert sightline.load(tmp_path / "auto").format.deep == sightline.load(tmp_path / "named").format.deep


def test_deep_pictures_of_the_test_part_alone_are_refused_by_a_model_that_saw_none(tmp_path):
    data = folder(tmp_path / "data" / "train", lambda values: values.astype(np.uint8), ".png").parent
    folder(data / "test", lambda values: (values * 1000).astype(np.int32))
    Image.fromarray(drawn(0, 3).astype(np.uint8)).save(data / "test" / "a" / "plain.png")

    model = trained(data, tmp_path / "run")

    assert model.format.deep == DeepRange()
    split = (tmp_path / "run" / "split.csv").read_text()
    assert "test/a/plain.png" in split
    assert "expected 0 to 65535" in split


def test_a_picture_beyond_the_model_s_range_is_answered_with_a_note(tmp_path, command):
    model = trained(folder(tmp_path / "data", lambda values: (values * 16).astype(np.uint16)), tmp_path / "run")
    bright, usual = tmp_path / "bright.tif", tmp_path / "data" / "a" / "03.tif"
    Image.fromarray(np.full((8, 8), 60_000, dtype=np.uint16)).save(bright)

    assert model.predict(usual).note == ""
    for picture in (bright, bright.read_bytes(), Image.open(bright)):
        assert model.predict(picture).note.startswith("holds values from 60000 to 60000; the model takes 0 to 4095")
    printed = command("predict", tmp_path / "run", bright, usual, "--format", "json")
    assert ["note" in row for row in json.loads(printed.out)["results"]] == [True, False]
    assert "warning:" in printed.err
    assert "clips the rest" in printed.err
