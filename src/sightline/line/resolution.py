"""What ``auto`` becomes: the one place where every setting gets its value, and the order in which that happens.

    named (a flag, --set, a keyword) > a file > the recipe > the pictures > the clock

Each decides what nobody before it has decided. The first three are known before a picture is opened
(`resolved`); pictures and clock decide once the pictures have been read (`decided`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sightline.core.errors import RunError, SettingsError
from sightline.core.findings import Finding
from sightline.core.regular import text_of
from sightline.core.rules import AUTO
from sightline.core.storage import write_json
from sightline.inference.manifest import CLASSIFICATION, SIMILARITY
from sightline.line.methods import METHODS, method_of
from sightline.line.methods.contract import Decided, Method
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.tables import SETTINGS, TABLES, bare, setting_named
from sightline.line.settings.toml import flat
from sightline.line.settings.values import Settings
from sightline.models.families.timm_networks import PREFIX
from sightline.training.recipe import RANGE_TEST

HINT = "`sightline settings` lists every setting with its default"
DEFAULT_METHODS = {CLASSIFICATION: "network", SIMILARITY: "similarity"}
"""What is meant where nobody names a model, by the task."""
BASE_METHOD = "transfer"
"""What is meant by a model of timm."""


def resolved(named: Mapping[str, Any], file: Mapping[str, Any] | None = None) -> Settings:
    """Make settings of what was named, and check them all before any picture is opened.

    Args:
        named: Name to value, from flags, ``--set`` or keywords; text is understood as after ``--set``.
        file: Name to value, or table to its names and values, from a TOML file.

    Returns:
        Settings in which the recipe has decided what it can.

    Raises:
        SettingsError: With every unknown name and impossible value at once.
    """
    problems: list[SettingsError] = []
    settings = Settings()
    for origin, values in (("named", named), ("file", _document(file))):
        settings = settings.decided(origin, _typed(values, problems))  # type: ignore[arg-type]
    settings = settings.decided("named", _asks_for_range_test(named))
    settings = _with_implied_model(settings)
    problems += _impossible(settings)
    if not problems:
        method = method_for(settings)
        settings = settings.decided("recipe", method.preset(settings))
        others = (*_of_another_task(settings, method), *_idle(settings, method), *method.contradictions(settings))
        problems += [SettingsError(problem, hint=HINT) for problem in others]
    _require_none(problems)
    return settings


def with_named(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return resolved settings with some other values, as if the user had named these too: the recipe decides anew.

    Args:
        values: Of their settings' kinds, by name; ``"auto"`` is what it is in `resolved`.

    Raises:
        SettingsError: They do not go together.
    """
    before = settings.without([name for name, origin in settings.origins.items() if origin == "recipe"])
    named = {name: value for name, value in values.items() if not (value == AUTO and SETTINGS[name].rule.auto)}
    chosen = before.named(named | _asks_for_range_test(values))
    problems = [*_impossible(chosen)]
    if not problems:
        method = method_for(chosen)
        chosen = chosen.decided("recipe", method.preset(chosen))
        others = (*_idle(chosen, method), *method.contradictions(chosen))
        problems = [SettingsError(problem, hint=HINT) for problem in others]
    _require_none(problems)
    return chosen


def _asks_for_range_test(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a learning rate means that was named, and named ``auto``: to measure one."""
    asks = any(bare(str(name)) == "learning_rate" and value == AUTO for name, value in named.items())
    return {"rate_from": RANGE_TEST} if asks else {}


def _require_none(problems: Sequence[SettingsError]) -> None:
    """Raise all problems at once, if there are any: one with its own hint, several with each on a line.

    Raises:
        SettingsError: There are.
    """
    if len(problems) == 1:
        raise problems[0]
    if problems:
        lines = (f"  - {each.problem}" + (f" ({each.hint})" if each.hint != HINT else "") for each in problems)
        raise SettingsError("\n".join((f"{len(problems)} settings can't be taken:", *lines)), hint=HINT)


def decided(prepared: Prepared, settings: Settings, *, started: float, run: Run) -> Decided:
    """Return settings in which pictures and clock have decided the rest, the same when a run is continued.

    Args:
        settings: As `resolved` left them.
        started: When the command began, by `time.perf_counter`.
        run: Remembers what was decided.

    Raises:
        RunError: No time is left, or what was decided before can't be read.
        SettingsError: The settings do not go together with what was decided.
    """
    method = method_for(settings)
    if run.decided.exists():
        chosen = _remembered(run, settings)
    else:
        chosen = method.decide(prepared, settings, started=started)
        new = {name: chosen.settings[name] for name in SETTINGS if chosen.settings[name] != settings[name]}
        if new or chosen.noticed:
            noticed = [finding.as_json() for finding in chosen.noticed]
            write_json(run.decided, {**new, "seconds": chosen.seconds, "noticed": noticed})
    return chosen


@contextmanager
def decided_aside(prepared: Prepared, settings: Settings, *, started: float) -> Iterator[Run]:
    """Decide in a folder that goes away, before an older run makes room, and yield the run that remembers what.

    The arguments and errors are those of `decided`.
    """
    with TemporaryDirectory() as folder:
        run = Run(Path(folder))
        decided(prepared, settings, started=started, run=run)
        yield run


def _document(file: Any) -> dict[str, Any]:
    """Return what stands in a file, by the settings' names.

    Raises:
        SettingsError: It is the file itself, or anything else but its content.
    """
    if file is not None and not isinstance(file, Mapping):
        raise SettingsError(
            f"file = {file!r}, of the type {type(file).__name__}",
            hint="give the content of the file by name, such as tomllib.load returns",
        )
    return flat(file) if file else {}


def method_for(settings: Settings) -> Method:
    """Return the kind of model that settings ask for."""
    is_open = settings.is_open("model")
    return METHODS[DEFAULT_METHODS[settings["task"]]] if is_open else method_of(settings["model"])


def _typed(values: Mapping[str, Any], problems: list[SettingsError]) -> dict[str, Any]:
    """Return values by their bare names and of their settings' kinds; those that can't be read become problems."""
    typed = dict[str, Any]()
    for name, value in values.items():
        try:
            setting = setting_named(str(name))
            _require_first(bare(name), value, typed)
            typed[bare(name)] = setting.rule.typed(bare(name), value)
        except SettingsError as error:
            problems.append(error)
    named = {name: value for name, value in typed.items() if not (value == AUTO and SETTINGS[name].rule.auto)}
    if str(named.get("model", "")).startswith(PREFIX):  # a network of timm has learnt to see: it is a base
        return {**named, "model": BASE_METHOD, "base": named["model"]}
    return named


def _require_first(name: str, value: Any, before: Mapping[str, Any]) -> None:
    if name in before:
        raise SettingsError(f"{name} is named twice, as {before[name]!r} and as {value!r}", hint="name it once")


def _with_implied_model(settings: Settings) -> Settings:
    """Return settings with the model that another setting implies, where no model was named."""
    methods = [each for each in METHODS.values() if "task" not in settings.origins or each.task == settings["task"]]
    for method in methods:
        for name, model in method.implied_by.items():
            setting, _, value = name.partition("=")
            if not settings.is_open(setting) and value in ("", settings[setting]):
                settings = settings.decided("named", {"model": model})
    return settings


def _impossible(settings: Settings) -> list[SettingsError]:
    """Return what is impossible by itself, in the order of the settings."""
    decided = {name: settings[name] for name in settings.origins}
    faults = [fault for table in TABLES.values() for section in table.sections for fault in section.faults(decided)]
    if not settings.is_open("model"):
        try:
            method_of(settings["model"])
        except SettingsError as error:
            faults.append(error)
    return faults


def _of_another_task(settings: Settings, method: Method) -> list[str]:
    """Return that the model that was named can't do what was asked for."""
    if settings["task"] == method.task:
        return []
    able = [name for each in METHODS.values() if each.task == settings["task"] for name in each.models]
    return [f"task = {settings['task']!r} with model = {settings['model']!r} (expected {', '.join(able)})"]


def _idle(settings: Settings, method: Method) -> list[str]:
    """Return what belongs to another kind of model than the chosen one, so that nothing is passed over silently."""
    return [
        f"{name} = {settings[name]!r} with model = {settings['model']!r} (expected {_readers(name)})"
        for name, setting in SETTINGS.items()
        if name not in method.reads and settings[name] != setting.default
    ]


def _readers(name: str) -> str:
    """Return which kinds of model read a setting, as a user calls them."""
    readers = [method for method in METHODS.values() if name in method.reads]
    return " or ".join(
        f"{method.phrase}, such as {method.example}" if method.example else method.phrase for method in readers
    )


def _remembered(run: Run, settings: Settings) -> Decided:
    try:
        values = json.loads(text_of(run.decided))
        seconds = float(values.pop("seconds"))
        noticed = tuple(Finding.of_json(each) for each in values.pop("noticed", ()))
        typed = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        _require_values(typed, seconds)
        return Decided(settings.changed(**typed), seconds, noticed)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{run.decided} is damaged: {error}", hint="begin the run anew with --force") from error


def _require_values(values: Mapping[str, Any], seconds: float) -> None:
    """Raise ``ValueError`` unless these can be what pictures and clock once decided."""
    problems = [f"there is no setting named {name!r}" for name in values if name not in SETTINGS]
    sections = [section for table in TABLES.values() for section in table.sections]
    problems += [fault.problem for section in sections for fault in section.faults(values)]
    if not seconds >= 0:  # also false for NaN
        problems.append(f"seconds = {seconds}")
    if problems:
        raise ValueError("; ".join(problems))
