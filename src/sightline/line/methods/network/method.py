"""Networks, as the line knows them: what they read, want, refuse, and what a recipe decides for them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.findings import Finding
from sightline.core.rules import AUTO
from sightline.data.settings import NONE
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.inference.manifest import SIMILARITY
from sightline.line.input.input_format import LEAST_SIDE, MOST_SIDE
from sightline.line.methods import presets
from sightline.line.methods.contract import Decided, Foreseen, Learnt, Method
from sightline.line.methods.network.options import network_options
from sightline.line.methods.network.summary import NetworkSummary
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.run import FAST_RECIPE, PHOTO_RECIPE, PLAIN_RECIPE
from sightline.line.settings.tables import SETTINGS, names_in
from sightline.line.settings.values import Settings
from sightline.models import MODELS, SMALL
from sightline.models.changes.variation import symmetric_start
from sightline.models.changes.views import VIEWS
from sightline.training.losses import LOSSES

if TYPE_CHECKING:
    from sightline.training.preflight.setup import Setup

QUICK = "hog-colour-svm"
"""The pipeline that a network is compared with where nobody names one."""


LONGER = ("still-improving", "too-short", "underfitting")
"""Verdicts on a course of which more epochs are a way out."""
MORE_AUGMENTATION = 0.25
"""Added to the amount where a network learns its pictures by heart."""


class Network(Method):
    """Networks: layers whose weights are learnt in steps."""

    phrase: ClassVar = "a network"
    heading: ClassVar = "networks"
    original: ClassVar = "trained network"
    models: ClassVar = MODELS
    reads: ClassVar = names_in("run", "data", "network", "loss", "steps", "augmentation", "machine")

    def lines(self, model: str) -> tuple[str, ...]:
        """Return what it is, with its least size; where it comes from; and what small pictures change."""
        entry = MODELS[model]
        size = f", from {entry.minimum_size}x{entry.minimum_size} pixels" if entry.minimum_size > 1 else ""
        small = (f"below {SMALL} pixels: {entry.small}",) if entry.small else ()
        return f"{entry.line}{size}", entry.reference, *small

    def preset(self, settings: Settings) -> dict[str, Any]:
        """See `presets`."""
        return presets.preset(settings)

    def contradictions(self, settings: Settings) -> list[str]:
        """Return what is impossible together, in words."""
        return [*_of_the_network(settings), *_of_the_steps(settings)]

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return the network's own options, the variation and the views, where they are not the author's."""
        return network_options(settings)

    def sides(self, model: str) -> tuple[int, int]:
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""
        return max(MODELS[model].minimum_size, LEAST_SIDE), MOST_SIDE

    def require_size(self, model: str, height: int, width: int) -> None:
        """Raise if pictures of so many pixels do not pass all layers.

        Raises:
            SettingsError: They do not.
        """
        MODELS[model].check_size(model, height, width)

    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:
        """Return what the settings say."""
        return settings.data.centre, settings.data.scale

    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:
        """Raise if a layer does not fit the size, a technique the network, a change the colours, or the device fails.

        Raises:
            SettingsError: With the arithmetic.
        """
        from sightline.line.methods.network.check import require_possible

        require_possible(settings, input_format, self.options(settings), classes=classes)

    def decide(self, prepared: Prepared, settings: Settings, *, started: float) -> Decided:
        """Return length, widths, batch, rate and mirror images, from the pictures and the clock."""
        from sightline.line.methods.pace import decide

        return decide(prepared, settings, started=started)

    def foreseen(self, prepared: Prepared, decided: Decided) -> Foreseen:
        """Return what some timed steps and a rehearsal of what follows them say of a training."""
        from sightline.line.methods.pace import foreseen

        return foreseen(prepared, decided)

    def doubts(self, prepared: Prepared, settings: Settings) -> Iterator[Finding]:
        """Yield what speaks against a start from zeros, and against flips and turns of these pictures."""
        zeros = symmetric_start(settings.variation, model=settings["model"])
        if zeros:
            yield zeros
        yield from prepared.flips.findings(_amounts_met(settings))

    def setup(self, prepared: Prepared, decided: Decided) -> "Setup":
        """Return the network with its first weights, its parts and its recipe."""
        from sightline.line.methods.before_training.setup import setup_of

        return setup_of(prepared, decided, self.options(decided.settings))

    def plan(self, decided: Decided) -> str:
        """Return what the fast recipe took; of the plain one, why it was taken where nobody named it."""
        settings = decided.settings
        if settings["recipe"] != FAST_RECIPE:
            return _why_plain(settings)
        widths = "" if settings["widths"] == AUTO else f"{' + '.join(map(str, settings['widths']))} maps, "
        length = f"{decided.seconds:.0f} s" if decided.seconds else f"{settings['epochs']} epochs"
        flips = "with" if settings.augmentation.amounts()["flip_horizontal"] else "without"
        return f"\nrecipe fast: {widths}{length} in batches of {settings['batch_size']}, {flips} mirror images"

    def improvement(self, settings: Settings, verdict: str) -> tuple[str, dict[str, Any]]:
        """Return what the verdict on the course asks for."""
        augment = settings["augment"]
        if verdict in LONGER and settings["minutes"]:
            return "Train for longer", {"minutes": 2 * settings["minutes"]}
        if verdict in LONGER:
            return "Train for longer", {"epochs": 2 * settings["epochs"]}
        if verdict == "overfitting" and augment < 1:
            return "Alter the training pictures more", {"augment": min(1.0, round(augment + MORE_AUGMENTATION, 2))}
        return super().improvement(settings, verdict)

    def baseline(self, settings: Settings) -> str | None:
        """Return the pipeline that was named, or the quick one."""
        return named_baseline(settings)

    def require_layers(self, model: str) -> None:
        """Return: a network has layers."""

    def summary(self, settings: Settings, shape: tuple[int, int, int], classes: int) -> NetworkSummary:
        """Return every layer with its output's shape, parameters and work.

        Raises:
            SettingsError: The input does not fit.
        """
        from sightline.models.summary import summarise

        model, strict = settings["model"], settings["size_rule"] == "strict"
        layers = summarise(model, shape, classes, self.options(settings), strict=strict)
        return NetworkSummary(shape, layers, MODELS[model].remark(*shape[:2]))

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Train in epochs, from the last checkpoint if there is one."""
        from sightline.line.methods.network.training import train_network

        return train_network(prepared, decided, self.options(decided.settings), run=run, narrator=narrator)


def named_baseline(settings: Settings) -> str | None:
    """Return the pipeline that a network or a base is compared with: the one that was named, or the quick one."""
    named = settings["baseline"]
    return {AUTO: QUICK, "none": None}.get(named, named)


def _why_plain(settings: Settings) -> str:
    """Return why the recipe is plain, as text that follows the line about the training; empty where it was named."""
    if settings.origins.get("recipe") != "recipe":
        return ""
    length = f"{settings['epochs']} epochs of {settings['optimizer']} in batches of {settings['batch_size']}"
    reason = (
        f"for size = {settings['size']}, since fast is made for sides of up to {presets.SMALL_SIDE} pixels"
        if settings.origins.get("model") == "recipe"
        else f"for model = {settings['model']}, since fast is taken where no model is named"
    )
    return f"\nrecipe plain: {length}; {reason} (--recipe fast takes it all the same)"


def _of_the_network(settings: Settings) -> list[str]:
    model, widths = settings["model"], settings["widths"]
    options = MODELS[model].options
    problems = {
        f"recipe = {PHOTO_RECIPE!r} with model = {model!r} (expected {FAST_RECIPE} or {PLAIN_RECIPE})": (
            settings["recipe"] == PHOTO_RECIPE
        ),
        f"stochastic_depth = {settings['stochastic_depth']:g} with model = {model!r} "
        "(expected a resnet, whose blocks have shortcuts)": settings["stochastic_depth"] > 0
        and "stochastic_depth" not in options,
        f"widths = {widths} with model = {model!r} (expected quick-cnn)": widths != AUTO and "widths" not in options,
    }
    return [words for words, contradicts in problems.items() if contradicts]


def _of_the_steps(settings: Settings) -> list[str]:
    smoothing, warmup, minutes = settings.loss.label_smoothing, settings["warmup_epochs"], settings["minutes"]
    is_long = settings.is_open("epochs") or settings["epochs"] > warmup
    optimizer, precision = settings["optimizer"], settings["precision"]
    problems = {
        f"loss = {settings['loss']!r} with model = {settings['model']!r} (expected {', '.join(LOSSES)}; that one is of "
        f"task = {SIMILARITY!r})": settings["loss"] not in LOSSES,
        f"label_smoothing = {smoothing:g} with loss = {settings['loss']!r} (it spreads the targets of cross-entropy)": (
            smoothing > 0 and settings["loss"] != presets.CROSS_ENTROPY
        ),
        f"warmup_epochs = {warmup:g} of epochs = {settings['epochs']} (expected fewer)": not is_long,
        f"warmup_epochs = {warmup:g} with minutes = {minutes:g} (expected a number of epochs instead, whose share they "
        "are)": minutes > 0 and warmup > 0,
        f"unlabelled_ratio = {settings['unlabelled_ratio']} without unlabelled (expected a place, --unlabelled)": (
            settings["unlabelled_ratio"] != SETTINGS["unlabelled_ratio"].default and settings.data.unlabelled == NONE
        ),
        f"optimizer = {optimizer!r} with precision = 'fp16' (expected bf16 or fp32)": optimizer.startswith("muon")
        and precision == "fp16",
    }
    return [words for words, contradicts in problems.items() if contradicts]


def _amounts_met(settings: Settings) -> dict[str, float]:
    """Return how much of every change the network meets, in training or where it looks at mirror images to answer."""
    amounts = settings.augmentation.amounts()
    return amounts | {"flip_horizontal": 0.5} if VIEWS[settings.network.views].mirrored else amounts
