"""The draws of a learning curve: every class, no copies on both sides, the same every time."""

import numpy as np
import pytest

from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.picture_format import PictureFormat
from sightline.line.features.seen import Seen
from sightline.line.input.checked_split import checked_split
from sightline.line.methods.transfer.curve import drawn, learning_curve
from sightline.line.methods.transfer.head import head_plan
from sightline.line.narrator import Silent
from sightline.line.prepared import prepare
from sightline.line.resolution import resolved


@pytest.fixture(scope="module")
def prepared(flowers):
    surveyed = survey(open_catalog(flowers), PictureFormat(8, 8))
    settings = resolved({"data": str(flowers)})
    division, _ = checked_split(surveyed, settings, test_fraction=0.15)
    return prepare(surveyed, division, scaling=("none", "none"), seed=0)


@pytest.fixture(scope="module")
def seen(prepared):
    """Features that tell the classes apart, of every picture that is learnt from or chosen by."""
    catalog, split = prepared.catalog, prepared.split
    rows = np.sort(np.concatenate([split.rows("train"), split.rows("validation")]))
    chance = np.random.default_rng(0)
    features = np.eye(len(catalog.classes), dtype=np.float32)[catalog.labels[rows]]
    return Seen(
        rows, features + chance.normal(size=features.shape).astype(np.float32), catalog.labels, len(catalog.classes)
    )


PLAN = head_plan(resolved({"recipe": "photos", "strength": 1.0, "classifier": "logistic"}))


def test_more_pictures_are_better_and_the_same_seed_draws_the_same(prepared, seen):
    curve = learning_curve(prepared, seen, PLAN, seed=0, narrator=Silent())
    assert [point.count for point in curve.points] == sorted({20, 50, int(0.8 * len(seen.rows))})
    assert curve.points[-1].mean > curve.points[0].mean
    assert learning_curve(prepared, seen, PLAN, seed=0, narrator=Silent()) == curve
    assert learning_curve(prepared, seen, PLAN, seed=1, narrator=Silent()) != curve


def test_copies_are_never_on_both_sides(seen):
    bound = [seen.rows[place : place + 2] for place in range(0, len(seen.rows) - 1, 2)]
    for draw in range(20):
        learnt, judged = drawn(bound, seen, count=40, chance=np.random.default_rng(draw))
        sides = [{row in learnt for row in unit.tolist()} for unit in bound]
        assert all(len(side) == 1 for side in sides)
        assert not set(learnt) & set(judged)
        assert 30 <= len(learnt) <= 50


def test_too_few_pictures_have_no_curve(prepared, seen):
    few = Seen(seen.rows[:6], seen.features[:6], seen.labels, seen.classes)
    assert learning_curve(prepared, few, PLAN, seed=0, narrator=Silent()) is None
