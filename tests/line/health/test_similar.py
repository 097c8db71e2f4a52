"""What a check says of a data set that it looks at through a base."""

import csv

import pytest

import sightline
from sightline.core.errors import SightlineError
from sightline.line.narrator import Silent


@pytest.fixture(scope="module")
def checkup(little_run):
    """A check through the network of a little run."""
    return sightline.check(little_run / "few", base=str(little_run / "run"), narrator=Silent())


def test_a_base_looks_at_every_picture_and_the_table_has_a_column_for_it(checkup, tmp_path):
    assert len(checkup.similar.seen) == len(checkup.catalog)
    table = csv.DictReader(checkup.write_copies(tmp_path / "copies.csv").read_text().splitlines())
    assert table.fieldnames == ["path_a", "path_b", "kind", "distance", "similarity"]


def test_without_a_base_nobody_is_asked_and_one_that_is_none_is_refused(little_run):
    assert not len(sightline.check(little_run / "few", narrator=Silent()).similar.seen)
    with pytest.raises(SightlineError, match="nonesuch"):
        sightline.check(little_run / "few", base="nonesuch", narrator=Silent())
