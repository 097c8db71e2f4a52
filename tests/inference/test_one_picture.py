"""One picture has equal bits on every path: survey, file, bytes, array, scikit-learn's array."""

import io

import numpy as np
import pytest
from PIL import Image

from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.colours import colour_spaces
from sightline.imaging.picture_format import RESIZES
from sightline.inference.bundle import bundle_of, write_bundle
from sightline.inference.pictures import reading_of
from sightline.inference.tasks import load
from sightline.line.answers import ask

MODES = {"1": "png", "L": "png", "LA": "png", "P": "png", "RGB": "png", "RGBA": "png", "CMYK": "jpg", "I;16": "png"}
ORIENTED = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}


@pytest.fixture
def folder(tmp_path, saved, picture):
    """A data set of every colour mode and of every EXIF orientation in every format that has one."""
    (tmp_path / "data" / "ant").mkdir(parents=True)
    for mode, ending in MODES.items():
        saved(f"data/ant/{mode.replace(';', '')}.{ending}", mode, size=(40, 33))
    for ending, kind in ORIENTED.items():
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            image = Image.fromarray(picture(70, 130, 3, seed=orientation))
            image.save(tmp_path / "data" / "ant" / f"turned{orientation}.{ending}", kind, exif=exif)
    return tmp_path / "data"


def asked_with(graph, monkeypatch):
    """Return the pixels that the graph was given, as they are given."""
    seen = []
    answer = graph.run
    monkeypatch.setattr(graph, "run", lambda pixels, *names: seen.append(pixels.copy()) or answer(pixels, *names))
    return seen


@pytest.mark.parametrize("resize", RESIZES)
@pytest.mark.parametrize("colours", colour_spaces())
def test_the_graph_reads_equal_bits_on_every_path(colours, resize, folder, tmp_path, parts_of, monkeypatch):
    write_bundle(tmp_path / "model", bundle_of(*parts_of(colours=colours, resize=resize)))
    classifier = load(tmp_path / "model")
    catalog = open_catalog(folder)
    seen = survey(catalog, classifier.format)
    assert not seen.problems
    assert len(catalog) == len(MODES) + 8 * len(ORIENTED)
    paths = [folder / name for name in catalog.paths]
    given = asked_with(classifier._graph, monkeypatch)  # noqa: SLF001 - where every path ends
    streamed = asked_with(classifier._single_threaded, monkeypatch)  # noqa: SLF001 - but that of many pictures
    ask(classifier, catalog, np.arange(len(catalog)), seen.pixels)  # the report's and evaluate's way
    many = list(classifier.predict_many(paths))
    for path in paths:
        classifier.predict(path)
        classifier.predict(path.read_bytes())
    report, *single = given
    in_order = sorted(streamed, key=len, reverse=True)  # threads ask in any order; the last portion is not full
    np.testing.assert_array_equal(report, seen.pixels)
    np.testing.assert_array_equal(np.concatenate(in_order), seen.pixels)
    np.testing.assert_array_equal(np.concatenate(single[::2]), seen.pixels)
    np.testing.assert_array_equal(np.concatenate(single[1::2]), seen.pixels)
    assert [one.label for one in many] == [classifier.predict(path).label for path in paths]


def test_an_array_of_the_decoded_picture_is_the_picture(folder, classifier):
    for path in sorted((folder / "ant").iterdir()):
        array = np.asarray(classifier.format.open(path.read_bytes(), name=path.name).image)
        np.testing.assert_array_equal(
            classifier.format.read(array, name="array"), classifier.format.read(path.read_bytes(), name=path.name)
        )


def test_a_pillow_image_of_every_mode_and_orientation_is_its_file(folder, classifier):
    for path in sorted((folder / "ant").iterdir()):
        with Image.open(path) as image:
            np.testing.assert_array_equal(
                reading_of(image, classifier.format, name="image").pixels,
                reading_of(path, classifier.format, name="file").pixels,
            )


def test_bytes_of_a_picture_are_named(classifier):
    stream = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(stream, "PNG")
    assert classifier.predict(stream.getvalue()).path == "the picture"
