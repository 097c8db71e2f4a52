"""A page of ours on disk: whole or not at all, and never in the place of a stranger's file."""

from pathlib import Path

from sightline.core.errors import RunError
from sightline.core.regular import content_of
from sightline.core.storage import write_whole, writing
from sightline.evaluation.pages.page import generator

HEAD_BYTES = 4096


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
    with writing(out):
        foreign = out.exists() and generator(verb).encode() not in content_of(out)[:HEAD_BYTES]
    if foreign:
        raise RunError(f"{out} exists and is no page of `sightline {verb}`", hint=f"choose another {option}")
    write_whole(out, html)
