import json
import math

import pytest
import torch

from sightline.core.findings import Severity
from sightline.training.preflight.checks import CHECKS
from sightline.training.preflight.flight import Preflight, planned_passes, preflight
from sightline.training.preflight.objective import costs_of


def test_network_gradients_modes_and_chance_are_the_same_afterwards_bit_for_bit(setup_of):
    setup = setup_of()
    setup.network.train()
    before = {name: value.clone() for name, value in setup.network.state_dict().items()}
    torch.manual_seed(5)
    state = torch.get_rng_state()
    flown = preflight(setup)
    assert list(flown.measured) == list(CHECKS)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in setup.network.state_dict().items())
    assert all(weight.grad is None for weight in setup.network.parameters())
    assert all(layer.training for layer in setup.network.modules())


def test_the_same_setup_is_seen_the_same_way_twice(setup_of):
    assert preflight(setup_of()).as_json() == preflight(setup_of()).as_json()


def test_a_check_that_the_budget_does_not_pay_is_left_out_and_named(setup_of):
    flown = preflight(setup_of(), budget=300)
    assert "inputs" in flown.measured
    assert "by-heart" in flown.left_out
    assert set(flown.measured) | set(flown.left_out) == set(CHECKS)


def test_no_budget_makes_no_check(setup_of):
    assert preflight(setup_of(), budget=0.5).measured == {}


def test_the_training_is_planned_in_samples(setup_of):
    assert planned_passes(setup_of(epochs=3)) == 3 * 64


def test_an_accepted_finding_becomes_a_note(setup_of):
    setup = setup_of(weight_decay=500.0, optimizer="adamw")
    (finding,) = preflight(setup, accept=["weight-decay-too-strong"]).findings
    assert (finding.code, finding.severity) == ("weight-decay-too-strong", Severity.NOTE)


def test_what_was_seen_goes_through_a_file(setup_of):
    flown = preflight(setup_of(weight_decay=500.0, optimizer="adamw"))
    again = Preflight.of_json(json.loads(json.dumps(flown.as_json())))
    assert again.findings == flown.findings
    assert again.as_json() == flown.as_json()


@pytest.mark.parametrize(
    ("loss", "chance"), [("cross-entropy", math.log(4)), ("hinge", 3.0), ("squared-error", 1 - 1 / 4)]
)
def test_chance_costs_what_the_textbook_says(loss, chance, setup_of):
    from sightline.training.losses import LOSSES, Criterion

    costs = costs_of(setup_of(criterion=Criterion(LOSSES[loss].function)), 4)
    assert costs.chance == pytest.approx(chance, rel=1e-6)
