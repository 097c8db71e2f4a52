"""What every classifier of the table promises."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from sightline.classical import CLASSIFIERS
from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.graph import Graph
from sightline.inference.signature import classification

MODULES = {entry.module: name for name, entry in CLASSIFIERS.items()}
"""Each module's class with one classifier that has it."""
PLANS = {
    **{name: Plan(("hog",), classifier=name) for name in CLASSIFIERS},
    "svm, l1": Plan(("hog",), classifier="svm", penalty="l1"),
}


@pytest.fixture(scope="module", params=PLANS, ids=list(PLANS))
def plan(request):
    return PLANS[request.param]


@pytest.fixture(scope="module")
def learnt(plan, digits):
    return fitted(plan, *digits, seed=3)


def fitted(plan, training, validation, seed=0):
    return CLASSIFIERS[plan.classifier].load()(training, validation, plan, seed=seed)


def answers(classifier, part):
    with torch.inference_mode():
        return classifier.scores(part.rows(slice(None))).numpy()


def test_it_learns_digits_and_keeps_the_best_trial(learnt, digits):
    shares = [np.mean(answers(learnt, part).argmax(axis=1) == part.labels) for part in digits]
    assert min(shares) > 0.8
    if learnt.trials:
        trial = learnt.trials[learnt.chosen]
        assert trial.validation_accuracy == max(one.validation_accuracy for one in learnt.trials)
        assert shares == pytest.approx([trial.training_accuracy, trial.validation_accuracy], abs=0.004)
        assert min(one.value for one in learnt.trials) > 0


def test_the_same_pictures_and_seed_give_the_same_bits(plan, learnt, digits):
    copies = [Features(part.values.copy(), part.labels, part.mean, part.factor, part.classes) for part in digits]
    again = fitted(plan, *copies, seed=3)
    assert again.trials == learnt.trials
    for name, array in learnt.scores.state_dict().items():
        assert torch.equal(array, again.scores.state_dict()[name]), name


def test_its_arrays_can_be_saved_and_put_into_a_new_module(plan, learnt, digits):
    module = CLASSIFIERS[plan.classifier].load_module()(plan)
    assert {name: len(array) for name, array in module.state_dict().items()} == dict.fromkeys(
        learnt.scores.state_dict(), 0
    )
    for name, array in load(save(learnt.scores.state_dict())).items():
        assert array.dtype == torch.float32
        setattr(module, name, array)
    rows = digits[1].rows(slice(5))
    assert torch.equal(module(rows), learnt.scores(rows))


def odd_parts():
    """Return parts that a classifier must live with: name to (values, labels) of training and validation, classes."""
    chance = np.random.default_rng(0)
    wide = chance.normal(size=(40, 6))
    constant = wide * [1, 0, 1, 1, 0, 1]
    mixed = chance.integers(0, 3, 40)
    return {
        "a class that is in no part": ((wide, mixed), (wide[:9], mixed[:9]), 5),
        "a class in the validation part alone": ((wide, mixed), (wide[:9], np.full(9, 3)), 4),
        "a class in the training part alone": ((wide, mixed), (wide[:2], np.array([0, 0])), 3),
        "one class alone": ((wide, np.full(40, 1)), (wide[:3], np.full(3, 1)), 2),
        "one picture a class, one to choose by": ((wide[:3], np.arange(3)), (wide[:1], np.array([2])), 3),
        "one picture": ((wide[:1], np.array([1])), (wide[:1], np.array([1])), 2),
        "fewer pictures than classes": ((wide[:3], np.array([0, 4, 6])), (wide[:2], np.array([0, 4])), 7),
        "constant features": ((constant, mixed), (constant[:9], mixed[:9]), 3),
        "nothing but constant features": ((0 * wide + 3, mixed), (0 * wide[:9] + 3, mixed[:9]), 3),
        "huge and tiny features": ((wide * [1e8, 1e-8, 1, 1, 1, 1], mixed), (wide[:9], mixed[:9]), 3),
    }


@pytest.mark.parametrize("case", odd_parts())
def test_odd_parts_give_finite_scores_and_no_class_that_was_never_seen(case, plan, features_of):
    (values, labels), (others, truths), classes = odd_parts()[case]
    training = features_of(values, labels, classes=classes)
    validation = features_of(others, truths, like=training)
    classifier = fitted(plan, training, validation)
    for array in classifier.scores.state_dict().values():
        assert torch.isfinite(array).all()
        assert array.numel() > 0  # else no graph can hold it
    for part in (training, validation):
        scores = answers(classifier, part)
        assert scores.shape == (len(part), classes)
        assert np.isfinite(scores).all()
        if plan.classifier != "perceptron":  # which may leave off before it has learnt that there is one class alone
            assert set(scores.argmax(axis=1)) <= set(labels)
    assert all(0 <= trial.validation_accuracy <= 1 for trial in classifier.trials)


class Pixels(nn.Module):
    """Pixels of digits to standardised features."""

    def __init__(self, part):
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(part.mean))
        self.register_buffer("factor", torch.from_numpy(part.factor))

    def forward(self, pixels):
        return (pixels.flatten(1).float() - self.mean) * self.factor


@pytest.mark.parametrize("name", MODULES.values())
def test_its_graph_answers_as_the_module_does(name, digits):
    training, validation = digits
    classifier = fitted(PLANS[name], *digits)
    network = nn.Sequential(OrderedDict(features=Pixels(training), scores=classifier.scores))
    graph = Graph(graph_of(network, (8, 8, 1)), classification((8, 8, 1), 10))
    pixels = validation.values.astype(np.uint8).reshape(-1, 8, 8, 1)
    for count in (1, 3):
        expected = network(torch.from_numpy(pixels[:count])).softmax(dim=1).numpy()
        np.testing.assert_allclose(graph.run(pixels[:count])[0], expected, atol=1e-5)
