import csv
import json

import numpy as np
import pytest

import sightline
from sightline.core.errors import SettingsError
from sightline.line.breakdown.attributes import in_ranges
from sightline.line.narrator import Silent


@pytest.fixture
def table(flowers, tmp_path):
    """A table of the flowers with a column of words and one of numbers."""
    path = tmp_path / "flowers.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "label", "camera", "exposure"))
        for number, picture in enumerate(sorted(flowers.rglob("*.png"))):
            rows.writerow((picture, picture.parent.name, "new" if number % 2 else "old", number / 8))
    return path


def test_figures_by_class_size_brightness_type_and_each_column_of_the_table(finished, table):
    evaluation = sightline.evaluate(finished.folder, table, narrator=Silent())
    attributes = {group.attribute for group in evaluation.subgroups.groups}
    assert attributes == {"class", "brightness", "camera", "exposure"}  # all have one size and one type
    cameras = [group for group in evaluation.subgroups.groups if group.attribute == "camera"]
    right = evaluation.answers.right
    column = np.array([evaluation.answers.catalog.columns["camera"][row] for row in evaluation.answers.rows])
    assert [group.accuracy for group in cameras] == [right[column == value].mean() for value in ("new", "old")]
    assert len([group for group in evaluation.subgroups.groups if group.attribute == "exposure"]) == 3


def test_one_attribute_alone_is_looked_at_where_it_is_named_and_a_slip_is_told(finished, table):
    by_camera = sightline.evaluate(finished.folder, table, by=["camera"], narrator=Silent())
    assert {group.attribute for group in by_camera.subgroups.groups} == {"camera"}
    with pytest.raises(SettingsError, match="no attribute of the pictures named 'camra'"):
        sightline.evaluate(finished.folder, table, by=["camra"], narrator=Silent())


def test_the_report_of_a_training_and_of_an_evaluation_has_them(finished, table, tmp_path):
    assert finished.report["subgroups"]["count"] == finished.report["test"]["count"]
    sightline.evaluate(finished.folder, table, out=tmp_path / "evaluation", narrator=Silent())
    document = json.loads((tmp_path / "evaluation" / "report.json").read_text())
    assert document["subgroups"]["words"]
    assert "Kinds of pictures" in (tmp_path / "evaluation" / "report.html").read_text()


def test_ranges_hold_about_as_many_each_and_what_is_no_number_is_in_none():
    names = in_ranges(np.array([*range(9), np.nan, np.inf]))
    assert names == ("0 to 2",) * 3 + ("3 to 5",) * 3 + ("6 to 8",) * 3 + ("", "")
    assert in_ranges(np.array([np.nan])) == ("",)
