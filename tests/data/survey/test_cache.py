import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import fields

import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.data.cache_folder import cache_folder, pixel_folder
from sightline.data.opening import open_catalog
from sightline.data.survey import cache, room, survey
from sightline.data.survey.cache import pixel_cache
from sightline.imaging.facts import BYTES, Facts
from sightline.imaging.picture_format import PictureFormat

SMALL = PictureFormat(6, 6)


@pytest.fixture(autouse=True)
def _everything_is_worth_keeping(monkeypatch):
    monkeypatch.setattr("sightline.data.survey.WORTH_SECONDS", 0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture
def root(class_folders, encoded, noise, faults):
    root = class_folders({"a": 3, "b": 3})
    (root / "a" / "large.jpg").write_bytes(encoded(noise(height=100, width=150), "JPEG"))
    (root / "b" / "grey.gif").write_bytes(encoded(noise(1).convert("L"), "GIF"))
    (root / "b" / "copy.png").write_bytes((root / "a" / "1.png").read_bytes())
    (root / "b" / "cut.png").write_bytes(faults["png-cut.png"])
    return root


def look(root, folder, input_format=SMALL):
    return survey(open_catalog(root), input_format, cache_in=folder)


def assert_same(one, other):
    assert one.catalog.paths == other.catalog.paths
    for field in fields(one):
        if field.name == "catalog":
            continue
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        assert type(ours) is type(theirs)
        np.testing.assert_array_equal(ours, theirs)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)


def paint_kept(root, folder, value):
    """Replace all pixels that are kept by one value, so that it shows where they are used."""
    catalog = open_catalog(root)
    seen = survey(catalog, SMALL)
    facts = [Facts(*size, "PNG", "RGB", turned=False, frames=1) for size in seen.sizes.tolist()]
    rows = {digest: row for row, digest in enumerate(seen.digests) if row not in seen.problems}
    pixel_cache(folder, catalog.source, SMALL).keep(rows, facts, seen.thumbnails, np.full_like(seen.pixels, value))


def painted(seen, value):
    return [path for path, row in enumerate(seen.pixels) if (row == value).all()]


def test_a_second_survey_is_the_first_bit_for_bit(root, folder):
    fresh, first, second = look(root, None), look(root, folder), look(root, folder)

    assert_same(first, fresh)
    assert_same(second, fresh)
    assert len(list(folder.iterdir())) == len(fresh.problems) == 1


def test_what_is_kept_is_not_decoded_again(root, folder):
    paint_kept(root, folder, 77)

    seen = look(root, folder)

    assert painted(seen, 77) == np.flatnonzero(seen.usable).tolist()


def test_an_archive_is_kept_too(root, folder, tmp_path):
    archive = shutil.make_archive(tmp_path / "packed", "zip", root)
    paint_kept(archive, folder, 77)

    assert len(painted(look(archive, folder), 77)) == look(archive, None).usable.sum()


def test_a_changed_file_of_the_same_name_size_and_time_is_decoded_anew(root, folder, encoded, noise):
    before, after = (encoded(noise(seed), "BMP") for seed in (3, 4))
    path = root / "a" / "x.bmp"
    path.write_bytes(before)
    look(root, folder)
    status = path.stat()
    path.write_bytes(after)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert path.stat().st_size == status.st_size
    assert_same(look(root, folder), look(root, None))


def test_files_that_change_names_keep_their_own_pixels(root, folder):
    look(root, folder)
    first, second, aside = root / "a" / "0.png", root / "b" / "2.png", root / "aside"
    first.rename(aside)
    second.rename(first)
    aside.rename(second)

    assert_same(look(root, folder), look(root, None))


def test_only_what_is_new_is_decoded(root, folder, encoded, noise):
    paint_kept(root, folder, 77)
    (root / "a" / "new.png").write_bytes(encoded(noise(9), "PNG"))

    seen, again = look(root, folder), look(root, folder)

    assert len(painted(seen, 77)) == seen.usable.sum() - 1
    assert_same(seen, again)


@pytest.mark.parametrize(
    "other",
    [PictureFormat(6, 7), PictureFormat(6, 6, "grey"), PictureFormat(6, 6, "hsv"), PictureFormat(6, 6, resize="crop")],
    ids=str,
)
def test_another_format_has_pixels_of_its_own(other, root, folder):
    look(root, folder)

    assert_same(look(root, folder, other), look(root, None, other))
    assert len(list(folder.iterdir())) == 2


def test_what_another_decoder_made_is_not_used(root, folder, monkeypatch):
    paint_kept(root, folder, 77)
    monkeypatch.setattr(cache, "decoder", lambda: ("another",))

    assert_same(look(root, folder), look(root, None))


def test_it_may_be_deleted_while_it_is_used(root, folder):
    first = look(root, folder)
    kept = pixel_cache(folder, open_catalog(root).source, SMALL)

    shutil.rmtree(folder)

    np.testing.assert_array_equal(kept.find(first.digests[0])[2], first.pixels[0])
    assert_same(look(root, folder), first)
    assert list(folder.iterdir())


def test_processes_share_it_without_a_word(root, folder):
    code = f"""
from pathlib import Path
from sightline.data import survey
from sightline.data.opening import open_catalog
from sightline.imaging.picture_format import PictureFormat
survey.WORTH_SECONDS = 0
for _ in range(30):
    survey.survey(open_catalog({str(root)!r}), PictureFormat(6, 6), cache_in=Path({str(folder)!r}))
    for kept in Path({str(folder)!r}).glob("*"):
        kept.unlink(missing_ok=True)
"""
    others = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]  # noqa: S603

    while any(other.poll() is None for other in others):
        assert_same(look(root, folder), look(root, None))

    assert [other.communicate()[1] for other in others] == [b"", b""]
    assert_same(look(root, folder), look(root, None))


def flipped(place):
    def flip(whole):
        whole = bytearray(whole)
        whole[place] ^= 0x10
        return bytes(whole)

    return flip


@pytest.mark.parametrize(
    "damage",
    {
        "empty": lambda _: b"",
        "header": lambda whole: whole[:7],
        "cut": lambda whole: whole[:-1],
        "longer": lambda whole: whole + b"\0",
        "zeros": lambda whole: bytes(len(whole)),
        "magic": flipped(3),
        "version": flipped(9),
        "count": flipped(13),
        "digest": flipped(30),
        "facts": flipped(60),
    }.items(),
    ids=lambda damage: damage[0],
)
def test_a_rotten_cache_holds_nothing_and_is_made_anew(damage, root, folder):
    first = look(root, folder)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage[1](whole))

    rotten = pixel_cache(folder, open_catalog(root).source, SMALL)

    assert [rotten.find(digest) for digest in first.digests] == [None] * len(first.digests)
    assert_same(look(root, folder), first)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("rotten_bytes", [1, 3 * 36, 5 * 3 * 36])
def test_pixels_that_have_rotted_are_decoded_anew(rotten_bytes, root, folder):
    paint_kept(root, folder, 77)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-rotten_bytes] + bytes(rotten_bytes))

    seen, fresh = look(root, folder), look(root, None)

    assert 4 <= len(painted(seen, 77)) < seen.usable.sum()
    for row in set(range(len(seen.pixels))) - set(painted(seen, 77)):
        np.testing.assert_array_equal(seen.pixels[row], fresh.pixels[row])


def test_a_file_that_is_cut_while_it_is_open_gives_nothing_wrong(root, folder):
    seen = look(root, folder)
    kept = pixel_cache(folder, open_catalog(root).source, SMALL)

    os.truncate(next(folder.iterdir()), 100)

    assert [kept.find(digest) for digest in seen.digests] == [None] * len(seen.digests)


def test_the_least_recently_used_is_thrown_out(class_folders, folder, monkeypatch):
    roots = [class_folders({"a": 3, "b": 3}, root=name) for name in "xyz"]
    look(roots[0], folder)
    size = next(folder.iterdir()).stat().st_size
    monkeypatch.setattr(cache, "MOST_BYTES", 2 * size)
    look(roots[1], folder)
    for age, path in enumerate(folder.iterdir()):
        os.utime(path, (age, age))
    look(roots[0], folder)  # used now, so y is the oldest

    look(roots[2], folder)

    held = [pixel_cache(folder, open_catalog(root).source, SMALL) for root in roots]
    digests = [look(root, None).digests[0] for root in roots]
    assert [one.find(digest) is not None for one, digest in zip(held, digests, strict=True)] == [True, False, True]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 2 * size


def test_what_does_not_fit_is_not_kept_and_throws_nothing_out(class_folders, folder, monkeypatch):
    look(class_folders({"a": 2, "b": 1}, root="small"), folder)
    before = list(folder.iterdir())
    monkeypatch.setattr(cache, "MOST_BYTES", before[0].stat().st_size)

    look(class_folders({"a": 3, "b": 3}, root="large"), folder)

    assert list(folder.iterdir()) == before


def test_no_more_than_a_share_of_the_free_disk_is_taken(root, folder, monkeypatch):
    monkeypatch.setattr(room, "DISK_SHARE", 2**60)

    look(root, folder)

    assert list(folder.iterdir()) == []


def test_other_files_in_the_folder_are_left_alone(root, folder, monkeypatch):
    look(root, folder)
    (path,) = folder.iterdir()
    monkeypatch.setattr(cache, "MOST_BYTES", path.stat().st_size)
    path.unlink()
    (folder / "mine.txt").write_text("of the user")

    look(root, folder)

    assert {path.name, "mine.txt"} == {other.name for other in folder.iterdir()}


def test_nobody_else_may_read_what_is_kept(root, folder):
    look(root, folder)

    assert [path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())] == [0, 0]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no modes here")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720, 0o702, 0o1777])
def test_a_folder_into_which_others_may_write_is_neither_read_nor_written_and_said_so(mode, root, folder):
    paint_kept(root, folder, 77)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(mode)

    seen = look(root, folder)

    assert painted(seen, 77) == []
    finding = next(finding for finding in seen.catalog.findings if finding.code == "cache-not-own")
    assert f"mode {mode:o}" in finding.symptom
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    folder.chmod(0o755)
    again = look(root, folder)
    assert painted(again, 77) == np.flatnonzero(again.usable).tolist()
    assert again.catalog.findings == open_catalog(root).findings


def test_a_folder_or_file_of_another_user_is_not_believed(root, folder, monkeypatch):
    paint_kept(root, folder, 77)
    monkeypatch.setattr(os, "getuid", lambda: 12_345)

    seen = look(root, folder)

    assert painted(seen, 77) == []
    assert any("belongs to user" in finding.symptom for finding in seen.catalog.findings)


def test_a_file_that_others_may_write_is_not_believed(root, folder):
    paint_kept(root, folder, 77)
    next(folder.iterdir()).chmod(0o666)

    assert painted(look(root, folder), 77) == []


def test_pixels_with_a_right_crc_or_another_sample_s_digest_are_not_believed(root, folder):
    seen = look(root, folder)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    ends = [len(whole) - size * 3 * 36 for size in (2, 1, 0)]
    path.write_bytes(whole[: ends[0]] + whole[ends[1] :] + whole[ends[0] : ends[1]])

    assert_same(look(root, folder), seen)


def test_an_index_with_texts_that_are_none_is_a_miss(root, folder, monkeypatch):
    monkeypatch.setattr(Facts, "packed", lambda _: b"\xff" * BYTES)
    seen = look(root, folder)
    monkeypatch.undo()

    kept = pixel_cache(folder, open_catalog(root).source, SMALL)

    assert [kept.find(digest) for digest in seen.digests] == [None] * len(seen.digests)


def test_a_place_that_cannot_be_written_costs_nothing(root, tmp_path):
    (tmp_path / "file").write_text("no folder")

    assert_same(look(root, tmp_path / "file"), look(root, None))


def test_what_is_decoded_within_a_moment_is_not_kept(root, folder, monkeypatch):
    monkeypatch.setattr("sightline.data.survey.WORTH_SECONDS", 100)

    look(root, folder)

    assert not folder.exists()


def test_a_survey_without_pixels_and_one_of_arrays_keep_nothing(root, folder, table):
    survey(open_catalog(root), cache_in=folder)
    survey(table([("a", "")] * 3).catalog, SMALL, cache_in=folder)

    assert not folder.exists()


@pytest.mark.parametrize(
    ("named", "home", "expected"),
    [("/kept", "/home", "/kept/pixels"), ("", "/home", "/home/sightline/pixels"), ("off", "/home", None)],
)
def test_the_environment_says_where_or_that_nothing_is_kept(named, home, expected, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_CACHE", named)
    monkeypatch.setenv("XDG_CACHE_HOME", home)

    place = pixel_folder()

    assert (place and place.as_posix()) == expected


def test_the_users_folder_of_caches_is_the_default_also_for_what_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for named in ("", "off"):
        monkeypatch.setenv("SIGHTLINE_CACHE", named)
        assert cache_folder() == tmp_path / ".cache" / "sightline"


@pytest.fixture
def homeless(monkeypatch):
    """A process without HOME, whose user the system does not know."""
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE", "SIGHTLINE_CACHE"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.skipif(sys.platform == "win32", reason="a home is another matter there")
@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_keeps_nothing_and_learns_where_data_sets_could_lie(tmp_path, monkeypatch):
    assert pixel_folder() is None
    with pytest.raises(SettingsError, match="neither HOME nor SIGHTLINE_CACHE is set") as caught:
        open_catalog("cifar10")
    assert "SIGHTLINE_CACHE=FOLDER" in caught.value.hint
    assert len(open_catalog("digits")) == 1797
    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path))
    assert pixel_folder() == tmp_path / "pixels"


def test_facts_of_another_version_are_read_anew_and_kept_in_the_new_one(root, folder, monkeypatch):
    paint_kept(root, folder, 77)
    monkeypatch.setattr("sightline.imaging.facts.VERSION", 99)

    seen = look(root, folder)

    assert painted(seen, 77) == []
    assert_same(look(root, folder), look(root, None))
    paint_kept(root, folder, 78)
    assert painted(look(root, folder), 78) == np.flatnonzero(seen.usable).tolist()


def test_a_file_of_the_first_version_is_replaced(root, folder):
    fresh = look(root, folder)
    (path,) = folder.iterdir()
    index = struct.pack("<32sIii8s8s?i", bytes.fromhex(fresh.digests[0]), 0, 16, 16, b"PNG", b"RGB", False, 1)
    first = struct.pack("<8sQI", b"sightl-1", 1, zlib.crc32(index)) + index + bytes(6 * 6 * 3)
    whole = path.read_bytes()
    path.write_bytes(first)

    assert_same(look(root, folder), fresh)
    assert path.read_bytes() == whole
