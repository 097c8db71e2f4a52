"""Flips and crops: whole pixels change their places, no value is touched."""

import torch


def places(side: int, offsets: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
    """Return where each new row (or column) of some pictures comes from.

    Args:
        side: Rows (or columns) of a picture.
        offsets: (N,) int64, how far the window lies from the picture's own place.
        flipped: (N,) bool, whether the order is turned round.

    Returns:
        (N, side) int64 in 0..side-1.
    """
    window = reflected(torch.arange(side) + offsets[:, None], side)  # (N, side)
    return torch.where(flipped[:, None], window.flip(1), window)


def reflected(indices: torch.Tensor, side: int) -> torch.Tensor:
    """Fold indices beyond the edges back into 0..side-1; the edge's pixel is there twice, as in a mirror.

    Example:
        >>> reflected(torch.arange(-3, 5), 2).tolist()
        [1, 1, 0, 0, 1, 1, 0, 0]
    """
    folded = indices.remainder(2 * side)
    return torch.minimum(folded, 2 * side - 1 - folded)


def take(pixels: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return, of each picture, its own choice of rows and columns.

    Args:
        pixels: (N, H, W, C) of any type.
        rows: (N, h) int64, each in 0..H-1.
        columns: (N, w) int64, each in 0..W-1.

    Returns:
        (N, h, w, C), contiguous.
    """
    count, height, width, channels = pixels.shape
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    first = torch.arange(count, device=pixels.device)[:, None, None] * (height * width)
    indices = first + rows[:, :, None] * width + columns[:, None, :]  # (N, h, w)
    # One index for each pixel, not for each value: two to four times as fast as indexing three axes.
    taken = pixels.reshape(-1, channels).index_select(0, indices.flatten())
    return taken.view(count, rows.shape[1], columns.shape[1], channels)
