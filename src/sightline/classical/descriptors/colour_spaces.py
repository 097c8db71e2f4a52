"""Colour spaces as tensor operations."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

WHITE = 255.0
WHITE_D65 = (0.95047, 1.0, 1.08883)
"""X, Y and Z of CIE standard illuminant D65, 2 degree observer."""
LINEAR_UP_TO = 0.04045
"""sRGB is dark enough below this to be a line instead of a power."""
XYZ_OF_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
"""X, Y and Z, each as shares of linear red, green and blue: ITU-R BT.709 primaries."""


@dataclass(frozen=True)
class ColourSpace:
    """A colour space.

    Args:
        convert: From RGB (N, 3, H, W) float32, 0 to 255, to its channels, (N, 3, H, W) float32.
        low: Least value of each channel.
        high: Largest value of each channel.
    """

    convert: Callable[[torch.Tensor], torch.Tensor]
    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)


def hsv(rgb: torch.Tensor) -> torch.Tensor:
    """Return hue, saturation and value, each 0 to 1; a grey's hue is 0.

    Args:
        rgb: (N, 3, H, W) float32, 0 to 255.

    Reference:
        Smith, "Color gamut transform pairs" (1978). https://doi.org/10.1145/965139.807361
    """
    red, green, blue = rgb.unbind(1)
    value, least = rgb.amax(1), rgb.amin(1)
    span = value - least
    divisor = torch.where(span > 0, span, 1.0)
    of_red = (green - blue) / divisor + torch.where(green < blue, 6.0, 0.0)
    of_green = (blue - red) / divisor + 2.0
    of_blue = (red - green) / divisor + 4.0
    sixths = torch.where(value == red, of_red, torch.where(value == green, of_green, of_blue))
    saturation = span / torch.where(value > 0, value, 1.0)
    return torch.stack((torch.where(span > 0, sixths / 6.0, 0.0), saturation, value / WHITE), dim=1)


def lab(rgb: torch.Tensor) -> torch.Tensor:
    """Return CIE 1976 L*, a* and b* of sRGB under D65; L* is 0 to 100.

    Args:
        rgb: (N, 3, H, W) float32, 0 to 255.

    Reference:
        CIE 15:2018, "Colorimetry", section 8.2.1; IEC 61966-2-1, "sRGB", section 5.2.
    """
    shares = rgb / WHITE
    linear = torch.where(shares > LINEAR_UP_TO, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)
    red, green, blue = linear.unbind(1)
    x, y, z = (
        _root((weights[0] * red + weights[1] * green + weights[2] * blue) / white)
        for weights, white in zip(XYZ_OF_RGB, WHITE_D65, strict=True)
    )
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=1)


def _root(share: torch.Tensor) -> torch.Tensor:
    """Return the cube root of shares of white, or a line where it would be too steep."""
    steep = share <= (6 / 29) ** 3
    line = share * ((29 / 6) ** 2 / 3) + 4 / 29
    return torch.where(steep, line, torch.where(steep, 1.0, share) ** (1 / 3))


SPACES = {
    "rgb": ColourSpace(lambda rgb: rgb / WHITE),
    "hsv": ColourSpace(hsv),
    "lab": ColourSpace(lab, (0.0, -128.5, -128.5), (100.0, 127.5, 127.5)),
}
"""Each colour space by its name. Greys, whose a* and b* are 0 but for rounding, lie on no border of bins."""
