"""What all pages share: one style, one layout, and one way to put names and pictures into them.

Names and paths are strangers' words: they are escaped, shortened where they are shown, and can't turn the
direction of the text around them. Bytes of a file name that are no text appear as their codes, so a page
can always be written as UTF-8. No page asks for anything outside itself.
"""

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sightline.core.percent import percent
from sightline.core.text import escaped
from sightline.evaluation.pictures import is_small, picture_uri, thumbnail_uri
from sightline.evaluation.words import brief, duration, interval_words

CODE = re.compile(r"`([^`\n]+)`")
"""What is to be typed, as messages on a terminal mark it."""

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def page(template: str, *, title: str, kind: str, **values: Any) -> str:
    """Return a whole page.

    Args:
        template: A file below ``evaluation`` that extends ``pages/page.html.jinja``.
        title: The heading; it may be a stranger's.
        kind: What such pages are called, see `generator`.
        values: What the template shows.
    """
    style = markup(_source("pages/page.css"))
    tag = markup(generator(kind))
    html = _environment().get_template(template).render(title=title, style=style, generator=tag, **values)
    return escaped(html)


def fragment(template: str, **values: Any) -> "Markup":
    """Return a part of a page.

    Args:
        template: A file below ``evaluation``.
        values: What the template shows.
    """
    return markup(_environment().get_template(template).render(**values))


def framed(html: str) -> str:
    """Return a page for the ``srcdoc`` of a frame: links to its sections do not lead to the page around it."""
    return html.replace("<head>", '<head>\n<base href="about:srcdoc">', 1)


def generator(kind: str) -> str:
    """Return what stands in the first 4,096 bytes of our pages of one kind, and tells them from a stranger's file."""
    return f'<meta name="generator" content="sightline {kind}">'


def markup(html: str) -> "Markup":
    """Mark HTML as safe: our own files, rendered templates, and drawings, in which matplotlib escapes names."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704, see above


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": percent, "interval": interval_words, "brief": brief, "duration": duration}
    environment.filters |= {"code": with_code, "uri": picture_uri, "small": is_small, "thumbnail": thumbnail_uri}
    return environment


def with_code(words: str) -> "Markup":
    """Return words with what stands between backticks as code; the words may be a stranger's.

    Example:
        >>> with_code("write `a<b`")
        Markup('write <code>a&lt;b</code>')
    """
    from markupsafe import escape

    return markup(CODE.sub(r"<code>\1</code>", str(escape(words))))


def _source(name: str) -> str:
    return files("sightline.evaluation").joinpath(name).read_text(encoding="utf-8")
