"""Who is in a step: how rows are drawn and cut into batches."""

import pytest
import torch

from sightline.training.batch import split_rows
from sightline.training.samplers import (
    LABEL,
    SAMPLERS,
    Balanced,
    FullBatch,
    InOrder,
    Shuffled,
    evaluation_batch,
)
from sightline.training.samples import Samples


@pytest.fixture
def uneven():
    """Return 900 pictures of class 0, 90 of class 2 and 10 of class 3; other parts hold the odd rows."""
    labels = torch.tensor([0] * 900 + [2] * 90 + [3] * 10).repeat_interleave(2)
    pixels = torch.arange(2000).remainder(256).to(torch.uint8).reshape(-1, 1, 1, 1)
    return Samples(pixels, {LABEL: labels}, torch.arange(0, 2000, 2))


def drawn(sampler, samples, seed):
    """Return all rows of an epoch."""
    return torch.cat(tuple(sampler.batches(samples, seed=seed)))


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_draws_as_many_rows_as_there_are_by_the_seed_alone(name, uneven):
    sampler = SAMPLERS[name].make(100)
    rows = drawn(sampler, uneven, 1)
    torch.manual_seed(0)
    assert len(rows) == len(uneven)
    assert set(rows.tolist()) <= set(uneven.rows.tolist())
    assert torch.equal(rows, drawn(sampler, uneven, 1))
    assert not torch.equal(rows, drawn(sampler, uneven, 2))


def test_batches_have_the_size_that_was_asked_for_and_a_full_one_has_all(uneven):
    sizes = {name: [len(rows) for rows in entry.make(300).batches(uneven, seed=0)] for name, entry in SAMPLERS.items()}
    assert sizes == {"shuffled": [300, 300, 300, 100], "balanced": [300, 300, 300, 100], "full-batch": [1000]}


def test_a_full_batch_holds_the_rows_that_another_sampler_draws(uneven):
    assert torch.equal(drawn(FullBatch(Balanced(100)), uneven, 1), drawn(Balanced(100), uneven, 1))


def test_in_order_gives_every_row_once_in_batches_that_suit_the_size_of_a_sample(uneven):
    assert torch.equal(drawn(InOrder(), uneven, 0), uneven.rows)
    large = Samples(torch.zeros(30, 224, 224, 3, dtype=torch.uint8), {}, torch.arange(30))
    assert [len(rows) for rows in InOrder().batches(large, seed=0)] == [10, 10, 10]


@pytest.mark.parametrize(
    ("shape", "count"), [((16, 16, 3), 512), ((1000, 1000, 3), 8), ((7,), 512), ((8, 112, 112, 3), 8)]
)
def test_pictures_vectors_and_clips_are_looked_at_in_batches_of_their_own(shape, count):
    assert evaluation_batch(shape) == count


def test_shuffled_gives_every_row_once_in_an_order_of_the_seed(uneven):
    rows = drawn(Shuffled(100), uneven, 1)
    assert torch.equal(rows.sort().values, uneven.rows)
    assert torch.equal(rows, drawn(Shuffled(100), uneven, 1))
    assert not torch.equal(rows, drawn(Shuffled(100), uneven, 2))


def test_balanced_draws_every_class_about_as_often(uneven):
    rows = drawn(Balanced(100), uneven, 1)
    times = torch.bincount(uneven.targets[LABEL][rows], minlength=4).tolist()
    deviation = (1000 * (1 / 3) * (2 / 3)) ** 0.5
    assert len(rows) == len(uneven)
    assert times[1] == 0
    assert [times[label] for label in (0, 2, 3)] == pytest.approx([1000 / 3] * 3, abs=4 * deviation)


def test_balanced_draws_the_pictures_of_a_class_alike_and_from_this_part_alone(uneven):
    rows = torch.cat([drawn(Balanced(100), uneven, seed) for seed in range(20)])
    times = torch.bincount(rows, minlength=2000)
    assert times[1::2].sum() == 0
    assert (times[1980::2] / (20 * 1000 / 3 / 10)).tolist() == pytest.approx([1] * 10, abs=0.2)


def test_balanced_depends_on_the_seed_alone(uneven):
    torch.manual_seed(0)
    first = drawn(Balanced(100), uneven, 1)
    assert torch.equal(first, drawn(Balanced(100), uneven, 1))
    assert not torch.equal(first, drawn(Balanced(100), uneven, 2))


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (32, 8, [8, 8, 8, 8]),
        (31, 8, [8, 8, 8, 7]),
        (33, 8, [8, 8, 8, 9]),
        (3, 2, [3]),
        (9, 8, [9]),
        (1, 8, [1]),
        (3, 1, [1, 1, 1]),
        (5, 100, [5]),
    ],
)
def test_a_lone_last_row_joins_the_batch_before_it(count, size, expected):
    batches = split_rows(torch.arange(count), size)
    assert [len(batch) for batch in batches] == expected
    assert torch.equal(torch.cat(batches), torch.arange(count))


@pytest.mark.parametrize("optimizer", ["adam", "gd"])
def test_batch_normalisation_trains_where_one_picture_is_left_over(optimizer, train, recipe_of, samples_of, dense_of):
    network = torch.nn.Sequential(*dense_of(256, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 4))
    train.network_of = lambda _: network
    _, history = train(recipe_of(optimizer, epochs=1, batch_size=8), training=samples_of(17))
    assert history[-1].training["accuracy"] > 0


def test_balanced_sampling_is_what_a_training_draws(train, recipe_of, samples_of, onlooker):
    eight_of_one = samples_of(64)
    rare = Samples(eight_of_one.inputs, {LABEL: eight_of_one.targets[LABEL].clamp(max=1)}, torch.arange(64))
    train(
        recipe_of("sgd", epochs=1, batch_size=64, learning_rate=1e-12), where="all", training=rare, watchers=[onlooker]
    )
    train(
        recipe_of("sgd", epochs=1, batch_size=64, learning_rate=1e-12, sampling="balanced"),
        where="balanced",
        training=rare,
        watchers=[onlooker],
    )
    # The gradient of a class's bias is its mean probability less its share: 1/4 and about 1/2 for class 0.
    (_, shuffled, _), (_, balanced, _) = onlooker.steps
    assert (shuffled[1][0] - balanced[1][0]).item() == pytest.approx(0.25, abs=0.2)
