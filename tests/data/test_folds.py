import csv
import io
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from sightline.core.errors import DataError
from sightline.data.folds import Fold, folds_of, rows_to_divide, split_of
from sightline.data.splits import LEFT_OUT, split

RELAXED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
GROUPED = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["", "", "x", "y", "z"]), st.sampled_from(["", "", "p", "q"])),
    min_size=1,
    max_size=30,
)
PADDING = [(label, "") for label in "ab" for _ in range(12)]
"""Enough for every fold to hold both classes."""


def divided(surveyed, count, **options):
    return folds_of(surveyed, np.arange(len(surveyed.catalog)), count=count, **options)


def test_every_class_is_spread_over_the_folds_as_scikit_learn_spreads_it(table):
    sizes = (41, 23, 8)
    surveyed = table([(label, "") for label, size in zip("abc", sizes, strict=True) for _ in range(size)])
    labels = surveyed.catalog.labels

    folds = divided(surveyed, 5)

    theirs = StratifiedKFold(5, shuffle=True, random_state=0).split(labels, labels)
    expected = Counter((label, count) for _, rows in theirs for label, count in Counter(labels[rows].tolist()).items())
    made = Counter(
        (label, count) for fold in folds for label, count in Counter(labels[folds.held_out(fold)].tolist()).items()
    )
    assert made == expected


def test_small_classes_fill_all_folds_alike(table):
    surveyed = table([(f"class {number}", "") for number in range(100) for _ in range(4)])

    folds = divided(surveyed, 3)

    sizes = [len(folds.held_out(fold)) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


@given(rows=GROUPED, seed=st.integers(0, 9))
@RELAXED
def test_copies_and_groups_stay_in_one_fold(table, rows, seed):
    surveyed = table([*rows, *PADDING])

    folds = divided(surveyed, 3, repeats=2, seed=seed)

    for names in (surveyed.catalog.groups, surveyed.digests):
        for places in folds.places:
            together = {(name, place) for name, place in zip(names, places.tolist(), strict=True) if name}
            assert len(together) == len({name for name, _ in together})
    assert (folds.places > 0).all()


def test_every_row_is_held_out_once_a_repeat_and_learnt_from_otherwise(table):
    surveyed = table(PADDING)

    folds = divided(surveyed, 4, repeats=3)

    assert len(folds) == len(list(folds)) == 12
    held_out = Counter(row for fold in folds for row in folds.held_out(fold).tolist())
    assert held_out == dict.fromkeys(range(24), 3)
    assert all(len(folds.held_out(fold)) + len(folds.others(fold)) == 24 for fold in folds)
    assert not (folds.places[0] == folds.places[1]).all()


def test_the_digest_changes_with_the_seed_and_with_nothing_else(table):
    surveyed = table(PADDING)

    digests = [divided(surveyed, 3, seed=seed).digest for seed in (0, 0, 1)]

    assert digests[0] == digests[1] != digests[2]


def test_more_folds_than_a_class_has_units_are_refused_by_its_name(table):
    surveyed = table([*PADDING, *[("rare", "", "one patient")] * 9, ("rare", "")])

    with pytest.raises(DataError, match=r"'rare' \(2\)") as refused:
        divided(surveyed, 3)

    assert "--folds 2 or fewer" in refused.value.hint


def test_a_fold_learns_from_the_others_and_never_sees_the_test_part(table):
    surveyed = table([*PADDING, *[("a", "same", "g")] * 4])
    division = split(surveyed, test_fraction=0.25)
    folds = folds_of(surveyed, rows_to_divide(division), count=3)

    for fold in folds:
        made = split_of(surveyed, division, folds, fold, validation_fraction=0.2, seed=0)

        assert made.rows("test").tolist() == folds.held_out(fold).tolist()
        assert {made.parts[row] for row in division.rows("test")} == {LEFT_OUT}
        assert set(division.rows("test").tolist()) <= made.reasons.keys()
        assert sorted([*made.rows("train"), *made.rows("validation")]) == folds.others(fold).tolist()
        assert len(made.rows("validation"))
        assert len({made.parts[row] for row in range(24, 28)}) == 1


def test_the_table_of_the_folds_can_be_read_back(table):
    surveyed = table([*PADDING, (None, "")])
    folds = folds_of(surveyed, np.arange(24), count=2, repeats=2)

    rows = list(csv.DictReader(io.StringIO(folds.table(surveyed))))

    assert [row["repeat 2"] for row in rows] == [*map(str, folds.places[1, :24].tolist()), ""]
    assert str(Fold(2, 5)) == "2-5"
