"""Classical pipelines, as the line knows them: descriptors, an encoder and a shallow classifier."""

from typing import TYPE_CHECKING, Any, ClassVar

from sightline.classical.choosing import chosen_plan
from sightline.classical.pipelines import PIPELINES
from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.line.input.input_format import LEAST_SIDE
from sightline.line.methods.contract import Decided, Foreseen, Learnt, Method
from sightline.line.methods.pipeline.summary import PipelineSummary
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.tables import names_in
from sightline.line.settings.values import Settings

if TYPE_CHECKING:
    from sightline.inference.explanation.evidence import Evidence
    from sightline.inference.explanation.torch_model import TorchModel

NETWORK_BESIDE = "quick-cnn"
"""The network that a pipeline's user is advised to compare with."""


class Pipeline(Method):
    """Classical pipelines, fitted in stages."""

    phrase: ClassVar = "a classical pipeline"
    heading: ClassVar = "classical pipelines: no GPU, minutes to fit"
    example: ClassVar = "model=features"
    original: ClassVar = "fitted pipeline"
    models: ClassVar = PIPELINES
    reads: ClassVar = (names_in("run", "data", "pipeline") | {"device"}) - {
        "recipe", "minutes", "centre", "scale", "unlabelled"
    }  # fmt: skip
    implied_by: ClassVar = {"descriptor": "features"}

    def contradictions(self, settings: Settings) -> list[str]:
        """Return what is impossible together, in words."""
        model, device, baseline = settings["model"], settings["device"], settings["baseline"]
        together = {
            f"device = {device!r} with model = {model!r} (expected auto or cpu)": device not in (AUTO, "cpu"),
            f"baseline = {baseline!r} with model = {model!r} (expected auto or none: it is compared with networks)": (
                baseline in PIPELINES
            ),
        }
        problems = [words for words, contradicts in together.items() if contradicts]
        try:
            chosen_plan(model, settings.plan)
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
        return problems

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return the whole plan."""
        return chosen_plan(settings["model"], settings.plan).as_options()

    def sides(self, model: str) -> tuple[int, int]:
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""
        return LEAST_SIDE, PIPELINES[model].most_side

    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:  # noqa: ARG002 - descriptors have their own
        """Return that pixels stay as they are."""
        return "none", "none"

    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:  # noqa: ARG002
        """Raise if a part does not fit the size or the colours; a pipeline is small before it is fitted.

        Raises:
            SettingsError: With the arithmetic.
        """
        from sightline.classical.building import build_pipeline

        build_pipeline(self.options(settings), input_format.shape)

    def summary(self, settings: Settings, shape: tuple[int, int, int], classes: int) -> PipelineSummary:
        """Return every part with its output in words.

        Raises:
            SettingsError: A part does not fit the input.
        """
        from sightline.classical.building import part_outputs

        return PipelineSummary(shape, tuple(part_outputs(self.options(settings), shape)), classes)

    def evidence(self, model: "TorchModel", pixels: Pixels, label: str) -> "Evidence":
        """Return what each descriptor said for a class."""
        from sightline.inference.explanation.descriptors import descriptor_evidence

        return descriptor_evidence(model, pixels, label)

    def improvement(self, settings: Settings, verdict: str) -> tuple[str, dict[str, Any]]:
        """Return a network to compare with, unless nothing is missing."""
        if verdict == "nothing-missing":
            return super().improvement(settings, verdict)
        return "See whether a network does better", {"model": NETWORK_BESIDE}

    def foreseen(self, prepared: Prepared, decided: Decided) -> Foreseen:
        """Return what describing some pictures says of describing all, and of a fit that takes about as long."""
        from sightline.line.methods.pipeline.pace import foreseen

        return foreseen(prepared, chosen_plan(decided.settings["model"], decided.settings.plan))

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Fit in stages; those that are done are kept in the run's folder."""
        from sightline.line.methods.pipeline.fitting import fit

        plan = chosen_plan(decided.settings["model"], decided.settings.plan)
        return fit(prepared, plan, decided.settings["seed"], folder=run.checkpoints, narrator=narrator)
