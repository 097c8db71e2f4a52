import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from sightline.core.errors import DataError, PictureError
from sightline.data.opening import open_catalog
from sightline.data.sources import FolderSource, ZipSource
from sightline.data.survey import survey
from sightline.imaging.picture_format import PictureFormat

SMALL = PictureFormat(8, 8)


@pytest.fixture
def packed(tmp_path):
    """Return a function that packs a folder, each name changed by `rename`, and gives the archive's path."""

    def pack(root, rename=lambda name: name, method=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "set.zip", "w", method) as archive:
            for path in sorted(root.rglob("*")):
                archive.write(path, rename(path.relative_to(root).as_posix()))
        return tmp_path / "set.zip"

    return pack


@pytest.mark.parametrize("wrapper", ["", "set/", "outer/inner/"])
def test_an_archive_gives_the_same_catalog_and_pixels_as_its_folder(wrapper, class_folders, packed):
    root = class_folders({"train/a": 2, "train/b": 2, "test/a": 1, "test/b": 1})
    folder, archive = open_catalog(root), open_catalog(packed(root, lambda name: wrapper + name))

    seen = [survey(catalog, SMALL) for catalog in (folder, archive)]

    assert folder.paths == archive.paths
    assert (folder.classes, folder.parts) == (archive.classes, archive.parts)
    np.testing.assert_array_equal(folder.labels, archive.labels)
    np.testing.assert_array_equal(seen[0].pixels, seen[1].pixels)
    assert seen[0].digests == seen[1].digests
    assert not seen[1].problems


def test_a_table_in_an_archive_is_read(class_folders, packed):
    root = class_folders({"pictures": 2})
    (root / "labels.csv").write_text("path,label\npictures/0.png,cat\npictures/1.png,dog\n")

    for rename in (str, lambda name: f"wrapper/{name}"):
        catalog = open_catalog(packed(root, rename))
        assert catalog.classes == ("cat", "dog")
        assert not survey(catalog).problems


def test_names_that_begin_with_a_dot_and_a_slash_are_read(class_folders, packed):
    catalog = open_catalog(packed(class_folders({"a": 1, "b": 1}), lambda name: f"./{name}"))

    assert catalog.paths == ("a/0.png", "b/0.png")
    assert not survey(catalog).problems


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/etc/evil.png"])
def test_a_name_that_climbs_out_is_left_out_and_named(name, class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")

    catalog = open_catalog(path)

    assert len(catalog) == 2
    unsafe = next(finding for finding in catalog.findings if finding.code == "unsafe-name")
    assert unsafe.evidence == (name,)


def test_a_cut_archive_is_refused(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DataError, match=r"set\.zip"):
        open_catalog(path)


def test_an_archive_with_a_broken_directory_is_refused(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"PK\x01\x02", b"PK\x09\x09"))

    with pytest.raises(DataError, match="is no zip archive that can be read"):
        open_catalog(path)


def mangle(path, name, *, field, value):
    """Write two bytes into a member's local header, `field` bytes from its start, and into its directory entry."""
    whole = bytearray(path.read_bytes())
    local, entry = whole.index(name) - 30, whole.rindex(name) - 46
    whole[local + field : local + field + 2] = value.to_bytes(2, "little")
    whole[entry + field + 2 : entry + field + 4] = value.to_bytes(2, "little")
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [(6, 1, "a/0.png is encrypted"), (8, 99, "a/0.png can't be unpacked: ")],
    ids=["encrypted", "packed in a way that nobody knows"],
)
def test_a_member_that_cannot_be_unpacked_is_a_problem_of_its_row(field, value, problem, class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    mangle(path, b"a/0.png", field=field, value=value)

    catalog = open_catalog(path)
    problems = survey(catalog).problems

    assert list(problems) == [0]
    assert problems[0].startswith(problem)
    assert "<" not in problems[0]


def test_an_archive_that_is_encrypted_as_a_whole_is_refused_at_once(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    for name in (b"a/0.png", b"b/0.png"):
        mangle(path, name, field=6, value=1)

    with pytest.raises(DataError, match=r"set\.zip is encrypted"):
        open_catalog(path)


def test_a_table_of_excel_is_refused_by_what_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "labels.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")

    with pytest.raises(DataError, match=r"labels\.xlsx is an Excel or Word file\nsave the table as CSV"):
        open_catalog(tmp_path / "labels.xlsx")


def test_members_that_lie_too_deep_are_left_out_and_named(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    deep = "/".join(["a"] * 5000)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{deep}/0.png", b"x")

    catalog = open_catalog(path)

    assert len(catalog) == 2
    assert [finding.code for finding in catalog.findings] == ["too-deep"]


def test_a_rotten_member_is_a_problem_of_its_row(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}), method=zipfile.ZIP_STORED)
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"IDAT") + 30] ^= 0xFF
    path.write_bytes(whole)

    assert list(survey(open_catalog(path)).problems) == [0]


def test_a_name_that_stands_twice_is_one_sample(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the second name
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("a/0.png", b"x")

    assert len(open_catalog(path)) == 2


def test_an_archive_is_known_by_what_it_is_and_not_by_its_name(class_folders, packed, tmp_path):
    packed(class_folders({"a": 1, "b": 1})).rename(tmp_path / "data.bin")

    assert len(open_catalog(tmp_path / "data.bin")) == 2


def test_a_missing_name_is_a_picture_error_in_every_source(class_folders, packed):
    root = class_folders({"a": 1})

    for source in (FolderSource(root), ZipSource(packed(root))):
        with pytest.raises(PictureError, match=r"nothing\.png does not exist"):
            source.read("a/nothing.png")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(600 * 2**20)  # a hole in the file; nothing is written

    with pytest.raises(PictureError, match="at most 536,870,912 are read"):
        FolderSource(tmp_path).read("large.jpg")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_picture_packed_by_bzip2_or_lzma_is_a_problem_that_says_so(method, class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}), method=method)

    problems = survey(open_catalog(path)).problems

    assert len(problems) == 2
    assert "packed by" in problems[0]


def peak_of(work):
    tracemalloc.start()
    try:
        result = work()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def written(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return path


@pytest.mark.parametrize("deep", [1500, 4000])
def test_folders_that_lie_in_each_other_cost_no_more_than_their_names(deep, tmp_path):
    names = ["/".join(["a"] * level) + "/" for level in range(1, deep, 10)]
    path = written(tmp_path / "deep.zip", [*names, "b/1.png", "c/1.png"])

    catalog, peak = peak_of(lambda: open_catalog(path))

    assert catalog.classes == ("a", "b", "c")
    assert peak < 8 * path.stat().st_size + 2**20


def test_wrappers_around_many_members_are_stepped_into_without_a_copy_for_each(tmp_path):
    start = "a/" * 95
    path = written(tmp_path / "wrapped.zip", [f"{start}{'bc'[number % 2]}/{number}.png" for number in range(5000)])

    catalog, peak = peak_of(lambda: open_catalog(path))

    assert (catalog.classes, len(catalog)) == (("b", "c"), 5000)
    assert peak < 6 * path.stat().st_size


def test_long_names_of_deep_members_are_not_kept_a_hundred_times(tmp_path):
    names = [f"{'bc'[number % 2]}/" + f"{number}{'x' * 600}/" * 90 + "1.png" for number in range(40)]
    path = written(tmp_path / "long.zip", names)

    catalog, peak = peak_of(lambda: open_catalog(path))

    assert (catalog.classes, len(catalog)) == (("b", "c"), 40)
    assert peak < 4 * path.stat().st_size


def test_a_member_without_a_name_is_left_out_and_named(class_folders, packed):
    path = packed(class_folders({"a": 1, "b": 1}))
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo("x")
        member.filename = ""
        with archive.open(member, "w") as stream:
            stream.write(b"x")

    catalog = open_catalog(path)

    assert len(catalog) == 2
    assert "unsafe-name" in {finding.code for finding in catalog.findings}
