"""Answers that are the mean over several views of a picture.

Importing this module does not import torch; `sightline.models.changes.mean_of_views` takes the views.
"""

from dataclasses import dataclass

REFERENCE = "Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep CNNs' (2012), section 4.1"
CORNERS_AND_MIDDLE = 5
SEVEN_EIGHTHS = 224 / 256
"""What the reference cuts out of a picture."""


@dataclass(frozen=True)
class ViewsEntry:
    """Which views are taken.

    Args:
        line: What they are, in one sentence.
        reference: Where they come from.
        mirrored: Whether each view is looked at in the mirror too.
        moved: Whether the picture is also looked at a pixel up and left, and a pixel down and right.
        cropped: The share of each side that is looked at in the middle and in the four corners, in the place of the
            whole picture; 1 for the whole picture.
    """

    line: str
    reference: str
    mirrored: bool = False
    moved: bool = False
    cropped: float = 1.0

    @property
    def count(self) -> int:
        """How many views there are of a picture."""
        return (1 + self.mirrored) * (CORNERS_AND_MIDDLE if self.cropped < 1 else 1 + 2 * self.moved)


VIEWS: dict[str, ViewsEntry] = {
    "picture": ViewsEntry("the picture as it is", REFERENCE),
    "mirrored": ViewsEntry(
        "the mean of the scores of a picture and its mirror image: surer answers at twice the work",
        REFERENCE,
        mirrored=True,
    ),
    "moved": ViewsEntry(
        "the mean over picture and mirror image, each in place and moved by a pixel two ways: six times the work",
        REFERENCE,
        mirrored=True,
        moved=True,
    ),
    "five-crops": ViewsEntry(
        "the mean over the middle and the four corners, each seven eighths of the sides: nearly four times the work",
        REFERENCE,
        cropped=SEVEN_EIGHTHS,
    ),
    "ten-crops": ViewsEntry(
        "the mean over those five crops and their mirror images: nearly eight times the work",
        REFERENCE,
        mirrored=True,
        cropped=SEVEN_EIGHTHS,
    ),
}
"""Each choice of views by its name."""
