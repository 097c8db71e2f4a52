"""Pictures, folders and broken files that several storeys' tests need."""

import io
import os
import shutil
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.app.cli import main
from sightline.line.narrator import Silent


def pytest_configure(config: pytest.Config) -> None:
    """Put back the filters that `sightline.imaging.photo` sets, for pytest resets them; let no example be too slow."""
    config.addinivalue_line("filterwarnings", "ignore::PIL.Image.DecompressionBombWarning")
    config.addinivalue_line("filterwarnings", r"ignore::UserWarning:PIL\.")
    hypothesis.settings.register_profile("unhurried", deadline=None)
    hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test out of the cache of the user who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def untraced(work: Callable[..., Any]) -> Callable[..., Any]:
    """Return a foreign function that coverage does not follow: it would look at every line to keep none of them."""

    @wraps(work)
    def run(*words: Any, **options: Any) -> Any:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return work(*words, **options)
        finally:
            sys.settrace(tracer)

    return run


@pytest.fixture(scope="session", autouse=True)
def _quick_graphs_and_figures() -> Iterator[None]:
    """Let torch make its table of ONNX functions once a process, not for every graph; export and draw untraced."""
    torch = sys.modules.get("torch")
    with pytest.MonkeyPatch.context() as patch:
        if torch:
            from matplotlib.figure import Figure
            from torch.onnx._internal.exporter._registration import ONNXRegistry

            patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
            patch.setattr(torch.onnx, "export", untraced(torch.onnx.export))
            patch.setattr(Figure, "savefig", untraced(Figure.savefig))
        yield


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noise(seed: int = 0, *, height: int = 24, width: int = 36) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def lesson(label: int, seed: int, *, size: int = 16) -> Image.Image:
    """Return dim noise with a bright square: class 0 has it on the left, class 1 on the right, others below."""
    pixels = np.random.default_rng([label, seed]).integers(0, 60, (size, size, 3), dtype=np.uint8)
    half, third = size // 2, size // 3
    top, left = (0, (0, half)[label]) if label < 2 else (half, (label - 2) * third % size)
    pixels[top : top + half, left : left + half] += 180
    return Image.fromarray(pixels)


@pytest.fixture(name="encoded", scope="session")
def _encoded() -> Callable[..., bytes]:
    """``encoded(image, "PNG", **options)``: a picture's file as bytes."""
    return encoded


@pytest.fixture(name="noise", scope="session")
def _noise() -> Callable[..., Image.Image]:
    """``noise(seed, height=24, width=36)``: a picture that no other seed gives."""
    return noise


@pytest.fixture
def class_folders(tmp_path: Path) -> Callable[..., Path]:
    """``class_folders({"cats": 3, "dogs": 2})``: a folder of pictures, each unlike all others, that can be learnt.

    A name may hold parts: ``{"train/cats": 3, "test/cats": 1}``; `root` is the folder's name.
    """

    def write(counts: dict[str, int], *, root: str = "set", suffix: str = ".png") -> Path:
        names = sorted({name.rsplit("/", 1)[-1] for name in counts})
        for place, (name, count) in enumerate(counts.items()):
            folder = tmp_path / root / name
            folder.mkdir(parents=True)
            label = names.index(name.rsplit("/", 1)[-1])
            for number in range(count):
                lesson(label, 1000 * place + number).save(folder / f"{number}{suffix}")
        return tmp_path / root

    return write


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real data sets that ``SIGHTLINE_DATA`` names."""
    named = os.environ.get("SIGHTLINE_DATA")
    if not named:
        pytest.skip("SIGHTLINE_DATA is not set")
    if not Path(named).is_dir():
        pytest.skip(f"SIGHTLINE_DATA names {named}, which is no folder")
    return Path(named)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb() -> bytes:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def png_with_rotten_pixels() -> bytes:
    whole = bytearray(encoded(noise(), "PNG"))
    whole[len(whole) // 2] ^= 0x10  # in IDAT, whose CRC stays as it was
    return bytes(whole)


def png_with_rotten_stream() -> bytes:
    whole = bytearray(encoded(noise(), "PNG"))
    whole[whole.index(b"IDAT") + 6] = 0xFF  # a block of a type that deflate does not have
    return bytes(whole)


def png_with_wrong_sum() -> bytes:
    whole = bytearray(encoded(noise(), "PNG"))
    whole[29] ^= 0xFF  # the first byte of the CRC of IHDR
    return bytes(whole)


def jpeg_with_stray_marker() -> bytes:
    whole = encoded(noise(height=64, width=64), "JPEG", quality=90)
    middle = (whole.index(b"\xff\xda") + len(whole)) // 2
    return whole[:middle] + b"\xff\x01" + whole[middle + 2 :]  # of all markers, the one that libjpeg lets pass


def jpeg_header_only() -> bytes:
    whole = encoded(noise(), "JPEG")
    return whole[: whole.index(b"\xff\xda")]


def bmp_that_lies() -> bytes:
    whole = bytearray(encoded(noise(), "BMP"))
    struct.pack_into("<ii", whole, 18, 3000, 3000)
    return bytes(whole)


def tiff_with_far_offset() -> bytes:
    whole = bytearray(encoded(noise(), "TIFF"))
    struct.pack_into("<I", whole, 4, 2**31)
    return bytes(whole)


def tiff_with_cut_strips() -> bytes:
    whole = bytearray(encoded(noise(), "TIFF"))
    start = struct.unpack_from("<I", whole, 4)[0]
    for entry in range(start + 2, start + 2 + 12 * struct.unpack_from("<H", whole, start)[0], 12):
        if struct.unpack_from("<H", whole, entry)[0] == 273:  # StripOffsets
            struct.pack_into("<I", whole, entry + 8, 10**6)
    return bytes(whole)


def cut(whole: bytes, share: float) -> bytes:
    return whole[: int(len(whole) * share)]


def zip_of_a_text() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "no picture")
    return stream.getvalue()


def float_tiff(high: float) -> bytes:
    return encoded(Image.fromarray(np.linspace(0, high, 64, dtype=np.float32).reshape(8, 8)), "TIFF")


def nan_tiff() -> bytes:
    return encoded(Image.fromarray(np.full((8, 8), np.nan, dtype=np.float32)), "TIFF")


def integer_tiff(low: int, high: int) -> bytes:
    return encoded(Image.fromarray(np.linspace(low, high, 64, dtype=np.int32).reshape(8, 8)), "TIFF")


FAULTS: dict[str, Callable[[], bytes]] = {
    "empty.jpg": lambda: b"",
    "one-byte.png": lambda: b"\x89",
    "text.jpg": lambda: b"this is no picture\n",
    "error-page.jpg": lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "null-bytes.png": lambda: bytes(4096),
    "random.webp": lambda: np.random.default_rng(0).bytes(4096),
    "zip.jpg": zip_of_a_text,
    "postscript.png": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "document.png": lambda: b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n",
    "drawing.png": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "jpeg-in-header.jpg": lambda: encoded(noise(), "JPEG")[:30],
    "jpeg-tenth.jpg": lambda: cut(encoded(noise(height=200, width=200), "JPEG"), 0.1),
    "jpeg-half.jpg": lambda: cut(encoded(noise(height=200, width=200), "JPEG"), 0.5),
    "jpeg-header-only.jpg": jpeg_header_only,
    "jpeg-stray-marker.jpg": jpeg_with_stray_marker,
    "progressive-half.jpg": lambda: cut(encoded(noise(height=200, width=200), "JPEG", progressive=True), 0.5),
    "png-cut.png": lambda: cut(encoded(noise(), "PNG"), 0.6),
    "png-wrong-sum.png": png_with_wrong_sum,
    "png-rotten-pixels.png": png_with_rotten_pixels,
    "png-rotten-stream.png": png_with_rotten_stream,
    "png-bomb.png": png_bomb,
    "gif-cut.gif": lambda: cut(encoded(noise().quantize(16), "GIF"), 0.5),
    "gif-header-only.gif": lambda: encoded(noise().quantize(16), "GIF")[:13],
    "bmp-lies.bmp": bmp_that_lies,
    "tiff-cut.tif": lambda: cut(encoded(noise(), "TIFF"), 0.5),
    "tiff-far-directory.tif": tiff_with_far_offset,
    "tiff-far-strips.tif": tiff_with_cut_strips,
    "webp-cut.webp": lambda: cut(encoded(noise(), "WEBP"), 0.5),
    "float-over-one.tif": lambda: float_tiff(2.0),
    "float-nan.tif": nan_tiff,
    "integer-too-large.tif": lambda: integer_tiff(0, 70_000),
    "integer-negative.tif": lambda: integer_tiff(-5, 100),
    "lab.tif": lambda: encoded(Image.new("LAB", (8, 8)), "TIFF"),
}
"""Broken and hostile files by name; none may be read, and each must be told by its name."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes `fault` every file of the corpus: its name and its bytes."""
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize("fault", [(name, FAULTS[name]()) for name in FAULTS], ids=list(FAULTS))


@pytest.fixture(scope="session")
def faults() -> dict[str, bytes]:
    """Return the whole corpus, name to bytes."""
    return {name: make() for name, make in FAULTS.items()}


CLASSES = ("ant", "bee", "cat", "dog", "eel", "fox")
EACH = 14
SHORTLY = {"model": "linear", "epochs": 1, "baseline": "none", "narrator": Silent()}


def stripes(label, number):
    """Return a picture whose class is the place of a bright stripe; it is not always easy to see."""
    generator = np.random.default_rng([label, number])
    pixels = generator.integers(0, 200, (16, 16, 3), dtype=np.uint8)
    pixels[2 * label : 2 * label + 4] //= 2
    pixels[2 * label : 2 * label + 4] += 90
    return pixels


def write_classes(folder, classes=CLASSES, each=EACH):
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(stripes(label, number)).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def flowers(tmp_path_factory):
    """A folder of six classes that no test may change."""
    return write_classes(tmp_path_factory.mktemp("data") / "flowers")


@pytest.fixture
def few(tmp_path):
    """A folder of two classes that a test may change."""
    return write_classes(tmp_path / "few", CLASSES[:2], 8)


@pytest.fixture(scope="session")
def finished(flowers, tmp_path_factory):
    """A run that has come to its end and that no test may change."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return sightline.train(flowers, out=out, model="linear", epochs=4, narrator=Silent())


@pytest.fixture
def train(tmp_path):
    """Return a short training into ``tmp_path / "run"``."""

    def run(data, **settings):
        return sightline.train(data, **({"out": tmp_path / "run"} | SHORTLY | settings))

    return run


@pytest.fixture(scope="session")
def little_run(tmp_path_factory):
    """A folder with pictures as `few` and what `train` makes of them; it knows nothing of where it lies."""
    folder = tmp_path_factory.mktemp("little")
    write_classes(folder / "few", CLASSES[:2], 8)
    with chdir(folder):
        sightline.train("few", out="run", **SHORTLY)
    return folder


@pytest.fixture
def trained(little_run, tmp_path, monkeypatch):
    """The pictures of the run in ``tmp_path / "run"``, which `train` has made of them; a test may change both."""
    shutil.copytree(little_run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("few")


@pytest.fixture
def room_for_files():
    """Return what lets no file grow past so many bytes for a while: a full disk that any user may have."""
    resource = pytest.importorskip("resource", reason="this system has no limits for files")

    @contextmanager
    def limited(most):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


@dataclass
class Outcome:
    """What a command line ended with."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys):
    """Return a function that runs a command line in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["sightline", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Outcome(ended.value.code, told.out, told.err)

    return run
