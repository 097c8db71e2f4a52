"""A network beside pictures without labels: both courses, what ships, and the same bits after any interruption."""

import json

import pytest

import sightline
from sightline.core.errors import SettingsError
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.line.methods.network.unlabelled import compared
from sightline.line.narrator import Silent
from sightline.training.history import EpochRecord
from sightline.training.watchers.early_confidence import EarlyConfidence

SMALL = {"recipe": "fast", "model": "quick-cnn", "widths": (8, 8, 8), "epochs": 2, "batch_size": 8, "baseline": "none"}


@pytest.fixture(scope="module")
def unlabelled_run(flowers, tmp_path_factory):
    """A run beside the same flowers without labels, which no test may change."""
    out = tmp_path_factory.mktemp("unlabelled") / "run"
    return sightline.train(flowers, out=out, unlabelled=str(flowers), narrator=Silent(), **SMALL)


def test_both_courses_have_as_many_steps_and_stand_in_the_report(unlabelled_run):
    section = unlabelled_run.report["unlabelled"]
    assert section["way"].startswith("FixMatch")
    assert section["judged_by"] == unlabelled_run.report["split"]["validation"]
    alone, beside = (
        (unlabelled_run.folder / place / "history.csv").read_text().splitlines()
        for place in ("checkpoints/labelled", ".")
    )
    assert len(alone) == len(beside) == 1 + SMALL["epochs"]
    assert "labelled pictures alone" in unlabelled_run.report_html.read_text()


def test_the_history_has_the_share_that_was_learnt_from(unlabelled_run):
    head, *lines = (unlabelled_run.folder / "history.csv").read_text().splitlines()
    assert ("training_above" in head.split(",")) == unlabelled_run.report["unlabelled"]["ships"]
    assert len(lines) == SMALL["epochs"]


def records(*accuracies, above=0.5):
    return [
        EpochRecord(
            epoch=number,
            learning_rate=0.1,
            training={"loss": 1.0, "accuracy": 1.0, "above": above},
            validation={"loss": 1.0, "accuracy": accuracy},
            score=accuracy,
            l1_penalty=0.0,
            l2_penalty=0.0,
            seconds=1.0,
            validation_seconds=0.0,
            images_per_second=1.0,
        )
        for number, accuracy in enumerate(accuracies, start=1)
    ]


@pytest.mark.parametrize(("beside", "ships"), [((0.5, 0.9), True), ((0.8,), True), ((0.7, 0.6), False)])
def test_the_labelled_pictures_alone_ship_where_they_are_better(beside, ships):
    found = compared(records(0.8, 0.75), records(*beside), unlabelled=1_000, judged_by=40)
    assert isinstance(found, Unlabelled)
    assert (found.ships, found.learnt) == (ships, 500)
    assert ("left aside" in found.words) != ships


class FirstStep:
    epoch, number = 1, 2

    def __init__(self, above):
        self.above = above

    def figures(self):
        return {"above": self.above}


@pytest.mark.parametrize(("above", "codes"), [(0.99, ["confident-too-early"]), (0.4, [])])
def test_a_share_above_the_threshold_that_comes_too_early_is_found(above, codes):
    watch = EarlyConfidence(steps=20)
    watch.after_step(FirstStep(above))
    assert [finding.code for finding in watch.findings()] == codes
    assert watch.findings() == []


def test_a_ratio_without_pictures_to_take_is_refused(flowers, tmp_path):
    with pytest.raises(SettingsError, match="unlabelled_ratio"):
        sightline.train(flowers, out=tmp_path / "run", unlabelled_ratio=2, narrator=Silent(), **SMALL)


KILLED = """
def train(out):
    out.parent.mkdir(exist_ok=True)
    sightline.train(data, out=out, unlabelled=str(data), narrator=Silent(), **json.loads(words[0]))

whole, out = place / "whole" / "run", place / "killed" / "run"
train(whole)
for course in ("labelled", "run"):
    require_killed_at(course + "/checkpoints/last.safetensors", 2, lambda: train(out))
train(out)
require_same(out, whole)
"""


def test_kill_9_in_one_course_and_then_in_the_other_ends_with_the_same_bits(flowers, tmp_path, forked):
    forked(KILLED, flowers, tmp_path, json.dumps(SMALL))
