"""A report in a few lines, for a notebook's cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sightline.core.text import escaped
from sightline.evaluation.key_figures import KeyFigure, key_figures
from sightline.evaluation.pages.page import fragment, framed
from sightline.evaluation.scores import Scores


@dataclass(frozen=True)
class Summary:
    """What a cell shows.

    Args:
        title: The heading; it may be a stranger's.
        meta: One line below the heading.
        figures: The numbers that sum the model up.
        sentences: What they mean, and what to do.
        links: (words, address) of files.
        whole_page: The report as a page, to be unfolded; empty for none.
    """

    title: str
    meta: str
    figures: tuple[KeyFigure, ...]
    sentences: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    whole_page: str = ""


def summary_html(summary: Summary) -> str:
    """Return the summary as a part of a page, with its own style; a whole page stands in a frame without rights."""
    html = fragment("pages/summary.html.jinja", summary=summary, framed_page=framed(summary.whole_page))
    return escaped(html)


def run_summary_html(document: Mapping[str, Any], *, files: Mapping[str, Path]) -> str:
    """Return what a notebook shows of a finished run.

    Args:
        document: What the ``report.json`` of the run holds.
        files: Words and the file that they link to, such as ``{"report": folder / "report.html"}``.
    """
    words = [document[key]["words"] for key in ("worth", "verdict", "comparison") if document.get(key)]
    return summary_html(
        Summary(
            title=document["title"],
            meta=meta_line(document["model"], document["parameters"], len(document["classes"]), document["created"]),
            figures=key_figures(Scores.of_json(document["test"])),
            sentences=tuple(words),
            links=tuple((name, _address(file)) for name, file in files.items()),
        )
    )


def meta_line(model: str, parameters: int, classes: int, created: str) -> str:
    """Return the line below a report's heading."""
    return f"{model}, {parameters:,} parameters, {classes} classes. {created}"


def _address(file: Path) -> str:
    """Return a path as an address: a folder that is called ``javascript:`` stays a folder."""
    path = quote(file.as_posix().encode("utf-8", "surrogateescape"))
    return path if file.is_absolute() else f"./{path}"
