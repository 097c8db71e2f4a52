import hashlib
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from sightline.core.errors import BundleError
from sightline.inference.bundle import read_bundle
from sightline.inference.picture_digests import ARRAY, PictureDigests


def sum_of(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture
def bundle(finished):
    return read_bundle(finished.model)


def test_a_picture_is_known_by_the_part_that_it_was_in():
    digests = PictureDigests.of("abc", {"train": map(sum_of, range(50)), "validation": map(sum_of, range(50, 60))})
    assert digests.part_of([sum_of(3), sum_of(70), sum_of(55)]) == ["train", "", "validation"]
    assert digests.part_of([]) == []


def test_the_digests_are_short_sorted_without_doubles_and_another_model_s_do_not_match():
    one, other = (PictureDigests.of(salt, {"train": [sum_of(1), sum_of(2), sum_of(1)]}) for salt in "ab")
    assert one.parts["train"].dtype == np.uint64
    assert one.parts["train"].tolist() == sorted(set(one.parts["train"].tolist()))
    assert not set(one.parts["train"].tolist()) & set(other.parts["train"].tolist())


def test_a_run_s_model_file_knows_its_pictures_and_not_those_of_its_test_part(bundle, finished):
    rows = [line.split(",") for line in (finished.folder / "split.csv").read_text().splitlines()[1:]]
    digests = PictureDigests.of_bundle(bundle)
    expected = [row[3] if row[3] != "test" else "" for row in rows]
    assert digests.part_of([row[4] for row in rows]) == expected
    assert set(expected) == {"train", "validation", ""}
    assert sum(len(part) for part in digests.parts.values()) <= len(rows)


def test_an_older_file_knows_nothing_of_its_pictures(bundle):
    without = {key: value for key, value in bundle.manifest.items() if key != "split_digest"}
    assert PictureDigests.of_bundle(replace(bundle, arrays=None)) is None
    assert PictureDigests.of_bundle(replace(bundle, manifest=without)) is None
    assert PictureDigests.of_bundle(replace(bundle, arrays=save({"other": np.zeros(3)}))) is None


@pytest.mark.parametrize(
    "arrays",
    [
        b"no arrays",
        save({ARRAY.format(part="train"): np.zeros(3, np.uint64)}),
        save({ARRAY.format(part=part): np.zeros(3) for part in ("train", "validation")}),
        save({ARRAY.format(part=part): np.zeros((3, 1), np.uint64) for part in ("train", "validation")}),
    ],
)
def test_arrays_that_are_no_digests_are_refused(bundle, arrays):
    with pytest.raises(BundleError, match="digests of its pictures"):
        PictureDigests.of_bundle(replace(bundle, arrays=arrays))
