"""Tables of samples, the batches that are cut of them, and how batches come apart and together."""

import torch

from sightline.training.batch import Batch, joined
from sightline.training.samples import Samples


def clips(count=9):
    """Return clips (N, T, H, W, C) with a number and a pair of numbers each."""
    inputs = torch.arange(count * 8).to(torch.uint8).reshape(count, 2, 2, 2, 1)
    return Samples(inputs, {"label": torch.arange(count), "box": torch.randn(count, 2)}, torch.arange(0, count, 2))


def test_a_batch_holds_the_inputs_and_targets_of_its_rows_whatever_their_rank():
    samples, rows = clips(), torch.tensor([3, 1, 8])
    batch = samples.cut(rows)
    assert len(batch) == 3
    assert torch.equal(batch.inputs, samples.inputs[rows])
    assert torch.equal(batch.targets["label"], rows)
    assert torch.equal(batch.targets["box"], samples.targets["box"][rows])


def test_rows_of_pairs_cut_pairs():
    batch = clips().cut(torch.tensor([[0, 1], [4, 2]]))
    assert len(batch) == 2
    assert batch.inputs.shape == (2, 2, 2, 2, 2, 1)
    assert batch.targets["label"].tolist() == [[0, 1], [4, 2]]


def test_pieces_of_a_batch_joined_again_are_the_batch():
    batch = clips().cut(torch.arange(9))
    pieces = batch.split(4)
    again = joined(pieces)
    assert [len(piece) for piece in pieces] == [4, 5]
    assert torch.equal(again.rows, batch.rows)
    assert torch.equal(again.inputs, batch.inputs)
    assert all(torch.equal(again.targets[name], target) for name, target in batch.targets.items())


def test_a_batch_without_targets_is_one_too():
    batch = Batch(torch.arange(4), torch.zeros(4, 3))
    assert [len(piece) for piece in batch.split(2)] == [2, 2]
    assert joined(batch.split(2)).targets == {}


def test_a_part_has_the_number_of_its_rows_and_names_them():
    samples = clips()
    assert len(samples) == 5
    assert list(samples.names(torch.tensor([2, 4]))) == ["row 2", "row 4"]
