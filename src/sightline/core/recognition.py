"""What a file or folder is that was given where another was expected: told from its first bytes."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 512
MODEL_NAME, SETTINGS_NAME = "model.sightline", "settings.toml"
RUN_MARKS = ("split.csv", "checkpoints", "report.json", MODEL_NAME)
"""One of these stands beside ``settings.toml`` in the folder of a run that has begun."""
EVALUATION_MARKS = ("report.json", "predictions.csv")
"""Both stand in the folder of an evaluation."""


@dataclass(frozen=True)
class Recognised:
    """What something is.

    Args:
        name: With its article, such as ``"a picture"``.
        is_model: Whether it is a model file of sightline, whole or in part.
        is_data: Whether it may be a data set or a picture.
        advice: What to do with it; ``""`` where nothing special is known.
    """

    name: str
    is_model: bool = False
    is_data: bool = False
    advice: str = ""


PICKLE = "it may hold code, so it is not read; train the model here, or load its weights in Python"
UNPACK = "unpack it, or pack the folder as zip"
FOREIGN = "sightline reads its own model files; `sightline export` writes others"
MAGIC: tuple[tuple[bytes, Recognised], ...] = (
    (b"\xff\xd8\xff", Recognised("a JPEG picture", is_data=True)),
    (b"\x89PNG", Recognised("a PNG picture", is_data=True)),
    (b"GIF8", Recognised("a GIF picture", is_data=True)),
    (b"II*\0", Recognised("a TIFF picture", is_data=True)),
    (b"MM\0*", Recognised("a TIFF picture", is_data=True)),
    (b"\x89HDF", Recognised("an HDF5 file, as Keras writes them", advice=FOREIGN)),
    (b"\x80\x02", Recognised("a pickle, as older PyTorch writes them", advice=PICKLE)),
    (b"\x80\x03", Recognised("a pickle", advice=PICKLE)),
    (b"\x80\x04", Recognised("a pickle", advice=PICKLE)),
    (b"\x80\x05", Recognised("a pickle", advice=PICKLE)),
    (b"version https://git-lfs", Recognised("a pointer of Git LFS", advice="fetch the file itself: git lfs pull")),
    (b"<!DOCTYPE", Recognised("a web page", advice="download the file itself: this is a page about it")),
    (b"<html", Recognised("a web page", advice="download the file itself: this is a page about it")),
    (b"\x1f\x8b", Recognised("a gzip archive (.gz, .tgz)", advice=UNPACK)),
    (b"BZh", Recognised("a bzip2 archive", advice=UNPACK)),
    (b"\xfd7zXZ", Recognised("an xz archive", advice=UNPACK)),
    (b"(\xb5/\xfd", Recognised("a zstd archive", advice=UNPACK)),
    (b"Rar!", Recognised("a rar archive", advice=UNPACK)),
    (b"7z\xbc\xaf", Recognised("a 7z archive", advice=UNPACK)),
    (b"\xd0\xcf\x11\xe0", Recognised("an old Excel file", advice="save the table as CSV, UTF-8")),
)
"""What files begin with."""
LIST_BYTES = 2**18
"""Of an archive's end, where its list of members is: whoever made it decides how long that is."""
LISTED = rb"(?:/|PK\x01\x02.{42})"
"""What stands before a member's own name in that list: its folders, or the head of its entry."""
ZIP = b"PK\x03\x04"
MEMBERS: tuple[tuple[bytes, Recognised], ...] = (
    (b"weights.safetensors", Recognised("a model file", is_model=True)),
    (b"data.pkl", Recognised("a PyTorch file (.pt)", advice=PICKLE)),
    (b"model.weights.h5", Recognised("a Keras file", advice=FOREIGN)),
)
"""What a zip archive is that has a member of this name."""


def recognised(path: Path) -> Recognised | None:
    """Return what a file or folder is, or None where nothing is known of it.

    Example:
        >>> recognised(Path("nowhere")) is None
        True
    """
    try:
        if path.is_dir():
            return _folder(path)
        if not path.is_file():  # a pipe would wait for who writes into it
            return None
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return None
    if not head:
        return Recognised("an empty file", advice="copy it again")
    return _zip(path, head) if head.startswith(ZIP) else _by_head(path, head)


def begun_as(content: bytes) -> str:
    """Return what a file's first bytes are those of, with its article; ``""`` where nothing is known of them."""
    if content.startswith(ZIP):
        return "a zip archive"
    return next((what.name for magic, what in MAGIC if content.startswith(magic)), "")


def unfinished_run(folder: Path) -> bool:
    """Return whether a folder is that of a run which has no model yet."""
    return (folder / SETTINGS_NAME).is_file() and not (folder / MODEL_NAME).exists()


def _folder(path: Path) -> Recognised | None:
    if (path / SETTINGS_NAME).is_file() and any((path / mark).exists() for mark in RUN_MARKS):
        return Recognised("the folder of a run", is_model=True)
    return Recognised("a folder of folders", is_data=True) if any(map(Path.is_dir, path.iterdir())) else None


def _zip(path: Path, head: bytes) -> Recognised:
    if not zipfile.is_zipfile(path):
        is_model = b"manifest.json" in head
        name = "the first part of a model file" if is_model else "the first part of a zip archive"
        return Recognised(name, is_model=is_model, advice="its end is missing: copy or download it again")
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - LIST_BYTES))
        listed = stream.read(LIST_BYTES)
    found = next((what for member, what in MEMBERS if re.search(LISTED + re.escape(member), listed, re.DOTALL)), None)
    return found or Recognised("a zip archive", is_data=True)


def _by_head(path: Path, head: bytes) -> Recognised | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Recognised("a WebP picture", is_data=True)
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return Recognised("a BMP picture", is_data=True)
    if head[6:10] == b'\0\0{"':  # eight bytes of length, then JSON
        return Recognised("a safetensors file: weights alone", advice=FOREIGN)
    if path.suffix.lower() == ".onnx":
        return Recognised("an ONNX graph alone", advice=FOREIGN)
    if path.suffix.lower() == ".csv":
        return Recognised("a table", is_data=True)
    return next((what for magic, what in MAGIC if head.startswith(magic)), None)
