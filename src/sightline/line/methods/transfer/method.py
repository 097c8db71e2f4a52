"""Transfer learning, as the line knows it: a base that has learnt to see, and a head on what it sees."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity
from sightline.core.rules import AUTO
from sightline.data.cache_folder import bases_folder, cache_folder
from sightline.data.catalog import TEST, TRAIN, VALIDATION, Catalog
from sightline.evaluation.report.overlap import Overlap
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.line.features.extractor import DEFAULT_BASE, base_of, extractor_of
from sightline.line.methods.contract import Decided, Foreseen, Learnt, Method
from sightline.line.methods.network.method import named_baseline
from sightline.line.methods.network.summary import NetworkSummary
from sightline.line.methods.transfer.head import CLASSIFIER, FIELDS, LINEAR, head_options, head_plan
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.run import PHOTO_RECIPE
from sightline.line.settings.tables import names_in
from sightline.line.settings.transfer import NONE
from sightline.line.settings.values import Settings
from sightline.models import MODELS
from sightline.models.bases.fetching import fetch_weights
from sightline.models.bases.files import weights_at_hand
from sightline.models.bases.preprocessing import base_format
from sightline.models.bases.table import BASES
from sightline.models.bases.timm_bases import fetch_timm_weights, timm_base
from sightline.models.families.timm_networks import PREFIX

if TYPE_CHECKING:
    from sightline.training.preflight.setup import Setup

MODEL = "transfer"


class TransferEntry(NamedTuple):
    """A row of the table of this method's models."""

    line: str
    reference: str


TRANSFERS = {
    MODEL: TransferEntry(
        "a base that has learnt to see, frozen, and a head fitted to what it sees in your pictures",
        "Donahue et al., 'DeCAF: a deep convolutional activation feature for generic visual recognition' (2013); "
        "Razavian et al., 'CNN features off-the-shelf: an astounding baseline for recognition' (2014)",
    )
}


class Transfer(Method):
    """Transfer learning: the base stays as it is, the head is fitted."""

    phrase: ClassVar = "a base with a head"
    heading: ClassVar = "transfer: begins with a network that has learnt to see"
    example: ClassVar = "base=efficientnet-lite0"
    original: ClassVar = "base with its fitted head"
    models: ClassVar = TRANSFERS
    reads: ClassVar = (names_in("run", "data", "transfer") - {"centre", "scale"}) | {
        *FIELDS, "device", "precision", "epochs", "unlabelled_ratio", "views", "preflight"
    }  # fmt: skip
    implied_by: ClassVar = {"base": MODEL, "weights": MODEL, "unfreeze": MODEL, f"recipe={PHOTO_RECIPE}": MODEL}

    def preset(self, settings: Settings) -> dict[str, Any]:
        """Return the recipe for photos: how pictures are read is the base's.

        Raises:
            MissingExtraError: The package that holds its weights is not installed, with the command that installs it.
            SettingsError: There is no such base, or its weights are not on this machine.
        """
        recipe = {"recipe": PHOTO_RECIPE, "model": MODEL, "base": DEFAULT_BASE, "classifier": CLASSIFIER}
        named = settings.decided("recipe", recipe)["base"]
        base = timm_base(named) if named.startswith(PREFIX) else BASES.get(named)
        read = base_format(base) if base else extractor_of(settings.transfer).format
        return {**recipe, "size": f"{read.height}x{read.width}", "resize": read.resize}

    def fetch(self, settings: Settings, narrator: Narrator) -> None:
        """Fetch the weights of a base of the table.

        Raises:
            DataError: They can't be fetched.
            BundleError: What came is not what was published.
            RunError: There is no place for them.
        """
        transfer = settings.transfer
        if transfer.base.startswith(PREFIX) and transfer.weights == AUTO:
            narrator.say(f"fetching the weights of {transfer.base}")
            fetch_timm_weights(transfer.base, cache_folder() / "bases")
            return
        base = BASES.get(transfer.base)
        if base is None or transfer.weights != AUTO or weights_at_hand(base, folder=bases_folder()) is not None:
            return
        narrator.say(f"fetching the weights of {base.name}")
        fetch_weights(base, cache_folder() / "bases")

    def contradictions(self, settings: Settings) -> list[str]:
        """Return what is impossible together, in words."""
        recipe, colours = settings["recipe"], settings["colours"]
        together = {
            f"recipe = {recipe!r} with model = {MODEL!r} (expected {PHOTO_RECIPE})": recipe != PHOTO_RECIPE,
            f"colours = {colours!r} with model = {MODEL!r} (expected rgb: bases have learnt on colours)": (
                colours not in (AUTO, "rgb")
            ),
        }
        problems = [words for words, contradicts in together.items() if contradicts]
        try:
            is_linear = head_plan(settings).classifier in LINEAR
        except SettingsError as error:
            return [*problems, f"{error.problem} ({error.hint})"]
        unfreeze, epochs = settings["unfreeze"], settings["epochs"]
        if not is_linear and (unfreeze not in (AUTO, NONE) or epochs != AUTO):
            problems.append(
                f"classifier = {settings['classifier']!r} with a base that learns on (expected {', '.join(LINEAR)})"
            )
        if epochs != AUTO and unfreeze == NONE:
            problems.append(f"epochs = {epochs} with unfreeze = {NONE!r} (a head needs no epochs)")
        return problems

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return the base's network, and the head."""
        return {"base": base_of(settings).described, **head_options(head_plan(settings))}

    def sides(self, model: str) -> tuple[int, int]:  # noqa: ARG002 - the default's
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""
        return 32, 224

    def input_format(self, catalog: Catalog, settings: Settings) -> PictureFormat:  # noqa: ARG002 - the base's own
        """Return what the base's weights have learnt on, with what somebody named in its place."""
        return base_of(settings).format

    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:  # noqa: ARG002 - the base has its own
        """Return that pixels stay as they are."""
        return "none", "none"

    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:  # noqa: ARG002 - a base takes any
        """Raise if there is no such base here, or if it can't read pictures of a size that somebody named."""
        base = base_of(settings)
        own = extractor_of(settings.transfer)
        if settings["weights"] != AUTO or (base.format.shape, base.views) != (own.format.shape, own.views):
            base.require_taken()

    def decide(self, prepared: Prepared, settings: Settings, *, started: float) -> Decided:
        """Return how much of the base learns on, and for how long.

        Raises:
            RunError: Too little time is left.
        """
        from sightline.line.methods.transfer.pace import decide

        return decide(prepared, settings, started=started)

    def foreseen(self, prepared: Prepared, decided: Decided) -> Foreseen:
        """Return what a rehearsal says of looking through the base once, and of what is learnt each time."""
        from sightline.line.methods.transfer.pace import foreseen

        return foreseen(prepared, decided)

    def doubts(self, prepared: Prepared, settings: Settings) -> Iterator[Finding]:
        """Yield what is read otherwise than the base has learnt it, and what of the test part it has seen."""
        overlap = self.seen_before(prepared, settings)
        if overlap is not None and overlap.seen:
            yield Finding(
                "base-has-seen-test",
                Severity.WARNING,
                f"{overlap.words}; the base, {settings['base']}, was made of them",
                "give a test part of pictures that are new to the base, or train with the seed of the base's run",
            )
        own, read = extractor_of(settings.transfer).format, prepared.preprocess.format
        if (own.shape, own.resize) != (read.shape, read.resize):
            yield Finding(
                "not-as-the-base",
                Severity.WARNING,
                f"pictures are read as {read.height}x{read.width}, {read.resize}; the base has learnt on "
                f"{own.height}x{own.width}, {own.resize}",
                "leave size and resize out, unless validation gains by it",
            )

    def setup(self, prepared: Prepared, decided: Decided) -> "Setup":
        """Return the base with its fitted head, as it learns on; the base's features are computed once, and kept.

        Raises:
            SettingsError: Nothing of the base learns on, so that nothing is learnt in steps.
        """
        settings = decided.settings
        if settings.transfer.last_blocks() == 0:
            raise SettingsError(
                f"with unfreeze = {settings['unfreeze']!r} nothing of the base learns on: its head is fitted at once, "
                "and there is nothing to ask before",
                hint="let the base learn on (--set unfreeze=all), or name a network: --model quick-cnn",
            )
        from sightline.line.methods.transfer.learning import tuning_setup

        return tuning_setup(prepared, settings, seconds=decided.seconds)

    def seen_before(self, prepared: Prepared, settings: Settings) -> Overlap | None:
        """Return how many pictures of the test part a base of the user's own has seen; None for published ones."""
        seen = extractor_of(settings.transfer).seen
        if seen is None:
            return None
        rows = prepared.split.rows(TEST)
        parts = Counter(seen.part_of([prepared.surveyed.digests[row] for row in rows]))
        return Overlap(len(rows), parts[TRAIN], parts[VALIDATION])

    def improvement(self, settings: Settings, verdict: str) -> tuple[str, dict[str, Any]]:
        """Return another head to compare with."""
        if verdict == "nothing-missing" or settings["mirrored"] == "yes":
            return super().improvement(settings, verdict)
        return "Learn from mirror images too", {"mirrored": "yes"}

    def baseline(self, settings: Settings) -> str | None:
        """Return the pipeline that was named, or the quick one."""
        return named_baseline(settings)

    def require_layers(self, model: str) -> None:
        """Return: a base has layers."""

    def summary(self, settings: Settings, shape: tuple[int, int, int], classes: int) -> NetworkSummary:
        """Return every layer of the base with its output's shape, parameters and work, and a dense layer for a head.

        Raises:
            SettingsError: There is no such base here, or the input does not fit it.
        """
        from sightline.models.summary import summarise

        described = extractor_of(settings.transfer).described
        network = described["network"]
        return NetworkSummary(
            shape,
            summarise(network, shape, classes, described["options"]),
            MODELS[network].remark(*shape[:2]) if network in MODELS else "",
        )

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Look at the pictures through the base, fit the head to what it sees, and let the base learn on."""
        from sightline.line.methods.transfer.learning import learn

        return learn(prepared, decided.settings, seconds=decided.seconds, run=run, narrator=narrator)
