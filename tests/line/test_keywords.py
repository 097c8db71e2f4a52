"""The keywords of `sightline.train` as editors know them; `python tests/line/test_keywords.py` writes them anew."""

from pathlib import Path

from sightline.core.rules import Rule
from sightline.line.settings import keywords
from sightline.line.settings.tables import SETTINGS

HEAD = '''"""Every setting of a training with its type, for editors: made by `tests/line/test_keywords.py`."""

from collections.abc import Sequence
from typing import Literal, TypedDict


class SettingsKeywords(TypedDict, total=False):
    """The keywords of `sightline.train` that are settings; text is understood as after ``--set``."""
'''


def type_of(rule: Rule) -> str:
    one = rule.item.__name__ if rule.kind is tuple else rule.kind.__name__
    if rule.names:
        one = f"Literal[{', '.join(repr(name).replace(chr(39), chr(34)) for name in rule.names)}]"
    listed = f"Sequence[{one}] | str" if rule.kind is tuple else one
    has_auto = rule.auto and "auto" not in rule.names and rule.kind not in (str, tuple)
    return f'{listed} | Literal["auto"]' if has_auto else listed


def source() -> str:
    rows = [f"    {name}: {type_of(setting.rule)}" for name, setting in SETTINGS.items() if name != "data"]
    return HEAD + "\n" + "\n".join(rows) + "\n"


def plain(text: str) -> str:
    """Return a program without what a formatter decides."""
    return "".join(text.split()).replace(",]", "]").replace("(", "").replace(")", "")


def test_the_keywords_of_train_are_the_settings():
    assert plain(Path(keywords.__file__).read_text()) == plain(source())


if __name__ == "__main__":
    Path(keywords.__file__).write_text(source())
