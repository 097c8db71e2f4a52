"""Reading a file of weights that a stranger made: tensors by their names, and nothing else.

What is taken stands in docs/bases.md.
"""

import pickle
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch

from sightline.core.errors import BundleError
from sightline.core.text import printable
from sightline.models.bases.files import opened

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under these keys a training of others keeps its network's weights beside all that it keeps besides."""
ZIP, PICKLE = b"PK\x03\x04", b"\x80"
LENGTH = 8
"""Bytes in which a safetensors file says how long its header is; a brace follows."""
MOST_TOGETHER = 4
"""All tensors together have at most so many times the bytes of their file: in one, several may share their numbers."""
NO_TENSORS = "weights only load failed"
"""What torch says of any pickle that it will not read so."""
CODE = ("global", "instantiate", "class", "persistent", "function")
"""What torch speaks of where a file asks for anything but tensors."""
MOST_NAMED = 5


def read_weights(path: Path, *, digest: str = "") -> dict[str, torch.Tensor]:
    """Read the tensors of a safetensors file or of a torch file, legacy or zip.

    No code that a file names is run: torch's ``weights_only`` makes tensors, numbers, texts and tables alone.

    Args:
        digest: The SHA-256 sum that the file must have, or its first digits; empty if it may be any.

    Returns:
        Each tensor by its name in the file, contiguous, on the CPU; of floating-point numbers float32 is made.

    Raises:
        BundleError: It is no such file, cut short, holds code or anything but tensors, is too large, or has another
            digest.
        MissingExtraError: safetensors is not installed.
    """
    with opened(path, digest) as stream:
        begin = stream.read(LENGTH + 1)
        size = stream.seek(0, 2)
        stream.seek(0)
        with _refusing(path):
            contents = _contents(path, stream, begin)
        return _tensors(path, _unwrapped(contents), size)


def _contents(path: Path, stream: BufferedReader, begin: bytes) -> Any:
    if begin[LENGTH:] == b"{":
        from safetensors.torch import load_file

        return load_file(path)
    if begin.startswith(ZIP):
        _refuse_packed(path, stream)
    if begin.startswith((ZIP, PICKLE)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks whoever reads a foreign pickle to write to its makers
            return torch.load(stream, map_location="cpu", weights_only=True)
    raise BundleError(
        f"{path} is no file of weights: it begins with {begin!r}",
        hint="expected a safetensors file, or what torch.save makes of a state dict",
    )


def _refuse_packed(path: Path, stream: BufferedReader) -> None:
    """Raise if a zip file would grow when it is unpacked; torch writes none that would."""
    with zipfile.ZipFile(stream) as archive:
        packed = [member.filename for member in archive.infolist() if member.compress_type != zipfile.ZIP_STORED]
    stream.seek(0)
    if packed:
        raise BundleError(
            f"{path} is a packed zip file: its member {packed[0]} is not merely stored, as torch.save has it",
            hint="unpack it first, if it holds a file of weights; else ask its maker for a safetensors file",
        )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say what is wrong with a file that a library can't read.

    Raises:
        BundleError: The file asks for code, or is damaged.
    """
    try:
        yield
    except BundleError:
        raise
    except Exception as error:
        words = str(error).lower()
        if isinstance(error, pickle.UnpicklingError) and any(word in words for word in (*CODE, NO_TENSORS)):
            raise BundleError(
                f"{path} holds code, or objects other than tensors: it is refused, and nothing of it was run",
                hint="ask its maker for a safetensors file, or for a plain state dict",
            ) from error
        reason = printable(str(error).partition("\n")[0]) or type(error).__name__
        raise BundleError(f"{path} is damaged or cut short: {reason}", hint="copy or fetch the file again") from error


def _unwrapped(contents: Any) -> Any:
    """Return the state dict in what a training saved."""
    for key in WRAPPERS:
        if isinstance(contents, dict) and isinstance(contents.get(key), dict):
            return _unwrapped(contents[key])
    return contents


def _tensors(path: Path, contents: Any, size: int) -> dict[str, torch.Tensor]:
    if not isinstance(contents, dict) or not contents:
        raise BundleError(
            f"{path} holds no table of tensors but {_shown(contents)}", hint="save the network's state_dict() alone"
        )
    odd = [printable(str(name)) for name, value in contents.items() if not (_is_name(name) and _is_plain(value, size))]
    if odd:
        more = f" and {len(odd) - MOST_NAMED} more" if len(odd) > MOST_NAMED else ""
        raise BundleError(
            f"{path} holds what is no plain tensor, or one larger than the file: {', '.join(odd[:MOST_NAMED])}{more}",
            hint="save the network's state_dict() alone",
        )
    together = sum(_bytes(tensor) for tensor in contents.values())
    if together > MOST_TOGETHER * size:
        raise BundleError(
            f"{path} has {size:,} bytes, and its tensors would have {together:,}", hint="save them without sharing"
        )
    return {name: _as_usual(tensor) for name, tensor in contents.items()}


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.isprintable()


def _is_plain(value: Any, size: int) -> bool:
    is_dense = isinstance(value, torch.Tensor) and value.layout == torch.strided and value.device.type == "cpu"
    return is_dense and not value.is_quantized and _bytes(value) <= size


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _as_usual(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor with its numbers one after another, and float32 where it has fractions."""
    plain = tensor.detach()
    return (plain.float() if plain.is_floating_point() else plain).contiguous()


def _shown(contents: Any) -> str:
    return "nothing" if contents == {} else f"a {type(contents).__name__}"
