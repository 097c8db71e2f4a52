"""What a descriptor needs of the pictures, asked before anything is computed."""

from sightline.core.errors import SettingsError

Shape = tuple[int, int, int]
"""(H, W, C) of the pictures."""
RGB, GREY = 3, 1
"""Channels."""


def require_size(shape: Shape, least: int, name: str) -> None:
    """Raise if a descriptor's smallest patch does not fit the pictures.

    Args:
        shape: (H, W, C) of the pictures.
        least: Height and width that they need, in pixels.
        name: The descriptor and its sizes, such as ``"hog with cell=8"``.

    Raises:
        SettingsError: The pictures are smaller.
    """
    height, width, _ = shape
    if min(height, width) < least:
        raise SettingsError(
            f"{name} needs pictures of at least {least}x{least} pixels; these have {height}x{width}",
            hint=f"set size={least} or larger, or choose smaller cells, patches or scales",
        )


def require_rgb_or_grey(shape: Shape, name: str) -> None:
    """Raise if pictures are neither RGB nor grey.

    Raises:
        SettingsError: They have other than 1 or 3 channels.
    """
    if shape[2] not in (RGB, GREY):
        raise SettingsError(
            f"{name} needs pictures of 1 or 3 channels; these have {shape[2]}", hint="set colours=rgb or colours=grey"
        )
