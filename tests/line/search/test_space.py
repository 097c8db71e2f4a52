import pytest

from sightline.core.errors import SettingsError
from sightline.line.search.space import Range, auto_space, read_space, space_of, typed
from sightline.line.search.stage import Budget


def test_a_range_and_a_list_are_read_by_the_kinds_of_their_settings(tmp_path):
    (tmp_path / "space.toml").write_text(
        'optimizer = ["sgd", "adam"]\n[steps]\nbatch_size = { low = 8, high = 64, log = true }\n'
    )

    space = read_space(tmp_path / "space.toml")

    assert space.entries["batch_size"] == Range(8, 64, is_log=True, is_whole=True)
    assert {point["optimizer"] for point in space.grid()} == {"sgd", "adam"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"learning_rat": [0.1]}, "learning_rat"),
        ({"learning_rate": {"low": 0.1, "high": 0.1}}, "the range is empty"),
        ({"learning_rate": {"low": 0.5, "high": 0.1}}, "low must be below high"),
        ({"dropout": {"low": 0.0, "high": 0.5, "log": True}}, "begin above 0"),
        ({"batch_size": {"low": 0, "high": 64}}, "batch_size = 0"),
        ({"optimizer": ["sdg"]}, "sgd"),
        ({"optimizer": []}, "at least one value"),
        ({"optimizer": {"low": 1, "high": 2}}, "list its values"),
        ({"epochs": 3}, "low, high"),
        ({"learning_rate": {"low": "auto", "high": 0.1}}, "numbers at its ends"),
        ({"learning_rate": {"low": 1e-4, "high": 0.1, "log": "yes"}}, "true or false"),
        ({"learning_rate": [0.1], "steps": {"learning_rate": [0.2]}}, "named twice"),
        ({"seed": [0, 1]}, "the same for all trials"),
        ({"data.scale": ["deviation", "range"]}, "the same for all trials"),
        ({1: [2, 3]}, "no setting named '1'"),
        ({}, "names no setting"),
    ],
)
def test_a_space_that_is_none_is_refused_in_words(document, words):
    with pytest.raises(SettingsError, match="can't be searched through") as refused:
        space_of(document)

    assert words in str(refused.value)


def test_a_list_of_lists_is_kept_as_text_and_no_value_twice():
    space = space_of({"hidden": [[8], [16, 4], [8]], "learning_rate": [0.1, 0.1]})

    assert [point["hidden"] for point in space.grid()] == ["8", "16,4"]
    assert typed(space.grid()[1]) == {"hidden": (16, 4), "learning_rate": 0.1}


def test_all_that_is_wrong_with_a_space_is_said_at_once():
    with pytest.raises(SettingsError, match=r"batch_siz.*empty"):
        space_of({"batch_siz": [1], "learning_rate": {"low": 1, "high": 1}})


def test_auto_is_the_ranges_of_the_textbooks():
    space = auto_space(frozenset({"learning_rate", "batch_size"}), frozenset(), model="linear", pictures=10_000)

    assert {name: (entry.low, entry.high) for name, entry in space.entries.items()} == {
        "learning_rate": (1e-7, 1.0),
        "batch_size": (8, 512),
    }


def test_auto_of_a_model_that_reads_neither_is_refused():
    with pytest.raises(SettingsError, match="does not read"):
        auto_space(frozenset({"seed"}), frozenset(), model="hog-svm", pictures=100)


def test_a_logarithmic_grid_goes_by_ratios_from_end_to_end():
    assert Range(1e-4, 1.0, is_log=True, points=5).grid() == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1, 1.0))
    assert Range(1, 3, is_whole=True, points=8).grid() == (1, 2, 3)


def test_a_grid_has_no_more_points_than_there_are_trials():
    space = space_of({"learning_rate": {"low": 1e-4, "high": 1, "log": True}, "optimizer": ["sgd", "adam", "muon"]})

    assert len(space.grid()) == 24
    assert len(space.of_points(12).grid()) == 12


def test_the_range_around_the_best_stays_within_the_ends():
    narrow = Range(1e-4, 1.0, is_log=True).around(1.0)

    assert narrow.high == 1.0
    assert narrow.low == pytest.approx(10**-0.5)


def test_a_budget_has_more_short_trainings_than_long_ones():
    coarse, fine, last = Budget(20).stages

    assert (coarse.trials, fine.trials, last.trials * last.seeds) == (12, 8, 9)
    assert coarse.epochs(40) < fine.epochs(40) < last.epochs(40) == 40
