"""Codes that lie near each other, found in sorted tables: a cost that grows nearly linearly with their number.

Each table sorts the codes by some of their bits in a random order. Near codes agree in the leading bits of one of the
tables; who asks is compared with the few that stand nearest in each. However many codes a bucket holds, each costs the
same.

References:
    Charikar, "Similarity Estimation Techniques from Rounding Algorithms" (2002). https://doi.org/10.1145/509907.509965
    Manku, Jain and Das Sarma, "Detecting Near-Duplicates for Web Crawling" (2007).
    https://doi.org/10.1145/1242572.1242592
    Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing" (2012).
    https://arxiv.org/abs/1307.2982
    Lv, Josephson, Wang, Charikar and Li, "Multi-Probe LSH" (2007). https://dl.acm.org/doi/10.5555/1325851.1325958
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.data.copies.spectra import Codes, Spectra

POOL, KEY_BITS = 27, 30
"""Leading bits are drawn from the lowest frequencies, so many of them; a key has so many bits in all."""
BEYOND = 1
"""Leading bits more than it takes to number the pictures, so that a bucket holds a few of them."""
FEWEST, MOST = 10, 24
WINDOW = 16
"""Codes in a bucket that one that asks is compared with, those that agree longest."""
QUERIES_A_TIME = 2**18

_NUMBER = np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_ONE = np.uint64(1)
_ONES = np.array([number.bit_count() for number in range(2**16)], dtype=np.uint8)


@dataclass(frozen=True)
class Effort:
    """How thoroughly is searched.

    Args:
        tables: More of them find more.
        probes: How many of a code's least certain leading bits are also tried the other way round.
        differing: Bits in which two codes may differ.
    """

    tables: int
    probes: int
    differing: int


def neighbours(
    asked: Codes, kept: Codes, *, spectra: Spectra | None, effort: Effort, pictures: int
) -> Iterator[tuple[Rows, Rows]]:
    """Yield pairs of places, among those that ask and those that are kept, whose codes are near; some more than once.

    Args:
        asked: (n,) uint64 of 48 bits.
        kept: (m,) uint64 of 48 bits.
        spectra: (n, 48) int8, which the asked codes are the signs of; None without probes.
        effort: How thoroughly that is done.
        pictures: How many there are, which is what the length of a key goes by.
    """
    random = np.random.default_rng(0)  # the same pictures are found each time
    leading = min(max(ceil(log2(max(pictures, 2))) + BEYOND, FEWEST), MOST)
    for _ in range(effort.tables):
        lead = random.permutation(POOL)[:leading]
        others = np.setdiff1d(np.arange(KEY_BITS), lead)
        bits = np.concatenate([lead, random.permutation(others)])
        table = _Table(_keys(kept, bits), leading)
        for piece in pieces(len(asked), QUERIES_A_TIME):
            keys = _keys(asked[piece], bits)
            flips = () if spectra is None else _flips(spectra[piece][:, lead], effort.probes)
            for key in (keys, *(keys ^ flip for flip in flips)):
                places, found = table.near(key)
                places = places + (piece.start or 0)
                is_near = differing_bits(asked[places], kept[found]) <= effort.differing
                yield places[is_near], found[is_near]


def differing_bits(first: Codes, second: Codes) -> npt.NDArray[np.uint8]:
    """Return in how many of 48 bits codes differ, (n,) uint8."""
    mixed = np.ascontiguousarray(first ^ second).view(np.uint16).reshape(-1, 4)
    counts: npt.NDArray[np.uint8] = _ONES[mixed[:, 0]] + _ONES[mixed[:, 1]] + _ONES[mixed[:, 2]]
    return counts


class _Table:
    """Keys in their order, each with its place.

    Args:
        keys: (m,) uint64 of 30 bits.
        leading: How many of their first bits make a bucket.
    """

    def __init__(self, keys: Codes, leading: int) -> None:
        self._keys, self._places = _sorted(keys)
        self._rest = KEY_BITS - leading

    def near(self, asked: Codes) -> tuple[Rows, Rows]:
        """Return pairs of places: of who asks, and of those who stand nearest in the same bucket."""
        keys, order = _sorted(asked)
        bucket = keys >> self._rest << self._rest
        start, end = np.searchsorted(self._keys, bucket), np.searchsorted(self._keys, bucket + (1 << self._rest))
        middle = np.searchsorted(self._keys, keys)
        end = np.minimum(end, np.maximum(middle - WINDOW // 2, start) + WINDOW)
        start = np.maximum(start, end - WINDOW)
        counts = end - start
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found = self._places[np.repeat(start, counts) + offsets]
        return np.repeat(order.astype(np.int64), counts), found.astype(np.int64)


def _sorted(keys: Codes) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return keys of 32 bits at most in their order, and the place of each; both in one number are sorted fastest."""
    numbered = np.sort((keys << _NUMBER) | np.arange(len(keys), dtype=np.uint64))
    return (numbered >> _NUMBER).astype(np.uint32), (numbered & _LOW).astype(np.uint32)


def _keys(codes: Codes, bits: Rows) -> Codes:
    """Return (n,) uint64 the named bits of codes, the first one highest; byte by byte, from tables of their values."""
    values = np.arange(256, dtype=np.uint64)
    tables = np.zeros((8, 256), np.uint64)
    for rank, (byte, bit) in enumerate(map(divmod, bits.tolist(), repeat(8))):
        tables[byte] |= (values >> np.uint64(bit) & _ONE) << np.uint64(len(bits) - 1 - rank)
    octets = codes.astype("<u8").view(np.uint8).reshape(-1, 8)
    keys = np.zeros(len(codes), np.uint64)
    for byte in np.unique(bits // 8).tolist():
        keys |= tables[byte][octets[:, byte]]
    return keys


def _flips(spectra: Spectra, probes: int) -> Iterator[Codes]:
    """Yield what turns round one of the least certain leading bits of each key, the least certain first."""
    weakest = np.argsort(np.abs(spectra.astype(np.int16)), axis=1, kind="stable")[:, :probes]
    for place in weakest.T:
        yield _ONE << (KEY_BITS - 1 - place).astype(np.uint64)
