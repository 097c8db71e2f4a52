"""How much thumbnails vary, beside numpy's own figure."""

import numpy as np

from sightline.imaging.thumbnail import deviations


def test_deviations_are_those_of_numpy():
    random = np.random.default_rng(0)
    thumbnails = np.concatenate([random.integers(low, 256, (3, 32, 32), dtype=np.uint8) for low in (0, 200, 255)])
    np.testing.assert_allclose(deviations(thumbnails), thumbnails.reshape(9, -1).std(axis=1), rtol=1e-5, atol=1e-5)
