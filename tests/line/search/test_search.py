"""A search as its user meets it: interrupted, shared, on a full disk, and told from its report."""

import numpy as np
import optuna
import pytest

import sightline
from sightline.app.api.search import cost
from sightline.app.terminal import Terminal
from sightline.core.errors import BusyError, RunError, SettingsError
from sightline.evaluation.significance.seed_comparison import compare_seeds
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved, with_named
from sightline.line.search import course
from sightline.line.search.storage import database, forget, journal, storing

BRIEF = {"model": "linear", "baseline": "none", "narrator": Silent(), "epochs": 2}
SMALL = {"trials": 3, "finalists": 2, "finalist_seeds": 1}


@pytest.fixture(scope="module")
def found(flowers, tmp_path_factory):
    """A search that has come to its end and that no test may change; one of its rates makes every training diverge."""
    out = tmp_path_factory.mktemp("search") / "found"
    space = {"learning_rate": [0.01, 1e38, 0.001]}
    return sightline.search(flowers, out=out, space=space, sampler="grid", trials=5, finalist_seeds=2, **BRIEF)


def test_only_the_winner_meets_the_test_part_and_once(found):
    readings = (found.folder / "test-readings.csv").read_text().splitlines()

    assert len(readings) == 2
    assert not list((found.folder / "trials").rglob("test-readings.csv"))


def test_a_trial_that_diverges_is_told_and_the_search_goes_on(found):
    trials = found.report["search"]["trials"]

    failed = [trial for trial in trials if trial["state"] == "failed"]
    assert [trial["settings"]["learning_rate"] for trial in failed] == [1e38]
    assert "loss became" in failed[0]["problem"]
    assert found.report["search"]["finalists"][0]["settings"]["learning_rate"] < 1


def test_the_report_says_what_was_tried_and_whether_the_best_can_be_told_from_the_second(found):
    words = found.report["search"]["words"]

    assert "1 of them failed" in words
    assert ("told apart" in words) == (found.report["search"]["runner_up"]["kind"] == "alike")
    assert "The search for these settings" in found.report_html.read_text()


def test_the_winner_goes_on_where_its_finalist_ended(found):
    assert len(found.report["history"]["training_loss"]) == 2
    assert found.report["settings"]["epochs"] == "2"


def test_another_space_than_the_study_was_begun_with_is_refused(found, flowers):
    with pytest.raises(RunError, match="begun with another space"):
        sightline.search(
            flowers,
            out=found.folder,
            space={"learning_rate": [0.5]},
            sampler="grid",
            trials=5,
            finalist_seeds=2,
            **BRIEF,
        )


def test_the_same_command_again_says_the_result_of_a_finished_search(found, flowers):
    space = {"learning_rate": [0.01, 1e38, 0.001]}

    again = sightline.search(
        flowers, out=found.folder, space=space, sampler="grid", trials=5, finalist_seeds=2, **BRIEF
    )

    assert again.report == found.report


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 0}, "nothing bounds the search"),
        ({"trials": 3, "sampler": "best"}, "sampler = 'best'"),
        ({"trials": 3, "folds": 1}, "folds = 1"),
        ({"trials": 3, "finalist_seeds": 0}, "finalist_seeds = 0"),
        ({"trials": 3, "space": "nowhere.toml"}, "nowhere.toml can't be read"),
        ({"trials": 3, "space": {"epochs": [1, 2]}}, "both named and searched"),
        ({"trials": 3, "space": {"descriptor": ["hog", "lbp"]}}, "does not read it"),
        ({"trials": "many"}, "trials = 'many'"),
        ({"trials": 3, "finalists": 1.5}, "finalists = 1.5"),
        ({"trials": 3, "space": ["learning_rate"]}, "a TOML file or a document"),
        ({"trials": 3, "task": "similarity", "model": "conv4", "baseline": "auto"}, "task = 'similarity'"),
    ],
)
def test_what_can_not_be_searched_is_refused_in_words(options, words, few, tmp_path):
    with pytest.raises(SettingsError, match=words):
        sightline.search(few, out=tmp_path / "out", **BRIEF | options)


def test_a_search_whose_every_trial_fails_says_why(few, tmp_path):
    with pytest.raises(RunError, match=r"no trial came to its end.*loss became"):
        sightline.search(few, out=tmp_path / "out", space={"learning_rate": [1e38]}, sampler="grid", **SMALL, **BRIEF)


def test_a_trial_can_be_judged_by_folds(few, tmp_path):
    space = {"learning_rate": [0.01, 0.1]}

    out = sightline.search(few, out=tmp_path / "out", space=space, sampler="random", folds=2, **SMALL, **BRIEF)

    assert "2 folds of all pictures outside the test part" in out.report["search"]["words"]


def test_a_dry_run_says_what_it_will_cost(few, tmp_path):
    foreseen = cost(few, out=tmp_path / "out", space={"learning_rate": [0.1]}, **SMALL, **BRIEF)

    assert foreseen.trainings == pytest.approx(2 * 0.25 + 1 * 0.5 + 2)
    assert not (tmp_path / "out").exists()


def test_pictures_may_decide_what_is_not_searched_and_a_trial_that_is_ended_early_is_told(flowers, tmp_path, capsys):
    space = {"learning_rate": {"low": 1e-7, "high": 1, "log": True}, "hidden": [[4], [8]]}
    fast = {"model": "mlp", "recipe": "fast", "optimizer": "adam", "views": "picture"}
    options = BRIEF | SMALL | fast | {"trials": 6, "finalists": 1, "narrator": Terminal()}

    out = sightline.search(flowers, out=tmp_path / "out", space=space, **options)

    states = [trial["state"] for trial in out.report["search"]["trials"]]
    assert all(trial["seconds"] > 0 for trial in out.report["search"]["trials"])
    assert 0 < states.count("pruned") == capsys.readouterr().err.count("fell behind, and was ended early")
    assert out.report["search"]["finalists"][0]["settings"]["hidden"] in ("4", "8")


def test_the_recipe_decides_anew_what_a_trial_leaves_open():
    adam = resolved({"model": "linear"})
    sgd = with_named(adam, {"optimizer": "sgd"})

    assert sgd["learning_rate"] == resolved({"model": "linear", "optimizer": "sgd"})["learning_rate"]
    assert sgd["learning_rate"] != adam["learning_rate"]
    assert with_named(adam, {"learning_rate": "auto"})["rate_from"] == "range-test"


def test_minutes_end_the_finalists_too_with_every_one_trained_once_before_any_twice(few, tmp_path, monkeypatch):
    monkeypatch.setattr(course.Course, "_spent", lambda self: 30.0 * len(self._storage.get_all_studies()))
    monkeypatch.setattr(course, "SHARE_OF_MINUTES", {"coarse": 1.0, "fine": 1.0, "finalists": 0.5})

    run = sightline.search(few, out=tmp_path / "out", minutes=1, trials=3, finalists=2, finalist_seeds=3, **BRIEF)

    assert sum(len(each["accuracies"]) for each in run.report["search"]["finalists"]) == 1


def test_a_dry_run_with_minutes_says_no_more_than_they_allow(few, tmp_path):
    foreseen = cost(few, out=tmp_path / "out", minutes=0.001, **BRIEF)

    assert foreseen.seconds == pytest.approx(0.06)


def test_half_a_line_that_a_killed_process_left_is_cut_off(tmp_path):
    path = tmp_path / "study.journal"
    journal(path).create_new_study([2], "kept")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":')

    studies = journal(path).get_all_studies()

    assert [study.study_name for study in studies] == ["kept"]
    assert path.read_bytes() == whole


def test_a_store_on_a_full_disk_is_told_in_words(tmp_path, room_for_files):
    path = tmp_path / "study.journal"
    storage = journal(path)

    with room_for_files(10), pytest.raises(RunError, match="can't be written") as refused, storing(path):
        storage.create_new_study([2], "too long for ten bytes")

    assert "make room" in refused.value.hint


def test_settings_that_differ_by_chance_alone_can_not_be_told_apart():
    right = np.random.default_rng(0).random((2, 3, 300)) < 0.8

    assert compare_seeds(right[0], right[1]).kind == "alike"
    assert compare_seeds(right[0], np.zeros((3, 300))).kind == "better"


SEARCHES = """
from sightline.line.search import study

do = study.StageStudy._do

def search(out, sampler):
    return sightline.search(data, out=out, sampler=sampler, trials=8, finalists=1, finalist_seeds=1,
                            narrator=Silent(), epochs=2,
                            space={"learning_rate": {"low": 1e-4, "high": 1.0, "log": True}}, model="linear",
                            baseline="none")

def dying(last):
    done = []
    def end(self, trial, objective):
        done.append(trial.number)
        def half(point, folder, report):
            def once(value, step):
                if len(done) == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                report(value, step)
            return objective(point, folder, once)
        do(self, trial, half)
    study.StageStudy._do = end

def trials_of(out):
    report = json.loads((out / "report.json").read_text())["search"]
    return [(each["stage"], each["number"], each["settings"], each["accuracy"]) for each in report["trials"]]

search(place / "whole", "tpe")  # in this process, so that no child has to import anything
"""
KILLED = """
for last in (4, 2, 3):
    assert ended(begun(lambda: (dying(last), search(place / "killed", "tpe")))) == signal.SIGKILL
assert ended(begun(lambda: search(place / "killed", "tpe"))) == 0
assert trials_of(place / "killed") == trials_of(place / "whole")
require_same(place / "killed", place / "whole")
"""
SHARED = """
both = [begun(lambda: search(place / "shared", "grid")) for _ in range(2)]
assert [ended(process) for process in both] == [0, 0]
points = [(stage, json.dumps(settings)) for stage, _, settings, _ in trials_of(place / "shared")]
assert len(points) == len(set(points)) == 8, points
"""


def test_killed_searches_end_with_the_same_trials_and_two_processes_do_none_twice(flowers, tmp_path, forked):
    forked(SEARCHES + KILLED + SHARED, flowers, tmp_path)


DATABASE = """
from sightline.line.search import storage, study

signal.alarm(100)  # a trial that nobody takes up would be waited for for ever
storage.HEARTBEAT_SECONDS = 1
do = study.StageStudy._do

def search(out):
    sightline.search(data, out=out, sampler="grid", trials=4, finalists=1, finalist_seeds=1, epochs=2,
                     model="linear", baseline="none", narrator=Silent(), storage=f"sqlite:///{place}/studies.db",
                     space={"learning_rate": {"low": 1e-4, "high": 1.0, "log": True}})

def dying(self, trial, objective):
    def before_it_reports(point, folder, report):
        return objective(point, folder, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    do(self, trial, before_it_reports if trial.number == 1 else objective)

def one_machine():
    study.StageStudy._do = dying
    search(place / "one")

assert ended(begun(one_machine)) == signal.SIGKILL
search(place / "another")
trials = json.loads((place / "another/report.json").read_text())["search"]["trials"]
print(len(trials), len({(trial["stage"], str(trial["settings"])) for trial in trials}))
"""


def test_another_machine_takes_up_what_a_dead_one_left_in_a_database(flowers, tmp_path, forked):
    assert forked(DATABASE, flowers, tmp_path) == "4 4\n"


def test_a_database_brings_no_warnings(few, tmp_path, recwarn):
    place = f"sqlite:///{tmp_path / 'studies.db'}"

    sightline.search(few, out=tmp_path / "out", trials=1, finalists=1, finalist_seeds=1, storage=place, **BRIEF)

    assert [str(each.message) for each in recwarn] == []


def test_what_begins_anew_forgets_its_studies_in_a_database_unless_one_is_at_work(tmp_path):
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    for name in ("coarse", "another"):
        optuna.create_study(study_name=name, storage=url).ask()
    stored = database(url)

    with pytest.raises(BusyError, match="a process works on it"):
        forget(stored, ("coarse", "fine"))
    stored.set_trial_state_values(1, optuna.trial.TrialState.FAIL)
    forget(stored, ("coarse", "fine"))

    assert [study.study_name for study in stored.get_all_studies()] == ["another"]


def test_minutes_alone_bound_a_search(few, tmp_path):
    run = sightline.search(few, out=tmp_path / "out", minutes=0.002, finalists=1, finalist_seeds=1, **BRIEF)

    assert 1 <= len(run.report["search"]["trials"]) < 20
