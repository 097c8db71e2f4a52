"""Values as any JSON reader takes them."""

import json
import math
from typing import Any

from sightline.core.text import STEERING, escaped


def sayable(value: Any) -> Any:
    """Return a value with None for what JSON has no word for: infinity and what is no number."""
    if isinstance(value, dict):
        return {key: sayable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [sayable(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_line(document: object) -> str:
    r"""Return JSON in one line; what is no text, and what could steer a terminal, become JSON's own escapes.

    Example:
        >>> json_line({"loss": float("inf"), "name": "caf\xe9"})
        '{"loss": null, "name": "café"}'
    """
    text = json.dumps(sayable(document), ensure_ascii=False, allow_nan=False)
    return STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", escaped(text))
