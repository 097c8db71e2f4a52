from dataclasses import dataclass

import pytest

from sightline.core.errors import SettingsError
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
