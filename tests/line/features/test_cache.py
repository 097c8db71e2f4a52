"""Features outlive a run, and whatever goes wrong with what is kept costs only time."""

import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from sightline.data.survey import room
from sightline.line.features.cache import FeatureCache

DIGESTS = [f"{number:064x}" for number in range(1200)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "base.features"


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(1200, 6)).astype(np.float32)


def test_what_was_kept_is_found_again_to_the_bit(path, features):
    FeatureCache(path, 6).keep(DIGESTS, features)
    found = FeatureCache(path, 6).find(DIGESTS)
    np.testing.assert_array_equal(np.stack([found[digest] for digest in DIGESTS]), features)


def test_what_was_not_kept_is_not_found(path, features):
    cache = FeatureCache(path, 6)
    assert cache.find(DIGESTS) == {}
    cache.keep(DIGESTS[:3], features[:3])
    assert set(cache.find(DIGESTS)) == set(DIGESTS[:3])


def test_more_is_kept_beside_what_is_there(path, features):
    cache = FeatureCache(path, 6)
    cache.keep(DIGESTS[:3], features[:3])
    cache.keep(DIGESTS[2:5], features[2:5])
    assert set(cache.find(DIGESTS)) == set(DIGESTS[:5])


def test_two_processes_keep_theirs_at_once(path):
    program = f"""if True:
        import sys, numpy as np
        from pathlib import Path
        from sightline.line.features.cache import FeatureCache
        first = int(sys.argv[1])
        for number in range(first, first + 40):
            FeatureCache(Path({str(path)!r}), 6).keep([f"{{number:064x}}"], np.full((1, 6), number, np.float32))
    """
    processes = [subprocess.Popen([sys.executable, "-c", program, str(first)]) for first in (0, 40)]  # noqa: S603 - ours
    assert [process.wait() for process in processes] == [0, 0]
    found = FeatureCache(path, 6).find(DIGESTS)
    assert {int(digest, 16): row[0] for digest, row in found.items()} == {number: number for number in range(80)}


@pytest.mark.parametrize("damage", [b"", b"no database at all, but long enough to be taken for one" * 40])
def test_a_damaged_file_holds_nothing_and_is_replaced(path, features, damage):
    path.parent.mkdir(mode=0o700)
    path.write_bytes(damage)
    cache = FeatureCache(path, 6)
    assert cache.find(DIGESTS[:2]) == {}
    cache.keep(DIGESTS[:2], features[:2])
    cache.keep(DIGESTS[:2], features[:2])  # the first call may have removed what was there
    assert set(cache.find(DIGESTS)) == set(DIGESTS[:2])


def test_numbers_that_have_rotted_are_not_believed(path, features):
    cache = FeatureCache(path, 6)
    cache.keep(DIGESTS[:2], features[:2])
    content = path.read_bytes()
    place = content.index(features[0].tobytes())
    path.write_bytes(content[:place] + b"\x01" + content[place + 1 :])
    assert set(cache.find(DIGESTS)) == {DIGESTS[1]}


def test_where_there_is_no_room_nothing_is_kept(path, features, monkeypatch):
    monkeypatch.setattr(room, "DISK_SHARE", 2**60)
    FeatureCache(path, 6).keep(DIGESTS, features)
    assert not path.exists()


def test_a_disk_that_fills_while_features_are_kept_costs_none_that_were_there(path, features, room_for_files):
    cache = FeatureCache(path, 6)
    cache.keep(DIGESTS[:400], features[:400])
    with room_for_files(path.stat().st_size + 5000):
        cache.keep(DIGESTS[400:], features[400:])
    found = cache.find(DIGESTS)
    assert set(found) == set(DIGESTS[:400])
    cache.keep(DIGESTS[400:], features[400:])
    np.testing.assert_array_equal(np.stack([cache.find(DIGESTS)[digest] for digest in DIGESTS]), features)


def test_what_was_used_least_recently_makes_way(tmp_path, features, monkeypatch):
    from sightline.line.features import cache as module

    first, second = (FeatureCache(tmp_path / f"{name}.features", 6) for name in ("first", "second"))
    first.keep(DIGESTS, features)
    monkeypatch.setattr(module, "MOST_BYTES", features.nbytes + 1000)
    second.keep(DIGESTS, features)
    assert (first.find(DIGESTS), len(second.find(DIGESTS))) == ({}, len(DIGESTS))


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path, features):
    (tmp_path / "cache").write_text("a file in the way")
    cache = FeatureCache(tmp_path / "cache" / "base.features", 6)
    cache.keep(DIGESTS, features)
    assert cache.find(DIGESTS) == {}


def test_features_of_another_picture_or_width_are_not_believed(path, features):
    FeatureCache(path, 6).keep(DIGESTS[:2], features[:2])
    assert FeatureCache(path, 7).find(DIGESTS[:2]) == {}
    with sqlite3.connect(path) as database:
        [blob] = database.execute(
            "SELECT numbers FROM features WHERE digest = ?", [bytes.fromhex(DIGESTS[0])]
        ).fetchone()
        database.execute("UPDATE features SET numbers = ? WHERE digest = ?", [blob, bytes.fromhex(DIGESTS[1])])
    database.close()
    assert set(FeatureCache(path, 6).find(DIGESTS[:2])) == {DIGESTS[0]}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(path):
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path)
    assert FeatureCache(path, 6).find(DIGESTS) == {}


def test_a_folder_that_others_may_write_is_not_believed(path, features):
    FeatureCache(path, 6).keep(DIGESTS, features)
    path.parent.chmod(0o777)
    assert FeatureCache(path, 6).find(DIGESTS) == {}
