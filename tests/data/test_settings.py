import pytest

from sightline.core.errors import SettingsError
from sightline.data.settings import DataSettings


@pytest.mark.parametrize(
    ("size", "expected"),
    [("auto", None), ("64", (64, 64)), ("48x64", (48, 64)), ("48X64", (48, 64)), ("4096", (4096,) * 2)],
)
def test_a_size_is_a_height_and_a_width(size, expected):
    assert DataSettings(size=size).input_size() == expected


@pytest.mark.parametrize("size", ["0", "5000", "1x2x3", "x", "-4", "²", "", "12345678901234567890"])
def test_any_other_size_is_refused(size):
    with pytest.raises(SettingsError, match="expected auto, 64 or 48x64"):
        DataSettings(size=size)


def test_parts_that_leave_nothing_to_learn_from_are_refused_together():
    assert DataSettings(validation_fraction=0.5, test_fraction=0.4).test_fraction == 0.4
    with pytest.raises(SettingsError, match="validation_fraction and test_fraction are 1 together"):
        DataSettings(validation_fraction=0.85)


def test_everything_that_is_impossible_is_told_at_once():
    with pytest.raises(SettingsError) as caught:
        DataSettings(size="x", resize="stretch", colours="lab", test_fraction=1.0)

    for problem in (
        "size = 'x'",
        "no resize named 'stretch'",
        "no colours named 'lab'",
        "test_fraction = 1.0",
        "together",
    ):
        assert problem in caught.value.problem
