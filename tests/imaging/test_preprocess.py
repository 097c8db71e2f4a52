import numpy as np
import pytest
from PIL import Image

from sightline.imaging.picture_format import RESAMPLINGS, RESIZES, PictureFormat
from sightline.imaging.preprocess import CENTRES, SCALES, fitted


@pytest.fixture
def bands():
    """Return a picture of 30 x 10: red, green and blue thirds from left to right."""
    pixels = np.zeros((10, 30, 3), dtype=np.uint8)
    for third in range(3):
        pixels[:, 10 * third : 10 * third + 10, third] = 255
    return pixels


@pytest.fixture
def pictures():
    return np.random.default_rng(3).integers(0, 256, (37, 4, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("resize", RESIZES)
@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (3, 2), (300, 200)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_any_size_gets_the_models_shape(kind, size, resize, encoded):
    input_format = PictureFormat(8, 12, resize=resize)

    pixels = input_format.read(encoded(Image.new("RGB", size, (200, 200, 200)), kind), name="x")

    assert pixels.shape == input_format.shape == (8, 12, 3)
    assert pixels.max() >= 199 or resize == "pad"


def test_squash_keeps_all_of_the_picture(bands):
    pixels = PictureFormat(6, 6).read(bands, name="x")

    assert pixels[3].argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]


def test_crop_keeps_the_middle(bands):
    pixels = PictureFormat(10, 10, resize="crop").read(bands, name="x")

    np.testing.assert_array_equal(pixels, bands[:, 10:20])


def test_crop_of_a_high_picture_keeps_its_middle(bands):
    pixels = PictureFormat(10, 10, resize="crop").read(bands.swapaxes(0, 1), name="x")

    np.testing.assert_array_equal(pixels, bands.swapaxes(0, 1)[10:20])


def test_pad_keeps_the_whole_picture_between_black_bars(bands):
    pixels = PictureFormat(30, 30, resize="pad").read(bands, name="x")

    np.testing.assert_array_equal(pixels[10:20], bands)
    assert pixels[:10].max() == pixels[20:].max() == 0


@pytest.mark.parametrize("size", [(37, 61), (61, 37), (500, 333), (40, 40), (16, 16), (224, 224)])
@pytest.mark.parametrize("resampling", RESAMPLINGS)
def test_a_crop_with_a_margin_is_the_middle_of_the_resized_picture(size, resampling):
    # Of middling values, for Pillow may resize rows or columns first, and what overshoots is cut between the two.
    pixels = np.random.default_rng(0).integers(90, 170, (size[1], size[0], 3), dtype=np.uint8)
    sides = [40 * side // min(size) for side in size]
    resized = Image.fromarray(pixels).resize(sides, Image.Resampling[resampling.upper()])
    left, top = (round((side - 32) / 2) for side in sides)

    read = PictureFormat(32, 32, resize="crop", margin=4, resampling=resampling).read(pixels, name="x")

    expected = np.asarray(resized)[top : top + 32, left : left + 32]
    assert np.abs(read.astype(int) - expected).max() <= 2


def test_a_crop_with_a_margin_of_a_picture_of_one_row_does_not_make_what_is_cut_off():
    row = np.full((1, 200_000, 3), 9, dtype=np.uint8)  # resized as a whole it would take 39 GB
    assert (PictureFormat(224, 224, resize="crop", margin=16).read(row, name="x") == 9).all()


@pytest.mark.parametrize("wrong", [{"margin": -1, "resize": "crop"}, {"margin": 1}])
def test_a_margin_below_zero_or_without_a_crop_is_refused(wrong):
    with pytest.raises(ValueError, match="a margin of"):
        PictureFormat(8, 8, **wrong)


def test_what_is_usual_is_not_described_and_what_is_not_is():
    assert set(PictureFormat(8, 8).describe()) == {"kind", "height", "width", "colours", "resize"}
    described = PictureFormat(8, 8, resize="crop", margin=2, resampling="bicubic").describe()
    assert (described["margin"], described["resampling"]) == (2, "bicubic")


@pytest.mark.parametrize("resize", RESIZES)
def test_a_picture_of_the_right_size_is_not_resampled(resize, noise):
    pixels = np.asarray(noise())

    np.testing.assert_array_equal(PictureFormat(24, 36, resize=resize).read(pixels, name="x"), pixels)


@pytest.mark.parametrize("resize", RESIZES)
def test_a_reduced_jpeg_is_fitted_to_nearly_the_same_pixels(resize, encoded):
    rows, columns = np.mgrid[0:400, 0:600]
    waves = 128 + 100 * np.sin(rows / 40) * np.cos(columns / 50)
    payload = encoded(Image.fromarray(waves.astype(np.uint8)).convert("RGB"), "JPEG", quality=95)
    input_format = PictureFormat(32, 48, resize=resize)

    from_reduced = input_format.read(payload, name="x")
    from_full = input_format.read(np.asarray(Image.fromarray(waves.astype(np.uint8)).convert("RGB")), name="x")

    assert input_format.open(payload, name="x").image.width < 600
    assert np.abs(from_reduced.astype(int) - from_full).mean() < 2


def test_the_mean_and_deviation_of_a_channel_are_those_of_all_pixels(pictures):
    preprocess = fitted(PictureFormat(4, 5), [pictures], centre="channel", scale="deviation")

    np.testing.assert_allclose(preprocess.mean.ravel(), pictures.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(1 / preprocess.factor.ravel(), pictures.std(axis=(0, 1, 2)), rtol=1e-6)
    assert preprocess.mean.shape == preprocess.factor.shape == (1, 1, 3)


def test_the_mean_picture_is_the_mean_of_each_pixel(pictures):
    preprocess = fitted(PictureFormat(4, 5), [pictures], centre="mean-picture", scale="deviation")

    np.testing.assert_allclose(preprocess.mean, pictures.mean(axis=0), rtol=1e-6)
    assert preprocess.factor.shape == (1, 1, 3)


def test_the_whole_range_and_nothing_at_all_can_be_asked_for(pictures):
    ranged = fitted(PictureFormat(4, 5), [pictures], centre="none", scale="range")
    left = fitted(PictureFormat(4, 5), [pictures], centre="none", scale="none")

    np.testing.assert_allclose(ranged.factor, 1 / 255, rtol=1e-6)
    assert not ranged.mean.any()
    assert (left.factor == 1).all()


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("scale", SCALES)
def test_the_size_of_the_chunks_makes_no_difference(centre, scale, pictures):
    at_once = fitted(PictureFormat(4, 5), [pictures], centre=centre, scale=scale)
    in_pieces = fitted(PictureFormat(4, 5), np.array_split(pictures, 9), centre=centre, scale=scale)

    np.testing.assert_allclose(at_once.mean, in_pieces.mean, rtol=1e-6)
    np.testing.assert_allclose(at_once.factor, in_pieces.factor, rtol=1e-6)


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_channel_that_never_varies_is_not_scaled(value, pictures):
    pictures[..., 1] = value

    preprocess = fitted(PictureFormat(4, 5), np.array_split(pictures, 5), centre="channel", scale="deviation")

    assert preprocess.factor[0, 0, 1] == 1
    assert preprocess.factor[0, 0, 0] < 0.1


def test_no_picture_at_all_gives_finite_numbers():
    preprocess = fitted(PictureFormat(2, 2), [], centre="channel", scale="deviation")

    assert np.isfinite(preprocess.mean).all()
    assert np.isfinite(preprocess.factor).all()


def test_the_description_is_all_but_the_arrays(pictures):
    preprocess = fitted(PictureFormat(4, 5, resize="pad"), [pictures], centre="channel", scale="range")

    assert preprocess.describe() == {
        "kind": "picture", "height": 4, "width": 5, "colours": "rgb", "resize": "pad", "centre": "channel",
        "scale": "range",
    }  # fmt: skip
