"""Table and page of thresholds agree; `python tests/training/test_thresholds.py` writes the page's part anew."""

import re
from pathlib import Path

from sightline.training.thresholds import THRESHOLDS, threshold

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "preflight.md"
BETWEEN = re.compile(r"(?<=<!-- thresholds -->\n).*(?=\n<!-- end of thresholds -->)", re.DOTALL)


def table():
    rows = [f"| `{name}` | {entry.value:g} | {entry.meaning} | {entry.source} |" for name, entry in THRESHOLDS.items()]
    return "\n".join(["| name | value | what | source |", "|---|---|---|---|", *rows])


def test_the_page_has_every_threshold_with_its_source():
    assert BETWEEN.search(PAGE.read_text()).group() == table()


def test_every_threshold_is_asked_for_by_a_rule_and_every_rule_asks_for_one_that_is_there():
    source = "\n".join(path.read_text() for path in (ROOT / "src" / "sightline" / "training").rglob("*.py"))
    asked = set(re.findall(r'threshold\(\s*"([a-z-]+)"', source))
    assert asked == set(THRESHOLDS)


def test_a_threshold_is_its_number():
    assert threshold("still-epochs") == THRESHOLDS["still-epochs"].value


if __name__ == "__main__":
    PAGE.write_text(BETWEEN.sub(lambda _: table(), PAGE.read_text()))
