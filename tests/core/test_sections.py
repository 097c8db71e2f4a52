from dataclasses import dataclass

import pytest

from sightline.core.errors import SettingsError
from sightline.core.rules import Rule
from sightline.core.sections import Section, items, name, number, whole


@dataclass(frozen=True)
class Sample(Section):
    epochs: int = whole("how often", 20, least=1, auto=True)
    loss: str = name("", ("hinge", "cross-entropy"), "hinge")
    rate: float | None = number("how fast", None, least=0)
    widths: tuple[int, ...] = items("how wide", (8,), int)


def test_the_defaults_are_not_checked_and_make_no_options():
    assert Sample().as_options() == {}


def test_all_impossible_values_are_named_at_once():
    with pytest.raises(SettingsError, match=r"epochs = 0; there is no loss named 'hing'; rate = -1"):
        Sample(epochs=0, loss="hing", rate=-1.0)


def test_a_section_takes_its_own_of_many_values_and_gives_them_back_for_json():
    section = Sample.of({"epochs": 3, "widths": (4, 5), "foreign": 1})
    assert section.as_options() == {"epochs": 3, "widths": [4, 5]}


@pytest.mark.parametrize("value", [True, "3", 3.0, None, (3,)])
def test_a_value_of_another_kind_is_refused(value):
    with pytest.raises(SettingsError, match="epochs = "):
        Sample(epochs=value)


def test_a_list_is_checked_item_by_item_and_by_its_length():
    rule = Rule(tuple, "how wide", item=int, least=1, count=(1, 2))
    rule.check("widths", (8, 9))
    for value, problem in (
        ((), "widths is empty"),
        ((1, 2, 3), "expected 1 to 2 numbers, each 1 or more"),
        ((0,), "0"),
    ):
        with pytest.raises(SettingsError, match=problem):
            rule.check("widths", value)
