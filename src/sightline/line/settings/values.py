"""The value of every setting, and who decided it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from sightline.classical.plan import PLAN_FIELDS
from sightline.core.rules import AUTO
from sightline.core.sections import Section
from sightline.data.settings import DataSettings
from sightline.imaging.augmentation.settings import AugmentSettings
from sightline.line.settings.run import RunSettings
from sightline.line.settings.similarity import SimilaritySettings
from sightline.line.settings.tables import SETTINGS
from sightline.line.settings.transfer import TransferSettings
from sightline.models.changes.variation import Variation
from sightline.models.settings import NetworkSettings
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.embedding_losses import EmbeddingLossSettings
from sightline.training.recipe import StepSettings

Origin = Literal["named", "file", "recipe", "pictures", "clock"]
"""Who may decide a setting, the first one who does wins."""

AnySection = TypeVar("AnySection", bound=Section)


@dataclass(frozen=True)
class Settings:
    """What a training is told. A setting that nobody has decided yet holds ``"auto"``.

    Args:
        values: Every setting by its name.
        origins: Who decided a setting; those that hold their default are not among them.
    """

    values: Mapping[str, Any] = field(default_factory=lambda: {name: entry.default for name, entry in SETTINGS.items()})
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a setting, ``"auto"`` while nobody has decided it."""
        return self.values[name]

    def is_open(self, name: str) -> bool:
        """Return whether nobody has decided this setting yet."""
        return bool(self.values[name] == AUTO) and SETTINGS[name].rule.auto

    def decided(self, origin: Origin, values: Mapping[str, Any]) -> "Settings":
        """Return settings with these values where nobody has decided others before."""
        new = {name: value for name, value in values.items() if name not in self.origins}
        return replace(self, values={**self.values, **new}, origins={**self.origins, **dict.fromkeys(new, origin)})

    def named(self, values: Mapping[str, Any]) -> "Settings":
        """Return settings with these values as if the user had named them: nobody decides them any more."""
        return replace(
            self, values={**self.values, **values}, origins={**self.origins, **dict.fromkeys(values, "named")}
        )

    def without(self, names: Iterable[str]) -> "Settings":
        """Return settings in which nobody has decided these."""
        left = set(names)
        origins = {name: origin for name, origin in self.origins.items() if name not in left}
        return replace(self, values={**self.values, **{name: SETTINGS[name].default for name in left}}, origins=origins)

    def changed(self, **values: Any) -> "Settings":
        """Return settings with other values, whoever decided those before."""
        return replace(self, values={**self.values, **values})

    @property
    def split_seed(self) -> int:
        """What decides the parts: a seed of their own, or the one of everything."""
        seed: int = self.values["seed" if self.is_open("split_seed") else "split_seed"]
        return seed

    @property
    def run(self) -> RunSettings:
        """What is learnt from, and what is to come of it."""
        return self._section(RunSettings)

    @property
    def data(self) -> DataSettings:
        """What every picture becomes, and the parts."""
        return self._section(DataSettings)

    @property
    def network(self) -> NetworkSettings:
        """A network's own options."""
        return self._section(NetworkSettings)

    @property
    def variation(self) -> Variation:
        """What is changed in a network."""
        return self._section(Variation)

    @property
    def plan(self) -> dict[str, Any]:
        """Those parts of a pipeline that somebody named."""
        return {name: self.values[name] for name in PLAN_FIELDS if self.values[name] != SETTINGS[name].default}

    @property
    def transfer(self) -> TransferSettings:
        """What a model begins with."""
        return self._section(TransferSettings)

    @property
    def similarity(self) -> SimilaritySettings:
        """The embedding, and the batches in which pictures are compared."""
        return self._section(SimilaritySettings)

    @property
    def embedding_loss(self) -> EmbeddingLossSettings:
        """Margin, mining, temperature and shots of an embedding's loss."""
        return self._section(EmbeddingLossSettings)

    @property
    def loss(self) -> LossSettings:
        """The loss, and what large weights cost."""
        return self._section(LossSettings)

    @property
    def steps(self) -> StepSettings:
        """The steps of a network's training."""
        return self._section(StepSettings)

    @property
    def augmentation(self) -> AugmentSettings:
        """What training pictures go through."""
        return self._section(AugmentSettings)

    @property
    def machine(self) -> MachineSettings:
        """The machine."""
        return self._section(MachineSettings)

    def _section(self, kind: type[AnySection]) -> AnySection:
        """Return a section with every value that is decided, and the section's own default for the others."""
        return kind.of({name: value for name, value in self.values.items() if not self.is_open(name)})
