"""Classes, and not pictures, are split."""

import numpy as np
import pytest

from sightline.data.by_class.checks import CLASS_CHECKS, check_class_split
from sightline.data.by_class.groups import class_groups
from sightline.data.by_class.splits import can_hold_out, gives_classes, split_classes
from sightline.data.checks import check
from sightline.data.opening import open_catalog


@pytest.fixture(scope="module")
def letters(table):
    """Ten alphabets of four letters, three drawings of each."""
    return table([(f"alphabet{n // 12}/letter{n // 3}",) for n in range(120)])


def classes_of(surveyed, division, part):
    return set(surveyed.catalog.labels[division.rows(part)].tolist())


def test_every_class_is_in_one_part_and_its_whole_group_with_it(letters):
    division = split_classes(letters, validation_fraction=0.2, test_fraction=0.3, seed=0)
    found = {part: classes_of(letters, division, part) for part in ("train", "validation", "test")}
    assert {part: len(classes) for part, classes in found.items()} == {"train": 20, "validation": 8, "test": 12}
    groups = class_groups(letters.catalog)
    in_parts = [{groups[label] for label in classes} for classes in found.values()]
    assert sum(map(len, in_parts)) == len(set.union(*in_parts)) == 10


def test_the_seed_alone_decides(letters):
    first, again, other = (split_classes(letters, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.parts != other.parts
    assert first.digest != other.digest


def test_a_part_has_two_classes_however_small_its_share(table):
    pictures = table([(f"class{n // 2}",) for n in range(20)])
    division = split_classes(pictures, validation_fraction=0.01, test_fraction=0.01)
    assert [len(classes_of(pictures, division, part)) for part in ("train", "validation", "test")] == [6, 2, 2]


def test_parts_of_different_classes_are_kept_and_what_is_missing_is_taken_out_of_training(table):
    rows = [(f"class{n // 2}", "", "", "test" if n < 4 else "train") for n in range(20)]
    pictures = table(rows)
    assert gives_classes(pictures.catalog)
    division = split_classes(pictures, validation_fraction=0.25)
    assert classes_of(pictures, division, "test") == {0, 1}
    assert len(classes_of(pictures, division, "validation")) == 2


def test_parts_that_share_classes_are_passed_over_and_that_is_said(table):
    pictures = table([(f"class{n // 4}", "", "", ("train", "test")[n % 2]) for n in range(40)])
    assert not gives_classes(pictures.catalog)
    division = split_classes(pictures)
    parts = [classes_of(pictures, division, part) for part in ("train", "validation", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 10
    assert "parts-share-classes" in {finding.code for finding in check(pictures, checks=CLASS_CHECKS)}


def test_a_rotten_picture_is_left_out_and_an_unlabelled_one_stays_apart(table):
    rows = [(f"class{n // 2}",) for n in range(20)]
    pictures = table([*rows, ("class0", "rotten"), (None,)])
    division = split_classes(pictures)
    assert division.parts[20:] == ("left-out", "unlabelled") or set(division.parts) >= {"left-out", "unlabelled"}
    assert len(division.reasons) == 1


def test_five_classes_are_too_few_to_hold_some_out(table):
    assert not can_hold_out(table([(f"class{n}",) for n in range(5)]).catalog)
    assert can_hold_out(table([(f"class{n}",) for n in range(6)]).catalog)


def test_a_class_of_one_picture_is_named_and_a_part_of_such_classes_refused(table):
    rows = [(f"class{n}", "", "", "test") for n in range(3)] + [(f"more{n // 2}", "", "", "train") for n in range(20)]
    pictures = table(rows)
    codes = {finding.code: finding for finding in check(pictures, checks=CLASS_CHECKS)}
    assert codes["lone-picture"].evidence == ("class0", "class1", "class2")
    (refusal,) = check_class_split(pictures, split_classes(pictures), parts=("train", "test"))
    assert refusal.symptom == "the test part has 3 classes, 0 of them with two pictures or more"


def test_a_group_of_all_samples_of_a_class_is_the_group_of_the_class_else_what_its_name_says(table):
    pictures = table([("a", "", "left"), ("a", "", "left"), ("b", "", "x"), ("b", "", "y"), ("in/c",)])
    assert class_groups(pictures.catalog) == ("left", "", "in")


def test_nested_folders_are_groups_of_classes(class_folders):
    root = class_folders({"latin/a": 2, "latin/b": 1, "greek": 1, "greek/a": 1})
    catalog = open_catalog(root, folders="nested")
    assert catalog.classes == ("greek/a", "latin/a", "latin/b")
    assert class_groups(catalog) == ("greek", "latin", "latin")
    assert [finding.code for finding in catalog.findings] == ["outside-classes"]
    assert np.bincount(catalog.labels).tolist() == [1, 2, 1]


def test_nested_folders_may_lie_in_parts(class_folders):
    root = class_folders({"train/latin/a": 1, "test/greek/b": 1})
    catalog = open_catalog(root, folders="nested")
    assert (catalog.classes, catalog.given_parts) == (("greek/b", "latin/a"), ("train", "test"))
