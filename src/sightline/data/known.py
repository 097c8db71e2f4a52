"""Data sets that are known by name: the embedded digits, CIFAR and MNIST from their original files."""

import gzip
import hashlib
import io
import tarfile
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightline.core.choose import require_extra
from sightline.core.errors import DataError
from sightline.core.storage import write_whole
from sightline.data.cache_folder import cache_folder
from sightline.data.catalog import TEST, TRAIN, Catalog, Sample, catalog_of
from sightline.data.sources import ArraySource
from sightline.imaging.photo import Pixels

MAX_UNPACKED_BYTES = 2**30
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FASHION_CLASSES = (
    "T-shirt or top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
DIGIT_CLASSES = tuple("0123456789")

Part = tuple[Pixels, npt.NDArray[np.int64]]


@dataclass(frozen=True)
class KnownSet:
    """A data set in its publisher's files.

    Args:
        address: The folder of the web that `files` are fetched from.
        files: File names and their MD5 sums as published.
        read: Reads the parts from the local folder.
        reference: Its authors, title and year.
    """

    address: str
    files: dict[str, str]
    read: Callable[[Path], tuple[dict[str, Part], tuple[str, ...]]]
    reference: str


def open_known(name: str, folder: Path | None = None, *, download: bool = False) -> Catalog:
    """Open a known data set.

    Args:
        name: A name in `KNOWN_SETS`.
        folder: Where its original files are, packed or unpacked; the cache if not given.
        download: Fetch missing files into the folder and check their sums.

    Raises:
        DataError: A file is missing, damaged, or has another sum than the published one.
        MissingExtraError: ``digits`` needs scikit-learn.
    """
    known = KNOWN_SETS[name]
    place = folder or (cache_folder() / name if known.files else Path())
    if download:
        fetch(known, place)
    parts, classes = known.read(place)
    _check_labels(parts, classes, place)
    pictures = np.concatenate([pixels for pixels, _ in parts.values()])
    labelled = [(part, label) for part, (_, labels) in parts.items() for label in labels]
    samples = [
        Sample(path=f"{name}/{number:05d}", label=classes[label], part=part)
        for number, (part, label) in enumerate(labelled)
    ]
    return catalog_of(samples, name=name, source=ArraySource(pictures), classes=classes)


def _check_labels(parts: dict[str, Part], classes: tuple[str, ...], folder: Path) -> None:
    for part, (pixels, labels) in parts.items():
        if len(pixels) != len(labels):
            raise DataError(
                f"{folder}: the {part} part has {len(pixels):,} pictures and {len(labels):,} labels",
                hint="fetch the files again",
            )
        if labels.size and labels.max() >= len(classes):
            raise DataError(
                f"{folder}: the {part} part has the label {labels.max()}; expected 0 to {len(classes) - 1}",
                hint="fetch the files again",
            )


def fetch(known: KnownSet, folder: Path) -> None:
    """Fetch the missing files of a known set; a file is kept only if its sum is the published one.

    Raises:
        DataError: A file can't be fetched, or is another than the published one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} can't be made: {error}", hint="name another folder, as in cifar10:FOLDER") from error
    for file, md5 in known.files.items():
        if (folder / file).exists():
            continue
        address = f"{known.address}/{file}"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - addresses of the table below
                payload = answer.read(MAX_UNPACKED_BYTES)
        except OSError as error:
            raise DataError(
                f"{address} can't be fetched: {error}",
                hint=f"put the file into {folder} by hand",
            ) from error
        own_md5 = hashlib.md5(payload, usedforsecurity=False).hexdigest()
        if own_md5 != md5:
            raise DataError(f"{address} has the MD5 sum {own_md5}; expected {md5}", hint="try again later")
        write_whole(folder / file, payload)


def _missing(folder: Path, file: str) -> DataError:
    return DataError(
        f"{folder} does not hold {file}",
        hint="name the folder after a colon (cifar10:FOLDER), or let it be fetched with --download",
    )


def _digits(_: Path) -> tuple[dict[str, Part], tuple[str, ...]]:
    require_extra("sklearn", extra="train", purpose="the data set 'digits'")
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return {"": (pixels, digits.target.astype(np.int64))}, DIGIT_CLASSES


def _member(folder: Path, archive: str, file: str) -> bytes:
    """Return a file of a folder, of a folder in it, or of the original archive in it."""
    for path in (folder / file, *sorted(folder.glob(f"*/{file}"))):
        if path.is_file():
            return path.read_bytes()
    if not (folder / archive).is_file():
        raise _missing(folder, f"{file} or {archive}")
    try:
        payload = _unpacked(folder / archive, file)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{folder / archive} is no whole archive: {error}", hint="fetch it again") from error
    if payload is None:
        raise _missing(folder, file)
    return payload


def _unpacked(archive: Path, file: str) -> bytes | None:
    with tarfile.open(archive) as packed:
        for entry in packed:
            if Path(entry.name).name == file and entry.isfile() and entry.size <= MAX_UNPACKED_BYTES:
                stream = packed.extractfile(entry)
                return stream.read() if stream else None
    return None


def _cifar_part(folder: Path, archive: str, files: tuple[str, ...], *, label_bytes: int) -> Part:
    row = label_bytes + 3 * 32 * 32
    payload = b"".join(_member(folder, archive, file) for file in files)
    if not payload or len(payload) % row:
        raise DataError(
            f"{folder}: {', '.join(files)} hold {len(payload):,} bytes; expected a multiple of {row:,}",
            hint="use the binary version, and unpack it again",
        )
    table = np.frombuffer(payload, dtype=np.uint8).reshape(-1, row)
    pixels = table[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), table[:, label_bytes - 1].astype(np.int64)


def _cifar10(folder: Path) -> tuple[dict[str, Part], tuple[str, ...]]:
    archive = "cifar-10-binary.tar.gz"
    batches = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
    return {
        TRAIN: _cifar_part(folder, archive, batches, label_bytes=1),
        TEST: _cifar_part(folder, archive, ("test_batch.bin",), label_bytes=1),
    }, CIFAR10_CLASSES


def _cifar100(folder: Path) -> tuple[dict[str, Part], tuple[str, ...]]:
    archive = "cifar-100-binary.tar.gz"
    names = _member(folder, archive, "fine_label_names.txt").decode().split()
    return {
        TRAIN: _cifar_part(folder, archive, ("train.bin",), label_bytes=2),
        TEST: _cifar_part(folder, archive, ("test.bin",), label_bytes=2),
    }, tuple(names)


def _idx(folder: Path, file: str, *, axes: int) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, packed or not.

    Reference:
        LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
        http://yann.lecun.com/exdb/mnist/
    """
    plain, packed = folder / file, folder / f"{file}.gz"
    try:
        if plain.is_file():
            payload = plain.read_bytes()
        elif packed.is_file():
            with gzip.open(packed) as stream:
                payload = stream.read(MAX_UNPACKED_BYTES)
        else:
            raise _missing(folder, f"{file}.gz")
        stream_ = io.BytesIO(payload)
        kind, dimensions = stream_.read(4)[2:4]
        shape = [int.from_bytes(stream_.read(4)) for _ in range(dimensions)]
        values = np.frombuffer(stream_.read(), dtype=np.uint8).reshape(shape)
    except (EOFError, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{folder / file} is no whole IDX file: {error}", hint="fetch it again") from error
    if kind != 0x08:  # noqa: PLR2004 - the format's number for unsigned bytes
        raise DataError(f"{folder / file} holds values of kind {kind:#x}; expected 0x8", hint="fetch it again")
    if dimensions != axes:
        raise DataError(f"{folder / file} has {dimensions} dimensions; expected {axes}", hint="fetch it again")
    return values


def _mnist_reader(classes: tuple[str, ...]) -> Callable[[Path], tuple[dict[str, Part], tuple[str, ...]]]:
    def read(folder: Path) -> tuple[dict[str, Part], tuple[str, ...]]:
        return {
            part: (
                _idx(folder, f"{stem}-images-idx3-ubyte", axes=3),
                _idx(folder, f"{stem}-labels-idx1-ubyte", axes=1).astype(np.int64),
            )
            for part, stem in ((TRAIN, "train"), (TEST, "t10k"))
        }, classes

    return read


KNOWN_SETS: dict[str, KnownSet] = {
    "digits": KnownSet(
        address="",
        files={},
        read=_digits,
        reference="Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, test part; "
        "https://archive.ics.uci.edu/dataset/80",
    ),
    "cifar10": KnownSet(
        address="https://www.cs.toronto.edu/~kriz",
        files={"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        read=_cifar10,
        reference="Krizhevsky, 'Learning Multiple Layers of Features from Tiny Images' (2009)",
    ),
    "cifar100": KnownSet(
        address="https://www.cs.toronto.edu/~kriz",
        files={"cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8"},
        read=_cifar100,
        reference="Krizhevsky, 'Learning Multiple Layers of Features from Tiny Images' (2009)",
    ),
    "mnist": KnownSet(
        address="https://ossci-datasets.s3.amazonaws.com/mnist",
        files={
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        read=_mnist_reader(DIGIT_CLASSES),
        reference="LeCun, Bottou, Bengio and Haffner (1998); http://yann.lecun.com/exdb/mnist/",
    ),
    "fashion-mnist": KnownSet(
        address="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        files={
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        read=_mnist_reader(FASHION_CLASSES),
        reference="Xiao, Rasul and Vollgraf, arXiv 1708.07747 (2017)",
    ),
}
"""Each known set by its name."""
