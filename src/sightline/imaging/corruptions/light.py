"""Light: brightness, contrast, colour and fog."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LUMA = (0.299, 0.587, 0.114)
"""Lightness of red, green and blue: ITU-R BT.601, as in grey pictures everywhere in sightline."""
COLOURS = 3
FOG_DECAY = 1.75
"""Of a cloud's amplitudes with the frequency: between the paper's decays of its five strengths."""


def shift(picture: Floats, step: float, _: np.random.Generator) -> Floats:
    """Add a part of the range to every value.

    Args:
        picture: (H, W, C) in 0 to 1.
        step: Below 0 darkens.
    """
    return picture + step


def contrast(picture: Floats, share: float, _: np.random.Generator) -> Floats:
    """Keep a share of each channel's differences from its mean.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: 0 leaves one colour, 1 the picture.
    """
    mean: Floats = picture.mean(axis=(0, 1))
    return (picture - mean) * share + mean


def saturation(picture: Floats, factor: float, _: np.random.Generator) -> Floats:
    """Multiply the differences from grey; a grey picture stays as it is.

    Args:
        picture: (H, W, C) in 0 to 1.
        factor: Below 1 pales, above 1 strengthens colours.
    """
    if picture.shape[2] != COLOURS:
        return picture
    grey: Floats = (picture @ np.array(LUMA))[:, :, None]
    return (picture - grey) * factor + grey


def fog(picture: Floats, thickness: float, generator: np.random.Generator) -> Floats:
    """Add a cloud of light, and scale so that white stays white.

    Args:
        picture: (H, W, C) in 0 to 1.
        thickness: How much light the brightest place of the cloud adds, in the picture's unit.
        generator: Draws the shape of the cloud.
    """
    brightest = max(float(picture.max()), 1 / 255)
    foggy = picture + thickness * cloud((picture.shape[0], picture.shape[1]), generator)[:, :, None]
    return foggy * brightest / (brightest + thickness)


def cloud(shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Return noise from 0 to 1 whose amplitudes fall with the frequency, so that it has shapes of every size.

    Args:
        shape: (H, W), of any size.
        generator: Draws the noise of each place.

    Reference:
        R. F. Voss, "Random Fractal Forgeries" (1985), section on spectral synthesis.
        https://doi.org/10.1007/978-3-642-84574-1_34
    """
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    frequencies = np.maximum(np.hypot(rows, columns), 1 / max(shape))
    spectrum = np.fft.rfft2(generator.normal(size=shape)) / frequencies**FOG_DECAY
    noise = np.fft.irfft2(spectrum, s=shape)
    spread = float(np.ptp(noise))
    return np.asarray((noise - noise.min()) / spread if spread > 0 else np.full(shape, 0.5))
