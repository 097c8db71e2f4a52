"""The babysitter names what goes wrong in a training, once, and changes nothing; what goes well it does not name."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from sightline.core.findings import Severity
from sightline.training.history import EpochRecord
from sightline.training.watchers.babysitter import Babysitter
from sightline.training.watchers.course import Course
from sightline.training.watchers.symptoms import (
    dead_units,
    nothing_carries_over,
    one_answer,
    overfitting,
    plateau,
    steps_too_large,
    steps_too_small,
    underfitting,
    waiting,
)


@pytest.fixture
def watched(train, recipe_of):
    """Return a function that trains under a babysitter, and gives the codes it told and those in the history."""

    def run(*, name="linear", where="run", training=None, accept=(), **changes):
        recipe, told = recipe_of(**{"epochs": 4, **changes}), []
        babysitter = Babysitter(recipe, validated=16, accept=accept, tell=told.extend)
        network, history = train(recipe, name=name, where=where, training=training, watchers=[babysitter])
        return network, history, told

    return run


def test_a_sound_training_is_named_by_no_symptom_and_is_the_same_under_a_babysitter(
    watched, train, recipe_of, assert_same_weights
):
    network, _, told = watched()
    assert told == []
    assert_same_weights(network, train(recipe_of(epochs=4), where="alone")[0])


def test_a_loss_that_does_not_move_is_told_once_and_stands_in_the_next_epoch_s_record(watched):
    _, history, told = watched(learning_rate=1e-9, epochs=5)
    assert [finding.code for finding in told] == ["steps-too-small", "loss-not-moving"]
    codes = [[finding.code for finding in record.findings] for record in history]
    assert codes == [[], ["steps-too-small"], [], ["loss-not-moving"], []]
    assert "0.01" in told[0].advice or "learning_rate=1e-07" in told[0].advice


def test_a_rate_that_is_far_too_high_is_told(watched):
    assert watched(learning_rate=30.0, optimizer="sgd")[2][0].code == "steps-too-large"


def test_steps_are_not_measured_where_the_optimizer_keeps_the_length_of_weights(watched):
    codes = {finding.code for finding in watched(name="lenet", learning_rate=0.2, optimizer="muon-normalised")[2]}
    assert not codes & {"steps-too-large", "steps-too-small"}


def test_an_accepted_symptom_is_a_note(watched):
    told = watched(learning_rate=30.0, optimizer="sgd", accept=["steps-too-large"])[2]
    assert (told[0].code, told[0].severity) == ("steps-too-large", Severity.NOTE)


@pytest.fixture
def course_of(recipe_of):
    """Return a maker of courses from figures an epoch."""

    def make(
        *, training=(1.0, 0.5), validation=(1.0, 0.6), right=(0.5, 0.8), held_out=(0.5, 0.7), rate=1e-3, **changes
    ):
        history = [
            EpochRecord(
                number + 1,
                rate,
                {"loss": one, "accuracy": two},
                {"loss": three, "accuracy": four},
                four,
                0,
                0,
                20,
                1,
                9,
            )
            for number, (one, two, three, four) in enumerate(zip(training, right, validation, held_out, strict=True))
        ]
        even = torch.full((4,), 25.0)
        values = {"first_loss": 1.4, "ratios": {}, "dead": {}, "answers": even, "truths": even, "validated": 100}
        return Course(history, recipe_of(epochs=len(history)), **(values | changes))

    return make


def test_steps_are_measured_in_lengths_of_the_weights(course_of):
    assert steps_too_large(course_of(ratios={"a": 1e-3, "b": 2.0})).code == "steps-too-large"
    assert steps_too_small(course_of(ratios={"a": 1e-9, "b": 1e-8})).code == "steps-too-small"
    usual = course_of(ratios={"a": 1e-3, "b": 1e-2})
    assert (steps_too_large(usual), steps_too_small(usual)) == (None, None)


def test_one_answer_for_all_is_told_and_one_class_for_nearly_all_is_not(course_of):
    one = torch.tensor([100.0, 0, 0, 0])
    assert one_answer(course_of(answers=one)).code == "one-answer"
    assert one_answer(course_of(answers=one, truths=torch.tensor([99.0, 1, 0, 0]))) is None


def test_labels_that_tell_nothing_of_the_pictures_are_told(course_of):
    found = nothing_carries_over(course_of(right=(0.5, 0.95), held_out=(0.25, 0.27)))
    assert (found.code, "27.0" in found.symptom) == ("nothing-carries-over", True)
    assert nothing_carries_over(course_of(right=(0.5, 0.95), held_out=(0.25, 0.6))) is None


def test_some_epochs_that_bring_nothing_for_others_are_told_and_one_that_did_is_not(course_of):
    flat = {"training": [1.3] * 12, "validation": [1.4] * 12, "right": [0.3] * 12}
    assert nothing_carries_over(course_of(held_out=[0.28] * 12, **flat)).code == "nothing-carries-over"
    assert nothing_carries_over(course_of(held_out=[0.28] * 10 + [0.4, 0.4], **flat)) is None
    uneven = torch.tensor([90.0, 10, 0, 0])
    assert nothing_carries_over(course_of(held_out=[0.9] * 12, truths=uneven, **flat)) is None


def test_a_gap_that_grows_for_epochs_is_told_and_one_that_jumps_is_not(course_of):
    training = [1 / (epoch + 1) for epoch in range(12)]
    rising = [1.0, 0.8, 0.7, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1]
    rest = {"training": training, "right": [0.9] * 12, "held_out": [0.6] * 12}
    assert overfitting(course_of(validation=rising, **rest)).code == "overfitting"
    assert overfitting(course_of(validation=[0.7, 0.8] * 6, **rest)) is None


def test_poor_training_that_has_stopped_is_told(course_of):
    flat = {"training": [1.3] * 9, "validation": [1.3] * 9}
    assert underfitting(course_of(right=[0.3] * 9, held_out=[0.3] * 9, **flat)).code == "underfitting"
    assert underfitting(course_of(right=[0.3 + 0.05 * n for n in range(9)], held_out=[0.3] * 9, **flat)) is None


def test_a_plateau_is_told_at_a_rate_that_is_still_high(course_of):
    flat = {"training": [0.9] * 12, "validation": [1.0] * 12, "right": [0.4] * 12, "held_out": [0.4] * 12}
    assert plateau(course_of(**flat)).code == "plateau"
    assert plateau(course_of(**flat, rate=1e-5)) is None


def test_dead_layers_and_waiting_are_told(course_of):
    assert dead_units(course_of(dead={"relu1": 1.0, "relu2": 0.2})).code == "dead-units"
    slow = course_of()
    slow.history[-1] = replace(slow.history[-1], waiting_seconds=15.0)
    assert waiting(slow).code == "waiting-for-pictures"
    assert waiting(course_of()) is None


class Counted(nn.Linear):
    """Counts how often somebody asks for its weights."""

    looks = 0

    def named_parameters(self, *words, **options):
        self.looks += 1
        return super().named_parameters(*words, **options)


def test_a_step_in_sixty_four_is_looked_at(step_of, recipe_of):
    network = Counted(2, 2)
    babysitter = Babysitter(recipe_of(), validated=1)
    for number in range(1, 130):
        babysitter.before_step(step_of(network, number=number))
        babysitter.after_step(step_of(network, number=number))
    assert network.looks == 2 * len([1, 65, 129])
