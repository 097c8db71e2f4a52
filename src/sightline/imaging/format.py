"""What every sample becomes before a model sees it, whatever kind of sample it is."""

from typing import Any, Protocol

from sightline.imaging.facts import Facts
from sightline.imaging.photo import Payload, Pixels


class Format(Protocol):
    """A deterministic path from a file to an array of one shape; it is saved with the model.

    A survey asks for a `glance` or a `look`, prediction for `read`. Whoever stores what a sample became tells two
    formats apart by what they `describe`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """What every sample's array has, of any rank: (H, W, C) for pictures."""

    def facts(self, payload: Payload, *, name: str) -> Facts:
        """Decode a sample as cheaply as its errors can be found, and return what is known of it.

        Raises:
            PictureError: It can't be read.
        """

    def glance(self, payload: Payload, *, name: str) -> tuple[Facts, Pixels]:
        """Decode a sample once; return what is known of it and its thumbnail.

        Raises:
            PictureError: It can't be read.
        """

    def look(self, payload: Payload, *, name: str) -> tuple[Facts, Pixels, Pixels]:
        """Decode a sample once; return what is known of it, its thumbnail and its array, uint8.

        Raises:
            PictureError: It can't be read.
        """

    def read(self, payload: Payload, *, name: str) -> Pixels:
        """Decode a sample to its array, uint8.

        Raises:
            PictureError: It can't be read.
        """

    def describe(self) -> dict[str, Any]:
        """Return the format as values that JSON knows; equal descriptions mean equal arrays."""
