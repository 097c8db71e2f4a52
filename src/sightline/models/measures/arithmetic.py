"""Whether sizes fit: (N + 2P - F)/S + 1, and what a floor leaves out.

Importing this module does not import torch.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from torch import nn

STRICT = "strict_size"
HINT = "choose another size, or another kernel, stride or padding"
Layer = TypeVar("Layer")


@dataclass(frozen=True)
class SizeNote:
    """What a layer's window never looks at, because its stride does not come out even.

    Args:
        layer: Its name in the network.
        rows: Rows at the bottom of the padded input that are left out.
        columns: Columns at the right of the padded input that are left out.
        padding: So many of either are padding, and no loss.
    """

    layer: str
    rows: int
    columns: int
    padding: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        """Say what is lost, as in ``"loses 1 row and 1 column"``."""
        rows, columns = max(0, self.rows - self.padding[0]), max(0, self.columns - self.padding[1])
        if not rows and not columns:
            return "loses padding only"
        return "loses " + " and ".join(
            f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((rows, "row"), (columns, "column")) if count
        )


def output_size(
    size: int,
    *,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    strict: bool = False,
    layer: str = "",
) -> int:
    """Return how many places a window has along one side: ``(N + 2P - F)/S + 1``, rounded down.

    Args:
        size: N, the input's side in pixels.
        kernel: F, the window's side.
        stride: S, the pixels from one place to the next.
        padding: P, pixels put on at either end.
        dilation: D, pixels between neighbouring weights; the window then reaches over D(F - 1) + 1 pixels.
        ceil_mode: Whether to round up, so that the last window may reach past the end.
        strict: Whether to refuse a number that is not whole.
        layer: The layer's name, for error messages.

    Raises:
        SettingsError: The window is larger than the padded input, or the layer is strict and the number is not whole.

    Reference:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), relationship 6,
        https://arxiv.org/abs/1603.07285

    Example:
        >>> output_size(7, kernel=3, stride=2), output_size(32, kernel=5, padding=2)
        (3, 32)
        >>> output_size(7, kernel=3, stride=3, strict=True)
        Traceback (most recent call last):
        ...
        sightline.core.errors.SettingsError: the size does not fit: (7 + 2*0 - 3)/3 + 1 = 2.33 is no whole number
        choose another size, or another kernel, stride or padding
    """
    reach = dilation * (kernel - 1) + 1
    free = size + 2 * padding - reach
    places = _rounded_up(free, stride, size + padding) if ceil_mode else free // stride + 1
    where = f"{layer}: " if layer else ""
    shown = f"({size} + 2*{padding} - {reach})/{stride} + 1 = {round(free / stride + 1, 2):g}"
    if places < 1:
        raise SettingsError(
            f"{where}a window of {reach} does not fit into {size} pixels: {shown} is below 1",
            hint="choose a larger size, or a network that takes smaller pictures",
        )
    if strict and free % stride:
        raise SettingsError(f"{where}the size does not fit: {shown} is no whole number", hint=HINT)
    return places


def _rounded_up(free: int, stride: int, end: int) -> int:
    """Return the places of a window that may reach past the end, but not begin there."""
    places = -(-free // stride) + 1
    return places - 1 if (places - 1) * stride >= end else places


def strictly(layer: Layer) -> Layer:
    """Mark a convolution or pool: a size that it does not divide evenly is refused before training."""
    setattr(layer, STRICT, True)
    return layer


def check_sizes(network: "nn.Module", shape: tuple[int, int, int], *, strict: bool = False) -> tuple[SizeNote, ...]:
    """Work out every convolution's and pool's size before anything is trained.

    Args:
        network: From (N, C, H, W) float32, as `build_layers` returns it; it is left as it is.
        shape: (H, W, C) of the input.
        strict: Whether all layers are strict, not only those that were marked.

    Returns:
        A note for each layer whose stride does not come out even.

    Raises:
        SettingsError: A window does not fit, or a strict size is not whole; with the layer's name and the arithmetic.
    """
    from sightline.models.measures.forward_pass import watch_shapes

    notes: list[SizeNote] = []

    def look(name: str, layer: "nn.Module", maps: Any) -> None:
        note = size_note(name, layer, tuple(maps.shape), strict=strict)
        if note is not None:
            notes.append(note)

    watch_shapes(network, shape, before=look)
    return tuple(notes)


def size_note(name: str, layer: "nn.Module", shape: tuple[int, ...], *, strict: bool) -> SizeNote | None:
    """Return what a layer loses of an input, or None if it loses nothing or has no window.

    Args:
        name: The layer's name in the network.
        layer: Any layer; one with ``kernel_size`` is a convolution or pool.
        shape: (N, C, H, W) of its input.
        strict: Whether to refuse what is not whole even if the layer is not marked.

    Raises:
        SettingsError: The window does not fit, or a strict size is not whole.
    """
    if not hasattr(layer, "kernel_size") or isinstance(getattr(layer, "padding", 0), str):
        return None  # torch pads "same" so that nothing is lost, and allows it at stride 1 only
    strict = strict or getattr(layer, STRICT, False)
    ceil_mode = bool(getattr(layer, "ceil_mode", False))
    lost = []
    for axis, size in enumerate(shape[2:]):
        kernel, stride, padding, dilation = windows(layer)[axis]
        output_size(
            size,
            kernel=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            strict=strict,
            layer=name,
        )
        lost.append(0 if ceil_mode else (size + 2 * padding - dilation * (kernel - 1) - 1) % stride)
    rows, columns = lost
    (_, _, above, _), (_, _, beside, _) = windows(layer)
    return SizeNote(name, rows, columns, (above, beside)) if rows or columns else None


def windows(layer: "nn.Module") -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    """Return (kernel, stride, padding, dilation) of a convolution or pool, down and across."""
    down, across = zip(
        *(_pair(getattr(layer, field, default)) for field, default in _WINDOW_FIELDS.items()), strict=True
    )
    return down, across


_WINDOW_FIELDS = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)
