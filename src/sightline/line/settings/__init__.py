"""Every setting of a training, in one place, with its meaning, default and limits."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from math import inf
from pathlib import Path
from typing import Any

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS, PIPELINES
from sightline.classical.choosing import chosen_plan
from sightline.classical.plan import PLAN_FIELDS, Plan
from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO, Rule
from sightline.imaging.augmentation import AUGMENTATIONS
from sightline.imaging.augmentation.settings import AugmentSettings
from sightline.imaging.colours import colour_spaces
from sightline.imaging.picture_format import RESIZES
from sightline.imaging.preprocess import CENTRES, SCALES
from sightline.line.settings.presets import (
    FAST,
    FAST_RECIPE,
    FAST_SMOOTHING,
    FAST_STEPS,
    FAST_STEPS_OF_OTHERS,
    PLAIN,
    PLAIN_RECIPE,
)
from sightline.models import MODELS
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS
from sightline.models.changes.pooling import POOLINGS
from sightline.models.changes.regularisers import NORMALISATIONS
from sightline.models.changes.variations import VARIATION_OPTIONS, Variation
from sightline.models.changes.views import VIEWS
from sightline.training.losses import LOSSES
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES

MAX_SIDE = 4096
STAGES = 3
CROSS_ENTROPY = "cross-entropy"
SMALL_SIDE = 64
"""The longest side of pictures that the fast recipe is made for."""
LARGEST_SEED = 2**63 - 1

DATA, RECIPE, NETWORK, PIPELINE, LOSS, STEPS, ALTERED, MACHINE = (
    "the data",
    "the recipe (auto, below: the recipe's own)",
    "the network",
    "a classical pipeline (auto: its own)",
    "what is made small",
    "the steps",
    "what training pictures go through (0 to leave one out; auto: `augment` times the standard amount)",
    "the machine",
)


def _text(section: str, default: str, meaning: str) -> Any:
    return field(default=default, metadata={"rule": Rule(str, meaning, section)})


def _name(section: str, default: str, meaning: str, names: Iterable[str]) -> Any:
    told = tuple(names)
    listed = f"{meaning}: {', '.join(told)}" if meaning else ", ".join(told)
    return field(default=default, metadata={"rule": Rule(str, listed, section, names=told)})


def _own_or_name(default_meaning: str, names: Iterable[str]) -> Any:
    return _name(NETWORK, AUTO, default_meaning, (AUTO, *names))


def _recipes_own(section: str, meaning: str, names: Iterable[str]) -> Any:
    return _name(section, AUTO, meaning, (AUTO, *names))


def _whole(section: str, default: int, meaning: str, *, least: int, most: float = inf) -> Any:
    return field(default=default, metadata={"rule": Rule(int, meaning, section, least=least, most=most)})


def _number(section: str, default: float, meaning: str, **limits: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(float, meaning, section, **limits)})


def _part(meaning: str, names: Iterable[str]) -> Any:
    return _name(PIPELINE, AUTO, meaning, (AUTO, *names))


def _own_or_whole(meaning: str, *, least: int, section: str = PIPELINE) -> Any:
    return field(default=AUTO, metadata={"rule": Rule(int, meaning, section, auto=True, least=least)})


def _own_or_items(meaning: str, item: type, names: tuple[str, ...] = ()) -> Any:
    return field(default=AUTO, metadata={"rule": Rule(tuple, meaning, PIPELINE, auto=True, item=item, names=names)})


def _own_or_number(section: str, meaning: str, **limits: Any) -> Any:
    return field(default=AUTO, metadata={"rule": Rule(float, meaning, section, auto=True, **limits)})


def _amount(name: str) -> Any:
    entry = AUGMENTATIONS[name]
    return _own_or_number(ALTERED, entry.line, least=entry.limits[0], most=entry.limits[1])


def _items(section: str, default: tuple[Any, ...], meaning: str, item: type) -> Any:
    return field(default=default, metadata={"rule": Rule(tuple, meaning, section, item=item)})


ANY_MODEL = ("model", "baseline", "seed", "device")
"""Settings that stand among those of networks, and mean something for a pipeline too."""
SHARE = {"least": 0, "most": 1, "open_ends": (False, True)}
"""A number from 0 to below 1."""


@dataclass(frozen=True)
class Settings:
    """What a training is told; ``settings.toml`` in a run holds all of it."""

    data: str = _text(DATA, "", "what is learnt from")
    size: str = _text(
        DATA, AUTO, "input in pixels: 64, or 48x64 (height x width), or auto: the pictures' own, 16 to 64"
    )
    colours: str = _name(DATA, AUTO, "auto is grey if all pictures are, else rgb", (*colour_spaces(), AUTO))
    resize: str = _name(DATA, "squash", "how pictures get the input's shape", RESIZES)
    centre: str = _name(DATA, "channel", "whose mean is subtracted", CENTRES)
    scale: str = _name(DATA, "deviation", "what is divided by: of each channel, or the range (255)", SCALES)
    validation_fraction: float = _number(
        DATA, 0.15, "share that the best epoch is chosen by, where the data gives none", least=0, most=1,
        open_ends=(True, True),
    )  # fmt: skip
    test_fraction: float = _number(
        DATA, 0.15, "share that the figures are made on, where the data gives none", least=0, most=1,
        open_ends=(True, True),
    )  # fmt: skip
    accept: tuple[str, ...] = _items(DATA, (), "codes of findings that are taken as they are", str)

    recipe: str = _name(
        RECIPE, AUTO, "fast learns most in little time, plain is what the settings say and nothing more; auto is fast "
        "for small pictures when no model is named", (AUTO, FAST_RECIPE, PLAIN_RECIPE),
    )  # fmt: skip
    minutes: float = _number(RECIPE, 0.0, "at most so many for the whole command; 0 sets no limit", least=0)

    model: str = _recipes_own(NETWORK, "", (*MODELS, *PIPELINES))
    baseline: str = _name(
        NETWORK, AUTO, "the classical pipeline that a network is compared with; auto takes a quick one",
        (AUTO, "none", *PIPELINES),
    )  # fmt: skip
    hidden: tuple[int, ...] = _items(NETWORK, (256,), "mlp: widths of its one or two hidden layers", int)
    widths: tuple[int, ...] | str = field(
        default=AUTO,
        metadata={
            "rule": Rule(tuple, "quick-cnn: maps of its three stages, as in 64,128,128", NETWORK, auto=True, item=int)
        },
    )
    size_rule: str = _name(
        NETWORK, "floor", "strict refuses an input whose rows or columns a layer would drop", ("floor", "strict")
    )
    activation: str = _own_or_name("auto is the network's own", ACTIVATIONS)
    pooling: str = _own_or_name("auto is the network's own", POOLINGS)
    normalisation: str = _own_or_name("auto is the network's own", NORMALISATIONS)
    dropout: float | str = _own_or_number(NETWORK, "chance to silence a neuron; auto is the network's own", **SHARE)
    channel_dropout: float = _number(NETWORK, 0.0, "chance to silence a whole map", **SHARE)
    stochastic_depth: float = _number(NETWORK, 0.0, "resnets: chance to pass over the last block", **SHARE)
    initialisation: str = _own_or_name("of the weights; auto is the network's own", INITIALISATIONS)
    views: str = _recipes_own(NETWORK, "whose mean score is the answer", VIEWS)
    initial_bias: float = _number(NETWORK, 0.0, "first bias of layers before ReLU, such as 0.01", least=0)

    descriptor: tuple[str, ...] | str = _own_or_items(
        f"one or more, side by side: {', '.join(DESCRIPTORS)}", str, tuple(DESCRIPTORS)
    )
    cell: int | str = _own_or_whole("side of a cell in pixels", least=1)
    step: int | str = _own_or_whole("pixels from patch to patch", least=1)
    scales: tuple[float, ...] | str = _own_or_items("patch sizes, as multiples of the smallest, as in 1,1.5", float)
    orientations: int | str = _own_or_whole("hog: bins of a gradient's direction", least=2)
    palette: int | str = _own_or_whole("top-colours: number of colours, such as 64", least=8)
    histogram_colours: str = _part("colour-histogram, colour-moments", ("rgb", "hsv", "lab"))
    bins: int | str = _own_or_whole("colour-histogram: bins of a channel", least=2)
    patch: int | str = _own_or_whole("patches: side in pixels", least=2)
    components: int | str = _own_or_whole("principal components of local descriptors; 0 takes all as they are", least=0)
    encoder: str = _part("of local descriptors", ENCODERS)
    words: int | str = _own_or_whole("size of the vocabulary, or number of Gaussians", least=2)
    assignment: str = _part("bag: to the nearest word, or to all by nearness", ("hard", "soft"))
    pyramid: tuple[str, ...] | str = _own_or_items("regions that are pooled singly, as in 1,2,3x1", str)
    pyramid_weights: str = _part("match weighs fine regions more", ("none", "match"))
    kernel_map: str = _part("of features, for linear classifiers", KERNEL_MAPS)
    classifier: str = _part("", CLASSIFIERS)
    penalty: str = _part("of linear classifiers", ("l1", "l2"))
    strength: float | str = _own_or_number(PIPELINE, "of the penalty; 0 is chosen on the validation part", least=0)
    neighbours: int | str = _own_or_whole("how many; 0 is chosen on the validation part", least=0)
    kernel: str = _part("kernel-svm", KERNELS)
    mirrored: str = _part("yes learns from the mirror images of training pictures too", ("no", "yes"))

    loss: str = _name(LOSS, CROSS_ENTROPY, "", LOSSES)
    label_smoothing: float | str = _own_or_number(LOSS, "share of each target that is spread over all classes", **SHARE)
    class_weights: str = _name(LOSS, "none", "balanced lets rare classes weigh more", ("none", "balanced"))
    l1: float = _number(LOSS, 0.0, "strength of the penalty on absolute weights", least=0)
    l2: float = _number(LOSS, 0.0, "strength of the penalty on squared weights", least=0)

    epochs: int | str = _own_or_whole("at most so many times over the training part", least=1, section=STEPS)
    batch_size: int | str = _own_or_whole("pictures a step", least=1, section=STEPS)
    sampling: str = _name(STEPS, "shuffled", "balanced draws every class as often", ("shuffled", "balanced"))
    optimizer: str = _recipes_own(STEPS, "", OPTIMIZERS)
    learning_rate: float = _number(
        STEPS, 0.0, "before the schedule; 0 takes the recipe's or the optimizer's own", least=0
    )
    weight_decay: float | str = _own_or_number(
        STEPS, "share of a weight, times the learning rate, that a step takes away; auto is the optimizer's", least=0
    )
    schedule: str = _recipes_own(STEPS, "how the learning rate changes", SCHEDULES)
    warmup_epochs: float = _number(STEPS, 0.0, "epochs in which the learning rate climbs from nought", least=0)
    clip_norm: float = _number(STEPS, 0.0, "longer gradients are shortened to this; 0 never", least=0)
    ema_decay: float = _number(
        STEPS, 0.0, "of the moving average of the weights that is shipped, such as 0.999; 0 takes none", **SHARE
    )
    patience: int | str = _own_or_whole(
        "stop after so many epochs without a better one; 0 never stops", least=0, section=STEPS
    )
    start_scale: float | str = _own_or_number(
        STEPS, "share of their sides that pictures have at first; they grow until seven tenths of the way",
        least=0, most=1, open_ends=(True, False),
    )  # fmt: skip
    seed: int = _whole(
        STEPS, 0, "decides the split, the first weights and the order of pictures", least=0, most=LARGEST_SEED
    )

    augment: float = _number(ALTERED, 0.0, "strength of all that is not given singly; 0 is off", least=0, most=1)
    flip_horizontal: float | str = _amount("flip_horizontal")
    flip_vertical: float | str = _amount("flip_vertical")
    shift: float | str = _amount("shift")
    rotation: float | str = _amount("rotation")
    zoom: float | str = _amount("zoom")
    crop: float | str = _amount("crop")
    brightness: float | str = _amount("brightness")
    contrast: float | str = _amount("contrast")
    gamma: float | str = _amount("gamma")
    saturation: float | str = _amount("saturation")
    hue: float | str = _amount("hue")
    blur: float | str = _amount("blur")
    noise: float | str = _amount("noise")
    cutout: float | str = _amount("cutout")
    mixup: float | str = _amount("mixup")
    cutmix: float | str = _amount("cutmix")

    device: str = _name(MACHINE, AUTO, "auto is a GPU where there is one", (AUTO, "cpu", "cuda", "mps"))
    precision: str = _name(
        MACHINE, AUTO, "auto is half precision on a CUDA GPU, fp32 elsewhere", (AUTO, "fp32", "bf16", "fp16")
    )

    def toml(self) -> str:
        """Return the text of ``settings.toml``."""
        lines = [f"{name} = {_toml_value(getattr(self, name))}  # {_meaning(name)}" for name in FIELDS]
        return "\n".join(lines) + "\n"

    def model_options(self) -> dict[str, Any]:
        """Return what the chosen network is built with besides its input and classes."""
        if self.is_pipeline:
            return self.plan().as_options()
        own = {option: getattr(self, option) for option in MODELS[self.model].options}
        listed = {
            name: list(value) if isinstance(value, tuple) else value for name, value in own.items() if value != AUTO
        }
        views = {} if self.views in ("picture", AUTO) else {"views": self.views}
        return listed | self.variation().as_options() | views

    @property
    def is_pipeline(self) -> bool:
        """Whether the model is a classical pipeline."""
        return self.model in PIPELINES

    def plan(self) -> Plan:
        """Return the parts of the chosen pipeline.

        Raises:
            SettingsError: They do not go together, or a setting would change nothing.
        """
        given = {name: getattr(self, name) for name in PLAN_FIELDS}
        return chosen_plan(self.model, {name: value for name, value in given.items() if value != AUTO})

    def variation(self) -> Variation:
        """Return what is changed in the chosen network."""
        return Variation(**{option: getattr(self, option) for option in VARIATION_OPTIONS})

    def amounts(self) -> dict[str, float]:
        """Return how much of everything training pictures go through."""
        given = {name: getattr(self, name) for name in AUGMENTATIONS}
        named = {name: float(amount) for name, amount in given.items() if amount != AUTO}
        return AugmentSettings.named(named, strength=self.augment).amounts()

    def input_size(self) -> tuple[int, int] | None:
        """Return (height, width), or None for ``auto``."""
        if self.size == AUTO:
            return None
        sides = [int(side) for side in self.size.lower().split("x")]
        return sides[0], sides[-1]


FIELDS: dict[str, Field[Any]] = {setting.name: setting for setting in fields(Settings)}
"""Every setting by its name."""


def rule_of(name: str) -> Rule:
    """Return the rule of a setting.

    Raises:
        SettingsError: There is no such setting.
    """
    rule: Rule = choose(name, FIELDS, kind="setting").metadata["rule"]
    return rule


def _meaning(name: str) -> str:
    return rule_of(name).meaning


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
            known[name] = rule_of(name).typed(name, value)
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
    if "descriptor" in known and "model" not in known:
        known["model"] = "features"
    settings = replace(Settings(), **known)
    impossible = _impossible(settings)
    if not impossible:
        settings = _with_recipe(settings)
        impossible = _contradictions(settings)
    problems += impossible
    if problems:
        raise SettingsError("; ".join(problems), hint="`sightline train --help` lists every setting with its default")
    return settings


def _with_recipe(settings: Settings) -> Settings:
    """Return settings whose recipe is named, with what it puts in the place of ``auto``."""
    if settings.is_pipeline:
        return settings
    recipe = settings.recipe
    if recipe == AUTO:
        is_small = max(settings.input_size() or (0,)) <= SMALL_SIDE
        recipe = FAST_RECIPE if settings.model == AUTO and is_small else PLAIN_RECIPE
    steps = FAST_STEPS if settings.model in (AUTO, FAST["model"]) else FAST_STEPS_OF_OTHERS
    has_fast_steps = recipe == FAST_RECIPE and settings.optimizer in (AUTO, steps["optimizer"])
    if not has_fast_steps:  # another optimizer has its own rate and decay
        steps = {"schedule": steps["schedule"]}
    fast = {**FAST, **steps, "label_smoothing": FAST_SMOOTHING if settings.loss == CROSS_ENTROPY else 0.0}
    own = {name: value for name, value in (fast if recipe == FAST_RECIPE else PLAIN).items() if is_open(settings, name)}
    if settings.minutes:
        own.pop("epochs", None)  # the clock decides
    chosen = replace(settings, recipe=recipe, **own)
    if chosen.learning_rate == 0 and not has_fast_steps:
        return replace(chosen, learning_rate=OPTIMIZERS[chosen.optimizer].learning_rate)
    return chosen


def is_open(settings: Settings, name: str) -> bool:
    """Return whether nobody has named a value of this setting yet."""
    return getattr(settings, name) == AUTO or (name == "learning_rate" and settings.learning_rate == 0)


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
        >>> assignments(("epochs=3", "resize=pad"))
        {'epochs': '3', 'resize': 'pad'}
    """
    for text in texts:
        if "=" not in text:
            raise SettingsError(f"--set takes key=value; got {text!r}", hint="for example: --set patience=5")
    return {key.strip().replace("-", "_"): value.strip() for key, value in (text.split("=", 1) for text in texts)}


def _impossible(settings: Settings) -> list[str]:
    """Return what is impossible by itself, in the order of the settings."""
    problems = []
    for name in FIELDS:
        try:
            rule_of(name).check(name, getattr(settings, name))
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
    if not _is_size(settings.size):
        problems.append(f"size = {settings.size!r} (expected auto, 64 or 48x64, each side from 1 to {MAX_SIDE})")
    if not 1 <= len(settings.hidden) <= 2 or min(settings.hidden) < 1:  # noqa: PLR2004
        problems.append(f"hidden = {settings.hidden!r} (expected one or two widths above 0)")
    return problems


def _idle(settings: Settings) -> list[str]:
    """Return what belongs to another kind of model than the chosen one, so that nothing is passed over silently."""
    if settings.is_pipeline:
        kind, others = "a network", [name for name in FIELDS if _is_for_networks(name)]
    else:
        kind, others = "a classical pipeline, such as model=features", list(PLAN_FIELDS)
    set_here = [name for name in others if getattr(settings, name) != FIELDS[name].default]
    return [
        f"{name} = {getattr(settings, name)!r} with model = {settings.model!r} (expected {kind})" for name in set_here
    ]


def _is_for_networks(name: str) -> bool:
    by_itself = name in ("centre", "scale")
    sections = (RECIPE, NETWORK, LOSS, STEPS, ALTERED, MACHINE)
    return by_itself or (rule_of(name).section in sections and name not in ANY_MODEL)


def _contradictions(settings: Settings) -> list[str]:
    """Return what is impossible together."""
    fractions = settings.validation_fraction + settings.test_fraction
    together = {f"validation_fraction and test_fraction are {fractions:g} together (expected below 1)": fractions >= 1}
    if settings.is_pipeline:
        together |= _of_a_pipeline(settings)
    else:
        together |= _of_a_network(settings)
    return [*_idle(settings), *(told for told, contradicts in together.items() if contradicts)]


def _of_a_network(settings: Settings) -> dict[str, bool]:
    smoothing = float(settings.label_smoothing)
    widths: tuple[int, ...] = () if isinstance(settings.widths, str) else settings.widths
    epochs = 0 if settings.epochs == AUTO else int(settings.epochs)
    return {
        f"label_smoothing = {smoothing:g} with loss = {settings.loss!r} (it spreads the targets of cross-entropy)": (
            smoothing > 0 and settings.loss != CROSS_ENTROPY
        ),
        f"stochastic_depth = {settings.stochastic_depth:g} with model = {settings.model!r} "
        "(expected a resnet, whose blocks have shortcuts)": settings.stochastic_depth > 0
        and "stochastic_depth" not in MODELS[settings.model].options,
        f"warmup_epochs = {settings.warmup_epochs:g} of epochs = {settings.epochs} (expected fewer)": (
            0 < epochs <= settings.warmup_epochs
        ),
        f"warmup_epochs = {settings.warmup_epochs:g} with minutes = {settings.minutes:g} (expected a number of epochs "
        "instead, whose share they are)": settings.minutes > 0 and settings.warmup_epochs > 0,
        f"widths = {widths} with model = {settings.model!r} (expected quick-cnn)": (
            bool(widths) and "widths" not in MODELS[settings.model].options
        ),
        f"widths = {widths} (expected three numbers above 0)": settings.widths != AUTO
        and (len(widths) != STAGES or min(widths) < 1),
        f"optimizer = {settings.optimizer!r} with precision = 'fp16' (expected bf16 or fp32)": (
            settings.optimizer.startswith("muon") and settings.precision == "fp16"
        ),
    }


def _of_a_pipeline(settings: Settings) -> dict[str, bool]:
    problems = {
        f"device = {settings.device!r} with model = {settings.model!r} (expected auto or cpu)": settings.device
        not in (AUTO, "cpu"),
        f"baseline = {settings.baseline!r} with model = {settings.model!r} (expected auto or none: it is compared with "
        "networks)": settings.baseline in PIPELINES,
    }
    try:
        settings.plan()
    except SettingsError as error:
        problems[f"{error.problem} ({error.hint})"] = True
    return problems


def _is_size(text: str) -> bool:
    sides = text.lower().split("x")
    numbers = all(side.isdecimal() and len(side) <= len(str(MAX_SIDE)) and 1 <= int(side) <= MAX_SIDE for side in sides)
    return text == AUTO or (numbers and len(sides) in (1, 2))
