"""What programs do to pictures: compression, coarse pixels, and turning."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float64]
GREY = 1


def jpeg(picture: Floats, quality: int, _: np.random.Generator) -> Floats:
    """Save as a JPEG and read it again.

    Args:
        picture: (H, W, C) in 0 to 1.
        quality: As libjpeg has it, 1 to 100.
    """
    stream = io.BytesIO()
    _image(picture).save(stream, "JPEG", quality=quality)
    return _picture(Image.open(stream))


def pixelate(picture: Floats, share: float, _: np.random.Generator) -> Floats:
    """Reduce each side to a share, and enlarge it again in squares.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: Of the sides, above 0.
    """
    height, width = picture.shape[:2]
    small = (max(1, int(width * share)), max(1, int(height * share)))
    reduced = _image(picture).resize(small, Image.Resampling.BOX)
    return _picture(reduced.resize((width, height), Image.Resampling.NEAREST))


def rotation(picture: Floats, degrees: float, generator: np.random.Generator) -> Floats:
    """Turn about the middle, to either side; the corners show the mirrored picture.

    Args:
        picture: (H, W, C) in 0 to 1.
        degrees: From 0 to 45.
        generator: Draws to which side.
    """
    height, width = picture.shape[:2]
    turned = degrees * generator.choice([-1, 1])
    margin = (-(-height // 2), -(-width // 2))
    wide = np.pad(picture, (*((one, one) for one in margin), (0, 0)), mode="symmetric")
    image = _image(wide).rotate(float(turned), Image.Resampling.BILINEAR)
    return _picture(image)[margin[0] : margin[0] + height, margin[1] : margin[1] + width]


def _image(picture: Floats) -> Image.Image:
    pixels = np.rint(picture * 255).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == GREY else pixels)


def _picture(image: Image.Image) -> Floats:
    pixels = np.asarray(image, dtype=np.float64) / 255
    return pixels[:, :, None] if pixels.ndim == 2 else pixels  # noqa: PLR2004 - grey has no third axis
