"""Windows and blends: cutout, mixup, cutmix."""

import torch


def windows(
    height: int, width: int, *, sizes: torch.Tensor, centres: torch.Tensor, device: torch.device
) -> torch.Tensor:
    """Return masks of one window a picture; a window may hang over the edge.

    Args:
        height: Pixels down, of every picture.
        width: Pixels across, of every picture.
        sizes: (N, 2) int64, height and width of each window.
        centres: (N, 2) int64, the row and the column of its middle.
        device: Where the masks shall be.

    Returns:
        (N, H, W) bool.
    """
    starts = (centres - sizes // 2).to(device)[:, :, None]  # (N, 2, 1)
    ends = starts + sizes.to(device)[:, :, None]
    rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
    inside_rows = (rows >= starts[:, 0]) & (rows < ends[:, 0])  # (N, H)
    inside_columns = (columns >= starts[:, 1]) & (columns < ends[:, 1])  # (N, W)
    return inside_rows[:, :, None] & inside_columns[:, None, :]


def random_centres(count: int, height: int, width: int, *, generator: torch.Generator) -> torch.Tensor:
    """Return (N, 2) int64 places, every pixel equally likely."""
    return torch.stack([torch.randint(side, (count,), generator=generator) for side in (height, width)], dim=1)


def cut_out(pixels: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """Cover one window a picture with the picture's mean colour, so that no single detail can be relied on.

    Args:
        pixels: (N, H, W, C) uint8.
        share: Of height and of width; the window hangs over the edge when its middle lies near it.
        generator: On the CPU; it decides where the windows are.

    Reference:
        DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout"
        (2017), section 3.2: the middle is anywhere, the filling is the mean.
        https://arxiv.org/abs/1708.04552
    """
    count, height, width, _ = pixels.shape
    size = torch.tensor([round(share * height), round(share * width)]).expand(count, 2)
    centres = random_centres(count, height, width, generator=generator)
    covered = windows(height, width, sizes=size, centres=centres, device=pixels.device)
    means = pixels.float().mean(dim=(1, 2), keepdim=True).round().to(torch.uint8)  # (N, 1, 1, C)
    return torch.where(covered[..., None], means, pixels)


def mix_up(
    pixels: torch.Tensor, targets: torch.Tensor, *, shares: torch.Tensor, partners: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each picture, and its target, with a partner's.

    Args:
        pixels: (N, H, W, C) uint8.
        targets: (N, K) float32, each row adding up to one.
        shares: (N,) float32 in 0..1, how much of itself each picture keeps.
        partners: (N,) int64, the row that each picture is mixed with.

    Reference:
        Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization" (2018),
        equation 1. https://arxiv.org/abs/1710.09412
    """
    partners, shares = partners.to(pixels.device), shares.to(pixels.device)
    weights = shares[:, None, None, None]
    blended = pixels * weights + pixels[partners] * (1 - weights)
    return blended.round().to(torch.uint8), _blended_targets(targets, shares, partners)


def cut_mix(
    pixels: torch.Tensor,
    targets: torch.Tensor,
    *,
    shares: torch.Tensor,
    centres: torch.Tensor,
    partners: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Paste the same window of a partner into each picture; targets go by the area that is really pasted.

    Args:
        pixels: (N, H, W, C) uint8.
        targets: (N, K) float32, each row adding up to one.
        shares: (N,) float32 in 0..1, how much each picture would keep of itself, were no window to
            hang over its edge.
        centres: (N, 2) int64, row and column of each window's middle.
        partners: (N,) int64, the row that each picture is mixed with.

    Reference:
        Yun, Han, Oh, Chun, Choe and Yoo, "CutMix: regularization strategy to train strong
        classifiers with localizable features" (2019), section 3.1, equations 1 and 2.
        https://arxiv.org/abs/1905.04899
    """
    height, width = pixels.shape[1:3]
    sides = (1 - shares).sqrt()[:, None] * torch.tensor([height, width])
    pasted = windows(height, width, sizes=sides.round().long(), centres=centres, device=pixels.device)
    partners = partners.to(pixels.device)
    areas = 1 - pasted.float().mean(dim=(1, 2))
    return torch.where(pasted[..., None], pixels[partners], pixels), _blended_targets(targets, areas, partners)


def _blended_targets(targets: torch.Tensor, shares: torch.Tensor, partners: torch.Tensor) -> torch.Tensor:
    return targets * shares[:, None] + targets[partners] * (1 - shares[:, None])


def beta(alpha: float, count: int, generator: torch.Generator) -> torch.Tensor:
    """Draw from the Beta distribution with both parameters alike; (N,) float32 in 0..1.

    Torch's own draws from it take no generator, so the generator seeds NumPy's.
    """
    import numpy as np

    seed = int(torch.randint(2**63 - 1, (1,), generator=generator))
    return torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, size=count).astype(np.float32))
