"""Pictures with several labels at once, in each of the ways in which a table can say so."""

import pytest
from PIL import Image

from sightline.core.errors import DataError
from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.survey import survey


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table beside four pictures, and returns its path."""
    for number in range(4):
        Image.new("RGB", (8, 8), (60 * number, 0, 0)).save(tmp_path / f"{number}.png")

    def write(text):
        (tmp_path / "table.csv").write_text(text)
        return tmp_path / "table.csv"

    return write


def test_a_picture_with_two_labels_in_two_lines_is_refused_with_both(table):
    place = table("path,label\n0.png,cat\n0.png,dog\n1.png,cat\n2.png,dog\n")

    with pytest.raises(DataError, match=r"already, there as 'cat' and here as 'dog'") as refused:
        open_catalog(place)

    assert "one class" in refused.value.hint


def test_a_column_of_flags_for_each_label_is_refused(table):
    with pytest.raises(DataError, match="columns of 0 and 1: cat, dog"):
        open_catalog(table("path,cat,dog\n0.png,1,1\n1.png,0,1\n2.png,1,0\n"))


def test_labels_joined_in_one_cell_are_an_error_that_can_be_accepted(table):
    seen = survey(open_catalog(table("path,label\n0.png,cat;dog\n1.png,cat\n2.png,dog\n3.png,cat\n")))

    assert "several-labels" in [finding.code for finding in check(seen) if finding.severity == "error"]
    assert "several-labels" not in [
        finding.code for finding in check(seen, accept=["several-labels"]) if finding.severity == "error"
    ]


def test_a_name_with_a_separator_is_a_class_where_its_parts_are_none(table):
    seen = survey(open_catalog(table("path,label\n0.png,salt/pepper\n1.png,cat\n2.png,salt\n3.png,cat\n")))

    assert "several-labels" not in [finding.code for finding in check(seen)]
