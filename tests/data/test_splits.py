import csv
import io
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.data.opening import open_catalog
from sightline.data.splits import LEFT_OUT, split, units, with_calibration_part
from sightline.data.survey import survey

SPLIT_OFF = ("train", "validation", "test")
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["", "", "x", "y", "z", "rotten"]),
        st.sampled_from(["", "", "p", "q", "r"]),
    ),
    min_size=1,
    max_size=40,
)
PARTED_ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["", "x", "y", "z", "rotten"]),
        st.sampled_from(["", "p", "q"]),
        st.sampled_from(["", "train", "validation", "test"]),
    ),
    min_size=1,
    max_size=30,
)
RELAXED = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sides(parts, names):
    """Return each name's parts, what is left out apart."""
    found = defaultdict(set)
    for part, name in zip(parts, names, strict=True):
        if name and part != LEFT_OUT:
            found[name].add(part)
    return found


def test_each_class_has_its_share_of_each_part(table):
    surveyed = table([("a", "")] * 100 + [("b", "")] * 40 + [("c", "")] * 20)

    parts = np.array(split(surveyed, validation_fraction=0.15, test_fraction=0.25).parts)

    for label, size in enumerate((100, 40, 20)):
        mine = parts[surveyed.catalog.labels == label]
        assert abs((mine == "validation").sum() - 0.15 * size) <= 1
        assert abs((mine == "test").sum() - 0.25 * size) <= 1


@given(rows=ROWS, seed=st.integers(0, 9))
@RELAXED
def test_copies_and_groups_are_never_on_two_sides(table, rows, seed):
    surveyed = table(rows)

    made = split(surveyed, seed=seed)

    assert all(len(found) == 1 for found in sides(made.parts, surveyed.catalog.groups).values())
    assert all(len(found) == 1 for found in sides(made.parts, surveyed.digests).values())
    assert (
        set(made.reasons) == {row for row, part in enumerate(made.parts) if part == LEFT_OUT} == set(surveyed.problems)
    )
    assert set(made.parts) <= {*SPLIT_OFF, LEFT_OUT}


@given(rows=PARTED_ROWS, seed=st.integers(0, 9))
@RELAXED
def test_given_parts_are_kept_and_no_copy_of_a_test_picture_is_trained(table, rows, seed):
    surveyed = table(rows)

    made = split(surveyed, seed=seed)

    for given_part, part in zip(surveyed.catalog.parts, made.parts, strict=True):
        if given_part in ("validation", "test"):
            assert part in (given_part, LEFT_OUT)
    assert all(len(found) == 1 for found in sides(made.parts, surveyed.digests).values())
    assert set(made.reasons) == {row for row, part in enumerate(made.parts) if part == LEFT_OUT}


@given(rows=PARTED_ROWS)
@RELAXED
def test_a_row_without_a_part_is_never_trained_when_its_group_is_tested(table, rows):
    surveyed = table(rows)

    made = split(surveyed)

    tested = {
        group
        for group, part in zip(surveyed.catalog.groups, surveyed.catalog.parts, strict=True)
        if group and part == "test"
    }
    tested &= {group for group, part in zip(surveyed.catalog.groups, made.parts, strict=True) if part == "test"}
    for group, before, after in zip(surveyed.catalog.groups, surveyed.catalog.parts, made.parts, strict=True):
        if group in tested and not before:
            assert after not in ("train", "validation")


def test_all_given_parts_are_kept_as_they_are(table):
    surveyed = table([(label, "", "", part) for label in "ab" for part in SPLIT_OFF for _ in range(3)])

    assert split(surveyed).parts == surveyed.catalog.parts


def test_a_missing_part_is_taken_out_of_the_training_part_only(table):
    surveyed = table([("a", "", "", "train")] * 40 + [("a", "", "", "test")] * 10)

    made = split(surveyed, validation_fraction=0.25, test_fraction=0.5)

    assert made.counts() == {"train": 30, "validation": 10, "test": 10}
    assert made.parts[40:] == ("test",) * 10


def test_a_training_copy_of_a_test_picture_is_left_out_with_its_reason(table):
    surveyed = table([("a", "copy", "", part) for part in SPLIT_OFF] + [("a", "", "", "train")] * 3)

    made = split(surveyed)

    assert made.parts[:3] == (LEFT_OUT, LEFT_OUT, "test")
    assert made.reasons == dict.fromkeys((0, 1), "the same picture is in the test part")


def test_a_row_without_a_part_that_copies_a_test_picture_is_left_out(table):
    surveyed = table([("a", "copy", "", "test"), ("a", "copy"), *[("a", "")] * 4])

    made = split(surveyed)

    assert made.parts[:2] == ("test", LEFT_OUT)
    assert made.reasons == {1: "the same picture or group is in the test part"}


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [(1, {"train"}), (2, {"train"}), (3, set(SPLIT_OFF)), (4, set(SPLIT_OFF))],
)
def test_a_small_class_is_in_every_part_from_three_pictures_on(pictures, expected, table):
    surveyed = table([("big", "")] * 60 + [("small", "")] * pictures)

    for seed in range(5):
        made = split(surveyed, seed=seed)
        assert set(made.parts[60:]) == expected


def test_the_same_seed_gives_the_same_split_and_another_seed_another(table):
    surveyed = table([("a", "")] * 60)

    assert split(surveyed, seed=1) == split(surveyed, seed=1)
    assert split(surveyed, seed=1).parts != split(surveyed, seed=2).parts
    assert split(surveyed, seed=1).counts() == split(surveyed, seed=2).counts()


@pytest.mark.parametrize(("validation", "test"), [(0, 0), (0.2, 0), (0, 0.2)])
def test_a_part_of_no_share_is_empty(validation, test, table):
    surveyed = table([("a", "")] * 20)

    counts = split(surveyed, validation_fraction=validation, test_fraction=test).counts()

    assert (counts["validation"], counts["test"]) == (round(20 * validation), round(20 * test))


def test_the_digest_changes_with_a_files_bytes_and_with_nothing_else(class_folders):
    root = class_folders({"a": 4, "b": 4})
    catalog = open_catalog(root)
    before, again = (split(survey(catalog)).digest for _ in range(2))

    with (root / "a" / "0.png").open("ab") as file:
        file.write(b"\0")

    assert before == again
    assert split(survey(catalog)).digest != before


def test_the_digest_changes_with_a_label_and_with_a_part(table):
    surveyed = table([("a", "")] * 8 + [("b", "")] * 8)
    flipped = replace(surveyed.catalog, labels=1 - surveyed.catalog.labels)

    digests = {split(surveyed).digest, split(replace(surveyed, catalog=flipped)).digest, split(surveyed, seed=3).digest}

    assert len(digests) == 3


def test_units_are_chains_of_copies_and_groups(table):
    surveyed = table([("a", "x", "p"), ("a", "x"), ("a", "", "p"), ("a", ""), ("a", "y", "q"), ("a", "z", "q")])

    assert sorted(map(sorted, units(surveyed, range(6)))) == [[0, 1, 2], [3], [4, 5]]


def test_the_table_of_a_split_can_be_read_back(class_folders):
    root = class_folders({"a": 3, "b": 3})
    (root / "a" / 'new\nline, "quoted".png').write_bytes(b"rotten")
    catalog = open_catalog(root)
    surveyed = survey(catalog)

    rows = list(csv.DictReader(io.StringIO(split(surveyed).table(surveyed), newline="")))

    assert tuple(row["path"] for row in rows) == catalog.paths
    assert [row["sha256"] for row in rows] == list(surveyed.digests)
    assert [row["part"] for row in rows if row["reason"]] == [LEFT_OUT]


def test_a_catalog_of_many_rows_and_one_group_is_split_in_time(table):
    surveyed = table([("a", "", "g")] * 3000 + [(f"class {n}", "") for n in range(2000)])

    made = split(surveyed)

    assert len(set(made.parts[:3000])) == 1


def test_pictures_without_a_label_are_a_part_of_their_own_and_move_nobody_else(table):
    labelled = [("a", f"a{n}") for n in range(40)] + [("b", f"b{n}") for n in range(20)]
    alone = split(table(labelled))

    together = split(table([*labelled, (None, "x"), (None, "a0"), (None, "y", "", "test"), (None, "rotten")]))

    assert together.parts == (*alone.parts, *(["unlabelled"] * 3), LEFT_OUT)
    assert together.counts() == alone.counts()
    assert together.rows("unlabelled").tolist() == [60, 61, 62]


def test_a_split_of_pictures_without_any_label_is_empty(table):
    assert split(table([(None, "")] * 3)).counts() == {"train": 0, "validation": 0, "test": 0}


def test_the_table_of_a_split_leaves_the_label_of_the_unlabelled_empty(table):
    surveyed = table([("a", ""), (None, "")])

    rows = list(csv.DictReader(io.StringIO(split(surveyed).table(surveyed), newline="")))

    assert [(row["label"], row["part"]) for row in rows][1] == ("", "unlabelled")


def test_half_of_a_large_validation_part_calibrates_and_the_other_parts_stay(table):
    surveyed = table([("a", "", f"p{number // 3}") for number in range(9000)] + [("b", "")] * 6000)
    made = split(surveyed)

    apart = with_calibration_part(surveyed, made, seed=0)

    before, after = np.array(made.parts), np.array(apart.parts)
    assert ((before == after) | (before == "validation")).all()
    assert set(after[before == "validation"]) == {"validation", "calibration"}
    assert abs((after == "calibration").sum() - (before == "validation").sum() / 2) <= 4
    assert all(len(parts) == 1 for parts in sides(after, surveyed.catalog.groups).values())
    assert apart.digest != made.digest


def test_a_small_validation_part_stays_whole(table):
    surveyed = table([("a", "")] * 200 + [("b", "")] * 200)
    made = split(surveyed)
    assert with_calibration_part(surveyed, made, seed=0) is made
