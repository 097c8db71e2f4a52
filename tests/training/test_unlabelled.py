"""Who is in a step: all pictures without a label once, labelled ones first, again and again."""

import torch

from sightline.training.samplers import LABEL
from sightline.training.samples import Samples
from sightline.training.unlabelled import AgainAndAgain, WithUnlabelled


def samples(labelled, unlabelled):
    labels = torch.cat([torch.arange(labelled) % 2, torch.full((unlabelled,), -1)])
    rows = torch.arange(labelled + unlabelled).flip(0)  # in no order
    return Samples(torch.zeros(len(rows), 1), {LABEL: labels}, rows)


def test_a_step_has_its_labelled_rows_first_and_so_many_others_for_each():
    for rows in WithUnlabelled(4, 3).batches(samples(10, 60), seed=0):
        assert len(rows) == 16
        assert (rows[:4] < 10).all()
        assert (rows[4:] >= 10).all()


def test_an_epoch_has_each_unlabelled_row_once_and_each_labelled_one_as_often_as_any_other():
    rows = torch.cat(list(WithUnlabelled(4, 3).batches(samples(10, 60), seed=0)))
    counts = torch.bincount(rows)
    assert (counts[10:] == 1).all()
    assert counts[:10].sum() == 20
    assert (counts[:10] == 2).all()


def test_fewer_labelled_rows_than_a_step_has_are_in_it_several_times():
    [rows] = AgainAndAgain(8, 1).batches(samples(3, 0), seed=0)
    assert sorted(torch.bincount(rows).tolist()) == [2, 3, 3]


def test_the_seed_alone_decides():
    some = samples(10, 60)
    first, again, other = (WithUnlabelled(4, 3).batches(some, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    assert not all(torch.equal(*pair) for pair in zip(first, other, strict=True))


def test_the_labelled_rows_alone_have_as_many_steps():
    alone, both = samples(10, 0), samples(10, 50)
    steps = len(WithUnlabelled(4, 3).batches(both, seed=0))
    rows = AgainAndAgain(4, steps).batches(alone, seed=0)
    assert [len(some) for some in rows] == [4] * steps
