"""The pages in docs: a script writes its tables between its own markers, and the prose around them stays by hand."""

import re

from bench.origin import ROOT

DOCS = ROOT / "docs"


def publish(page, parts, *, tiny):
    """Print parts of a page and, unless the setting was tiny, write them into it.

    Args:
        page: The file's path below docs.
        parts: For each name between markers, the Markdown that belongs there.
        tiny: Whether the page stays as it is; its markers are looked for nevertheless.

    Raises:
        LookupError: The page has no such markers.
    """
    path = DOCS / page
    text = path.read_text()
    for name, part in parts.items():
        text = with_part(text, name, part)
        print(part, flush=True)
    if not tiny:
        path.write_text(text)


def with_part(text, name, part):
    r"""Return a page with a part in the place of the old one.

    Raises:
        LookupError: The page has no such markers.

    Example:
        >>> with_part("A\n<!-- rates -->\nold\n<!-- end of rates -->\nB", "rates", "new")
        'A\n<!-- rates -->\nnew\n<!-- end of rates -->\nB'
    """
    before, after = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    between = re.compile(f"(?<={re.escape(before)}).*?(?={re.escape(after)})", re.DOTALL)
    if not between.search(text):
        raise LookupError(f"the page has no part between {before.strip()} and {after.strip()}")
    return between.sub(lambda _: part.strip(), text, count=1)


def table(heads, rows):
    r"""Return a Markdown table.

    Example:
        >>> table(["way", "s"], [["ours", 1.5]])
        '| way | s |\n|---|---|\n| ours | 1.5 |'
    """
    lines = [heads, *rows]
    written = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(heads), *written[1:]])
