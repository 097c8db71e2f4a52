"""Values as any JSON reader takes them."""

import json
import math
from typing import Any

from sightline.core.text import escaped


def sayable(value: Any) -> Any:
    """Return a value with None for what JSON has no word for: infinity and what is no number."""
    if isinstance(value, dict):
        return {key: sayable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [sayable(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_line(document: object) -> str:
    r"""Return JSON in one line; bytes of a file name that are no text become JSON's own escapes.

    Example:
        >>> json_line({"loss": float("inf"), "name": "caf\xe9"})
        '{"loss": null, "name": "café"}'
    """
    text = json.dumps(sayable(document), ensure_ascii=False, allow_nan=False)
    return escaped(text)
