"""Pictures with detail, and copies of them."""

import numpy as np
import pytest
from PIL import Image, ImageFilter


@pytest.fixture(scope="session")
def photo():
    """Return a function that makes a picture of many blots, another for each number."""

    def make(number, size=(96, 64)):
        random = np.random.default_rng([7, number])
        coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        return picture.filter(ImageFilter.GaussianBlur(1))

    return make
