import hashlib
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from sightline.data.opening import open_catalog
from sightline.data.survey import Survey, survey
from sightline.data.survey.look import peek
from sightline.data.survey.memory import training_chunks
from sightline.imaging.picture_format import PictureFormat

SMALL = PictureFormat(6, 6)


def test_digests_are_the_sums_of_the_files_in_the_catalogs_order(class_folders):
    root = class_folders({"a": 40, "b": 50})
    catalog = open_catalog(root)

    seen = survey(catalog, SMALL)

    expected = [hashlib.sha256((root / name).read_bytes()).hexdigest() for name in catalog.paths]
    assert list(seen.digests) == expected
    for row in (0, 39, 40, 89):
        np.testing.assert_array_equal(seen.pixels[row], SMALL.read((root / catalog.paths[row]).read_bytes(), name=""))


def test_a_row_with_a_problem_has_zeros_and_no_other_pictures_pixels(class_folders):
    root = class_folders({"a": 3, "b": 3})
    (root / "a" / "1.png").write_bytes((root / "a" / "1.png").read_bytes()[:300])
    (root / "b" / "0.png").unlink()
    (root / "b" / "0.png").symlink_to("nothing.png")

    seen = survey(open_catalog(root), SMALL)

    assert list(seen.problems) == [1, 3]
    assert seen.usable.tolist() == [True, False, True, False, True, True]
    assert seen.pixels[[1, 3]].max() == 0
    assert all(seen.pixels[row].max() > 0 for row in (0, 2, 4, 5))
    assert (len(seen.digests[1]), seen.digests[3]) == (64, "")


def test_the_facts_of_each_file_are_kept(class_folders):
    root = class_folders({"a": 1, "b": 1})
    Image.new("L", (30, 20)).save(root / "a" / "z.gif")

    seen = survey(open_catalog(root))

    assert seen.formats == ("PNG", "GIF", "PNG")
    assert seen.sizes.tolist() == [[16, 16], [30, 20], [16, 16]]
    assert seen.pixels is None
    assert seen.frames.tolist() == [1, 1, 1]


def test_facts_are_the_same_with_and_without_pixels(class_folders, encoded, noise):
    root = class_folders({"a": 2, "b": 2})
    (root / "a" / "large.jpg").write_bytes(encoded(noise(height=300, width=500), "JPEG"))
    catalog = open_catalog(root)

    bare, full = survey(catalog), survey(catalog, SMALL)

    assert bare.digests == full.digests
    np.testing.assert_array_equal(bare.sizes, full.sizes)


def test_a_survey_does_nothing_before_it_is_entered(class_folders):
    catalog = open_catalog(class_folders({"a": 3, "b": 3}))
    names, read = [], catalog.source.read
    object.__setattr__(catalog.source, "read", lambda name: names.append(name) or read(name))
    threads = threading.active_count()

    begun = Survey(catalog, SMALL)

    assert (names, threading.active_count()) == ([], threads)
    with begun:
        assert names
        assert not begun.finished().problems


@dataclass(frozen=True)
class Flicker:
    """A clip of a picture and its negative: a format of another rank, for which there is no process."""

    frames: int

    @property
    def shape(self):
        return self.frames, 6, 6, 3

    def look(self, payload, *, name):
        facts, thumbnail, pixels = SMALL.look(payload, name=name)
        return facts, thumbnail, np.stack([pixels if frame % 2 else 255 - pixels for frame in range(self.frames)])

    def describe(self):
        return {"frames": self.frames}


def test_samples_may_have_any_rank_also_in_the_cache(class_folders, tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.WORTH_SECONDS", 0)
    monkeypatch.setattr("sightline.data.survey.workers.WORTH_PROCESSES", 1)
    monkeypatch.setattr("sightline.data.survey.workers.core_count", lambda: 2)
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WORK", 60.0)
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WAIT", 60.0)
    catalog = open_catalog(class_folders({"a": 30, "b": 30}))
    still = survey(catalog, SMALL).pixels

    first, again = (survey(catalog, Flicker(5), cache_in=tmp_path / "kept") for _ in range(2))
    other = survey(catalog, Flicker(4), cache_in=tmp_path / "kept")

    for clips in (first.pixels, again.pixels, other.pixels[:, [0, 1, 2, 3, 0]]):
        np.testing.assert_array_equal(clips, np.stack([255 - still, still, 255 - still, still, 255 - still], axis=1))
    assert len(list((tmp_path / "kept").iterdir())) == 2
    with Survey(catalog, Flicker(5)) as begun:
        assert begun.workers.helpers == []


def test_progress_reaches_the_number_of_pictures(class_folders):
    steps = []

    survey(open_catalog(class_folders({"a": 70, "b": 70})), advance=steps.append)

    assert sum(steps) == 140
    assert len(steps) > 1


@pytest.mark.parametrize(("limit", "is_alone"), [(0.0, False), (60.0, True)])
def test_short_pictures_are_read_by_one_thread_and_long_ones_by_others(limit, is_alone, class_folders, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WORK", limit)
    monkeypatch.setattr("sightline.data.survey.pace.SHORT_WAIT", limit)
    catalog = open_catalog(class_folders({"a": 60, "b": 60}))
    readers, read = [], catalog.source.read
    object.__setattr__(catalog.source, "read", lambda name: readers.append(threading.get_ident()) or read(name))

    seen = survey(catalog, SMALL)

    here = threading.get_ident()
    assert [reader == here for reader in readers] == [True] * 24 + [is_alone] * 96
    assert seen.digests == tuple(hashlib.sha256(read(name)).hexdigest() for name in catalog.paths)
    np.testing.assert_array_equal(seen.pixels[119], SMALL.read(read(catalog.paths[119]), name="the last"))


def test_pixels_that_do_not_fit_are_kept_in_a_file_that_is_already_gone(class_folders, tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.memory.memory_bytes", lambda: 100)
    catalog = open_catalog(class_folders({"a": 3, "b": 3}))
    (tmp_path / "scratch").mkdir()

    large = survey(catalog, SMALL, keep_in=tmp_path / "scratch").pixels

    assert isinstance(large, np.memmap)
    assert list((tmp_path / "scratch").iterdir()) == []
    np.testing.assert_array_equal(large, survey(catalog, SMALL).pixels)


def test_an_arrays_digest_depends_on_its_shape(table):
    flat, high = np.zeros((1, 4), np.uint8), np.zeros((4, 1), np.uint8)
    catalog = table([("a", "")]).catalog

    digests = set()
    for pixels in (flat, high):
        object.__setattr__(catalog.source, "pictures", pixels[None])
        digests.add(survey(catalog).digests[0])

    assert len(digests) == 2


def test_peeking_passes_over_what_cannot_be_read(class_folders):
    root = class_folders({"a": 3, "b": 3})
    (root / "a" / "0.png").write_bytes(b"rotten")

    assert [(facts.width, facts.height, facts.mode) for facts in peek(open_catalog(root))] == [(16, 16, "RGB")] * 5


@pytest.mark.parametrize(("count", "most"), [(150, 150), (201, 200), (999, 200)])
def test_peeking_looks_at_no_more_than_200(count, most, table):
    assert 100 <= len(list(peek(table([("a", "")] * count).catalog))) <= most


def test_chunks_are_the_chosen_rows_in_their_order():
    pixels = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)

    chunks = list(training_chunks(pixels, np.array([9, 1, 4, 0, 2]), size=2))

    assert [chunk.ravel().tolist() for chunk in chunks] == [[9, 1], [4, 0], [2]]
