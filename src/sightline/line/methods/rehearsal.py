"""What follows a training, rehearsed before it on this machine: the graph, its proof, the drawings of the report."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from sightline.data.catalog import TRAIN
from sightline.evaluation.drawings.curves import curves_svg
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.export.proof import PROOF_PICTURES, prove
from sightline.line.methods.network.options import network_options
from sightline.line.prepared import Prepared
from sightline.line.settings.values import Settings
from sightline.models.building import build_network

PROVED = 8
"""Pictures of a rehearsed proof."""
DRAWINGS = 8
"""A report takes about as long as so many drawings of curves."""
RESERVE = 1.25
"""For what the machine may be busier with afterwards."""


@dataclass(frozen=True)
class Rehearsal:
    """How long this machine takes for what follows a training.

    Args:
        graph: Seconds for making the graph of a network.
        proof: Seconds for proving it on `PROVED` pictures.
        drawing: Seconds for one drawing of the report.
    """

    graph: float
    proof: float
    drawing: float

    @property
    def seconds(self) -> float:
        """What graph, proof and report take together, whatever the length of the training."""
        return self.seconds_of(1.0)

    def seconds_of(self, slower: float) -> float:
        """Return the same for a network that answers so many times slower than the one that was rehearsed with."""
        proof = slower * self.proof * PROOF_PICTURES / PROVED
        return RESERVE * (self.graph + proof + self.drawing * DRAWINGS)


def rehearsed(prepared: Prepared, settings: Settings) -> Rehearsal:
    """Rehearse with a fresh network; see `rehearsed_with`.

    Args:
        settings: With which the network is built.
    """
    classes = len(prepared.catalog.classes)
    with torch.random.fork_rng():
        network = build_network(settings["model"], prepared.preprocess, classes, network_options(settings)).eval()
    return rehearsed_with(prepared, network)


def rehearsed_with(prepared: Prepared, network: nn.Sequential) -> Rehearsal:
    """Make the graph of a network, prove it on a few training pictures, draw, and look at the clock.

    The first graph of a process takes longer than the next, so what is measured is rather too long than too short.

    Args:
        network: From (N, H, W, C) uint8 to logits, in eval mode.
    """
    shape = prepared.preprocess.format.shape
    pixels = prepared.pixels[prepared.split.rows(TRAIN)[:PROVED]]
    graphs: list[bytes] = []
    graph = _seconds(lambda: graphs.append(graph_of(network, shape)))
    proof = min(_seconds(lambda: prove(graphs[0], network, pixels)) for _ in range(2))
    drawing = min(_seconds(_draw) for _ in range(2))
    return Rehearsal(graph, proof * PROVED / len(pixels), drawing)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _draw() -> None:
    curves_svg(name="Loss", training=(1.0, 0.5), validation=(1.0, 0.6), best_epoch=2)
