"""A page of ours on disk: whole or not at all, and never in the place of a stranger's file."""

from pathlib import Path

from sightline.core.storage import write_whole
from sightline.evaluation.pages.page import generator
from sightline.line.output_place import require_ours


def write_page(html: str, out: Path, *, verb: str, option: str) -> None:
    """Write a page, replacing an older one of the same verb.

    Args:
        html: The page, with the verb's generator in its head.
        out: Where the page goes.
        verb: The command that made it, such as ``"inspect"``.
        option: The flag that names another file, such as ``"--out"``.

    Raises:
        RunError: Something else is there already, or it can't be written.
    """
    require_page_place(out, verb=verb, option=option)
    write_whole(out, html)


def require_page_place(out: Path, *, verb: str, option: str) -> None:
    """Raise if something else than a page of a verb lies where one will be written; the arguments are `write_page`'s.

    Raises:
        RunError: It does.
    """
    require_ours(out, mark=generator(verb), kind=f"page of `sightline {verb}`", option=option)
