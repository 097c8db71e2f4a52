"""From amounts to changed batches: chance is drawn here, everything else is exact."""

import math
from collections.abc import Mapping

import torch

from sightline.imaging.augmentation.colour import WHITE, expose, recolour
from sightline.imaging.augmentation.geometry import warp
from sightline.imaging.augmentation.grain import add_noise, blur
from sightline.imaging.augmentation.mixing import beta, cut_mix, cut_out, mix_up, random_centres
from sightline.imaging.augmentation.moving import places, take
from sightline.imaging.augmentation.settings import AugmentSettings

MOVING = ("flip_horizontal", "flip_vertical", "crop")
WARPING = ("shift", "rotation", "zoom")
COLOURING = ("brightness", "contrast", "saturation", "hue")
COMPUTING = (*WARPING, "blur", "gamma", *COLOURING, "noise")
"""What needs values between the whole numbers."""


class Augmentation:
    """Changes batches of training pictures at random, each picture in its own way.

    Everything works on the whole batch, on the device where the pictures are. Chance comes from the
    generator on the CPU alone, so a seed gives the same changes on every device. Only changes with
    an amount draw from it.

    Args:
        amounts: Some or all amounts by their names in `AUGMENTATIONS`; the others are zero.

    Raises:
        SettingsError: An amount is out of its limits, or there is no such change.

    Example:
        >>> pixels = torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3)
        >>> mirror = Augmentation({"flip_horizontal": 1})
        >>> mirror(pixels, torch.ones(1, 1), torch.Generator())[0][0, 0].tolist()
        [[3, 4, 5], [0, 1, 2]]
    """

    def __init__(self, amounts: Mapping[str, float]) -> None:
        self.amounts = AugmentSettings.named(amounts).amounts()

    @torch.no_grad()
    def __call__(
        self, pixels: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return changed pictures and their targets; the arguments stay as they are.

        In this order: flips and crop, one warp, blur, exposure, colours, noise, cutout, and mixup or
        cutmix (one of them for a batch, each as likely, where both have amounts).

        Args:
            pixels: (N, H, W, C) uint8, red, green and blue where C is 3; for other colour spaces see
                `require_colours`.
            targets: (N, K) float32, each row adding up to one.
            generator: On the CPU, wherever the pictures are.

        Returns:
            (N, H, W, C) uint8, contiguous, and (N, K) float32.
        """
        if not len(pixels):
            return pixels, targets
        if self._any(MOVING):
            pixels = self._moved(pixels, generator)
        if self._any(COMPUTING):
            pixels = self._computed(pixels, generator)
        if self.amounts["cutout"]:
            pixels = cut_out(pixels, self.amounts["cutout"], generator)
        return self._mixed(pixels, targets, generator)

    def _any(self, names: tuple[str, ...]) -> bool:
        return any(self.amounts[name] for name in names)

    def _moved(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        sides = zip(pixels.shape[1:3], ("flip_vertical", "flip_horizontal"), strict=True)
        return take(pixels, *(self._places(len(pixels), side, flip=flip, generator=generator) for side, flip in sides))

    def _places(self, count: int, side: int, *, flip: str, generator: torch.Generator) -> torch.Tensor:
        padding = round(self.amounts["crop"] * side)
        offsets = torch.randint(-padding, padding + 1, (count,), generator=generator)
        return places(side, offsets, torch.rand(count, generator=generator) < self.amounts[flip])

    def _computed(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        count = len(pixels)
        pictures = pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
        if self._any(WARPING):
            pictures = warp(
                pictures,
                shifts=self._either_way("shift", (count, 2), generator),
                angles=self._either_way("rotation", (count,), generator) * (math.pi / 180),
                factors=self._factors("zoom", count, generator),
            )
        if self.amounts["blur"]:
            shorter = min(pixels.shape[1:3])
            pictures = blur(pictures, shorter * self.amounts["blur"] * torch.rand(count, generator=generator))
        if self.amounts["gamma"]:
            pictures = expose(pictures, self._factors("gamma", count, generator))
        if self._any(COLOURING):
            pictures = recolour(
                pictures,
                brightness=self._either_way("brightness", (count,), generator),
                contrast=1 + self._either_way("contrast", (count,), generator),
                saturation=1 + self._either_way("saturation", (count,), generator),
                hue=self._either_way("hue", (count,), generator) * (math.pi / 180),
            )
        if self.amounts["noise"]:
            deviations = WHITE * self.amounts["noise"] * torch.rand(count, generator=generator)
            pictures = add_noise(pictures, deviations, generator)
        return pictures.round_().clamp_(0, WHITE).to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    def _mixed(
        self, pixels: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        wanted = [name for name in ("mixup", "cutmix") if self.amounts[name]]
        if not wanted:
            return pixels, targets
        chosen = wanted[int(torch.randint(len(wanted), (1,), generator=generator))]
        count, height, width, _ = pixels.shape
        partners = torch.randperm(count, generator=generator)
        shares = beta(self.amounts[chosen], count, generator)
        if chosen == "mixup":
            return mix_up(pixels, targets, shares=shares, partners=partners)
        centres = random_centres(count, height, width, generator=generator)
        return cut_mix(pixels, targets, shares=shares, centres=centres, partners=partners)

    def _either_way(self, name: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
        """Draw evenly from minus the amount to the amount."""
        return self.amounts[name] * (2 * torch.rand(shape, generator=generator) - 1)

    def _factors(self, name: str, count: int, generator: torch.Generator) -> torch.Tensor:
        """Draw from 1 / (1 + amount) to 1 + amount, making larger and smaller equally likely."""
        spread = math.log1p(self.amounts[name])
        return torch.exp(spread * (2 * torch.rand(count, generator=generator) - 1))
