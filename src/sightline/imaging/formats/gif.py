"""What the blocks of a GIF say: how many pictures it holds, and what stands before the first one.

Reference:
    CompuServe, "Graphics Interchange Format, Version 89a" (1990): a file is a screen, then blocks; the data of each are
    sub-blocks of at most 255 bytes, behind their length. https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

from collections.abc import Iterator

STARTS = (b"GIF87a", b"GIF89a")
MOST_BLOCKS = 8_192
"""Sub-blocks before the first picture: a comment or profile of two megabytes."""
MOST_COUNTED = 2**20
"""Sub-blocks that are looked at to count the pictures; only the first picture is read."""
_SCREEN = 13
_EXTENSION, _PICTURE, _END = 0x21, 0x2C, 0x3B
_DESCRIPTOR = 9
_TABLE, _TABLE_BITS = 0x80, 0x07


def size(payload: bytes) -> tuple[int, int]:
    """Return width and height of the screen."""
    return int.from_bytes(payload[6:8], "little"), int.from_bytes(payload[8:10], "little")


def frame_count(payload: bytes) -> int:
    """Return how many pictures a GIF holds, 1 or more; of one with very many sub-blocks, those that were reached."""
    return max(1, sum(kind == _PICTURE for kind, _ in _blocks(payload, MOST_COUNTED)))


def excess(payload: bytes) -> str | None:
    """Return that so much stands before the first picture that putting it together takes long."""
    before = 0
    for kind, count in _blocks(payload, MOST_BLOCKS + 1):
        if kind == _PICTURE:
            return None
        before += count
    words = f"has more than {MOST_BLOCKS:,} blocks of text before its picture"
    return words if before > MOST_BLOCKS else None


def _blocks(payload: bytes, most: int) -> Iterator[tuple[int, int]]:
    """Yield the kind of each block, pictures as soon as they begin, and how many sub-blocks an extension has.

    Args:
        payload: The bytes of the file.
        most: Sub-blocks and stray bytes that are looked at.
    """
    place = _behind_table(payload, 10, _SCREEN)
    while most > 0 and place < len(payload) and payload[place] != _END:
        kind, count = payload[place], 1
        place += 1
        if kind == _PICTURE:
            yield kind, 0
            place = _behind_table(payload, place + _DESCRIPTOR - 1, place + _DESCRIPTOR) + 1
        if kind in (_PICTURE, _EXTENSION):
            place, count = _behind_data(payload, place + (kind == _EXTENSION), most)
        if kind == _EXTENSION:
            yield kind, count
        most -= count


def _behind_table(payload: bytes, flags: int, place: int) -> int:
    """Return where the colour table ends that begins at a place, if the byte of flags says that there is one."""
    bits = payload[flags] if flags < len(payload) else 0
    return place + (3 << (bits & _TABLE_BITS) + 1 if bits & _TABLE else 0)


def _behind_data(payload: bytes, place: int, most: int) -> tuple[int, int]:
    """Return where a row of sub-blocks ends, and how many it has, the empty last one included."""
    count = 1
    while count <= most and place < len(payload) and payload[place]:
        place, count = place + 1 + payload[place], count + 1
    return place + 1, count
