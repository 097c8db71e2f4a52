"""Colours of the whole picture, whatever their place: the most frequent, histograms and moments."""

import numpy as np
import numpy.typing as npt
import torch

from sightline.classical.descriptors.colour_spaces import SPACES, ColourSpace
from sightline.classical.descriptors.counting import counts
from sightline.classical.descriptors.gradients import channels_of
from sightline.classical.descriptors.requirements import GREY, RGB, Shape, require_rgb_or_grey
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError

LEVELS = 256
STEPS = range(2, 17)
"""Of a channel; 16 give a palette of 4,096 colours."""
GREYS = range(2, LEVELS + 1)
MOMENTS = 3
WHOLE_PICTURE = np.array([[0.5, 0.5]])


class TopColours(Descriptor):
    """The numbers of the two most frequent colours of a palette.

    Pixels are requantised: each channel to m equal steps, m^3 the palette's size, each step to its
    middle, so that a pixel becomes the nearest colour of the palette. A grey picture has that many
    grey levels instead, from dark to bright.

    Colours are numbered in a snake through the cube of colours: blue runs up and down its steps,
    green moves a step whenever blue turns, red whenever green turns. So neighbouring numbers are always
    a single step of one channel apart, and numbers go from cold colours, without red, to warm ones.

    Of equally frequent colours the one with the lower number counts as more frequent. In a picture of
    one colour the second is the first.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `palette` is read: a cube number for colours.

    Attributes:
        palette: (n, 3) uint8, RGB of each number.

    Raises:
        SettingsError: The palette's size is no cube from 8 to 4,096 (grey: not from 2 to 256), or
            pictures are neither RGB nor grey.

    Reference:
        Swain and Ballard, "Color indexing" (1991). https://doi.org/10.1007/BF00130487
    """

    numbers: torch.Tensor
    palette: npt.NDArray[np.uint8]

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        require_rgb_or_grey(shape, "top-colours")
        self.positions, self.length = WHOLE_PICTURE, 2
        self.steps = _steps(plan.palette, shape[2])
        colours = _snake(self.steps) if shape[2] == RGB else np.arange(self.steps)[:, None]
        self.palette = np.broadcast_to((colours + 0.5) * LEVELS / self.steps, (plan.palette, 3)).astype(np.uint8)
        places = colours @ self.steps ** np.arange(shape[2])
        self.register_buffer("numbers", torch.from_numpy(np.argsort(places)), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, 1, 2) from (N, H, W, C) uint8: the most frequent colour's number, then the second's."""
        frequencies = counts(self._requantised(pixels).flatten(1), len(self.palette))
        first = frequencies.argmax(dim=1, keepdim=True)
        others = torch.where(torch.arange(len(self.palette), device=first.device) == first, 0.0, frequencies)
        second = torch.where(others.amax(dim=1, keepdim=True) > 0, others.argmax(dim=1, keepdim=True), first)
        return torch.stack((first, second), dim=2).float()

    def _requantised(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the number of every pixel's colour, (N, H, W) int64."""
        steps = pixels.long() * self.steps // LEVELS
        places = sum(steps[..., channel] * self.steps**channel for channel in range(pixels.shape[3]))
        return self.numbers[places]


class ColourHistogram(Descriptor):
    """How often each channel's values fall into each of equal bins; a channel's shares sum to 1.

    Numbers run through the first channel's bins, then the second's. RGB and HSV run from 0 to 1, L* of
    Lab from 0 to 100, a* and b* from -128.5 to 127.5. Grey pictures have their one channel, whatever
    the colour space.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `histogram_colours` and `bins` are read.

    Raises:
        SettingsError: Pictures are neither RGB nor grey.

    Reference:
        Swain and Ballard, "Color indexing" (1991). https://doi.org/10.1007/BF00130487
    """

    first_bins: torch.Tensor

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        self.space = _space(shape, plan, "colour-histogram")
        self.bins = plan.bins
        self.positions, self.length = WHOLE_PICTURE, plan.bins * shape[2]
        self.register_buffer("first_bins", torch.arange(shape[2])[:, None] * plan.bins, persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, 1, C * bins) from (N, H, W, C) uint8."""
        channels = self.space.convert(channels_of(pixels)).flatten(2).unbind(1)
        bounds = zip(channels, self.space.low, self.space.high, strict=False)
        shares = torch.stack([(values - low) / (high - low) for values, low, high in bounds], dim=1)
        numbers = (shares * self.bins).long().clamp(0, self.bins - 1) + self.first_bins
        histogram = counts(numbers.flatten(1), self.length) / numbers.shape[2]
        return histogram[:, None]


class ColourMoments(Descriptor):
    """Mean, standard deviation and the cube root of the third central moment of each channel.

    Numbers run through the channels, three each. RGB and HSV run from 0 to 1, L* of Lab from 0 to 100.
    The third root keeps the moment's sign. Grey pictures have their one channel, whatever the colour
    space.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `histogram_colours` are read.

    Raises:
        SettingsError: Pictures are neither RGB nor grey.

    Reference:
        Stricker and Orengo, "Similarity of color images" (1995). https://doi.org/10.1117/12.205308
    """

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        self.space = _space(shape, plan, "colour-moments")
        self.positions, self.length = WHOLE_PICTURE, MOMENTS * shape[2]

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, 1, 3 C) from (N, H, W, C) uint8."""
        channels = self.space.convert(channels_of(pixels)).flatten(2).double()  # a root blows rounding up
        mean = channels.mean(dim=2)
        centred = channels - mean[:, :, None]
        deviation = (centred * centred).mean(dim=2).sqrt()
        third = (centred * centred * centred).mean(dim=2)
        skewness = third.sign() * third.abs() ** (1 / 3)
        return torch.stack((mean, deviation, skewness), dim=2).flatten(1)[:, None].float()


def _steps(palette: int, channels: int) -> int:
    """Return into how many steps each channel is cut."""
    possible = {steps**channels: steps for steps in (GREYS if channels == GREY else STEPS)}
    if palette not in possible:
        kind = f"grey levels; expected {GREYS[0]} to {GREYS[-1]}" if channels == GREY else "colours; expected a cube"
        raise SettingsError(
            f"top-colours can't make a palette of {palette} {kind}",
            hint=f"set palette to one of {', '.join(map(str, possible))}",
        )
    return possible[palette]


def _snake(steps: int) -> npt.NDArray[np.int64]:
    """Return the steps of red, green and blue of every colour in its order, (steps^3, 3)."""
    numbers = np.arange(steps**3)
    green_moves, red = numbers // steps, numbers // steps**2
    green, blue = green_moves % steps, numbers % steps
    green = np.where(red % 2, steps - 1 - green, green)
    blue = np.where(green_moves % 2, steps - 1 - blue, blue)
    return np.stack((red, green, blue), axis=1)


def _space(shape: Shape, plan: Plan, name: str) -> ColourSpace:
    require_rgb_or_grey(shape, name)
    return SPACES[plan.histogram_colours if shape[2] == RGB else "rgb"]
