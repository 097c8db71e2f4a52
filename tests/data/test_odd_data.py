"""Trees and tables of any shape: a data set comes of them, or words."""

import os
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.core.errors import SightlineError
from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.splits import split
from sightline.data.survey import survey

ODDITIES = st.sampled_from(
    ["train", "test", "val", "2019", "a", "A", "-1", "1", "$RECYCLE.BIN", ".x", "\udce9", "\x1b", "é"]
)
NAMES = st.one_of(
    ODDITIES,
    st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=20),
).filter(lambda name: name not in (".", "..") and len(os.fsencode(name)) < 200)
FILES = st.sampled_from(["1.png", "2.JPG", "x.csv", "readme", "x.tsv"])
TREES = st.lists(st.tuples(st.lists(NAMES, max_size=3), FILES), min_size=1, max_size=12)
CELLS = st.one_of(
    st.sampled_from(
        ["path", "label", "file", "class", "split", "train", "a\\1.png", "a/1.png", "1.png", "", '"', "sep=;"]
    ),
    st.text(max_size=6),
)
TABLES = st.tuples(st.sampled_from(",;\t|"), st.lists(st.lists(CELLS, max_size=4), max_size=6))
BRIEFLY = settings(max_examples=60)


def looked_at(data, picture):
    """Look at a data set as `sightline check` does; an error in words is an answer, too."""
    try:
        surveyed = survey(open_catalog(data))
    except SightlineError:
        return
    findings = check(surveyed)
    assert sorted(surveyed.catalog.paths) == list(surveyed.catalog.paths)
    assert len(set(surveyed.catalog.paths)) == len(surveyed.catalog)
    if picture in surveyed.catalog.paths:
        assert len(split(surveyed).parts) == len(surveyed.catalog)
    for finding in findings:
        assert finding.symptom.encode("utf-8", "surrogateescape")


@given(tree=TREES)
@BRIEFLY
def test_a_tree_of_any_names_is_a_data_set_or_words(tree, encoded, noise):
    with tempfile.TemporaryDirectory() as root:
        payload = encoded(noise(), "PNG")
        for folders, file in tree:
            place = Path(root, *folders)
            try:
                place.mkdir(parents=True, exist_ok=True)
                (place / file).write_bytes(payload)
            except OSError:  # a file lies where a folder should, or the name can't be
                continue
        looked_at(root, "a/1.png")


@given(table=TABLES)
@BRIEFLY
def test_a_table_of_any_cells_is_a_data_set_or_words(table, encoded, noise):
    delimiter, rows = table
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "a").mkdir()
        (Path(root) / "a" / "1.png").write_bytes(encoded(noise(), "PNG"))
        path = Path(root, "labels.csv")
        path.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8", newline="")
        for data in (path, root):
            looked_at(data, "a/1.png")


@given(whole=st.binary(max_size=200), start=st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"path,label\n"]))
@BRIEFLY
def test_a_file_of_any_bytes_is_a_data_set_or_words(whole, start):
    with tempfile.TemporaryDirectory() as root:
        for name in ("data.csv", "data.zip", "data"):
            path = Path(root, name)
            path.write_bytes(start + whole)
            looked_at(path, "")


@given(names=st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))), max_size=8))
@BRIEFLY
def test_an_archive_with_members_of_any_names_is_a_data_set_or_words(names):
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, "set.zip")
        with zipfile.ZipFile(path, "w") as archive:
            for name in {f"{name}.png" for name in names}:
                archive.writestr(name, b"x")
        looked_at(path, "")
