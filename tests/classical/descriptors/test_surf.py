import mahotas.features.surf
import numpy as np
import pytest
import skimage.data
import torch

from sightline.classical.descriptors.surf import Surf, responses
from sightline.classical.plan import Plan

PHOTO = skimage.data.astronaut()[..., 1]


def described(grey, **plan):
    descriptor = Surf((*grey.shape, 1), Plan(("surf",), **plan))
    return descriptor(torch.from_numpy(grey.copy())[None, :, :, None])[0].numpy(), descriptor.positions


def plain_surf(grey, top, left, side):
    """Return the descriptor of one patch by the formula, corner by corner."""
    reach = max(1, round(side / 20))
    around = np.pad(grey.astype(float), reach, mode="edge")
    sums = np.zeros((4, 4, 4))
    for y in range(side + 1):
        for x in range(side + 1):
            square = around[top + y : top + y + 2 * reach, left + x : left + x + 2 * reach]
            right = square[:, reach:].sum() - square[:, :reach].sum()
            down = square[reach:].sum() - square[:reach].sum()
            window = np.exp(-((y - side / 2) ** 2 + (x - side / 2) ** 2) / (2 * (3.3 * side / 20) ** 2))
            for row in range(4):
                for column in range(4):
                    share = in_cell(y * 4 / side, row) * in_cell(x * 4 / side, column)
                    sums[row, column] += share * window * np.array([right, down, abs(right), abs(down)])
    return sums.ravel() / np.linalg.norm(sums)


def in_cell(place, cell):
    if place in (cell, cell + 1):
        return 0.5
    return float(cell < place < cell + 1)


@pytest.mark.parametrize(("cell", "stride"), [(4, 9), (10, 5)])
def test_surf_is_the_plain_formula(cell, stride):
    grey = PHOTO[100:146, 150:192]
    ours, _ = described(grey, cell=cell, stride=stride)
    side = 4 * cell
    corners = [(y, x) for y in range(0, 46 - side + 1, stride) for x in range(0, 42 - side + 1, stride)]
    np.testing.assert_allclose(ours, [plain_surf(grey, *corner, side) for corner in corners], atol=1e-6)


@pytest.mark.parametrize("cell", [5, 10])
def test_upright_patches_are_described_much_as_mahotas_does(cell):
    """Mahotas turns patches, counts dark minus bright, and lays its 20 samples a side half a sample off the middle."""
    grey = np.ascontiguousarray(PHOTO[:256, 100:356])
    ours, positions = described(grey, cell=cell, stride=3)
    middles = positions * 256
    points = np.column_stack([middles + 0.5, np.full(len(middles), cell / 5), np.ones((len(middles), 2))])
    theirs = mahotas.features.surf.descriptors(grey, points)  # leaves out those near the border
    upright = theirs[np.abs(theirs[:, 5]) < 0.03]
    numbers = [int(np.flatnonzero((middles + 0.5 == point[:2]).all(axis=1))[0]) for point in upright]
    signed = upright[:, 6:].reshape(-1, 16, 4)[:, :, [1, 0, 3, 2]] * [-1, -1, 1, 1]
    correlations = [np.corrcoef(ours[k], one.ravel())[0, 1] for k, one in zip(numbers, signed, strict=True)]
    assert len(correlations) > 20
    assert np.median(correlations) > 0.97


def test_the_mirrored_picture_has_the_mirrored_descriptor():
    grey = PHOTO[100:132, 150:182]
    ours = described(grey, cell=8)[0].reshape(4, 4, 4)
    mirrored = described(grey[:, ::-1], cell=8)[0].reshape(4, 4, 4)
    np.testing.assert_allclose(mirrored, ours[:, ::-1] * [-1, 1, 1, 1], atol=1e-6)


def test_responses_stay_exact_where_float32_could_not_count_the_picture():
    bright = torch.full((1, 400, 400), 255.0)  # their sum is above 2^24
    bright[0, -1, -1] = 254.0
    right, down = responses(bright, 1)
    assert right.sum() == down.sum()
    assert right.unique().tolist() == [-2.0, -1.0, 0.0]


def test_a_flat_patch_is_zero():
    assert not described(np.full((40, 40), 9, dtype=np.uint8), cell=5)[0].any()
