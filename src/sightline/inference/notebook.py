"""What a notebook shows of a prediction and of a classifier: HTML without styles from outside, all text escaped."""

from collections.abc import Mapping, Sequence
from html import escape

from sightline.core.percent import percent
from sightline.core.text import listed
from sightline.evaluation.pictures import uri_of

MOST_BARS = 10
MOST_CLASSES = 30
"""Names that are written out; of more, their number."""
BAR = "background:#2c62b6;height:0.7em;width:{width:.1f}%"
CARD = "border:1px solid #8886;border-radius:6px;padding:0.6em 1em;max-width:36em;font-family:sans-serif"
CELL = "text-align:left;padding:0.1em 1em 0.1em 0;vertical-align:top"


def prediction_html(
    name: str,
    probabilities: Mapping[str, float],
    *,
    error: str,
    likely: Sequence[str] | None,
    note: str = "",
    refusal: str = "",
    nearest: tuple[str, bytes] | None = None,
) -> str:
    """Return a picture's name, its likeliest class and a bar a class.

    Args:
        name: What the picture is called.
        probabilities: 0 to 1, likeliest first; the ten likeliest are shown.
        error: Why there is no answer, or ``""``.
        likely: The prediction set, or None where there is none.
        note: What should be known of how the picture was read.
        refusal: Why it is taken for none of the classes, or ``""``.
        nearest: What the training picture beside a refusal is called, and the bytes of its small JPEG; or None.
    """
    if error:
        return _card(name, f"<p>{escape(error)}</p>")
    rows = [_bar(label, share) for label, share in list(probabilities.items())[:MOST_BARS]]
    left_out = len(probabilities) - len(rows)
    notes = [f"<p>and {left_out:,} less likely classes</p>"] if left_out else []
    if likely is not None:
        notes.append(f"<p>prediction set: {escape(', '.join(likely))}</p>")
    if note:
        notes.append(f"<p>it {escape(note)}</p>")
    if nearest is not None:
        notes.append(_nearest(*nearest))
    label, share = next(iter(probabilities.items()))
    table = f'<table style="width:100%">{"".join(rows)}</table>'
    title = f"none of these: {refusal}" if refusal else f"{label} {percent(share)}"
    return _card(title, f"<p>{escape(name)}</p>", table, *notes)


def classifier_html(title: str, rows: Mapping[str, str], classes: Sequence[str]) -> str:
    """Return a card: what a model is, what it reads, which classes it knows, what was measured.

    Args:
        title: What the model is called.
        rows: What stands on the card, and its value in words.
        classes: The names; thirty are written out.
    """
    names = listed(classes, MOST_CLASSES)
    cells = [
        f'<tr><th style="{CELL}">{escape(key)}</th><td style="{CELL}">{escape(value)}</td></tr>'
        for key, value in {**rows, f"{len(classes):,} classes": names}.items()
    ]
    return _card(title, f"<table>{''.join(cells)}</table>")


def _nearest(words: str, thumbnail: bytes) -> str:
    shown = f'<img src="{uri_of(thumbnail, "jpeg")}" alt="" style="max-height:6em;display:block">'
    return f"<p>nearest training picture: {escape(words)}{shown}</p>"


def _card(title: str, *parts: str) -> str:
    return f'<div style="{CARD}"><strong>{escape(title)}</strong>{"".join(parts)}</div>'


def _bar(label: str, share: float) -> str:
    bar = f'<div style="{BAR.format(width=100 * share)}"></div>'
    return (
        f'<tr><td style="{CELL}">{escape(label)}</td><td style="width:50%">{bar}</td>'
        f'<td style="text-align:right">{percent(share)}</td></tr>'
    )
