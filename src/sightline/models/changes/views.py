"""Answers that are the mean over several views of a picture.

Importing this module does not import torch; `sightline.models.changes.mean_of_views` takes the views.
"""

from dataclasses import dataclass

REFERENCE = "Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep CNNs' (2012), section 4.1"


@dataclass(frozen=True)
class ViewsEntry:
    """Which views are taken.

    Args:
        line: What they are, in one sentence.
        reference: Where they come from.
        mirrored: Whether each view is looked at in the mirror too.
        moved: Whether the picture is also looked at a pixel up and left, and a pixel down and right.
    """

    line: str
    reference: str
    mirrored: bool = False
    moved: bool = False


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
}
"""Each choice of views by its name."""
