import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.deep import ANY, FULL, DeepRange, Shades
from sightline.imaging.photo import open_photo
from sightline.imaging.picture_format import PictureFormat

TWELVE_BITS = DeepRange(whole=(0, 4095))


def tiff(values: np.ndarray, **tags: object) -> bytes:
    stream = io.BytesIO()
    numbers = {"max": 281, "min": 280, "smax": 341, "smin": 340}
    Image.fromarray(values).save(stream, "TIFF", tiffinfo={numbers[name]: value for name, value in tags.items()})
    return stream.getvalue()


def png(values: np.ndarray, significant_bits: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values.astype(np.uint16)).save(stream, "PNG")
    whole = stream.getvalue()
    chunk = b"sBIT" + bytes([significant_bits])
    after_header = 8 + 25
    return (
        whole[:after_header]
        + struct.pack(">I", 1)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + whole[after_header:]
    )


def ends(payload: bytes) -> tuple[float, float]:
    facts = open_photo(payload, name="x", deep=ANY).facts
    return facts.shades.ends(facts.mode)


def shown(payload: bytes, deep: DeepRange) -> list[int]:
    return np.asarray(open_photo(payload, name="x", deep=deep).image).ravel().tolist()


@pytest.mark.parametrize(
    ("mode", "shades", "expected"),
    [
        ("I;16", Shades(0, 4080), (0, 4095)),
        ("I;16", Shades(3, 200), (0, 255)),
        ("I;16", Shades(0, 255), (0, 255)),
        ("I;16", Shades(0, 256), (0, 511)),
        ("I;16", Shades(0, 65_535), (0, 65_535)),
        ("I", Shades(0, 70_000), (0, 131_071)),
        ("I", Shades(-1024, 3000), (-1024, 4095)),
        ("F", Shades(0, 1), (0, 1)),
        ("F", Shades(0.1, 0.98), (0, 1)),
        ("F", Shades(0, 250), (0, 256)),
        ("F", Shades(0, 0.06), (0, 0.0625)),
        ("F", Shades(-3, -1), (-3, 1)),
        ("I;16", Shades(0, 900, 0, 4095), (0, 4095)),
        ("I;16", Shades(0, 5000, 0, 4095), (0, 8191)),
        ("I;16", Shades(300, 900, 256, 4095), (256, 4095)),
    ],
)
def test_a_picture_s_own_range_is_its_file_s_word_or_the_next_power_of_two(mode, shades, expected):
    assert shades.ends(mode) == expected


def test_the_range_of_a_data_set_holds_those_of_its_pictures_whole_numbers_and_floats_apart():
    measured = DeepRange.over([("I;16", Shades(0, 900)), ("F", Shades(-1, 30)), ("I", Shades(-5, 4000))])

    assert measured == DeepRange(whole=(-5, 4095), real=(-1, 32))
    assert DeepRange.over([]) == FULL


def test_a_twelve_bit_camera_keeps_all_of_eight_bits():
    values = np.arange(4096, dtype=np.uint16).reshape(64, 64)

    assert len(set(shown(tiff(values), TWELVE_BITS))) == 256
    assert shown(tiff(values), TWELVE_BITS) == np.rint(values.ravel().astype(float) * 255 / 4095).tolist()


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_eight_bit_values_in_deeper_numbers_become_the_very_same_pixels(kind):
    values = np.arange(256).reshape(16, 16)

    assert shown(tiff(values.astype(kind)), DeepRange(whole=(0, 255), real=(0, 255))) == values.ravel().tolist()


def test_what_lies_beyond_a_known_range_is_clipped_and_beyond_an_unknown_one_refused():
    payload = tiff(np.array([[-7, 0, 4095, 70_000]], dtype=np.int32))

    assert shown(payload, TWELVE_BITS) == [0, 0, 255, 255]
    with pytest.raises(PictureError, match="from -7 to 70000 in mode I; expected 0 to 65535"):
        open_photo(payload, name="x")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused_in_any_range(value):
    with pytest.raises(PictureError, match="holds values"):
        open_photo(tiff(np.array([[0, value]], dtype=np.float32)), name="x", deep=ANY)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"max": 4095}, (0, 4095)),
        ({"max": 1023, "min": 64}, (64, 1023)),
        ({"smax": 4095, "smin": 0}, (0, 4095)),
        ({"max": 50}, (0, 255)),
        ({"max": 0}, (0, 255)),
    ],
)
def test_a_tiff_s_tags_say_what_is_black_and_white_where_its_values_keep_to_them(tags, expected):
    assert ends(tiff(np.array([[70, 200]], dtype=np.uint16), **tags)) == expected


def test_a_tiff_of_twelve_bits_a_sample_says_so_itself():
    packed = bytes.fromhex("000001") + bytes.fromhex("002003")  # 0, 1, 2, 3
    entries = ((256, 3, 1, 4), (257, 3, 1, 1), (258, 3, 1, 12), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 128),
               (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 6))  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    payload = (b"II*\0" + struct.pack("<I", 8) + directory).ljust(128, b"\0") + packed

    assert ends(payload) == (0, 4095)


@pytest.mark.parametrize(
    ("values", "bits", "expected"),
    [([0, 900], 12, (0, 4095)), ([0, 40_000], 12, (0, 65_535)), ([0, 900], 16, (0, 65_535)), ([0, 900], 0, (0, 1023))],
)
def test_a_png_s_significant_bits_are_its_range_unless_they_were_scaled_up(values, bits, expected):
    assert ends(png(np.array([values]), bits)) == expected


def test_a_tiff_whose_zero_is_white_is_turned_round_at_any_depth():
    whole = bytearray(tiff(np.array([[0, 4095]], dtype=np.uint16)))
    entry = whole.index(struct.pack("<HHI", 262, 3, 1))
    whole[entry + 8] = 0

    assert shown(bytes(whole), TWELVE_BITS) == [255, 0]


def test_a_format_says_its_range_only_where_it_has_one_and_the_range_survives_json():
    assert "deep" not in PictureFormat(8, 8, "grey").describe()
    described = json.loads(json.dumps(PictureFormat(8, 8, "grey", deep=DeepRange((-5, 4095))).describe()))

    assert described["deep"] == {"whole": [-5, 4095]}
    assert DeepRange.of_json(described["deep"]) == DeepRange((-5, 4095))


@pytest.mark.parametrize("value", [[1, 1], [2, 1], [0], [0, "1"], [0, float("inf")], None, [0, True]])
def test_a_range_that_is_none_is_not_understood(value):
    with pytest.raises(ValueError, match="no range"):
        DeepRange.of_json({"whole": value})


def test_a_pillow_image_is_read_in_the_format_s_range_too(tmp_path):
    from sightline.inference.pictures import reading_of

    values, input_format = np.array([[0, 2048, 4095]], dtype=np.uint16), PictureFormat(1, 3, "grey", deep=TWELVE_BITS)
    (tmp_path / "x.tif").write_bytes(tiff(values))

    for picture in (Image.fromarray(values), Image.open(tmp_path / "x.tif"), tmp_path / "x.tif"):
        assert reading_of(picture, input_format, name="x").pixels.ravel().tolist() == [0, 128, 255]
