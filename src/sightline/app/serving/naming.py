"""The names that clients call the models by."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sightline.core.errors import SettingsError
from sightline.inference.bundle import bundle_file, model_name

ModelPath = str | os.PathLike[str]
Models = ModelPath | Iterable[ModelPath] | Mapping[str, ModelPath]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def named_files(models: Models) -> dict[str, Path]:
    """Return each model's file or folder by the name that clients call it.

    Args:
        models: One or more model files or runs' folders, as ``PATH`` or ``NAME=PATH``; or paths by name.

    Raises:
        SettingsError: A name is no word for an address, or stands for two models.
    """
    files: dict[str, Path] = {}
    for name, file in _pairs(models):
        if not NAME.fullmatch(name):
            raise SettingsError(
                f"{name!r} can't be a model's name",
                hint="letters, digits, '.', '_' and '-', at most 64, as in flowers=runs/flowers",
            )
        if name in files:
            raise SettingsError(
                f"{files[name]} and {file} are both named {name}",
                hint=f"name them apart: {name}={files[name]} other={file}",
            )
        files[name] = file
    return files


def _pairs(models: Models) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of each model."""
    if isinstance(models, Mapping):
        yield from ((name, Path(path)) for name, path in models.items())
        return
    for model in [models] if isinstance(models, str | os.PathLike) else models:
        name, gap, path = os.fspath(model).partition("=")
        if gap and not Path(model).exists():
            yield name, Path(path)
        else:
            yield model_name(bundle_file(Path(model))), Path(model)
