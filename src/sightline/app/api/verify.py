"""``sightline.verify``."""

from sightline.app.api.inputs import Place, classifier_of
from sightline.inference.classifier import Classifier
from sightline.inference.pictures import Picture
from sightline.line.enrolment import verification
from sightline.line.enrolment.verification import Verification


def verify(model: Classifier | Place, first: Picture, second: Picture) -> Verification:
    """Say whether two pictures show the same, how far apart they are, and what that is worth.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder. Only one that was trained with ``--task
            similarity`` knows what a distance is worth.
        first: A path, a file's bytes, a Pillow image, or (H, W) or (H, W, C) uint8.
        second: Of the same kinds.

    Returns:
        The distance; the threshold with its two rates, and a probability, where the model file holds what they are
        measured by.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new, or can't compare pictures.
        PictureError: A picture can't be read.

    Example::

        sightline.verify("run", "new.png", "new.png").distance
    """
    return verification.verify(classifier_of(model), first, second)
