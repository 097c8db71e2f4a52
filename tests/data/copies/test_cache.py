"""Pairs that are kept: not looked for a second time, and never believed once they are damaged."""

import numpy as np
import pytest

from sightline.data.copies.cache import kept_copies
from sightline.data.opening import open_catalog
from sightline.data.survey import survey


@pytest.fixture(scope="module")
def seen(tmp_path_factory, photo):
    root = tmp_path_factory.mktemp("copies")
    for number in range(6):
        (root / "ab"[number % 2]).mkdir(exist_ok=True)
        photo(number // 3).save(root / "ab"[number % 2] / f"{number}.jpg", quality=60 + 5 * number)
    return survey(open_catalog(root))


def same(one, other):
    return np.array_equal(one.rows, other.rows) and one.kinds == other.kinds and one.poor == other.poor


def test_the_same_files_are_compared_once(seen, tmp_path, monkeypatch):
    first = kept_copies(seen, tmp_path)
    monkeypatch.setattr("sightline.data.copies.cache.near_copies", None)

    assert len(first) == 6
    assert same(kept_copies(seen, tmp_path), first)


def test_pairs_that_are_damaged_are_looked_for_anew(seen, tmp_path):
    first = kept_copies(seen, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:40], whole[:-1], whole[:100] + b"x" + whole[101:]):
        file.write_bytes(damaged)
        assert same(kept_copies(seen, tmp_path), first)
    assert file.read_bytes() == whole
