import pytest

from sightline.core.percent import percent
from sightline.evaluation.words import brief


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9704, "97.0"), (1.0, "100.0"), (0.0, "0.0"), (0.9999, "99.99"), (0.0004, "0.04"), (0.99951, "99.95")],
)
def test_rounding_hides_no_mistake(share, text):
    assert percent(share) == f"{text}\u00a0%"


def test_a_brief_name_keeps_both_ends():
    assert brief("abcdefghij", 6) == "abc…ij"
    assert brief("abcdef", 6) == "abcdef"
