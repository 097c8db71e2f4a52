"""What recipes leave to the pictures and to the clock."""

import itertools
import json
import re
import shutil
import time
from functools import partial

import pytest

from sightline.core.errors import RunError, SettingsError
from sightline.inference.export.onnx_graph import graph_of
from sightline.line.methods.pace import _batch, _learning_rate
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved
from sightline.line.run import Run
from sightline.line.train import train


def decided(run):
    return json.loads(Run(run.folder).decided.read_text())


def fast_run(data, out, **settings):
    given = {"recipe": "fast", "widths": "4,4,4", "epochs": 1, "baseline": "none"} | settings
    return train(data, out=out, narrator=Silent(), **given)


@pytest.fixture
def fast(tmp_path):
    """Return a training of the fast recipe with the narrowest network."""
    return partial(fast_run, out=tmp_path / "run")


@pytest.fixture(scope="module")
def fitted(flowers, tmp_path_factory):
    """The run of `fast` on `flowers`, which no test may change."""
    return fast_run(flowers, tmp_path_factory.mktemp("fitted") / "run")


@pytest.fixture
def interrupted(fitted, tmp_path):
    """A copy of `fitted` in ``tmp_path / "run"``, without its report."""
    shutil.copytree(fitted.folder, tmp_path / "run")
    (tmp_path / "run" / "report.json").unlink()
    return Run(tmp_path / "run")


@pytest.mark.parametrize(
    ("count", "passes", "batch"),
    [
        (45_000, 14.0, 512),
        (45_000, 1.0, 256),
        (45_000, 0.4, 128),
        (45_000, 0.01, 128),
        (10_000, 14.0, 128),
        (300, 60.0, 16),
    ],
)
def test_short_trainings_and_small_sets_have_smaller_batches(count, passes, batch):
    assert _batch(count, passes) == batch


def test_small_pictures_without_a_named_model_are_learnt_by_the_fast_recipe():
    assert resolved({})["recipe"] == "fast"
    assert resolved({})["model"] == "quick-cnn"
    assert resolved({"size": "64"})["recipe"] == "fast"


@pytest.mark.parametrize("given", [{"size": "96"}, {"model": "lenet"}, {"recipe": "plain"}])
def test_large_pictures_and_named_models_are_learnt_plainly(given):
    chosen = resolved(given)
    assert chosen["recipe"] == "plain"
    assert (chosen["optimizer"], chosen["schedule"], chosen["epochs"], chosen["batch_size"]) == (
        "adam",
        "cosine",
        20,
        32,
    )


def test_a_named_setting_wins_over_the_recipe():
    chosen = resolved({"recipe": "fast", "model": "resnet18", "schedule": "step", "patience": 3})
    assert (chosen["model"], chosen["schedule"], chosen["patience"]) == ("resnet18", "step", 3)
    assert (chosen["optimizer"], chosen["learning_rate"], chosen["weight_decay"]) == ("muon", 0.01, 0.5)


@pytest.mark.parametrize("given", [{}, {"recipe": "fast", "model": "quick-cnn"}])
def test_the_recipe_s_own_network_has_its_own_steps(given):
    chosen = resolved(given)
    assert (chosen["optimizer"], chosen["schedule"]) == ("muon-normalised", "linear")


@pytest.mark.parametrize(("steps", "rate"), [(0.5, 0.03), (250, 0.03), (1_000, 0.015), (4_000, 0.01)])
def test_a_longer_training_takes_smaller_steps(steps, rate):
    assert _learning_rate(steps) == pytest.approx(rate)


def test_a_rate_that_was_named_stays(flowers, fast):
    assert "learning_rate" not in decided(fast(flowers, learning_rate=0.02))


def test_another_optimizer_keeps_its_own_rate_and_decay():
    chosen = resolved({"recipe": "fast", "optimizer": "adamw"})
    assert (chosen["learning_rate"], chosen["weight_decay"]) == (0.001, "auto")


def test_another_loss_has_no_smoothed_labels():
    assert resolved({"recipe": "fast", "loss": "hinge"})["label_smoothing"] == 0


def test_a_pipeline_has_no_recipe():
    with pytest.raises(SettingsError, match=r"recipe = 'fast' with model = 'hog-svm' \(expected a network or "):
        resolved({"recipe": "fast", "model": "hog-svm"})


def test_widths_are_of_quick_cnn_and_three():
    with pytest.raises(SettingsError, match=r"widths = \(8, 8, 8\) with model = 'lenet' \(expected quick-cnn\)"):
        resolved({"model": "lenet", "widths": "8,8,8"})
    with pytest.raises(SettingsError, match=r"widths = \(8, 8\)\nexpected 3 numbers, each 1 or more, or auto"):
        resolved({"model": "quick-cnn", "widths": "8,8"})


def test_small_data_are_seen_more_often_in_smaller_batches(fitted):
    chosen = decided(fitted)
    assert chosen["batch_size"] == 16
    assert chosen["start_scale"] == 1.0  # of 16 pixels


def test_pictures_do_not_grow_in_a_network_of_one_size(flowers, fast):
    chosen = decided(fast(flowers, model="lenet", widths="auto", size="32"))
    assert chosen["start_scale"] == 1.0


def test_mirror_images_are_left_out_where_they_are_of_another_class(fast):
    chosen = decided(fast("digits"))
    assert (chosen["flip_horizontal"], chosen["views"]) == (0.0, "picture")


def test_mirror_images_are_learnt_from_where_they_do_no_harm(fitted):
    chosen = decided(fitted)
    assert (chosen["flip_horizontal"], chosen["views"]) == (0.5, "mirrored")
    assert fitted.classifier().manifest["model"]["options"]["views"] == "mirrored"


def test_a_continued_run_keeps_what_was_decided(flowers, fast, interrupted):
    changed = decided(interrupted) | {"batch_size": 32}
    interrupted.decided.write_text(json.dumps(changed))
    assert decided(fast(flowers)) == changed


def test_decisions_that_cannot_be_read_are_told(flowers, fast, interrupted):
    interrupted.decided.write_text("{")
    with pytest.raises(RunError, match=r"decided\.json is damaged"):
        fast(flowers)


@pytest.fixture
def ticking(monkeypatch):
    """A clock that knows no machine: a tenth of a second passes whenever someone looks at it."""
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) / 10)
    return time.perf_counter


def test_the_whole_command_ends_in_time(flowers, fast, ticking):
    started = ticking()
    run = fast(flowers, minutes=0.5, epochs="auto")
    assert ticking() - started < 30
    assert 1 < decided(run)["seconds"] < 25
    assert run.report["training"]["epochs"] > 1
    shown = run.report["settings"]["epochs"]
    assert shown == f"{run.report['training']['epochs']}, the minutes being the bound"


@pytest.fixture
def slow_graphs(monkeypatch):
    """A machine on which making a graph takes 20 seconds, by a clock that looks at nothing else: a tenth each look."""
    now, hurried = [0.0], graph_of

    def look():
        now[0] += 0.1
        return now[0]

    def slow(*words, **options):
        now[0] += 20
        return hurried(*words, **options)

    monkeypatch.setattr(time, "perf_counter", look)
    monkeypatch.setattr("sightline.line.methods.rehearsal.graph_of", slow)
    monkeypatch.setattr("sightline.inference.assembly.graph_of", slow)
    return look


def test_what_follows_the_learning_is_measured_and_the_whole_command_ends_in_time(flowers, fast, slow_graphs):
    started = slow_graphs()
    run = fast(flowers, minutes=1.5, epochs="auto")
    assert 0.5 * 90 < slow_graphs() - started < 1.1 * 90
    assert decided(run)["seconds"] < 90 - 2 * 20


def test_minutes_that_a_slow_machine_can_not_keep_are_refused_with_the_least_that_works(flowers, fast, slow_graphs):
    with pytest.raises(RunError, match=r"what follows the learning takes 2[0-9] s on this machine") as caught:
        fast(flowers, minutes=0.5)
    least = float(re.match(r"give ([0-9.]+) or more", caught.value.hint)[1])
    started = slow_graphs()
    fast(flowers, minutes=least, epochs="auto", force=True)
    assert slow_graphs() - started < 1.1 * 60 * least


def test_a_baseline_that_would_take_too_much_of_the_minutes_is_left_out_and_said(flowers, fast, monkeypatch):
    monkeypatch.setattr("sightline.line.baseline.seconds_a_picture", lambda *_: 1.0)
    report = fast(flowers, minutes=1, baseline="auto").report
    (finding,) = [finding for finding in report["findings"] if finding["code"] == "no-baseline"]
    assert "of minutes = 1" in finding["symptom"]
    assert report["comparison"] is None


@pytest.mark.usefixtures("ticking")
@pytest.mark.parametrize(("given", "views"), [({}, "picture"), ({"views": "mirrored"}, "mirrored")])
def test_a_second_view_that_would_take_time_from_learning_is_left_out(given, views, flowers, fast, monkeypatch):
    monkeypatch.setattr("sightline.line.methods.pace.MOST_ANSWERING", 0.0)
    run = fast(flowers, minutes=0.3, epochs=1, **given)
    assert run.classifier().manifest["model"]["options"].get("views", "picture") == views


@pytest.mark.usefixtures("ticking")
def test_a_time_that_is_over_before_training_is_told(flowers, fast):
    with pytest.raises(RunError, match=r"minutes = 0\.05, of which .* s are left") as caught:
        fast(flowers, minutes=0.05)
    assert re.match(r"give 0\.[23] or more", caught.value.hint)


def test_a_network_of_one_size_takes_no_growing_pictures(few, tmp_path, command):
    ended = command("train", few, "--out", tmp_path / "run", "--model", "lenet", "--set", "start_scale=0.5")
    assert ended.status == 2
    assert "start_scale = 0.5, but the network does not take pictures of 8x8 pixels" in ended.err


def test_a_warm_up_longer_than_the_recipe_is_told(flowers, fast):
    with pytest.raises(SettingsError, match=r"warmup_epochs = 99 of the 60 epochs"):
        fast(flowers, epochs="auto", warmup_epochs=99)


def test_the_line_before_training_says_what_the_recipe_took(few, tmp_path, command):
    ended = command("train", few, "--out", tmp_path / "run", "--epochs", 1, "--set", "widths=4,4,4")
    assert ended.status == 0
    assert "recipe fast: 4 + 4 + 4 maps, 1 epochs in batches of 16, with" in ended.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "size=65"), "for size = 65, since fast is made for sides of up to 64 pixels"),
        (("--model", "linear"), "for model = linear, since fast is taken where no model is named"),
    ],
)
def test_a_recipe_that_something_named_by_hand_changes_is_said(words, reason, few, tmp_path, command):
    ended = command("train", few, "--out", tmp_path / "run", "--epochs", 1, *words)
    assert ended.status == 0
    assert f"{reason} (--recipe fast takes it all the same)" in ended.err


def test_a_recipe_that_was_named_needs_no_reason(few, tmp_path, command):
    ended = command("train", few, "--out", tmp_path / "run", "--epochs", 1, "--model", "linear", "--recipe", "plain")
    assert "recipe plain" not in ended.err
