import csv

import numpy as np
import pytest

import sightline
from sightline.core.errors import DataError, SightlineError
from sightline.evaluation.trust.fold_heads import FoldAnswers
from sightline.evaluation.trust.label_errors import label_errors
from sightline.line.narrator import Silent
from sightline.line.trust.suspects import Suspects


@pytest.fixture
def found(class_folders):
    """Labels of sixty pictures, of which two are judged to be wrong."""
    catalog = sightline.open_catalog(class_folders({"ant": 30, "bee": 30}))
    probabilities = np.where(np.arange(2) == catalog.labels[:, None], 0.95, 0.05)
    probabilities[[3, 40]] = probabilities[[3, 40], ::-1]
    margins = probabilities[np.arange(60), catalog.labels]
    return Suspects(
        catalog, np.arange(60), label_errors(probabilities, catalog.labels), FoldAnswers(probabilities, margins)
    )


def test_suspects_are_written_as_a_table_that_a_training_takes_and_as_a_page(found, tmp_path):
    found.write(export=tmp_path / "suspects.csv", html=tmp_path / "suspects.html")
    rows = list(csv.DictReader((tmp_path / "suspects.csv").read_text().splitlines()))
    assert [(row["path"], row["given"], row["likelier"], row["action"]) for row in rows] == [
        (found.catalog.paths[3], "ant", "bee", "relabel"), (found.catalog.paths[40], "bee", "ant", "relabel"),
    ]  # fmt: skip
    page = (tmp_path / "suspects.html").read_text()
    assert page.count("<figure>") == 2
    assert "labelled <strong>" in page
    with pytest.raises(DataError, match="exists"):
        found.write(export=tmp_path / "suspects.csv")


def test_suspects_are_plain_values_and_one_line(found):
    document = found.as_json()
    assert (document["looks_wrong"], document["ambiguous"], len(document["suspects"])) == (2, 0, 2)
    assert repr(found) == "<Suspects of set: 2 of 60 labels>"


def test_a_base_that_does_not_exist_is_refused_in_words(class_folders):
    with pytest.raises(SightlineError, match="nonesuch"):
        sightline.suspects(class_folders({"ant": 3, "bee": 3}), base="nonesuch", narrator=Silent())
