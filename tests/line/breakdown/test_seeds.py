import csv
import json

import pytest

import sightline
from sightline.core.errors import SettingsError
from sightline.evaluation.breakdown.seeds import SeedScores
from sightline.evaluation.report.seeds import Seeds
from sightline.line.narrator import Silent


class Listener(Silent):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


def table_of(run):
    return list(csv.reader((run.folder / "split.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def spread(flowers, tmp_path_factory):
    """A run with three seeds, and what was told of it."""
    listener = Listener()
    out = tmp_path_factory.mktemp("seeds") / "run"
    options = {"model": "linear", "epochs": 2, "baseline": "none", "seed": 5, "seeds": 3}
    return sightline.train(flowers, out=out, narrator=listener, **options), listener.lines


def test_each_further_seed_is_another_training_on_the_same_split_and_the_first_ships(spread, flowers, train, tmp_path):
    run, _ = spread
    alone = train(flowers, out=tmp_path / "alone", epochs=2, seed=5)
    accuracies = run.report["seeds"]["accuracies"]
    assert [*accuracies] == ["5", "6", "7"]
    assert accuracies["5"] == run.report["test"]["accuracy"] == alone.report["test"]["accuracy"]
    assert table_of(run) == table_of(alone)
    histories = {(run.folder / "seeds" / seed / "history.csv").read_text() for seed in ("6", "7")}
    assert len(histories | {(run.folder / "history.csv").read_text()}) == 3


def test_what_it_costs_is_said_before_it_begins(spread):
    _, lines = spread
    plan = next(place for place, line in enumerate(lines) if "3 seeds: it is learnt 3 times" in line)
    assert plan < next(place for place, line in enumerate(lines) if line.startswith("learning again"))


def test_the_test_part_is_read_once_and_the_report_has_the_spread_beside_the_interval(spread):
    run, _ = spread
    assert run.report["test"]["readings"] == 1
    html = run.report_html.read_text()
    assert "Other seeds" in html
    assert "Over 3 seeds" in html


def test_a_run_that_is_begun_anew_forgets_its_seeds(spread, flowers, train):
    run, _ = spread
    train(flowers, out=run.folder, force=True)
    assert not (run.folder / "seeds").exists()


def test_the_spread_is_the_sample_s_deviation():
    scores = SeedScores({0: 0.5, 1: 0.7, 2: 0.9}, 50, (0.4, 0.6))
    assert (scores.mean, scores.deviation) == (pytest.approx(0.7), pytest.approx(0.2))
    assert "a deviation of 20.0 points" in scores.words
    json.dumps(Seeds(scores).as_json())


def test_several_seeds_take_no_time_limit_and_no_estimator(flowers, tmp_path):
    with pytest.raises(SettingsError, match="seeds = 3 with minutes = 1"):
        sightline.train(flowers, out=tmp_path / "run", seeds=3, minutes=1, narrator=Silent())
    with pytest.raises(SettingsError, match="seeds = 0"):
        sightline.train(flowers, out=tmp_path / "run", seeds=0, narrator=Silent())
