"""A model's confidence, calibrated on pictures that it has not learnt from."""

import numpy as np

from sightline.data.catalog import Rows
from sightline.evaluation.calibration import Calibration, calibrate
from sightline.evaluation.temperature import softmax
from sightline.evaluation.trust.calibration_set import CalibrationSet
from sightline.inference.arrays.judgement import most_kept
from sightline.inference.export.proof import evenly
from sightline.line.methods.held_out import HeldOut


def calibrated(held_out: HeldOut, labels: Rows) -> tuple[Calibration, CalibrationSet]:
    """Return what a model's confidence is multiplied by, and the answers that any promise is made from.

    Args:
        held_out: What the model says of pictures that it has not learnt from.
        labels: (N,) the class of each row of the catalog.
    """
    truth = labels[held_out.rows]
    calibration = calibrate(held_out.logits, truth, origin=held_out.origin)
    kept = evenly(np.arange(len(truth)), most_kept(held_out.logits.shape[1]))
    probabilities = softmax(calibration.factor * held_out.logits[kept].astype(np.float64)).astype(np.float32)
    return calibration, CalibrationSet(probabilities, truth[kept])
