"""The names that clients call the models by."""

import re
from pathlib import Path

from sightline.core.errors import SettingsError
from sightline.inference.bundle import bundle_file

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def named_files(models: tuple[str, ...]) -> dict[str, Path]:
    """Return each model's file or folder by the name that clients call it.

    Args:
        models: ``PATH`` or ``NAME=PATH``; a path is a model file or a run's folder.

    Raises:
        SettingsError: A name is no word for an address, or stands for two models.
    """
    files: dict[str, Path] = {}
    for model in models:
        given, gap, path = model.partition("=")
        told = bool(gap) and not Path(model).exists()
        file = Path(path if told else model)
        name = given if told else _name_of(bundle_file(file))
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


def _name_of(file: Path) -> str:
    """Return the run's name, or the file's if it has one of its own."""
    stem = file.absolute().parent.name if file.name == "model.sightline" else file.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "model"
