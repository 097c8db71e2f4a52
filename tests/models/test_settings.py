import pytest

from sightline.core.errors import SettingsError
from sightline.models import MODELS
from sightline.models.building import build_layers
from sightline.models.settings import NetworkSettings


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"hidden": ()}, "hidden is empty"),
        ({"hidden": (1, 2, 3)}, r"hidden = \(1, 2, 3\)"),
        ({"hidden": (0,)}, r"hidden = \(0,\)"),
        ({"widths": (8, 8)}, r"widths = \(8, 8\)"),
        ({"widths": (8, 8, 0)}, r"widths = \(8, 8, 0\)"),
        ({"stochastic_depth": 1.0}, r"stochastic_depth = 1\.0"),
        ({"size_rule": "ceil"}, "there is no size_rule named 'ceil'"),
        ({"views": "all"}, "there is no views named 'all'"),
    ],
)
def test_an_impossible_setting_is_refused_with_its_value(options, problem):
    with pytest.raises(SettingsError, match=problem):
        NetworkSettings(**options)


def test_the_limits_of_a_list_are_said_in_words():
    with pytest.raises(SettingsError, match="expected 3 numbers, each 1 or more, or auto"):
        NetworkSettings(widths=(8, 8))


def test_every_option_that_a_family_takes_is_a_setting_and_its_default_the_family_s_own():
    own = {option for entry in MODELS.values() for option in entry.options}
    assert own == {"hidden", "widths", "stochastic_depth"}
    settings = NetworkSettings()
    assert str(build_layers("mlp", (8, 8, 3), 2)) == str(build_layers("mlp", (8, 8, 3), 2, {"hidden": settings.hidden}))
    assert settings.widths is None
