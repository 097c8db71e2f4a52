"""Files that look like pictures, by their endings, and are not read: nobody should miss them in silence."""

from collections import Counter
from pathlib import PurePosixPath

from sightline.imaging.decoders import INSTALL_HEIC, LOOKALIKES


def looks_like_a_picture(name: str) -> bool:
    """Return whether a file that is not read has the ending of a picture."""
    return PurePosixPath(name).suffix.lower() in LOOKALIKES


class UnreadPictures:
    """Counts files that look like pictures and are not read; however many there are, one name is kept.

    Example:
        >>> unread = UnreadPictures()
        >>> unread.add("raw/1.NEF")
        >>> unread.symptom
        'files that look like pictures and are not read, left out: 1 (camera raw: 1)'
    """

    def __init__(self) -> None:
        self.kinds, self.first = Counter[str](), ""

    def __len__(self) -> int:
        """Return how many there are."""
        return self.kinds.total()

    def add(self, name: str) -> None:
        """Count one more file."""
        self.first = self.first or name
        self.kinds[LOOKALIKES[PurePosixPath(name).suffix.lower()]] += 1

    @property
    def symptom(self) -> str:
        """What was noticed."""
        kinds = ", ".join(f"{kind}: {count:,}" for kind, count in sorted(self.kinds.items()))
        return f"files that look like pictures and are not read, left out: {len(self):,} ({kinds})"

    @property
    def advice(self) -> str:
        """What to do."""
        convert = "convert them to JPEG or PNG"
        return f"{INSTALL_HEIC} reads HEIC; or {convert}" if "HEIC" in self.kinds else convert
