import pytest

from sightline.evaluation.trust.refusals import Refusals


@pytest.mark.parametrize(("known", "is_broken"), [(40, False), (400, True)])
def test_more_refusals_than_stated_are_clear_only_where_enough_known_pictures_set_the_limit(known, is_broken):
    refusals = Refusals(35, 296, 0.05, known, "where few are as strange")
    assert refusals.interval[0] > 0.05  # by these pictures alone it would be clear in both cases
    assert refusals.is_broken is is_broken
    assert ("clearly more" in refusals.words, "test for drift" in refusals.words) == (is_broken, is_broken)
    assert f"by a limit of {known} known pictures" in refusals.words


def test_as_many_refusals_as_stated_are_no_fault_however_many_pictures_there_are():
    assert not Refusals(5_000, 100_000, 0.05, 1_000_000, "").is_broken
