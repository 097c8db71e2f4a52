"""A look that keeps no pixels: made once at a file that does not change, and anew at one that does."""

import os
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from sightline.data.opening import open_catalog
from sightline.data.sources import ArraySource
from sightline.data.survey.glance import glance
from sightline.data.survey.glance_cache import glance_cache
from sightline.data.survey.identities import identities_of
from sightline.data.survey.record import Columns


@pytest.fixture(autouse=True)
def _every_file_is_settled(monkeypatch):
    monkeypatch.setattr("sightline.data.survey.identities.SETTLED_SECONDS", 0)


@pytest.fixture
def root(class_folders, faults):
    root = class_folders({"a": 3, "b": 3})
    (root / "b" / "cut.png").write_bytes(faults["png-cut.png"])
    return root


@pytest.fixture
def packed(root, tmp_path):
    """The same pictures in an archive."""
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in sorted(root.rglob("*.png")):
            archive.write(path, path.relative_to(root))
    return tmp_path / "packed.zip"


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "looks"


def paint_kept(data, kept, value):
    """Let every kept thumbnail be of one value, so that it shows where it is taken over."""
    catalog, seen = open_catalog(data), glance(open_catalog(data), cache_in=kept)
    identities = identities_of(catalog.source, catalog.paths)
    columns = Columns.empty(np.zeros_like(seen.thumbnails), None)
    cache = glance_cache(kept, catalog.source)
    cache.fill(identities, columns)
    columns.thumbnails[:] = value
    columns.problems.update(seen.problems)
    cache.keep(identities, columns)


def painted(data, kept, value):
    """Return the names of the pictures whose look was taken over."""
    seen = glance(open_catalog(data), cache_in=kept)
    return [path for path, shown in zip(seen.catalog.paths, seen.thumbnails, strict=True) if (shown == value).all()]


def same(one, other):
    """Return whether two looks showed the same."""
    names = [field.name for field in fields(one) if field.name not in ("catalog", "copies")]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("data", ["root", "packed"])
def test_a_second_look_at_unchanged_files_reads_none_of_them_and_shows_the_same(data, kept, request):
    place = request.getfixturevalue(data)
    fresh, first = (glance(open_catalog(place), cache_in=folder) for folder in (None, kept))
    assert same(first, fresh)
    assert same(glance(open_catalog(place), cache_in=kept), fresh)

    paint_kept(place, kept, 77)
    assert len(painted(place, kept, 77)) == 6  # all but the broken one


def test_a_file_that_was_changed_and_given_its_old_time_and_size_is_looked_at_anew(root, kept):
    place, other = root / "a" / "0.png", root / "a" / "1.png"
    status = place.stat()
    paint_kept(root, kept, 77)
    content = other.read_bytes()[: status.st_size]
    place.write_bytes(content + bytes(status.st_size - len(content)))
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert "a/0.png" not in painted(root, kept, 77)
    assert "a/1.png" in painted(root, kept, 77)


def test_of_an_archive_that_was_packed_again_nothing_is_taken_over(packed, kept):
    paint_kept(packed, kept, 77)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("a/new.txt", "")
    assert not painted(packed, kept, 77)


def test_a_file_that_was_written_just_now_is_not_vouched_for(root, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.identities.SETTLED_SECONDS", 60)
    catalog = open_catalog(root)
    assert set(identities_of(catalog.source, catalog.paths)) == {b""}
    assert identities_of(ArraySource(np.zeros((1, 2, 2), np.uint8)), ["0"]) == [b""]


def test_wherever_a_cache_is_damaged_or_cut_the_look_is_the_same(root, kept):
    fresh = glance(open_catalog(root), cache_in=kept)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    for place in range(0, len(whole), 397):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]):
            file.write_bytes(damaged)
            assert same(glance(open_catalog(root), cache_in=kept), fresh)


def test_a_cache_that_others_may_write_is_neither_read_nor_written_and_that_is_said(root, kept):
    kept.mkdir()
    kept.chmod(0o777)
    seen = glance(open_catalog(root), cache_in=kept)
    assert "cache-not-own" in [finding.code for finding in seen.catalog.findings]
    assert not list(kept.iterdir())
