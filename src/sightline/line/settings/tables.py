"""All sections joined: the tables of ``settings.toml``, and every setting by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from sightline.classical.plan import Plan
from sightline.core.choose import choose
from sightline.core.rules import AUTO, Rule
from sightline.core.sections import Section, rule_of
from sightline.data.settings import DataSettings
from sightline.imaging.augmentation.settings import AugmentSettings
from sightline.line.settings.run import RunSettings
from sightline.line.settings.similarity import SimilaritySettings
from sightline.line.settings.transfer import TransferSettings
from sightline.models.changes.variation import Variation
from sightline.models.settings import NetworkSettings
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.embedding_losses import EmbeddingLossSettings
from sightline.training.preflight.settings import PreflightSettings
from sightline.training.recipe import StepSettings


@dataclass(frozen=True)
class Table:
    """One table of ``settings.toml``.

    Args:
        meaning: What its settings are about, in a line.
        sections: Where they are declared.
    """

    meaning: str
    sections: tuple[type[Section], ...]


TABLES: dict[str, Table] = {
    "run": Table("data, task, model, recipe and time", (RunSettings,)),
    "data": Table("what every picture becomes, and the parts", (DataSettings,)),
    "network": Table("a network (auto: its own)", (NetworkSettings, Variation)),
    "transfer": Table("transfer learning: what a model begins with", (TransferSettings,)),
    "pipeline": Table("a classical pipeline (auto: its own)", (Plan,)),
    "similarity": Table(
        "a network that tells same from different: its embedding, steps and loss",
        (SimilaritySettings, EmbeddingLossSettings),
    ),
    "loss": Table("the loss, and what large weights cost", (LossSettings,)),
    "steps": Table("the steps of a network's training (auto: the recipe's)", (StepSettings, PreflightSettings)),
    "augmentation": Table(
        "what training pictures go through (0 leaves one out; auto: `augment` times the standard amount)",
        (AugmentSettings,),
    ),
    "machine": Table("where and how it computes", (MachineSettings,)),
}
"""Each table by its name, in the order in which they are written."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Args:
        table: The name of its table.
        rule: What it may be, and what it means.
        default: Its value where nobody named one; ``"auto"`` where something else decides then.
    """

    table: str
    rule: Rule
    default: Any


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        entry.name: Setting(table, rule_of(entry), AUTO if rule_of(entry).auto else entry.default)
        for table, joined in TABLES.items()
        for section in joined.sections
        for entry in fields(section)
    }
)
"""Every setting by its name; no name stands in two sections."""


def setting_named(name: str) -> Setting:
    """Return a setting by its name, which may stand behind its table's: ``network.dropout``.

    Raises:
        SettingsError: There is no such setting; the message names the nearest.
    """
    return choose(bare(name), SETTINGS, kind="setting")


def bare(name: str) -> str:
    """Return the name of a setting without that of its table in front.

    Example:
        >>> bare("network.dropout"), bare("dropout"), bare("run.dropout")
        ('dropout', 'dropout', 'run.dropout')
    """
    table, _, rest = name.partition(".")
    return rest if rest in SETTINGS and SETTINGS[rest].table == table else name


def names_in(*tables: str) -> frozenset[str]:
    """Return the names of all settings in some tables."""
    return frozenset(name for name, setting in SETTINGS.items() if setting.table in tables)
