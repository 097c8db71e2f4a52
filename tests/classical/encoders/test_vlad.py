import numpy as np
import torch


def test_residuals_are_summed_up_rooted_and_normalised_twice(encoder_of, positions, local):
    vlad = encoder_of("vlad", pyramid=("1", "2"))
    sums = np.zeros((5, 5, 8))
    for (y, x), patch in zip(positions, local[0].numpy(), strict=True):
        if patch.any():
            residuals = patch - vlad.centres.numpy()
            word = np.linalg.norm(residuals, axis=1).argmin()
            sums[0, word] += residuals[word]
            sums[1 + int(y * 2) * 2 + int(x * 2), word] += residuals[word]
    roots = np.sign(sums) * np.sqrt(np.abs(sums))
    blocks = roots / np.maximum(np.linalg.norm(roots, axis=2, keepdims=True), 1e-12)
    regions = blocks / np.linalg.norm(blocks, axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(vlad(local)[0].reshape(5, 5, 8), regions, atol=1e-5)


def test_a_patch_that_is_a_word_leaves_nothing_over(encoder_of, sample_of):
    vlad = encoder_of("vlad", sample=sample_of(3))
    assert vlad(vlad.centres.repeat(12, 1)[None]).abs().max() == 0


def test_match_weighs_scalar_products_of_the_regions(encoder_of, local):
    weighed = encoder_of("vlad", pyramid=("1", "2"), pyramid_weights="match")(local).reshape(3, 5, -1)
    torch.testing.assert_close(weighed.square().sum(dim=2)[:2], torch.full((2, 5), 0.5))
