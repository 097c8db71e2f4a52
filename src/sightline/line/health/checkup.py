"""What is wrong with a data set, before any training."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sightline.core.choose import require_extra
from sightline.core.errors import PictureError, SightlineError
from sightline.core.findings import Finding, accepted_for_nothing, errors_among, gravest_first
from sightline.data import checks
from sightline.data.cache_folder import looks_folder
from sightline.data.catalog import Catalog
from sightline.data.copies.alike import Alike, most_alike
from sightline.data.copies.similar import NOTHING_SIMILAR, Similar
from sightline.data.health.part_checks import may_have_small_parts, no_split_can_lack
from sightline.data.health.similar import similar_findings
from sightline.data.sources import FolderSource
from sightline.data.splits import split
from sightline.data.survey.glance import glance
from sightline.data.survey.look import GLANCE
from sightline.data.survey.record import Surveyed
from sightline.line.health.copies import require_copies_place, with_copies, write_copies
from sightline.line.input.input_format import LEAST_SIDE, MOST_SIDE
from sightline.line.narrator import Narrator, Silent
from sightline.line.output_place import require_apart, require_output_place
from sightline.line.pages.page_file import require_page_place, write_page


@dataclass(frozen=True)
class ReadingPlan:
    """What a training would read.

    Args:
        resize: How pictures get that size.
        model: As `sightline models` lists it; empty where small pictures leave that to the recipe.
    """

    height: int
    width: int
    resize: str
    model: str = ""


@dataclass(frozen=True, repr=False)
class Checkup:
    """A data set and everything that was noticed about it.

    Args:
        catalog: The samples that were looked at.
        findings: Errors first, then warnings, then notes.
        size: Medians of width and height, in pixels.
        plan: What a training would read where nobody names anything; None if that can't be told.
        surveyed: What the look at every sample showed, with the near copies among them.
        similar: The pairs that a base sees as alike; none where no base was asked.
    """

    catalog: Catalog
    findings: tuple[Finding, ...]
    surveyed: Surveyed
    size: tuple[int, int] = (0, 0)
    plan: ReadingPlan | None = None
    similar: Similar = NOTHING_SIMILAR

    def __repr__(self) -> str:
        """Return the data set's name and the codes of what was noticed, in one line."""
        noticed = ", ".join(f"{finding.severity} {finding.code}" for finding in self.findings)
        return f"<Checkup of {self.catalog.name}: {noticed or 'nothing to mend'}>"

    def write_copies(self, path: str | Path) -> Path:
        """Write the pairs of near copies as a CSV file: ``path_a,path_b,kind,distance``; see `copies_table`.

        Where a base was asked, a column ``similarity`` follows, and the pairs that it sees as alike come last.

        Raises:
            RunError: Something else than such a table is there already, or it can't be written.
        """
        return write_copies(self.surveyed, self.similar, Path(path))

    def write_report(self, path: str | Path) -> Path:
        """Write a page with pictures: findings, near copies side by side, pictures that stand out, and classes.

        Raises:
            RunError: Something else than such a page is there already, or it can't be written.
            PictureError: A picture is there no more.
            MissingExtraError: The package that draws the page is not installed.
        """
        require_extra("jinja2", extra="train", purpose="the page of a check")
        from sightline.line.health.page import checkup_page  # what draws costs a quarter of a second

        write_page(
            checkup_page(self.surveyed, self.findings, self.similar).html(), Path(path), verb="check", option="--report"
        )
        return Path(path)

    def like(self, picture: str | Path, count: int = 10) -> tuple[Alike, ...]:
        """Return the pictures that are most like one, the nearest first, each with its distance.

        Args:
            picture: A picture's file, which need not be in the data set.
            count: How many are returned at most.

        Raises:
            PictureError: It is not there, or can't be read.
        """
        name = str(picture)
        if not Path(name).is_file():
            raise PictureError(
                f"{name} is no file", hint="look at the name: it leads on from the current folder, not from the data"
            )
        return most_alike(self.surveyed, GLANCE.glance(FolderSource(Path()).read(name), name=name)[1], count)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that must be mended before a training."""
        return errors_among(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline check --json`` prints: plain values, the findings as in ``report.json``."""
        return {
            "data": self.catalog.name,
            "pictures": len(self.catalog),
            "classes": list(self.catalog.classes),
            "ready": not self.errors,
            "size": {"width": self.size[0], "height": self.size[1]},
            "read_as": None if self.plan is None else asdict(self.plan),
            "findings": [finding.as_json() for finding in self.findings],
        }


def require_places(data: object, *, copies: str | None, report: str | None) -> None:
    """Raise before any work if what is written in the end would be one file, or lie where something else is.

    Args:
        data: What is checked, as `require_output_place` takes it.
        copies: Where `Checkup.write_copies` will write; None if it will not.
        report: Where `Checkup.write_report` will write; None if it will not.

    Raises:
        SettingsError: Both are one file.
        RunError: Something else lies there, or it is the folder of the pictures.
    """
    flags = {"--copies": copies, "--report": report}
    places = {flag: Path(place) for flag, place in flags.items() if place is not None}
    require_apart(places)
    for flag, place in places.items():
        require_output_place(place, data=data, option=flag)
    if copies is not None:
        require_copies_place(Path(copies))
    if report is not None:
        require_page_place(Path(report), verb="check", option="--report")


def check(catalog: Catalog, *, accept: Iterable[str], narrator: Narrator, base: str = "") -> Checkup:
    """Read and decode every picture of a catalog once, and return what is wrong, also in the parts that `train` makes.

    Args:
        catalog: Labelled samples, at least one.
        accept: Codes of errors that the user takes as they are; they become warnings.
        narrator: Shows how many pictures have been read.
        base: What looks for shots of one scene and for pictures unlike all others; nothing does if empty.

    Raises:
        DataError: The pictures can't be reached.
        MissingExtraError: The base is not on this machine, with the command that installs it.
    """
    codes = tuple(accept)
    with narrator.counting("reading pictures", len(catalog)) as advance:
        seen = glance(catalog, cache_in=looks_folder(), advance=advance)
    seen = with_copies(seen, narrator)
    findings = checks.check(seen, accept=codes)
    needs_split = may_have_small_parts(seen) or not no_split_can_lack(seen)
    if not errors_among(findings) and needs_split:  # what a training would come to
        findings = gravest_first((*findings, *checks.check_split(seen, split(seen), accept=codes)))
    similar = _similar(seen, base, narrator) if base else NOTHING_SIMILAR
    findings = (*findings, *similar_findings(seen, similar))
    findings = gravest_first((*findings, *accepted_for_nothing(findings, codes)))
    return Checkup(catalog, findings, seen, seen.median_size, _reading_plan(catalog, min(seen.median_size)), similar)


def _similar(seen: Surveyed, base: str, narrator: Narrator) -> Similar:
    from sightline.line.health.similar import similar_of  # a tenth of a second, for those that name a base

    return similar_of(seen, base, narrator)


def _reading_plan(catalog: Catalog, side: int) -> ReadingPlan | None:
    """Return what a training would read of pictures whose shorter side is so long."""
    if side <= MOST_SIDE:
        own = max(LEAST_SIDE, side)
        return ReadingPlan(own, own, "squash")
    from sightline.line.methods.transfer.photo_recipe import for_photos  # a tenth of a second, for photos alone
    from sightline.line.resolution import method_for, resolved

    try:
        settings = for_photos(resolved({"data": catalog.name}), catalog, Silent())
        read = method_for(settings).input_format(catalog, settings)
        return ReadingPlan(read.height, read.width, read.resize, settings["model"])
    except SightlineError:  # the findings say more
        return None
