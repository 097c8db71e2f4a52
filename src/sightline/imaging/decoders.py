"""Which decoders may be used, which endings their files have, and what looks like a picture and is not read."""

from functools import cache
from importlib.util import find_spec

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

DECODERS: tuple[type[ImageFile.ImageFile], ...] = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    BmpImagePlugin.BmpImageFile,
    GifImagePlugin.GifImageFile,
    TiffImagePlugin.TiffImageFile,
    PpmImagePlugin.PpmImageFile,
    *((AvifImagePlugin.AvifImageFile,) if AvifImagePlugin.SUPPORTED else ()),
)
"""Importing them here registers them before threads start. The JPEG decoder also reads MPO."""
FORMATS = tuple(str(decoder.format) for decoder in DECODERS)
HEIF = "HEIF"
READS_HEIF = find_spec("pillow_heif") is not None
"""Whether the extra ``heic`` is installed; it is imported for the first such file."""

ENDINGS: dict[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".mpo", ".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    **({"AVIF": (".avif",)} if AvifImagePlugin.SUPPORTED else {}),
    **({HEIF: (".heic", ".heif", ".hif")} if READS_HEIF else {}),
}
"""The endings of each format's files."""
SUFFIXES = frozenset(suffix for suffixes in ENDINGS.values() for suffix in suffixes)
EXPECTED = f"JPEG, PNG, WebP, BMP, GIF, TIFF, PPM{', AVIF' * AvifImagePlugin.SUPPORTED}{' or HEIC' * READS_HEIF}"

_LOOKALIKES = {
    "HEIC": (".heic", ".heif", ".hif"),
    "AVIF": (".avif",),
    "JPEG 2000": (".jp2", ".j2k", ".jpx", ".jpf"),
    "JPEG XL": (".jxl",),
    "camera raw": (".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
    "Photoshop": (".psd", ".psb"),
    "DICOM": (".dcm",),
    "OpenEXR": (".exr",),
    "Targa": (".tga",),
    "icon": (".ico", ".icns"),
    "drawing": (".svg", ".eps"),
}
LOOKALIKES = {suffix: kind for kind, suffixes in _LOOKALIKES.items() for suffix in suffixes if suffix not in SUFFIXES}
"""Endings of pictures that are not read here, and what they are called."""
INSTALL_HEIC = 'pip install "sightline[heic]"'

_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))


def is_heif(payload: bytes) -> bool:
    """Return whether a file's first bytes are those of a HEIC picture.

    Reference:
        ISO/IEC 23008-12 (2022), section 10: the brands of the file type box.
    """
    return payload[4:8] == b"ftyp" and payload[8:12] in _BRANDS and b"avif" not in payload[8:64]


def formats_for(payload: bytes) -> tuple[str, ...]:
    """Return the formats that a file may have, by Pillow's names, each registered."""
    return (HEIF,) if READS_HEIF and is_heif(payload) and _register_heif() else FORMATS


@cache
def _register_heif() -> bool:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    return True
