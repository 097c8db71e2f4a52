"""Pictures without labels behind those of a data set: from anywhere, by the same rules, never what is tested on."""

import shutil
import zipfile

import pytest

from sightline.core.errors import DataError
from sightline.data.opening import open_catalog
from sightline.data.splits import split
from sightline.data.survey import survey
from sightline.data.unlabelled import MARK, with_unlabelled
from sightline.imaging.picture_format import PictureFormat


@pytest.fixture
def labelled(class_folders):
    return class_folders({"cats": 6, "dogs": 6})


@pytest.fixture
def more(tmp_path, encoded, noise):
    """A folder of three pictures, one of them in a folder of its own, whose name says nothing."""
    folder = tmp_path / "more"
    (folder / "cats").mkdir(parents=True)
    for number, place in enumerate(("a.png", "b.png", "cats/c.png")):
        (folder / place).write_bytes(encoded(noise(number), "PNG"))
    return folder


def packed(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(folder))
    return path


def tabled(folder, path):
    names = sorted(file.relative_to(folder.parent).as_posix() for file in folder.rglob("*.png"))
    path.write_text("\n".join(["path,label", *(f"{name},cats" for name in names)]))
    return path


@pytest.mark.parametrize("make", [None, packed, tabled])
def test_pictures_of_a_folder_an_archive_and_a_table_stand_behind_the_labelled_ones(labelled, more, tmp_path, make):
    place = more if make is None else make(more, tmp_path / ("more.zip" if make is packed else "more.csv"))
    alone = open_catalog(labelled)

    catalog = with_unlabelled(alone, str(place))

    assert catalog.paths[: len(alone)] == alone.paths
    assert catalog.classes == alone.classes
    assert catalog.labels[len(alone) :].tolist() == [-1, -1, -1]
    assert all(path.startswith(MARK) for path in catalog.paths[len(alone) :])
    assert not survey(catalog, PictureFormat(8, 8)).problems


def test_the_parts_of_the_labelled_pictures_stay_as_they_are(labelled, more):
    alone = open_catalog(labelled)
    catalog = with_unlabelled(alone, str(more))
    before, after = (split(survey(each), seed=3) for each in (alone, catalog))
    assert after.parts[: len(alone)] == before.parts
    assert after.parts[len(alone) :] == ("unlabelled",) * 3


def test_copies_of_pictures_that_are_chosen_by_or_tested_on_are_left_out_with_their_reason(labelled, more):
    alone = open_catalog(labelled)
    parts = split(survey(alone)).parts
    for path, part in zip(alone.paths, parts, strict=True):
        shutil.copy(labelled / path, more / f"{part}-{path.replace('/', '-')}")

    catalog = with_unlabelled(alone, str(more))
    divided = split(survey(catalog))

    kept = [catalog.paths[row] for row in divided.rows("unlabelled")]
    assert sum("train-" in path for path in kept) == parts.count("train")
    assert not any("test-" in path or "validation-" in path for path in kept)
    assert len(divided.reasons) == parts.count("test") + parts.count("validation")


def test_a_group_that_is_tested_on_is_not_learnt_from_without_its_labels(table):
    surveyed = table([("a", f"a{n}") for n in range(9)] + [("a", "t", "film", "test"), (None, "u", "film")])
    divided = split(surveyed)
    assert divided.parts[-1] == "left-out"
    assert "test part" in divided.reasons[10]


def test_an_unreadable_picture_is_left_out_by_its_name(labelled, more):
    (more / "rotten.png").write_bytes(b"no picture")
    surveyed = survey(with_unlabelled(open_catalog(labelled), str(more)))
    assert [surveyed.catalog.paths[row] for row in surveyed.problems] == [f"{MARK}rotten.png"]


def test_pixels_of_both_places_are_kept_for_the_next_look(labelled, more, tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.WORTH_SECONDS", 0.0)
    catalog = with_unlabelled(open_catalog(labelled), str(more))
    options = {"cache_in": tmp_path / "cache"}
    first = survey(catalog, PictureFormat(8, 8), **options)
    decoded = []
    look = PictureFormat.look
    monkeypatch.setattr(PictureFormat, "look", lambda *one, **more: decoded.append(one) or look(*one, **more))
    second = survey(catalog, PictureFormat(8, 8), **options)
    assert not decoded
    assert (first.pixels == second.pixels).all()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere", "is not there"),
        ("empty", "holds no picture"),
        ("cats.txt", "neither a folder"),
        ("rows", "has a label"),
    ],
)
def test_a_place_without_pictures_is_refused_in_words(labelled, tmp_path, place, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "cats.txt").write_text("cats")
    with pytest.raises(DataError, match=words):
        with_unlabelled(open_catalog(labelled), place)
