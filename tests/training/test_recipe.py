"""The settings of a training, and the recipe that is made of them."""

import subprocess
import sys
from dataclasses import fields

import pytest

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import rule_of
from sightline.training.losses import LossSettings, balanced_weights, hinge
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.classification import accuracy, balanced_accuracy
from sightline.training.objectives.recipe import recipe_of
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import StepSettings
from sightline.training.samplers import Balanced, FullBatch, Shuffled

CPU = MachineSettings("cpu")


def made_of(steps=None, loss=None, counts=(3, 1)):
    return recipe_of(steps or StepSettings(), loss or LossSettings(), CPU, counts=counts, seed=4)


def test_the_defaults_are_those_of_the_plain_recipe():
    assert StepSettings() == StepSettings(
        epochs=20,
        batch_size=32,
        sampling="shuffled",
        optimizer="adam",
        learning_rate=None,
        weight_decay=None,
        schedule="cosine",
        warmup_epochs=0.0,
        clip_norm=0.0,
        ema_decay=0.0,
        patience=10,
        start_scale=1.0,
    )
    assert LossSettings() == LossSettings("cross-entropy", 0.0, "none", 0.0, 0.0)
    assert MachineSettings() == MachineSettings("auto", "auto")


def test_what_a_recipe_the_pictures_or_the_clock_may_decide_can_be_auto():
    sections = (StepSettings, LossSettings, MachineSettings)
    left_open = [entry.name for section in sections for entry in fields(section) if rule_of(entry).auto]
    assert left_open == [
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "weight_decay",
        "schedule",
        "patience",
        "start_scale",
        "label_smoothing",
    ]
    assert StepSettings(epochs=AUTO).epochs == AUTO


WRONG = [
    (StepSettings, {"epochs": 0}),
    (StepSettings, {"batch_size": 0}),
    (StepSettings, {"learning_rate": 0.0}),
    (StepSettings, {"weight_decay": -1.0}),
    (StepSettings, {"sampling": "random"}),
    (StepSettings, {"optimizer": "sdg"}),
    (StepSettings, {"schedule": "sine"}),
    (StepSettings, {"ema_decay": 1.0}),
    (StepSettings, {"start_scale": 0.0}),
    (StepSettings, {"patience": -1}),
    (LossSettings, {"loss": "hing"}),
    (LossSettings, {"label_smoothing": 1.0}),
    (LossSettings, {"class_weights": "equal"}),
    (LossSettings, {"l1": -0.1}),
    (MachineSettings, {"device": "tpu"}),
    (MachineSettings, {"precision": "fp8"}),
]


@pytest.mark.parametrize(("section", "values"), WRONG)
def test_a_value_out_of_its_limits_is_refused_by_the_section(section, values):
    with pytest.raises(SettingsError, match=next(iter(values))):
        section(**values)


def test_all_wrong_values_of_a_section_are_told_at_once():
    with pytest.raises(SettingsError, match=r"epochs.*clip_norm"):
        StepSettings(epochs=0, clip_norm=-1.0)


def test_a_rate_that_nobody_named_is_the_optimizer_s_own():
    assert made_of(StepSettings(optimizer="gd")).learning_rate == OPTIMIZERS["gd"].learning_rate
    assert made_of(StepSettings(optimizer="gd", learning_rate=0.3)).learning_rate == 0.3


@pytest.mark.parametrize(
    ("sampling", "optimizer", "expected"),
    [
        ("shuffled", "adam", Shuffled(8)),
        ("balanced", "adam", Balanced(8)),
        ("full-batch", "adam", FullBatch(Shuffled(8))),
        ("shuffled", "gd", FullBatch(Shuffled(8))),
        ("balanced", "gd", FullBatch(Balanced(8))),
        ("full-batch", "gd", FullBatch(Shuffled(8))),
    ],
)
def test_an_optimizer_of_full_batches_takes_all_that_the_sampler_draws(sampling, optimizer, expected):
    assert made_of(StepSettings(sampling=sampling, optimizer=optimizer, batch_size=8)).sampler == expected


def test_the_loss_its_smoothing_and_weights_are_those_of_the_settings():
    recipe = made_of(loss=LossSettings("hinge", 0.1, "balanced", l1=0.2, l2=0.3))
    criterion = recipe.objective.criterion
    assert (criterion.loss, criterion.label_smoothing) == (hinge, 0.1)
    assert criterion.class_weights == balanced_weights((3, 1))
    assert (recipe.penalties.l1, recipe.penalties.l2) == (0.2, 0.3)


@pytest.mark.parametrize(
    ("steps", "loss", "score"),
    [
        (StepSettings(), LossSettings(), accuracy),
        (StepSettings(sampling="balanced"), LossSettings(), balanced_accuracy),
        (StepSettings(), LossSettings(class_weights="balanced"), balanced_accuracy),
    ],
)
def test_where_classes_count_alike_the_score_is_the_balanced_accuracy(steps, loss, score):
    assert made_of(steps, loss).objective.score is score


def test_the_warm_up_is_a_share_of_the_epochs():
    schedule = made_of(StepSettings(epochs=10, warmup_epochs=5, schedule="constant")).schedule
    assert [schedule(progress) for progress in (0.25, 0.5)] == [0.5, 1.0]


def test_progress_is_that_of_the_epochs_or_of_the_clock_whichever_is_further():
    recipe = made_of(StepSettings(epochs=10))
    assert recipe.progress(5, 1000.0) == 0.5


def test_declaring_the_settings_imports_no_torch():
    names = ("losses", "recipe", "machine.devices", "samplers", "schedules", "optimizers", "watchers.watcher")
    code = "import sys\n" + "".join(f"import sightline.training.{name}\n" for name in names)
    code += "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
