import numpy as np
import pytest

from sightline.core.errors import DataError
from sightline.data.opening import open_catalog
from sightline.data.splits import split
from sightline.line.prepared import begin_reading, checked_split, prepare
from sightline.line.settings import settings_of


def test_two_splits_of_one_look_share_it(few):
    settings = settings_of({"model": "linear", "data": str(few)})
    catalog = open_catalog(few)
    payloads, read = [], catalog.source.read
    object.__setattr__(catalog.source, "read", lambda name: payloads.append(name) or read(name))

    with begin_reading(catalog, settings, keep_in=few) as begun:
        surveyed = begun.finished()
    looks = len(payloads)
    first, second = (prepare(surveyed, split(surveyed, seed=seed), settings) for seed in (1, 2))

    assert len(payloads) == looks
    assert first.split.digest != second.split.digest
    assert first.pixels is second.pixels
    assert not np.array_equal(first.preprocess.mean, second.preprocess.mean)


def test_the_findings_of_the_data_go_with_the_split(few):
    (few / "bee" / "copy.png").write_bytes((few / "bee" / "0.png").read_bytes())
    settings = settings_of({"model": "linear", "data": str(few)})

    with begin_reading(open_catalog(few), settings, keep_in=few) as begun:
        surveyed = begun.finished()
    division, findings = checked_split(surveyed, settings)

    assert prepare(surveyed, division, settings, findings=findings).findings == findings
    assert [finding.code for finding in findings] == ["same-picture-twice"]


def test_a_training_where_nothing_has_a_label_is_refused_in_words(few):
    (few / "list.csv").write_text("path\nant/0.png\nbee/0.png\n")
    settings = settings_of({"model": "linear", "size": "16", "data": str(few)})

    with begin_reading(open_catalog(few / "list.csv"), settings, keep_in=few) as begun:
        surveyed = begun.finished()

    with pytest.raises(DataError, match=r"\[unlabelled\] without a label: 2 of 2"):
        checked_split(surveyed, settings)
