"""Exposure by a power; brightness, contrast, saturation and hue as one matrix a picture."""

import torch

WHITE = 255.0
LUMA = (0.299, 0.587, 0.114)
"""Lightness of red, green and blue: ITU-R BT.601, as in grey pictures everywhere in sightline."""
CHROMA_I = (0.5959, -0.2746, -0.3213)
CHROMA_Q = (0.2115, -0.5227, 0.3112)
"""The two axes of colour in YIQ; together with the luma they span all colours, and both are zero for grey."""
COLOURS = 3


def expose(pictures: torch.Tensor, exponents: torch.Tensor) -> torch.Tensor:
    """Raise values to a power, black and white staying what they are.

    Args:
        pictures: (N, C, H, W) float32 in 0..255.
        exponents: (N,) float32; above 1 darkens.

    Reference:
        Poynton, "Digital video and HD: algorithms and interfaces" (2012), chapter 27.
    """
    powers = exponents.view(-1, 1, 1, 1).to(pictures.device)
    return pictures.clamp(0, WHITE).div_(WHITE).pow_(powers).mul_(WHITE)


def recolour(
    pictures: torch.Tensor,
    *,
    brightness: torch.Tensor,
    contrast: torch.Tensor,
    saturation: torch.Tensor,
    hue: torch.Tensor,
) -> torch.Tensor:
    """Change colours by one linear map a picture: hue and saturation, then contrast, then brightness.

    With the luma Y of a pixel and its mean over the picture, ``new = c (Y + R s (x - Y)) + (1 - c) mean + b``,
    where R turns chroma. Hue and saturation leave Y as it is.

    Args:
        pictures: (N, C, H, W) float32; hue and saturation are for C = 3, red, green and blue.
        brightness: (N,) float32, added, in units of the full range.
        contrast: (N,) float32, factor about the mean lightness.
        saturation: (N,) float32, factor about grey.
        hue: (N,) float32, in radians.

    Returns:
        (N, C, H, W) float32; values may leave 0..255.

    Reference:
        Haeberli, "Matrix operations for image processing" (1993). http://graficaobscura.com/matrix/
    """
    channels = pictures.shape[1]
    colourful = channels == COLOURS
    weights = torch.tensor(LUMA) if colourful else torch.full((channels,), 1 / channels)
    turns = chroma_turns(saturation, hue) if colourful else torch.eye(channels).expand(len(contrast), -1, -1)
    matrices = (contrast[:, None, None] * turns).to(pictures.device)  # (N, C, C)
    lightness = pictures.mean(dim=(2, 3)) @ weights.to(pictures.device)  # (N,)
    offsets = (1 - contrast.to(pictures.device)) * lightness + WHITE * brightness.to(pictures.device)
    return torch.baddbmm(offsets[:, None, None], matrices, pictures.flatten(2)).view_as(pictures)


def chroma_turns(saturation: torch.Tensor, hue: torch.Tensor) -> torch.Tensor:
    """Return (N, 3, 3) matrices that stretch and turn the colours of YIQ and leave its luma.

    A turn by 180 degrees is each colour's complement of the same lightness. Hue is meant as on a
    vectorscope; it is near, but not the same as, the hue of HSV.

    Args:
        saturation: (N,) float32, factor about grey.
        hue: (N,) float32, in radians.

    Reference:
        National Television System Committee, FCC 47 CFR 73.682 (1953): luma Y and chroma I, Q.
    """
    into = torch.tensor([LUMA, CHROMA_I, CHROMA_Q], dtype=torch.float64)
    cosine, sine = (saturation * hue.cos()).double(), (saturation * hue.sin()).double()
    turn = torch.zeros(len(hue), 3, 3, dtype=torch.float64)
    turn[:, 0, 0] = 1
    turn[:, 1, 1], turn[:, 1, 2], turn[:, 2, 1], turn[:, 2, 2] = cosine, -sine, sine, cosine
    matrices: torch.Tensor = torch.linalg.inv(into) @ turn @ into
    return matrices.float()
