"""How long this machine takes to describe pictures, and so to fit a pipeline to them."""

import time

import torch

from sightline.classical.building import build_pipeline
from sightline.classical.plan import Plan
from sightline.data.catalog import PARTS, TRAIN
from sightline.line.methods.contract import Foreseen
from sightline.line.prepared import Prepared

TIMED_PICTURES = 64
FOR_FEATURES = 0.5
"""Share of a fit's time for describing pictures; the classifier takes about as long."""


def seconds_a_picture(prepared: Prepared, plan: Plan) -> float:
    """Return how long describing one picture takes, by some of the training part."""
    rows = prepared.split.rows(TRAIN)[:TIMED_PICTURES]
    describe = build_pipeline(plan.as_options(), prepared.preprocess.format.shape).get_submodule("features")
    pictures = torch.from_numpy(prepared.pixels[rows])
    with torch.inference_mode():
        describe(pictures[:1])  # the first call pays for what later ones do not
        started = time.perf_counter()
        describe(pictures)
    return (time.perf_counter() - started) / len(rows)


def foreseen(prepared: Prepared, plan: Plan) -> Foreseen:
    """Return what a fit will cost, by the time that describing some pictures takes."""
    count = sum(prepared.split.counts()[part] for part in PARTS)
    whole = seconds_a_picture(prepared, plan) * count / FOR_FEATURES
    return Foreseen(whole, whole)
