"""Batches of classes: who is drawn, how often, and from which group."""

import pytest
import torch

from sightline.training.batch import Batch
from sightline.training.by_class.batches import GROUP, ClassBatches
from sightline.training.by_class.turned_classes import TurnedClasses
from sightline.training.samplers import LABEL
from sightline.training.samples import Samples


@pytest.fixture
def letters():
    """Return 12 letters of three alphabets, six drawings each but one of the last, in the even rows."""
    labels = torch.arange(12).repeat_interleave(6)[:67].repeat_interleave(2)
    return Samples(torch.zeros(134, 4, 4, 1), {LABEL: labels, GROUP: labels // 4}, torch.arange(0, 134, 2))


def test_a_batch_has_so_many_classes_and_so_many_different_pictures_of_each_side_by_side(letters):
    for rows in ClassBatches(classes=5, pictures=3).batches(letters, seed=0):
        labels = letters.targets[LABEL][rows]
        assert len(set(rows.tolist())) == 15
        assert (rows % 2 == 0).all()
        classes, counts = torch.unique_consecutive(labels, return_counts=True)
        assert (len(set(classes.tolist())), counts.tolist()) == (5, [3] * 5)


def test_an_epoch_is_as_long_as_all_pictures_and_depends_on_the_seed_alone(letters):
    sampler = ClassBatches(classes=4, pictures=2)
    first, again, other = (sampler.batches(letters, seed=seed) for seed in (0, 0, 1))
    assert len(first) == 67 // 8
    assert torch.equal(torch.cat(first), torch.cat(again))
    assert not torch.equal(torch.cat(first), torch.cat(other))


def test_a_class_with_one_picture_is_never_drawn_and_others_are_drawn_alike(letters):
    drawn = torch.cat([torch.cat(ClassBatches(4, 2).batches(letters, seed=seed)) for seed in range(40)])
    times = torch.bincount(letters.targets[LABEL][drawn], minlength=12)
    assert times[11] == 0
    assert times[:11].float().std() < 0.25 * times[:11].float().mean()


def test_batches_within_a_group_hold_classes_of_one_group_alone(letters):
    for rows in ClassBatches(classes=4, pictures=2, within=1.0).batches(letters, seed=0):
        assert len(letters.targets[GROUP][rows].unique()) == 1


def test_the_share_of_batches_within_a_group_is_the_one_that_was_asked_for(letters):
    batches = [rows for seed in range(30) for rows in ClassBatches(4, 2, within=0.5).batches(letters, seed=seed)]
    inside = sum(len(letters.targets[GROUP][rows].unique()) == 1 for rows in batches)
    assert inside / len(batches) == pytest.approx(0.5, abs=0.1)


def test_one_class_with_two_pictures_is_too_few():
    alone = Samples(torch.zeros(4, 1), {LABEL: torch.tensor([0, 0, 1, 2])}, torch.arange(4))
    with pytest.raises(ValueError, match="1 of 3 classes have two samples or more; two such classes are needed"):
        ClassBatches(2, 2).batches(alone, seed=0)


def test_all_letters_of_an_alphabet_are_turned_alike_and_all_four_ways():
    pictures = torch.arange(16, dtype=torch.uint8).view(1, 4, 4, 1).expand(400, 4, 4, 1)
    groups = torch.arange(40).repeat_interleave(10)
    batch = Batch(torch.arange(400), pictures, {LABEL: torch.arange(400) // 5, GROUP: groups})
    turned = TurnedClasses()(batch, torch.Generator().manual_seed(0)).inputs
    ways = {(tuple(each.flatten().tolist())) for each in turned}
    assert ways == {tuple(pictures[0].rot90(quarter, (0, 1)).flatten().tolist()) for quarter in range(4)}
    assert all(
        torch.equal(turned[groups == group], turned[groups == group][:1].expand(10, 4, 4, 1)) for group in range(40)
    )
