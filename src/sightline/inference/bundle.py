"""The file that is shipped: one zip with a manifest, weights and a graph; nothing in it is code.

``manifest.json`` says what the model is, ``weights.safetensors`` holds its arrays for who trains or
looks inside, ``model.onnx`` is what answers; ``arrays.safetensors`` may hold what a task keeps beside
its network. Everything is stored uncompressed and with a fixed date, so equal models are equal files,
bit for bit.
"""

import hashlib
import io
import json
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sightline.core.errors import BundleError
from sightline.core.recognition import MODEL_NAME, SETTINGS_NAME, recognised, unfinished_run
from sightline.core.regular import only_regular
from sightline.core.storage import require_nameable, write_whole
from sightline.inference.arrays.array_file import Arrays, read_arrays, written_arrays
from sightline.inference.migration import upgraded

FORMAT_VERSION = 3
MANIFEST, WEIGHTS, GRAPH, ARRAYS = "manifest.json", "weights.safetensors", "model.onnx", "arrays.safetensors"
MEMBERS = {1: (MANIFEST, WEIGHTS), 2: (MANIFEST, WEIGHTS, GRAPH), 3: (MANIFEST, WEIGHTS, GRAPH)}
"""What a file of each format version holds; `ARRAYS` comes with the sum of it, from version 3 on."""
SUMS = {WEIGHTS: "weights_sha256", GRAPH: "graph_sha256", ARRAYS: "arrays_sha256"}
MAX_BYTES = {MANIFEST: 16 * 2**20, WEIGHTS: 8 * 2**30, GRAPH: 2 * 2**30, ARRAYS: 2 * 2**30}
"""The graph's limit is protobuf's own; JSON takes up to twenty times its bytes when it is read."""
MOST_LIST = 2**17
"""Bytes of a zip archive's list of members, and of the comment that may stand behind it."""
EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
REQUIRED: dict[int, dict[str, type]] = {
    1: {"model": dict, "classes": list, "preprocess": dict, "weights_sha256": str},
    2: {
        "model": dict,
        "classes": list,
        "preprocess": dict,
        "parameters": int,
        "proof": dict,
        "weights_sha256": str,
        "graph_sha256": str,
    },
    3: {
        "task": str,
        "method": str,
        "model": dict,
        "preprocess": dict,
        "parameters": int,
        "proof": dict,
        "weights_sha256": str,
        "graph_sha256": str,
    },
}
"""What any task needs; the rest of a version 3, such as a classifier's classes, is asked for by the task."""
OPTIONAL = {
    "largest_class": int,
    "split_digest": str,
    "figures": dict,
    "environment": dict,
    "licence": str,
    "author": str,
    "arrays_sha256": str,
}
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, MemoryError, OverflowError, struct.error, zipfile.BadZipFile)
"""What zipfile and json raise over a damaged file; RuntimeError also for an encrypted one."""
NAME_A_MODEL = "name a model.sightline file, or the run's folder"
SWAPPED = "the model comes first, then the pictures; a model is a model.sightline file, or the folder of a run"
TRAIN_AGAIN = "copy the file again, or train the model again"
UPGRADE = "upgrade it with: pip install --upgrade sightline"


@dataclass(frozen=True)
class Bundle:
    """What a model file holds, in memory: made by `bundle_of` before it is written, or by `read_bundle`.

    Args:
        manifest: As docs/bundle.md has it of the present version, sums included; ``format_version`` is that of
            the file which it came from.
        weights: The bytes of a safetensors file.
        graph: The bytes of an ONNX file; None if the file has format version 1.
        arrays: The bytes of a second safetensors file, for what a task keeps beside its network; None without.
        digest: SHA-256 of the file which it came from, hexadecimal; ``""`` while there is none.
    """

    manifest: dict[str, Any]
    weights: bytes
    graph: bytes | None
    arrays: bytes | None = None
    digest: str = field(default="", compare=False)

    def named_arrays(self) -> Arrays:
        """Return what is kept beside the network, by name; nothing where nothing is.

        Raises:
            ValueError: It can't be read.
        """
        return {} if self.arrays is None else read_arrays(self.arrays)

    def with_figures(self, figures: Mapping[str, Any]) -> "Bundle":
        """Return the bundle with test figures, which were measured through its graph; all else stays."""
        return replace(self, manifest={**self.manifest, "figures": dict(figures)}, digest="")

    def with_arrays(self, arrays: bytes | None) -> "Bundle":
        """Return the bundle with other arrays beside its graph, or with none; all else stays."""
        key = SUMS[ARRAYS]
        manifest = {name: value for name, value in self.manifest.items() if name != key or arrays is not None}
        if arrays is not None:
            manifest[key] = _sum(arrays)
        return replace(self, manifest=manifest, arrays=arrays, digest="")

    def with_more(self, arrays: Arrays, entries: Mapping[str, Any]) -> "Bundle":
        """Return the bundle with more arrays beside the network, and what the manifest says of them; all else stays.

        Args:
            arrays: By name; one of a name that is there already takes its place.
            entries: Of the manifest, by key.

        Raises:
            ValueError: The arrays that are there can't be read.
        """
        content = written_arrays({**self.named_arrays(), **arrays})
        return replace(self, manifest={**self.manifest, **entries}).with_arrays(content)


class _Listed(io.BufferedReader):
    """A file of which little is read until its archive is open: zipfile keeps a record of every member there is."""

    opened = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes as any file does; until `opened`, no more than a list of members has.

        Raises:
            zipfile.BadZipFile: The list is longer than a model file's.
        """
        if self.opened:
            return super().read(size)
        content = super().read(MOST_LIST + 1 if size is None or size < 0 else min(size, MOST_LIST + 1))
        if len(content) > MOST_LIST:
            raise zipfile.BadZipFile("its list of members is longer than that of any model file")
        return content


def bundle_of(manifest: Mapping[str, Any], weights: bytes, graph: bytes, *, arrays: bytes | None = None) -> Bundle:
    """Return a bundle of the present version; `sightline.inference.assembly.assembled` makes and proves its parts.

    Args:
        manifest: All that docs/bundle.md names but the version and the sums, which are added here.
        weights: The bytes of a safetensors file.
        graph: The bytes of an ONNX file.
        arrays: The bytes of another safetensors file, or None.
    """
    parts = {WEIGHTS: weights, GRAPH: graph} | ({} if arrays is None else {ARRAYS: arrays})
    version = {"format_version": FORMAT_VERSION}
    sums = {SUMS[name]: _sum(part) for name, part in parts.items()}
    return Bundle(version | dict(manifest) | version | sums, weights, graph, arrays)


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write a model file of the present version, whole or not at all.

    Args:
        path: The file, usually ``RUN/model.sightline``.
        bundle: With a graph; figures are to be in it already.

    Raises:
        BundleError: The bundle has no graph, since it was read from a file of format version 1.
    """
    if bundle.graph is None:
        raise BundleError(f"{path} would have format version 1, which is read but no longer written", hint=TRAIN_AGAIN)
    parts = {WEIGHTS: bundle.weights, GRAPH: bundle.graph} | ({} if bundle.arrays is None else {ARRAYS: bundle.arrays})
    manifest = bundle.manifest | {"format_version": FORMAT_VERSION}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH_OF_ZIP), text)
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH_OF_ZIP), part)
    write_whole(path, packed.getvalue())


def bundle_file(place: Path) -> Path:
    """Return the model file that a path stands for: itself, or the one in a run's folder.

    Raises:
        BundleError: The system can hold no such name.
    """
    require_nameable(place, BundleError)
    return place / MODEL_NAME if place.is_dir() else place


def model_name(file: Path) -> str:
    """Return the run's name, or the file's if it has one of its own."""
    stem = file.absolute().parent.name if file.name == "model.sightline" else file.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "model"


def read_bundle(path: Path) -> Bundle:
    """Read a model file of any version and check that it is whole.

    Raises:
        BundleError: The file is missing, no bundle, damaged, too large, or of a newer version.
    """
    try:
        with _Listed(io.FileIO(path, opener=only_regular)) as stream, zipfile.ZipFile(stream) as archive:
            stream.opened = True
            manifest = _manifest(_member(archive, MANIFEST, path), path)
            names = _members(manifest)
            _require_only(names, archive, path)
            parts = {name: _member(archive, name, path) for name in names[1:]}
    except FileNotFoundError as error:
        raise missing_model(path) from error
    except UNREADABLE as error:
        raise _unreadable(path, error) from error
    for name, part in parts.items():
        actual, promised = _sum(part), manifest[SUMS[name]]
        if actual != promised:
            raise BundleError(
                f"{path} is damaged: {name} has the SHA-256 sum {actual[:12]}..., expected {promised[:12]}...",
                hint=TRAIN_AGAIN,
            )
    return Bundle(manifest, parts[WEIGHTS], parts.get(GRAPH), parts.get(ARRAYS), file_digest(path))


def file_digest(path: Path) -> str:
    """Return the SHA-256 sum of a model file, hexadecimal, by which answers say whose they are."""
    with open(path, "rb", opener=only_regular) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing_model(path: Path) -> BundleError:
    """Return the error that says why there is no model at a path: an unfinished run, a folder of data, or nothing."""
    folder = path.parent
    if path.name != MODEL_NAME or not folder.is_dir():
        return BundleError(f"{path} does not exist", hint=NAME_A_MODEL)
    if unfinished_run(folder):
        return BundleError(
            f"{folder} holds a run that is not finished: it has no {MODEL_NAME} yet",
            hint=f"bring it to its end: sightline train --config {folder / SETTINGS_NAME} --out {folder}",
        )
    what = recognised(folder)
    return BundleError(f"{folder} holds no {MODEL_NAME}", hint=SWAPPED if what and what.is_data else NAME_A_MODEL)


def _unreadable(path: Path, error: Exception) -> BundleError:
    """Return what a file is that is no model file, as far as that is known."""
    what = recognised(path)
    if what is None:
        return BundleError(f"{path} is no model file that can be read: {error}", hint=TRAIN_AGAIN)
    hint = what.advice or (SWAPPED if what.is_data else TRAIN_AGAIN)
    return BundleError(f"{path} is {what.name}, no model file that can be read: {error}", hint=hint)


def _sum(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()


def _members(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a file's members by its manifest, the manifest first."""
    version: int = manifest["format_version"]
    has_arrays = version == FORMAT_VERSION and SUMS[ARRAYS] in manifest
    return (*MEMBERS[version], ARRAYS) if has_arrays else MEMBERS[version]


def _require_only(names: tuple[str, ...], archive: zipfile.ZipFile, path: Path) -> None:
    """Raise if there is more in the archive than its manifest says: another path, or a name twice."""
    strangers = archive.namelist()
    for name in names:
        if name in strangers:
            strangers.remove(name)
    if strangers:
        raise BundleError(
            f"{path} is no model file of ours: it also holds {strangers[0]!r}; expected {', '.join(names)} alone",
            hint="do not trust this file; get it again from where it was made",
        )


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        what = recognised(path)
        if what is None or what.is_model:
            raise BundleError(f"{path} is no model file: it holds no {name}", hint=TRAIN_AGAIN) from error
        problem = f"{path} is {what.name}, no model file: it holds no {name}"
        raise BundleError(problem, hint=what.advice or SWAPPED) from error
    if member.file_size > MAX_BYTES[name]:
        raise BundleError(f"{path}: {name} has {member.file_size:,} bytes, too many to be read", hint=TRAIN_AGAIN)
    if member.compress_type != zipfile.ZIP_STORED:
        raise BundleError(f"{path}: {name} is compressed; a model file stores it as it is", hint=TRAIN_AGAIN)
    whole = path.stat().st_size
    if member.file_size > whole:
        raise BundleError(
            f"{path} has {whole:,} bytes, but says that {name} in it has {member.file_size:,}", hint=TRAIN_AGAIN
        )
    return archive.read(member)


def _manifest(text: bytes, path: Path) -> dict[str, Any]:
    """Return the manifest with the keys of the present version, each of its type."""
    try:
        manifest: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {MANIFEST} is no JSON: {error}", hint=TRAIN_AGAIN) from error
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version < 1:
        raise BundleError(f"{path}: {MANIFEST} names no format version", hint=TRAIN_AGAIN)
    if version > FORMAT_VERSION:
        raise BundleError(
            f"{path} has format version {version}; this sightline reads versions up to {FORMAT_VERSION}", hint=UPGRADE
        )
    wrong = [key for key, kind in REQUIRED[version].items() if not isinstance(manifest.get(key), kind)]
    wrong += [key for key, kind in OPTIONAL.items() if not isinstance(manifest.get(key, kind()), kind)]
    if wrong:
        raise BundleError(f"{path}: {MANIFEST} lacks {', '.join(wrong)}, or has it wrong", hint=TRAIN_AGAIN)
    return upgraded(manifest)
