import numpy as np
import pytest
from scipy.stats import fisher_exact

from sightline.core.intervals import wilson_interval
from sightline.evaluation.breakdown.subgroups import fewer_by_chance, holm, subgroup_scores
from sightline.evaluation.report.subgroups import Subgroups


def pictures(dark, bright):
    """Return what was right of dark and of bright pictures, (right, all) of each, and which kind each picture is."""
    right = np.array([number < hits for hits, count in (dark, bright) for number in range(count)])
    return right, {"brightness": ["dark"] * dark[1] + ["bright"] * bright[1]}


def test_a_group_that_is_worse_is_named_with_an_interval_that_is_wider_than_its_own():
    right, attributes = pictures((20, 50), (90, 100))
    scores = subgroup_scores(right, attributes)
    low, high = wilson_interval(20, 50)
    assert scores.worst.is_worse
    assert (scores.worst.value, scores.worst.count, scores.worst.accuracy) == ("dark", 50, 0.4)
    assert scores.worst.interval[0] < low < high < scores.worst.interval[1]
    assert "worst group is brightness 'dark'" in scores.words


def test_among_many_groups_that_differ_by_chance_none_is_called_worse():
    generator = np.random.default_rng(0)
    right = generator.random(600) < 0.8
    attributes = {f"column {number}": generator.choice(list("abcd"), 600).tolist() for number in range(10)}
    scores = subgroup_scores(right, attributes)
    assert len(scores.groups) == 40
    assert min(fewer_by_chance(right[:150], right[150:]), 1) > 0
    assert not scores.worst.is_worse
    assert "may be chance" in scores.words


@pytest.mark.parametrize(("others", "groups"), [(1, 0), (4, 0), (5, 2)])
def test_a_value_that_nearly_all_pictures_have_is_compared_with_nothing(others, groups):
    scores = subgroup_scores(np.arange(60) % 2 == 0, {"file type": ["PNG"] * (60 - others) + ["GIF"] * others})
    assert len(scores.groups) == groups


def test_how_often_chance_makes_a_group_so_bad_is_fisher_s_exact_test():
    right, _ = pictures((20, 50), (90, 100))
    expected = fisher_exact([[20, 30], [90, 10]], alternative="less").pvalue
    assert fewer_by_chance(right[:50], right[50:]) == pytest.approx(expected)


def test_holm_corrects_as_its_paper_does_and_keeps_the_order():
    p_values = np.random.default_rng(1).random(9) / 5
    order = np.argsort(p_values)
    expected = np.empty(9)
    expected[order] = np.minimum(1, np.maximum.accumulate((9 - np.arange(9)) * p_values[order]))
    np.testing.assert_allclose(holm(p_values.tolist()), expected)


def test_groups_of_few_pictures_and_attributes_that_all_share_are_left_out():
    scores = subgroup_scores(np.ones(12, bool), {"type": ["PNG"] * 12, "camera": ["a"] * 6 + ["b", "c", *[""] * 4]})
    assert [(group.attribute, group.value, group.p_value) for group in scores.groups] == [("camera", "a", 1)]
    assert scores.small == 2
    assert "None of 1 kinds" in scores.words
    two = subgroup_scores(np.array([True, False]), {"class": ["ant", "bee"]})
    assert (two.groups, two.worst) == ((), None)
    assert "none can be told apart" in two.words
    assert "none can be told apart" in Subgroups(two).html()


def test_the_section_marks_the_group_that_is_worse_and_a_stranger_s_column_can_t_write_into_the_page():
    right, attributes = pictures((20, 50), (90, 100))
    html = Subgroups(subgroup_scores(right, {"<b>": attributes["brightness"]})).html()
    assert "worse than the rest" in html
    assert "<b>" not in html


def test_an_attribute_of_another_length_is_a_slip():
    with pytest.raises(ValueError, match="1 values for 2 pictures"):
        subgroup_scores(np.array([True, False]), {"class": ["ant"]})
