"""What is remembered of every picture while a network learns it."""

import numpy as np
import pytest
import torch

from sightline.core.errors import RunError
from sightline.training.samplers import LABEL
from sightline.training.watchers.dynamics import DynamicsWatch
from sightline.training.watchers.watcher import Watcher


class Stopper(Watcher):
    def on_epoch(self, history):
        if len(history) == 2:
            raise KeyboardInterrupt


@pytest.fixture
def watch_of(tmp_path, samples_of):
    """Return a maker of watches over 64 samples of four classes, all with the same file."""
    samples = samples_of(64)
    return lambda: DynamicsWatch(tmp_path / "dynamics", samples.rows, samples.targets[LABEL], classes=4)


def test_the_means_are_those_of_what_was_said_before_each_step(train, recipe_of, samples_of, network_of, watch_of):
    watch, samples = watch_of(), samples_of(64)
    train(recipe_of("sgd", epochs=1, batch_size=64), watchers=[watch], training=samples)
    scores, seen = network_of()(samples.inputs).detach(), watch.dynamics()
    np.testing.assert_allclose(seen.probabilities, scores.softmax(dim=1).numpy(), rtol=1e-4)
    own = scores[torch.arange(64), samples.targets[LABEL]]
    scores[torch.arange(64), samples.targets[LABEL]] = -torch.inf
    np.testing.assert_allclose(seen.margins, own - scores.amax(dim=1), rtol=1e-3, atol=1e-4)


def test_a_wrong_label_is_behind_the_others(train, recipe_of, samples_of, tmp_path):
    samples = samples_of(64)
    samples.targets[LABEL][5] = (samples.targets[LABEL][5] + 1) % 4
    watch = DynamicsWatch(tmp_path / "dynamics", samples.rows, samples.targets[LABEL], classes=4)
    train(recipe_of(epochs=8, learning_rate=0.01), watchers=[watch], training=samples)
    assert watch.dynamics().margins.argmin() == 5


def test_an_interrupted_training_remembers_what_it_saw_before(train, recipe_of, samples_of, watch_of):
    recipe, whole = recipe_of(epochs=4), watch_of()
    train(recipe, watchers=[whole], training=samples_of(64))
    whole.path.unlink()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, where="torn", watchers=[watch_of(), Stopper()], training=samples_of(64))
    torn = watch_of()
    train(recipe, where="torn", watchers=[torn], training=samples_of(64))
    np.testing.assert_allclose(torn.dynamics().margins, whole.dynamics().margins, rtol=1e-5, atol=1e-6)


def test_nothing_is_remembered_without_scores_or_of_too_many_pictures(watch_of, tmp_path):
    assert watch_of().dynamics() is None
    huge = DynamicsWatch(tmp_path / "huge", torch.arange(2**10), torch.zeros(2**10, dtype=torch.int64), classes=2**20)
    assert huge.dynamics() is None


@pytest.mark.parametrize("content", [b"nothing", b""])
def test_a_damaged_file_is_named(content, watch_of):
    watch = watch_of()
    watch.path.write_bytes(content)
    with pytest.raises(RunError, match="can't be taken up"):
        watch.on_start(1)
