"""How rows are drawn and cut into batches."""

import pytest
import torch

from sightline.training.samples import Samples, split_rows


@pytest.fixture
def uneven():
    """Return 900 pictures of class 0, 90 of class 2 and 10 of class 3; other parts hold the odd rows."""
    labels = torch.tensor([0] * 900 + [2] * 90 + [3] * 10).repeat_interleave(2)
    pixels = torch.arange(2000).remainder(256).to(torch.uint8).reshape(-1, 1, 1, 1)
    return Samples(pixels, labels, torch.arange(0, 2000, 2), 4)


def test_a_batch_is_pixels_and_targets_of_which_one_is_one(uneven):
    pixels, targets = uneven.cut(torch.tensor([0, 1800, 1998]))
    assert torch.equal(pixels, uneven.pixels[[0, 1800, 1998]])
    assert targets.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert (targets.dtype, pixels.dtype) == (torch.float32, torch.uint8)


def test_counts_are_those_of_this_part_with_absent_classes(uneven):
    assert uneven.counts() == (900, 0, 90, 10)


def test_in_order_gives_every_sample_once(uneven):
    batches = list(uneven.in_order(300))
    assert [len(targets) for _, targets in batches] == [300, 300, 300, 100]
    assert torch.equal(torch.cat([pixels for pixels, _ in batches]), uneven.pixels[uneven.rows])


def test_shuffled_gives_every_row_once_in_an_order_of_the_seed(uneven):
    rows = uneven.shuffled(seed=1)
    assert torch.equal(rows.sort().values, uneven.rows)
    assert torch.equal(rows, uneven.shuffled(seed=1))
    assert not torch.equal(rows, uneven.shuffled(seed=2))


def test_balanced_draws_every_class_about_as_often(uneven):
    rows = uneven.balanced(seed=1)
    drawn = torch.bincount(uneven.labels[rows], minlength=4).tolist()
    deviation = (1000 * (1 / 3) * (2 / 3)) ** 0.5
    assert len(rows) == len(uneven)
    assert drawn[1] == 0
    assert [drawn[label] for label in (0, 2, 3)] == pytest.approx([1000 / 3] * 3, abs=4 * deviation)


def test_balanced_draws_the_pictures_of_a_class_alike_and_from_this_part_alone(uneven):
    rows = torch.cat([uneven.balanced(seed=seed) for seed in range(20)])
    times = torch.bincount(rows, minlength=2000)
    assert times[1::2].sum() == 0
    assert (times[1980::2] / (20 * 1000 / 3 / 10)).tolist() == pytest.approx([1] * 10, abs=0.2)


def test_balanced_depends_on_the_seed_alone(uneven):
    torch.manual_seed(0)
    first = uneven.balanced(seed=1)
    assert torch.equal(first, uneven.balanced(seed=1))
    assert not torch.equal(first, uneven.balanced(seed=2))


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
    assert history[-1].training_accuracy > 0


def test_balanced_sampling_is_what_a_training_draws(train, recipe_of, samples_of, onlooker):
    eight_of_one = samples_of(64)
    rare = Samples(eight_of_one.pixels, eight_of_one.labels.clamp(max=1), torch.arange(64), 4)
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
