"""What is asked of a training on some data before it begins, all of it, without training."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sightline.core.findings import Finding, gravest_first
from sightline.data.catalog import Catalog
from sightline.evaluation.pages.preflight import PreflightPage
from sightline.line.methods.before_training.section import before_training
from sightline.line.methods.transfer.photo_recipe import for_photos
from sightline.line.narrator import Narrator
from sightline.line.reading import reading
from sightline.line.resolution import method_for, resolved

if TYPE_CHECKING:
    from sightline.line.augmentation.sheet import AugmentedSheet
    from sightline.training.preflight.flight import Preflight


@dataclass(frozen=True, eq=False)
class DataPreflight:
    """A training that was looked at before it began.

    Args:
        title: The model and the data.
        checks: What each check saw.
        noticed: What data and settings say beside the checks.
        sheet: Some training pictures as the network sees them.
    """

    title: str
    checks: "Preflight"
    noticed: tuple[Finding, ...]
    sheet: "AugmentedSheet"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, gravest first."""
        return gravest_first((*self.noticed, *self.checks.findings))

    def html(self) -> str:
        """Return a page with all that was measured."""
        page = PreflightPage(
            self.title, self.findings, before_training(self.checks), self.sheet.png(), self.sheet.caption
        )
        return page.html()

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline preflight --json`` prints: plain values."""
        findings = [finding.as_json() for finding in self.findings]
        return {"title": self.title, **self.checks.as_json(), "findings": findings}


def preflight(
    catalog: Catalog, named: Mapping[str, Any], file: Mapping[str, Any] | None, *, narrator: Narrator
) -> DataPreflight:
    """Prepare a training as `train` would, ask everything of it, and train nothing; the test part is not looked at.

    Args:
        named: Settings by name, from flags or keywords.
        file: Settings from a file, which those that are named win over.
        narrator: Shows how far it is.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is impossible, or the kind of model is not learnt in steps.
    """
    started = time.perf_counter()
    settings = for_photos(resolved(named, file), catalog, narrator)
    method = method_for(settings)
    with (
        TemporaryDirectory() as folder,
        reading(catalog, settings, test_fraction=settings["test_fraction"], keep_in=Path(folder)) as preparing,
    ):
        from sightline.line.preflight.sheet import sheet_of
        from sightline.training.preflight.checks import CHECKS
        from sightline.training.preflight.flight import preflight as fly

        prepared = preparing(narrator)
        decided = method.decide(prepared, settings, started=started)
        setup = method.setup(prepared, decided)
        with narrator.counting("checking the training", len(CHECKS)) as advance:
            checks = fly(setup, accept=settings.data.accept, advance=advance)
        noticed = (*prepared.findings, *decided.noticed, *method.doubts(prepared, decided.settings))
        title = f"{decided.settings['model']} on {catalog.name}"
        return DataPreflight(title, checks, noticed, sheet_of(setup, prepared, decided.settings))
