import pytest

from sightline.classical.plan import Plan, plan_of
from sightline.core.errors import SettingsError


def test_the_options_of_an_older_model_file_are_read():
    plan = plan_of({"descriptor": ["sift"], "step": 3, "strength": 0.0, "neighbours": 0})
    assert plan == Plan(("sift",), stride=3, strength=None, neighbours=None)


def test_a_strength_that_an_older_model_file_names_is_kept():
    assert plan_of({"descriptor": ["hog"], "strength": 0.25, "neighbours": 7}) == Plan(strength=0.25, neighbours=7)


def test_a_list_of_whole_numbers_becomes_the_numbers_that_the_plan_wants():
    assert plan_of({"descriptor": ["hog"], "scales": [1, 2]}).scales == (1.0, 2.0)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"strength": 0.0}, r"strength = 0\.0"),
        ({"neighbours": 0}, "neighbours = 0"),
        ({"stride": 0}, "stride = 0"),
        ({"scales": (1.0, 0.0)}, r"scales = \(1\.0, 0\.0\)"),
        ({"scales": ()}, "scales is empty"),
        ({"descriptor": ("hog", "hogg")}, "there is no descriptor named 'hogg'"),
        ({"mirrored": "perhaps"}, "there is no mirrored named 'perhaps'"),
        ({"cell": "8"}, "cell = '8'"),
        ({"cell": 8.0}, r"cell = 8\.0"),
    ],
)
def test_an_impossible_plan_is_refused_with_its_value(options, problem):
    with pytest.raises(SettingsError, match=problem):
        Plan(**options)
