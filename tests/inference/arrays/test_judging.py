from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from sightline.core.errors import BundleError
from sightline.inference.arrays.array_file import read_arrays
from sightline.inference.bundle import read_bundle
from sightline.inference.tasks import classifier_of


@pytest.fixture
def bundle(finished):
    return read_bundle(finished.model)


def changed(bundle, **arrays):
    """Return a bundle with other arrays; None leaves one out."""
    held = read_arrays(bundle.arrays) | {name.replace("__", "."): array for name, array in arrays.items()}
    return replace(bundle, arrays=save({name: array for name, array in held.items() if array is not None}))


def test_arrays_are_read_as_the_library_wrote_them():
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.zeros((0, 4), np.int64),
        "c": np.ones(3, np.float16),
    }
    for name, array in read_arrays(save(arrays)).items():
        np.testing.assert_array_equal(array, arrays[name], strict=True)


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, save({"a": np.ones(9)})[:-8], b"\x02" + bytes(7) + b"[]"])
def test_what_is_no_file_of_arrays_is_refused(content):
    with pytest.raises(ValueError, match=r"header|bytes|array"):
        read_arrays(content)


def test_a_trained_model_judges_at_any_level_and_keeps_what_promises_stand_on(bundle):
    classifier = classifier_of(bundle)
    judgement = classifier.required_judgement()
    assert len(judgement.answers) == classifier.calibration.count
    assert judgement.detector.rule.method == bundle.manifest["unknowns"]["method"]
    pixels = np.random.default_rng(0).integers(0, 256, (4, *classifier.format.shape), dtype=np.uint8)
    answer = classifier.decide(pixels)
    sizes = [sum(map(len, classifier.judging(missed=missed).sets(answer.probabilities))) for missed in (0.45, 0.05)]
    assert sizes[0] < sizes[1]
    assert ((answer.typicality > 0) & (answer.typicality <= 1)).all()


@pytest.mark.parametrize(
    "arrays",
    [
        {"calibration__labels": None},
        {"calibration__labels": np.full(12, 99)},
        {"calibration__probabilities": np.full((12, 2), 0.5, np.float32)},
        {"calibration__probabilities": np.full((12, 6), np.nan, np.float32)},
        {"unknowns__strangeness": None},
        {"unknowns__strangeness": np.array([2.0, 1.0])},
        {"unknowns__strangeness": np.array([np.nan])},
        {"unknowns__known": np.zeros((3, 2), np.float16)},
        {"unknowns__shift": np.zeros(3, np.float32)},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(bundle, arrays):
    with pytest.raises(BundleError, match="judged by is not understood"):
        classifier_of(changed(bundle, **arrays))


@pytest.mark.parametrize("entry", [7, {}, {"method": "magic"}, {"method": ["neighbours"]}])
def test_an_unknown_way_to_tell_unknown_pictures_is_refused(bundle, entry):
    with pytest.raises(BundleError, match="judged by is not understood"):
        classifier_of(replace(bundle, manifest=bundle.manifest | {"unknowns": entry}))
