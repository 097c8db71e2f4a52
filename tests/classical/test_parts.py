import torch

from sightline.classical.parts import is_flat


def test_a_patch_is_flat_if_every_number_is_zero_not_if_they_cancel_out_or_are_small():
    local = torch.tensor([[[0.0, 0.0], [1.0, -1.0]], [[0.0, 1e-40], [-0.0, 0.0]]])
    assert is_flat(local).squeeze(2).tolist() == [[True, False], [False, True]]
