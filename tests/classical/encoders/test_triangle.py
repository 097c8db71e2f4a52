import numpy as np
import torch


def test_activations_are_summed_up_region_by_region(encoder_of, positions, local):
    triangle = encoder_of("triangle", pyramid=("1", "2"))
    sums = np.zeros((5, 5))
    for (y, x), patch in zip(positions, local[0].numpy(), strict=True):
        if patch.any():
            distances = np.linalg.norm(triangle.centres.numpy() - patch, axis=1)
            activation = np.maximum(0, distances.mean() - distances)
            sums[0] += activation
            sums[1 + int(y * 2) * 2 + int(x * 2)] += activation
    np.testing.assert_allclose(triangle(local)[0].reshape(5, 5), sums, rtol=1e-4, atol=1e-4)


def test_more_patches_than_fit_into_memory_are_taken_in_pieces(encoder_of):
    middles = (np.arange(20) + 0.5) / 20
    places = np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1).reshape(-1, 2)
    local = torch.randn((12, 400, 8), generator=torch.Generator().manual_seed(0))
    sample = np.random.default_rng(0).normal(size=(700, 8)).astype(np.float32)
    triangle = encoder_of("triangle", places=places, sample=sample, words=600)  # 8 pictures at once, of 12
    distances = torch.cdist(local, triangle.centres)
    expected = (distances.mean(dim=2, keepdim=True) - distances).clamp(min=0).sum(dim=1)
    torch.testing.assert_close(triangle(local), expected, atol=1e-2, rtol=1e-4)
