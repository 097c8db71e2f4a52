"""Every setting of a training, in one place, with its meaning, default and limits."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.imaging.colours import colour_spaces
from sightline.imaging.preprocess import CENTRES, FITS, SCALES
from sightline.models import MODELS
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES

AUTO = "auto"
MAX_SIDE = 4096
LARGEST_SEED = 2**63 - 1


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """What a training is told; ``settings.toml`` in a run holds all of it."""

    data: str = _setting("", "what is learnt from")
    model: str = _setting("basic-cnn", "a name that `sightline models` lists")
    hidden: tuple[int, ...] = _setting((256,), "mlp: widths of its one or two hidden layers")
    size: str = _setting(AUTO, "input in pixels: 64, or 48x64 (height x width), or auto: the pictures' own, 16 to 64")
    colours: str = _setting(AUTO, "rgb, grey, hsv, cmyk, or auto: grey if all pictures are, else rgb")
    fit: str = _setting("squash", "squash, crop or pad pictures to the input")
    centre: str = _setting("channel", "subtract the mean of each channel, the mean-picture, or none")
    scale: str = _setting("deviation", "divide by the deviation of each channel, the range (255), or none")
    validation_fraction: float = _setting(0.15, "share that the best epoch is chosen by, where the data gives none")
    test_fraction: float = _setting(0.15, "share that the figures are made on, where the data gives none")
    epochs: int = _setting(20, "at most so many times over the training part")
    batch_size: int = _setting(32, "pictures a step")
    optimizer: str = _setting("adam", ", ".join(OPTIMIZERS))
    learning_rate: float = _setting(0.0, "of the first step; 0 takes the optimizer's default")
    schedule: str = _setting("cosine", f"how the learning rate decays: {', '.join(SCHEDULES)}")
    patience: int = _setting(10, "stop after so many epochs without a better one; 0 never stops")
    seed: int = _setting(0, "decides the split, the first weights and the order of pictures")
    accept: tuple[str, ...] = _setting((), "codes of findings that are taken as they are")

    def toml(self) -> str:
        """Return the text of ``settings.toml``."""
        lines = [f"{name} = {_toml_value(getattr(self, name))}  # {_meaning(name)}" for name in FIELDS]
        return "\n".join(lines) + "\n"

    def model_options(self) -> dict[str, Any]:
        """Return the settings that belong to the chosen network alone."""
        return {option: list(getattr(self, option)) for option in MODELS[self.model].options}

    def input_size(self) -> tuple[int, int] | None:
        """Return (height, width), or None for ``auto``."""
        if self.size == AUTO:
            return None
        sides = [int(side) for side in self.size.lower().split("x")]
        return sides[0], sides[-1]


FIELDS: dict[str, Field[Any]] = {setting.name: setting for setting in fields(Settings)}
"""Every setting by its name."""


def _meaning(name: str) -> str:
    return str(FIELDS[name].metadata["meaning"])


def _toml_value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, str):
        # JSON takes DEL as it is, TOML does not.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Make settings from values that were given, and check them all.

    Args:
        values: Name to value; text is understood as after ``--set``.

    Raises:
        SettingsError: With every unknown name and impossible value at once.
    """
    problems: list[str] = []
    known = {}
    for name, value in values.items():
        try:
            known[name] = _typed(name, value)
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
    settings = replace(Settings(), **known)
    problems += _problems(settings)
    if problems:
        raise SettingsError("; ".join(problems), hint="`sightline train --help` lists every setting with its default")
    if settings.learning_rate == 0:
        settings = replace(settings, learning_rate=OPTIMIZERS[settings.optimizer].learning_rate)
    return settings


def read_config(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file, such as another run's ``settings.toml``.

    Raises:
        SettingsError: The file is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} can't be read as TOML: {error}", hint="write lines such as: epochs = 10"
        ) from error


def assignments(texts: tuple[str, ...]) -> dict[str, str]:
    """Split ``key=value`` texts.

    Raises:
        SettingsError: A text has no ``=``.

    Example:
        >>> assignments(("epochs=3", "fit=pad"))
        {'epochs': '3', 'fit': 'pad'}
    """
    for text in texts:
        if "=" not in text:
            raise SettingsError(f"--set takes key=value; got {text!r}", hint="for example: --set patience=5")
    return {key.strip().replace("-", "_"): value.strip() for key, value in (text.split("=", 1) for text in texts)}


def _typed(name: str, value: Any) -> Any:
    default = choose(name, FIELDS, kind="setting").default
    convert: Callable[[Any], Any] = type(default)
    if isinstance(default, tuple):
        return _items(name, value)
    if isinstance(value, bool) or (isinstance(default, int) and isinstance(value, float)):
        raise _no_fit(name, value, default)
    if isinstance(default, str) and not isinstance(value, str):
        value = str(value)
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise _no_fit(name, value, default) from error


def _items(name: str, value: Any) -> tuple[Any, ...]:
    kind = int if name == "hidden" else str
    texts = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(kind(str(item)) for item in texts if item != "")
    except (TypeError, ValueError) as error:
        raise _no_fit(name, value, FIELDS[name].default) from error


def _no_fit(name: str, value: Any, default: Any) -> SettingsError:
    kinds = {int: "a whole number", float: "a number", str: "text", tuple: "a list, as in 256,128"}
    return SettingsError(f"{name} = {value!r}", hint=f"expected {kinds[type(default)]}")


def _problems(settings: Settings) -> list[str]:
    """Return what is impossible, in the order of the settings."""
    names = {
        "model": MODELS,
        "colours": (*colour_spaces(), AUTO),
        "fit": FITS,
        "centre": CENTRES,
        "scale": SCALES,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
    }
    problems = []
    for name, allowed in names.items():
        try:
            choose(getattr(settings, name), dict.fromkeys(allowed), kind=name)
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
    fractions = settings.validation_fraction + settings.test_fraction
    limits = {
        "hidden": (1 <= len(settings.hidden) <= 2 and min(settings.hidden) > 0, "one or two widths above 0"),  # noqa: PLR2004
        "size": (_is_size(settings.size), f"auto, 64 or 48x64, each side from 1 to {MAX_SIDE}"),
        "validation_fraction": (0 < settings.validation_fraction < 1, "above 0 and below 1"),
        "test_fraction": (
            0 < settings.test_fraction < 1 and fractions < 1,
            "above 0, and below 1 with validation",
        ),
        "epochs": (settings.epochs > 0, "1 or more"),
        "batch_size": (settings.batch_size > 0, "1 or more"),
        "learning_rate": (0 <= settings.learning_rate < float("inf"), "0 (the default) or above"),
        "patience": (settings.patience >= 0, "0 (never stop early) or more"),
        "seed": (0 <= settings.seed <= LARGEST_SEED, f"0 to {LARGEST_SEED}"),
    }
    wrong = [
        f"{name} = {getattr(settings, name)!r} (expected {expected})"
        for name, (fine, expected) in limits.items()
        if not fine
    ]
    return problems + wrong


def _is_size(text: str) -> bool:
    sides = text.lower().split("x")
    numbers = all(side.isdecimal() and len(side) <= len(str(MAX_SIDE)) and 1 <= int(side) <= MAX_SIDE for side in sides)
    return text == AUTO or (numbers and len(sides) in (1, 2))
