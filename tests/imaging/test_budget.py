"""What a small file may make a decoder do: every bound from both sides, and what no bound may cost."""

import io
import re
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging import budget
from sightline.imaging.budget import is_quick, require_cheap
from sightline.imaging.formats import gif, jpeg, png, tiff
from sightline.imaging.photo import open_photo

WIDTH, HEIGHT, CHANNELS, STRIPS, TILE_WIDTH, TILE_HEIGHT, TILES = 256, 257, 277, 273, 322, 323, 324


def segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


def with_segments(whole, count, *, marker=0xE5, body=b""):
    return whole[:2] + segment(marker, body) * count + whole[2:]


def with_scans(whole, count):
    last = whole.rindex(jpeg.SCAN)
    return whole[:last] + whole[last:-2] * count + whole[-2:]


def chunk(kind, data=b""):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def a_png(width, height, packed, *, before=b"", after=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return png.START + head + before + chunk(b"IDAT", packed) + after + chunk(b"IEND")


def small_png(**extra):
    return a_png(4, 4, zlib.compress(bytes(4 * 13)), **extra)


def directory(*entries, after=0):
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", after)


def a_tiff(*others, count=1, doubled=(), tail=bytes(256)):
    """Return a grey TIFF of 16 x 16 in as many directories; `others` are put into the place of its own tags."""
    tags = [(256, 16), (257, 16), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 16), (279, 256)]
    entries = {tag: (tag, 4, 1, value) for tag, value in tags} | {entry[0]: entry for entry in others}
    rows = sorted([*entries.values(), *doubled])
    size = len(directory(*rows))
    places = [8 + size * number for number in range(1, count)] + [0]
    return b"II*\0" + (8).to_bytes(4, "little") + b"".join(directory(*rows, after=place) for place in places) + tail


def claiming_block(count, size):
    """Return EXIF data of many tags that all claim the same bytes."""
    block = b"II*\0" + (8).to_bytes(4, "little") + directory(*((1 + tag, 7, size, 8) for tag in range(count)))
    return block.ljust(size + 8, b"\0")


def a_bmp_of_runs(width, height, data):
    head = b"BM" + struct.pack("<IHHI", 1078 + len(data), 0, 0, 1078)
    return head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0) + bytes(1024) + data


def rows_of_runs(height):
    return b"".join(b"\4\1\0\0" for _ in range(height)) + b"\0\1"


@pytest.fixture(scope="module")
def progressive(encoded):
    return encoded(Image.new("RGB", (800, 800), (90, 120, 33)), "JPEG", progressive=True)


@pytest.fixture(scope="module")
def baseline(encoded):
    return encoded(Image.new("RGB", (16, 16)), "JPEG")


def refusal(payload):
    with pytest.raises(PictureError) as caught:
        open_photo(payload, name="cats/1")
    assert caught.value.problem.startswith("cats/1 ")
    assert caught.value.hint
    return caught.value.problem


def costly():
    """Return what makes each small and costly file, and what is said of it."""
    webp = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(webp, "WEBP", lossless=True, quality=0, method=0)
    screen = io.BytesIO()
    Image.new("P", (4, 4)).save(screen, "GIF")
    before, picture = screen.getvalue()[:-1].split(b",", 1)
    text = b"!\xfe" + b"\1a" * gif.MOST_BLOCKS + b"\0"
    simple = b"RIFF" + (2**20).to_bytes(4, "little") + b"WEBP" + b"VP8X" + (10).to_bytes(4, "little") + bytes(10)
    return {
        "png chunks": (small_png(before=chunk(b"abCd") * png.MOST_CHUNKS), "of more than 65,536 chunks"),
        "png chunks behind": (small_png(after=chunk(b"IDAT") * png.MOST_CHUNKS), "of more than 65,536 chunks"),
        "png that promises": (a_png(9000, 9000, b"x\x9c"), r"243,000,000 bytes of pixels can't be in 2 bytes"),
        "png tags": (small_png(before=chunk(b"eXIf", claiming_block(3000, 60_000))), "EXIF data that claim"),
        "tiff tile": (
            a_tiff((TILE_WIDTH, 4, 1, 40_000), (TILE_HEIGHT, 4, 1, 40_000), (TILES, 4, 1, 8)),
            "40000 x 40000",
        ),
        "tiff tiles": (a_tiff((STRIPS, 4, tiff.MOST_TILES + 1, 8)), "262,145 tiles or strips"),
        "tiff strips that cover": (a_tiff((STRIPS, 4, 60_000, 8), tail=bytes(240_000)), "cover 15,360,000"),
        "tiff tags": (
            a_tiff(*((40_000 + tag, 7, 60_000, 8) for tag in range(3000)), tail=bytes(60_000)),
            "tags that claim",
        ),
        "tiff twice": (a_tiff(doubled=[(WIDTH, 4, 1, 8)]), "has the tag 256 twice"),
        "tiff scans": (a_tiff((259, 4, 1, 7), (WIDTH, 4, 1, 9000), (HEIGHT, 4, 1, 9000), (278, 4, 1, 9000),
                              (279, 4, 1, 600), tail=jpeg.SCAN * 300), r"scans that cover"),
        "gif text": (before + text + b"," + picture + b";", "more than 8,192 blocks of text"),
        "webp pixels": (webp.getvalue(), "at most 50,000,000 pixels"),
        "webp chunks": (simple + (b"abcd" + bytes(4)) * budget.MOST_WEBP_CHUNKS, "more than 65,536 chunks"),
        "webp tags": (
            simple + b"EXIF" + (60_000).to_bytes(4, "little") + claiming_block(3000, 59_992),
            "EXIF data that claim",
        ),
        "avif tags": (b"\0\0\0\x1cftypavif" + bytes(16) + claiming_block(3000, 60_000), "EXIF data that claim"),
        "avif beginnings": (b"\0\0\0\x1cftypavif" + bytes(16) + b"II*\0" * 17, "17 beginnings of EXIF data"),
        "bmp runs": (a_bmp_of_runs(4, 4, b"\1\5" * (budget.MOST_RUN_BYTES // 2 + 1)), "bytes of runs"),
        "bmp wide runs": (a_bmp_of_runs(89_000_000, 1, b"\0\2\xff\xff\0\1"), "rows of 89,000,000 pixels"),
        "ppm numbers": (b"P5 4096 2049 4095\n", "8,392,704 numbers that are no plain bytes"),
        "ppm decimal": (b"P3 2048 2048 255\n1 2 3", "12,582,912 numbers"),
        "ppm joined by a comment": (b"P5 4#\n096 2049 7\n", "8,392,704 numbers"),
        "ppm comment": (b"P6 #" + b"a" * budget.PPM_HEADER_BYTES, "no sizes in its first 65,536 bytes"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def files():
    return costly()


@pytest.mark.parametrize("kind", costly())
def test_a_small_file_that_is_much_work_is_refused_before_a_decoder_sees_it(kind, files):
    payload, words = files[kind]
    tracemalloc.start()
    try:
        problem = refusal(payload)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert re.search(words, problem)
    assert peak < 4 * len(payload) + 2**21


def test_scans_of_a_progressive_jpeg_are_bounded_by_the_pixels_that_they_cover(progressive):
    own = progressive.count(jpeg.SCAN)
    most = jpeg.MOST_SCANNED // 800**2

    assert open_photo(with_scans(progressive, most - own + 1), name="x").image.size == (800, 800)
    assert "scans of 640,000 pixels" in refusal(with_scans(progressive, most - own + 2))


def test_scans_behind_a_marker_that_has_no_length_are_counted_too(progressive):
    start = progressive.index(jpeg.SCAN)
    hiding = progressive[:start] + b"\xff\x01" + progressive[start:]

    assert "scans of" in refusal(with_scans(hiding, jpeg.MOST_SCANNED // 800**2))


def test_what_looks_like_scans_behind_the_end_of_a_jpeg_or_in_a_segment_is_none(progressive):
    many = jpeg.SCAN * (jpeg.MOST_SCANNED // 800**2)

    assert open_photo(progressive + many, name="x").image.size == (800, 800)
    assert open_photo(with_segments(progressive, 1, body=many), name="x").image.size == (800, 800)


def test_segments_of_a_jpeg_are_bounded(baseline):
    assert open_photo(with_segments(baseline, 5000), name="x").image.size == (16, 16)
    assert "more than 10,000 segments" in refusal(with_segments(baseline, jpeg.MOST_SEGMENTS))


@pytest.mark.parametrize(("marker", "head"), [(0xE1, b"Exif\0\0"), (0xE2, b"MPF\0")])
def test_tags_of_a_jpeg_that_all_claim_the_same_bytes_are_refused(marker, head, baseline):
    body = head + claiming_block(3000, 60_000)

    assert "claim 180,000,000 bytes" in refusal(with_segments(baseline, 1, marker=marker, body=body))


def test_exif_data_in_very_many_segments_are_refused(baseline):
    body = b"Exif\0\0" + bytes(60_000)

    assert "bytes of EXIF data" in refusal(with_segments(baseline, 18, marker=0xE1, body=body))


def test_a_picture_that_hides_its_tags_in_a_text_of_a_png_is_read_as_it_lies():
    block = claiming_block(3000, 60_000).hex()
    text = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(f"\nexif\n60008\n{block}".encode()))
    tracemalloc.start()
    try:
        photo = open_photo(small_png(before=text), name="x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert not photo.turned
    assert peak < 8 * 2**20


@pytest.mark.parametrize("directories", [2, 4000, tiff.MOST_FRAMES + 1])
def test_directories_of_a_tiff_are_counted_and_the_first_is_read(directories):
    photo = open_photo(a_tiff(count=directories), name="x")

    assert photo.frames == min(directories, tiff.MOST_FRAMES)
    assert photo.image.size == (16, 16)


def test_directories_that_go_round_end_where_they_begin_again():
    whole = a_tiff(count=3)
    size = (len(whole) - 8 - 256) // 3
    ring = whole[: 8 + 3 * size - 4] + (8).to_bytes(4, "little") + whole[8 + 3 * size :]

    assert open_photo(ring, name="x").frames == 3


def test_a_rotten_second_page_does_not_cost_the_first():
    whole = a_tiff()
    at = len(whole) - 256 - 4

    photo = open_photo(whole[:at] + len(whole).to_bytes(4, "little") + whole[at + 4 :] + bytes(6), name="x")

    assert (photo.frames, photo.image.size) == (1, (16, 16))


def test_a_small_picture_in_one_large_tile_is_read(encoded):
    whole = encoded(Image.new("L", (10, 10), 7), "TIFF", compression="tiff_deflate")

    assert open_photo(whole, name="x").image.getpixel((3, 3)) == 7
    assert open_photo(a_tiff((TILE_WIDTH, 4, 1, 512), (TILE_HEIGHT, 4, 1, 512), (TILES, 4, 1, 8),
                             tail=bytes(512 * 512)), name="x").image.size == (16, 16)  # fmt: skip


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_frames_are_counted_as_pillow_counts_them(kind, count, encoded, noise):
    frames = [noise(seed, height=9, width=12) for seed in range(count)]
    many = {"save_all": True, "append_images": frames[1:]} if count > 1 else {}
    payload = encoded(frames[0], kind, **many, **({"comment": b"made here" * 99} if kind == "GIF" else {}))

    with Image.open(io.BytesIO(payload)) as image:
        assert open_photo(payload, name="x").frames == image.n_frames == count


def test_frames_of_a_gif_of_very_many_pieces_are_counted_as_far_as_they_are_looked_at(encoded, noise):
    whole = encoded(noise(), "GIF")
    text = b"!\xfe" + b"\1a" * gif.MOST_COUNTED + b"\0"

    photo = open_photo(whole[:-1] + text + whole[whole.index(b",", 13 + 768) :], name="x")

    assert (photo.frames, photo.image.size) == (1, (36, 24))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF"])
def test_what_follows_a_picture_does_not_count(kind, encoded, noise):
    payload = encoded(noise(), kind)

    photo = open_photo(payload + bytes(3_000_000), name="x")

    np.testing.assert_array_equal(np.asarray(photo.image), np.asarray(open_photo(payload, name="x").image))


def test_runs_and_odd_numbers_within_their_bounds_are_read():
    assert open_photo(a_bmp_of_runs(4, 4, rows_of_runs(4)), name="x").image.size == (4, 4)
    assert open_photo(b"P5 3 1 4095\n" + struct.pack(">3H", 0, 2048, 4095), name="x").image.size == (3, 1)
    assert open_photo(b"P6 2 1 255 " + bytes(6), name="x").image.size == (2, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_width_and_height_are_found_without_a_decoder(kind, mode, encoded, noise):
    payload = encoded(noise(height=24, width=36).convert(mode), kind)

    found = next(row for row in budget.KINDS if payload.startswith(row.starts))

    assert found.size(payload) == (36, 24)
    assert is_quick(payload)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"save_all": True, "append_images": [Image.new("RGB", (36, 24))]}]
)
def test_width_and_height_of_every_webp_are_found(options, encoded, noise):
    payload = encoded(noise(), "WEBP", **options)

    assert budget.KINDS[4].size(payload) == (36, 24)


def test_a_few_bytes_of_very_many_pixels_are_not_quick(encoded):
    assert not is_quick(encoded(Image.new("1", (4000, 4000)), "PNG"))
    assert not is_quick(encoded(Image.new("RGB", (16, 16)), "AVIF"))
    assert not is_quick(bytes(2**14 + 1))
    assert not is_quick(b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF"])
def test_a_mangled_file_is_looked_at_without_a_slip(kind, encoded, noise):
    whole, dice = encoded(noise(height=9, width=12), kind), np.random.default_rng(0)
    for _ in range(300):
        mangled = bytearray(whole[: dice.integers(len(whole) + 1)] if dice.integers(2) else whole)
        for place in dice.integers(len(mangled), size=4) if mangled else ():
            mangled[place] = dice.choice([0, 1, 255, dice.integers(256)])
        is_quick(bytes(mangled))
        try:
            require_cheap(bytes(mangled), "x")
        except PictureError as error:
            assert error.hint  # noqa: PT017 - either outcome is right


def test_transparency_and_deep_grey_in_pieces_are_the_same_pixels(monkeypatch, encoded):
    clear = np.random.default_rng(0).integers(0, 256, (50, 40, 4), dtype=np.uint8)
    deep = np.random.default_rng(1).integers(0, 65_536, (50, 40), dtype=np.uint16)
    files = [encoded(Image.fromarray(pixels), "PNG") for pixels in (clear, deep)]
    whole = [np.asarray(open_photo(payload, name="x").image) for payload in files]

    monkeypatch.setattr("sightline.imaging.colours.PIXELS_AT_A_TIME", 300)
    monkeypatch.setattr("sightline.imaging.deep.VALUES_AT_A_TIME", 300)

    for payload, pixels in zip(files, whole, strict=True):
        np.testing.assert_array_equal(np.asarray(open_photo(payload, name="x").image), pixels)
