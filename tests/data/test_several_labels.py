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


def test_a_single_flag_in_each_row_is_one_label_that_only_needs_a_column(table):
    with pytest.raises(DataError, match="a 1 in one of the columns cat, dog says each picture's class") as refused:
        open_catalog(table("path,cat,dog\n0.png,1,0\n1.png,0,1\n2.png,1,0\n"))

    assert "into a column called label" in refused.value.hint


@pytest.mark.parametrize("columns", ["label1,label2", "label,label2", "Class_0,Class_1", "labels,labels 2"])
def test_numbered_columns_of_labels_are_refused_where_a_picture_has_two(columns, table):
    with pytest.raises(DataError, match="several labels, in the columns") as refused:
        open_catalog(table(f"path,{columns}\n0.png,cat,\n1.png,cat,dog\n2.png,dog,\n"))

    assert "one class" in refused.value.hint
    if columns == "label,label2":
        open_catalog(table(f"path,{columns}\n0.png,cat,cat\n1.png,cat,\n2.png,dog,\n"))


def test_labels_joined_in_one_cell_are_an_error_that_can_be_accepted(table):
    seen = survey(open_catalog(table("path,label\n0.png,cat;dog\n1.png,cat\n2.png,dog\n3.png,cat\n")))

    assert "several-labels" in [finding.code for finding in check(seen) if finding.severity == "error"]
    assert "several-labels" not in [
        finding.code for finding in check(seen, accept=["several-labels"]) if finding.severity == "error"
    ]


@pytest.mark.parametrize(
    ("labels", "joined"),
    [
        (["ant;small", "ant", "bee", "bee;small"], ["ant;small", "bee;small"]),
        (["ant|small", "ant", "bee", "wasp"], ["ant|small"]),
        (["ant|small", "bee|small", "ant|big", "bee|big"], ["ant|big", "ant|small", "bee|big", "bee|small"]),
        (["ant, small", "ant", "bee", "bee, small"], ["ant, small", "bee, small"]),
        (["['ant']", "['ant', 'bee']", "['wasp']", "['ant' 'wasp']"], ["['ant', 'bee']", "['ant' 'wasp']"]),
        (['["ant", "bee"]', "wasp", "x", "y"], ['["ant", "bee"]']),
        (["1,2", "1", "2", "3"], ["1,2"]),
        (["salt/pepper", "cat", "salt", "dog"], []),
        (["salt, pepper", "A|B", "C|D", "cat & dog"], []),
        (["maple, red", "maple, silver", "oak, red", "oak, silver"], []),
        (["0,5", "1", "1,5", "2,5"], []),
        (["[ant]", "['bee']", "corn (maize, ripe)", "wasp"], []),
    ],
)
def test_labels_in_one_cell_are_found_by_parts_that_recur_and_honest_names_are_left_alone(labels, joined, table):
    lines = [f'{number}.png\t"{label.replace(chr(34), 2 * chr(34))}"' for number, label in enumerate(labels)]
    seen = survey(open_catalog(table("\n".join(["path\tlabel", *lines]) + "\n")))

    found = [name for finding in check(seen) if finding.code == "several-labels" for name in finding.evidence]
    assert sorted(found) == sorted(joined)
