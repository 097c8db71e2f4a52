"""The file that is shipped: one zip with a manifest and weights; nothing in it is code.

``manifest.json`` says what the model is, ``weights.safetensors`` holds its arrays. Everything is
stored uncompressed and with a fixed date, so equal models are equal files, bit for bit.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.core.errors import BundleError
from sightline.core.storage import write_whole

FORMAT_VERSION = 1
MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"
MAX_BYTES = {MANIFEST: 64 * 2**20, WEIGHTS: 8 * 2**30}
EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
REQUIRED = {"model": dict, "classes": list, "preprocess": dict, "weights_sha256": str}
OPTIONAL = {"largest_class": int, "split_digest": str, "figures": dict, "environment": dict}
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, MemoryError, OverflowError, struct.error, zipfile.BadZipFile)
"""What zipfile and json raise over a damaged file; RuntimeError also for an encrypted one."""
TRAIN_AGAIN = "copy the file again, or train the model again"


@dataclass(frozen=True)
class Bundle:
    """What a model file holds.

    Args:
        manifest: ``format_version``, ``model`` (name, options), ``classes``, ``preprocess``,
            ``split_digest``, ``figures``, ``environment``, ``weights_sha256``.
        weights: The bytes of a safetensors file.
    """

    manifest: dict[str, Any]
    weights: bytes


def write_bundle(path: Path, manifest: Mapping[str, Any], weights: bytes) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: Usually ``RUN/model.sightline``.
        manifest: All that `Bundle` names but the version and the sum, which are added here.
        weights: The bytes of a safetensors file.
    """
    sealed = {
        "format_version": FORMAT_VERSION,
        **manifest,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(sealed, indent=2, ensure_ascii=False, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH_OF_ZIP), text)
        archive.writestr(zipfile.ZipInfo(WEIGHTS, EPOCH_OF_ZIP), weights)
    write_whole(path, packed.getvalue())


def add_figures(path: Path, figures: Mapping[str, Any]) -> None:
    """Put the test figures, which were made through this very file, into its manifest; the weights stay."""
    bundle = read_bundle(path)
    write_bundle(path, {**bundle.manifest, "figures": dict(figures)}, bundle.weights)


def read_bundle(path: Path) -> Bundle:
    """Read a model file and check that it is whole.

    Raises:
        BundleError: The file is missing, no bundle, damaged, too large, or of a newer version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(_member(archive, MANIFEST, path), path)
            weights = _member(archive, WEIGHTS, path)
    except FileNotFoundError as error:
        raise BundleError(f"{path} does not exist", hint="name a model.sightline file, or the run's folder") from error
    except UNREADABLE as error:
        raise BundleError(f"{path} is no model file that can be read: {error}", hint=TRAIN_AGAIN) from error
    found = hashlib.sha256(weights).hexdigest()
    if found != manifest["weights_sha256"]:
        raise BundleError(
            f"{path} is damaged: its weights have the SHA-256 sum {found[:12]}..., expected "
            f"{manifest['weights_sha256'][:12]}...",
            hint=TRAIN_AGAIN,
        )
    return Bundle(manifest, weights)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        raise BundleError(f"{path} is no model file: it holds no {name}", hint=TRAIN_AGAIN) from error
    if member.file_size > MAX_BYTES[name]:
        raise BundleError(f"{path}: {name} has {member.file_size:,} bytes, too many to be read", hint=TRAIN_AGAIN)
    if member.compress_type != zipfile.ZIP_STORED:
        raise BundleError(f"{path}: {name} is compressed; a model file stores it as it is", hint=TRAIN_AGAIN)
    return archive.read(member)


def _manifest(text: bytes, path: Path) -> dict[str, Any]:
    try:
        manifest: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {MANIFEST} is no JSON: {error}", hint=TRAIN_AGAIN) from error
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version < 1:
        raise BundleError(f"{path}: {MANIFEST} names no format version", hint=TRAIN_AGAIN)
    if version > FORMAT_VERSION:
        raise BundleError(
            f"{path} has format version {version}; this sightline reads versions up to {FORMAT_VERSION}",
            hint="upgrade it with: pip install --upgrade sightline",
        )
    wrong = [key for key, kind in REQUIRED.items() if not isinstance(manifest.get(key), kind)]
    wrong += [key for key, kind in OPTIONAL.items() if not isinstance(manifest.get(key, kind()), kind)]
    if wrong:
        raise BundleError(f"{path}: {MANIFEST} lacks {', '.join(wrong)}, or has it wrong", hint=TRAIN_AGAIN)
    return dict(manifest)
