import numpy as np
import pytest

from sightline.core.errors import DataError
from sightline.data.opening import open_catalog
from sightline.data.splits import split
from sightline.data.survey import survey
from sightline.imaging.picture_format import PictureFormat
from sightline.line.input.checked_split import checked_split
from sightline.line.prepared import prepare
from sightline.line.resolution import resolved

SMALL = PictureFormat(16, 16)
SCALING = ("channel", "deviation")


def test_two_splits_of_one_look_share_it(few):
    catalog = open_catalog(few)
    payloads, read = [], catalog.source.read
    object.__setattr__(catalog.source, "read", lambda name: payloads.append(name) or read(name))

    surveyed = survey(catalog, SMALL)
    looks = len(payloads)
    first, second = (prepare(surveyed, split(surveyed, seed=seed), scaling=SCALING, seed=seed) for seed in (1, 2))

    assert len(payloads) == looks
    assert first.split.digest != second.split.digest
    assert first.pixels is second.pixels
    assert not np.array_equal(first.preprocess.mean, second.preprocess.mean)


def test_the_findings_of_the_data_go_with_the_split(few):
    (few / "bee" / "copy.png").write_bytes((few / "bee" / "0.png").read_bytes())
    surveyed = survey(open_catalog(few), SMALL)

    division, findings = checked_split(surveyed, resolved({"model": "linear"}), test_fraction=0.15)

    assert prepare(surveyed, division, scaling=SCALING, seed=0, findings=findings).findings == findings
    assert [finding.code for finding in findings] == ["same-picture-twice", "small-part"]


def test_a_training_where_nothing_has_a_label_is_refused_in_words(few):
    (few / "list.csv").write_text("path\nant/0.png\nbee/0.png\n")
    surveyed = survey(open_catalog(few / "list.csv"), SMALL)

    with pytest.raises(DataError, match=r"\[unlabelled\] without a label: 2 of 2"):
        checked_split(surveyed, resolved({"model": "linear"}), test_fraction=0.15)
