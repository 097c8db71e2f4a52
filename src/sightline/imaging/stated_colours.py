"""Colours that a file states without a profile, a PNG by its chunks, a camera's JPEG by EXIF: one is made of them.

Reference:
    W3C, "Portable Network Graphics (PNG) Specification", 3rd ed. (2025), section 4.3: a cICP chunk counts before a
    profile, that before sRGB, that before gAMA and cHRM. https://www.w3.org/TR/png-3/#4Concepts.ColourSpaces
    CIPA DC-009 (2010), "Design rule for Camera File system 2.0": Adobe RGB is an uncalibrated ColorSpace with the
    interoperability index R03. https://www.cipa.jp/std/documents/e/DC-009-2010_E.pdf
"""

import struct
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

Chromaticities = tuple[float, ...]
"""x and y of white, red, green and blue."""
SRGB: Chromaticities = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB: Chromaticities = (*SRGB[:4], 0.21, 0.71, 0.15, 0.06)
DISPLAY_P3: Chromaticities = (*SRGB[:2], 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT_2020: Chromaticities = (*SRGB[:2], 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
ADOBE_GAMMA, USUAL_GAMMA, SRGB_CURVE = 563 / 256, 2.2, 0.0
"""Exponents from stored numbers to light; zero stands for sRGB's own curve."""
LEAST_GAMMA, MOST_GAMMA = 0.1, 10.0
SAME_GAMMA, SAME_PLACE = 0.05, 0.002
"""A relative difference of exponents, and one of chromaticities, that rounding makes."""
CODED = "coded_colours"
"""Where `sightline.imaging.photo` puts what a PNG's cICP chunk says: primaries and transfer."""
_PRIMARIES = {1: SRGB, 9: BT_2020, 12: DISPLAY_P3}
_TRANSFERS = {4: 2.2, 5: 2.8, 8: 1.0, 13: SRGB_CURVE}
"""Of ITU-T H.273, those that are no video's; light of more than white has no place in eight bits."""
_EXIF, _INTEROPERABILITY, _COLOUR_SPACE, _INDEX = 0x8769, 0xA005, 0xA001, 1
_UNCALIBRATED, _ADOBE, _ADOBE_INDEX = 65_535, 2, "R03"

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def stated_profile(image: Image.Image) -> bytes | None:
    """Return a profile of the colours that a file without one states; empty where it states none, or sRGB's.

    Args:
        image: As Pillow opened it, with its `info`.

    Returns:
        None where what it states can't be, or there is no rule for it.
    """
    info = image.info
    if coded := info.get(CODED):
        primaries, transfer = _PRIMARIES.get(coded[0]), _TRANSFERS.get(coded[1])
        return None if primaries is None or transfer is None else _profile(primaries, transfer)
    if "srgb" not in info and ("gamma" in info or "chromaticity" in info):
        return _of_chunks(info.get("gamma"), info.get("chromaticity"))
    return _profile(ADOBE_RGB, ADOBE_GAMMA) if _is_adobe_rgb(image) else b""


def _of_chunks(gamma: float | None, chromaticities: Chromaticities | None) -> bytes | None:
    """Return a profile of what gAMA and cHRM say; where one is missing, the other's is sRGB's."""
    exponent = SRGB_CURVE if gamma is None else 1 / gamma if gamma > 0 else MOST_GAMMA + 1
    if exponent > MOST_GAMMA or 0 < exponent < LEAST_GAMMA:
        return None
    return _profile(SRGB if chromaticities is None else tuple(chromaticities), exponent)


def _is_adobe_rgb(image: Image.Image) -> bool:
    if "exif" not in image.info:
        return False
    try:
        exif = image.getexif()
        space = exif.get_ifd(_EXIF).get(_COLOUR_SPACE)
        index = exif.get_ifd(_INTEROPERABILITY).get(_INDEX, "") if space == _UNCALIBRATED else ""
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, AttributeError, struct.error):
        return False  # broken EXIF data says nothing
    return space == _ADOBE or str(index).rstrip("\0") == _ADOBE_INDEX


@lru_cache(16)
def _profile(chromaticities: Chromaticities, exponent: float) -> bytes | None:
    """Return an ICC profile of three primaries and one curve; empty for sRGB, None for what can't be.

    Reference:
        International Color Consortium, "ICC.1:2022", sections 7.2 (header), 8.3 (what a display's holds), 10.18
        (curves); Lindbloom, "RGB/XYZ matrices" and "Chromatic adaptation" (2017). http://www.brucelindbloom.com
    """
    is_srgb = np.allclose(chromaticities, SRGB, rtol=0, atol=SAME_PLACE)
    if is_srgb and (exponent == SRGB_CURVE or abs(exponent / USUAL_GAMMA - 1) < SAME_GAMMA):
        return b""
    columns = _primaries(chromaticities)
    if columns is None:
        return None
    curve = _curve(exponent)
    tags = [(b"wtpt", _xyz(_D50))]
    tags += [(name + b"XYZ", _xyz(column)) for name, column in zip((b"r", b"g", b"b"), columns.T, strict=True)]
    tags += [(name + b"TRC", curve) for name in (b"r", b"g", b"b")]
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, value in tags:
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    header = struct.pack(">I4sI4s4s4s12x4s28x", start + len(body), b"", 0x04200000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (header + _fixed(*_D50)).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _primaries(chromaticities: Chromaticities) -> npt.NDArray[np.float64] | None:
    """Return (3, 3), XYZ of red, green and blue as columns, seen under D50; None if there are no such colours."""
    places = np.array(chromaticities, dtype=np.float64).reshape(4, 2)
    if not (places[:, 1] > 0).all():
        return None
    white, *primaries = np.column_stack([places, 1 - places.sum(axis=1)]) / places[:, 1:]
    corners = np.array(primaries).T
    if abs(np.linalg.det(corners)) < 1e-6:  # noqa: PLR2004 - three colours in a line
        return None
    scaled = corners * np.linalg.solve(corners, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted: npt.NDArray[np.float64] = np.linalg.solve(_BRADFORD, cones @ _BRADFORD @ scaled)
    return adapted if np.isfinite(adapted).all() and np.abs(adapted).max() < 100 else None  # noqa: PLR2004 - what fits


def _curve(exponent: float) -> bytes:
    if exponent == SRGB_CURVE:
        return b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para" + bytes(4) + struct.pack(">HH", 0, 0) + _fixed(exponent)


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)
