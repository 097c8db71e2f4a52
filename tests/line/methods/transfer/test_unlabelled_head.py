"""A head beside pictures without labels: kept where they help, left aside where they mislead, said either way."""

import numpy as np
import pytest

import sightline
from sightline.core.errors import SettingsError
from sightline.line.features.seen import Seen
from sightline.line.methods.transfer.curve import Examples, fit_head
from sightline.line.methods.transfer.head import head_plan
from sightline.line.methods.transfer.unlabelled_head import guarded_head
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved

PLAN = head_plan(resolved({"recipe": "photos"}))


def guarded(labelled, labels, unlabelled, *, learnt):
    """Return the head that ships and its section; the first `learnt` labelled pictures are learnt from."""
    rows = np.arange(len(labels))
    seen = Seen(rows, labelled, labels, 2)
    parts = rows[:learnt], rows[learnt:]
    alone = fit_head(PLAN, seen, *parts, seed=0)
    none = Examples.none(labelled.shape[1])
    return alone, *guarded_head(PLAN, seen, unlabelled, parts, alone=alone, more=none, seed=0, narrator=Silent())


def points(chance, count, middle, spread=0.3):
    return (np.array(middle) + chance.normal(scale=spread, size=(count, len(middle)))).astype(np.float32)


def test_pictures_without_labels_show_where_the_classes_end():
    """Two classes that differ along one axis; the labelled ones happen to differ along another one more."""
    chance = np.random.default_rng(0)
    learnt = np.array([[2, 3, 0], [-2, -3, 0]], np.float32)
    first, second = points(chance, 100, (2, 0, 0), 0.8), points(chance, 100, (-2, 0, 0), 0.8)
    first[:, 1] += chance.uniform(-4, 4, 100)
    second[:, 1] += chance.uniform(-4, 4, 100)
    labelled = np.concatenate([learnt, first[:50], second[:50]])
    labels = np.array([0, 1] + [0] * 50 + [1] * 50)

    alone, fitted, section = guarded(labelled, labels, np.concatenate([first[50:], second[50:]]), learnt=2)

    assert section.ships
    assert fitted.validation_accuracy > alone.validation_accuracy
    assert f"{section.learnt} were sure enough" in section.words


def on_a_circle(chance, count, begin, end):
    """Return (count, 2) points between two angles in degrees, on a circle."""
    angles = np.radians(chance.uniform(begin, end, count))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_what_misleads_is_left_aside_and_said():
    """Pictures without labels reach from the first class far into the second, which has a gap before its labels."""
    chance = np.random.default_rng(1)
    parts = [(20, 0, 30, 0), (20, 160, 180, 1), (30, 0, 60, 0), (30, 100, 125, 1)]  # two learnt from, two chosen by
    labelled = np.concatenate([on_a_circle(chance, *part[:3]) for part in parts])
    labels = np.concatenate([np.full(part[0], part[3]) for part in parts])

    alone, fitted, section = guarded(labelled, labels, on_a_circle(chance, 400, 0, 130), learnt=40)

    assert section.beside < section.alone
    assert fitted is alone
    assert "left aside" in section.words


@pytest.fixture(scope="session")
def small_base(flowers, tmp_path_factory):
    """The model file of a small network that has learnt on 16 pixels, to be a base."""
    out = tmp_path_factory.mktemp("base") / "run"
    settings = {"model": "quick-cnn", "widths": (8, 8, 8), "size": 16, "epochs": 1, "baseline": "none"}
    return sightline.train(flowers, out=out, **settings, narrator=Silent()).model


def test_a_run_reports_both_and_reads_no_test_picture_without_its_label(small_base, flowers, tmp_path):
    settings = {"base": str(small_base), "unlabelled": str(flowers), "baseline": "none", "narrator": Silent()}
    report = sightline.train(flowers, out=tmp_path / "run", **settings).report
    section = report["unlabelled"]
    assert section["pictures"] == report["split"]["train"]  # every other one is a copy of what is held back
    assert {"alone", "beside", "ships", "words"} <= set(section)
    assert "unlabelled-copy" in [finding["code"] for finding in report["findings"]]
    assert "Pictures without labels" in (tmp_path / "run" / "report.html").read_text()


def test_a_base_that_learns_on_sees_them_too(small_base, flowers, tmp_path):
    settings = {"base": str(small_base), "unlabelled": str(flowers), "epochs": 2, "baseline": "none"}
    report = sightline.train(flowers, out=tmp_path / "run", **settings, narrator=Silent()).report
    assert "fine-tuned" in [head["head"] for head in report["heads"]]
    assert "training_above" in (tmp_path / "run" / "history.csv").read_text()


def test_a_pipeline_takes_no_pictures_without_labels(flowers, tmp_path):
    with pytest.raises(SettingsError, match="unlabelled = "):
        sightline.train(flowers, out=tmp_path / "run", model="hog-svm", unlabelled=str(flowers), narrator=Silent())
