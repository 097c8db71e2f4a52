"""Pictures a second of Fisher vectors: sightline beside scikit-image, on the same mixture and local descriptors.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/fisher_encoding.py

Dense RootSIFT of real pictures, large ones (hymenoptera.zip) and small ones (cifar10-jpeg.zip), projected on principal
components. Each takes turns on one thread and on all cores, so that a busy moment meets everyone. The table is in
docs/benchmarks/fisher-encoding.md.
"""

import os

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # sightline's way, before torch is imported

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from sightline.classical.descriptors.sift import RootSift
from sightline.classical.encoders.fisher import Fisher
from sightline.classical.plan import Plan
from sightline.classical.projection import Projection
from sightline.data.opening import open_catalog
from sightline.imaging.picture_format import PictureFormat

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "fisher-encoding.md"
PLAN = Plan(("root-sift",), cell=3, stride=2, scales=(1.0, 1.5), components=48, encoder="fisher", words=64)
TURNS, SHARE = 7, 5


class Case(NamedTuple):
    """Which pictures: an archive, the side in pixels, how many, and how many at once, in several ways."""

    archive: str
    side: int
    pictures: int
    batches: tuple[int, ...]


CASES = (Case("hymenoptera.zip", 128, 32, (1, 16)), Case("cifar10-jpeg.zip", 32, 256, (1, 4, 16, 64, 256)))
MEASURES = ((1, time.thread_time), (os.cpu_count(), time.perf_counter))
"""Threads, and the clock that goes with them."""


def described(case):
    """Return projected descriptors (N, G, D) of pictures, and where the patches are, (G, 2)."""
    catalog = open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / case.archive).only("train")
    chosen = np.random.default_rng(0).permutation(len(catalog))[: case.pictures]
    taken = PictureFormat(case.side, case.side, resize="crop")
    pixels = [taken.read(catalog.source.read(catalog.paths[row]), name=catalog.paths[row]) for row in chosen]
    descriptor = RootSift((case.side, case.side, 3), PLAN)
    local = torch.cat([descriptor(torch.from_numpy(one[None])) for one in pixels])
    projection = Projection(descriptor.length, PLAN.components)
    projection.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    return projection(local), descriptor.positions


def as_scikit_learn(encoder):
    """Return an encoder's mixture as scikit-image wants it."""
    mixture = GaussianMixture(PLAN.words, covariance_type="diag")
    mixture.weights_, mixture.means_ = encoder.weights.double().numpy(), encoder.means.double().numpy()
    mixture.covariances_ = encoder.deviations.double().numpy() ** 2
    mixture.precisions_cholesky_ = 1 / encoder.deviations.double().numpy()
    return mixture


def vector_of(one, mixture, *, improved):
    """Return scikit-image's vector of one picture in our order and with our signs: (K, 2D), as doubles."""
    gaussians, length = mixture.means_.shape
    parts = fisher_vector(one, mixture, improved=improved)[gaussians:].reshape(2, gaussians, length)
    joined = np.concatenate([parts[0], -parts[1]], axis=1)
    return joined / np.linalg.norm(joined) if improved else joined


def seconds_of(action, threads, clock):
    """Return what an action takes on so many threads, by a clock."""
    torch.set_num_threads(threads)
    with threadpool_limits(threads):  # NumPy's
        started = clock()
        action()
        return clock() - started


def in_turns(ways):
    """Return the median seconds of each way, for each measure: a row a way."""
    seconds = [[seconds_of(way, *measure) for way in ways for measure in MEASURES] for _ in range(TURNS)]
    return np.median(seconds, axis=0).reshape(len(ways), len(MEASURES))


@torch.inference_mode()
def measured(case):
    """Measure in turns, compare the numbers, and return the section on it."""
    local, positions = described(case)
    encoder = Fisher(positions, PLAN.components, PLAN)
    encoder.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    mixture = as_scikit_learn(encoder)
    pictures = [one[one.any(dim=1)].double().numpy() for one in local]  # flat patches count for nothing with us
    ways = {"scikit-image, 1 at once": lambda: [fisher_vector(one, mixture, improved=True) for one in pictures]}
    for batch in case.batches:
        ways[f"sightline, {batch} at once"] = lambda batch=batch: [encoder(some) for some in local.split(batch)]
    medians = in_turns(ways.values())
    gradients, vectors = encoder.unnormalised(local)[:, 0].numpy(), encoder(local).numpy()
    expected, improved = (
        np.stack([vector_of(one, mixture, improved=way) for one in pictures]) for way in (False, True)
    )
    rates = np.stack([case.pictures / medians, medians[0] / medians], axis=2).reshape(len(ways), -1)
    rows = "\n".join(
        "| {} | {:,.0f} | {:.1f} | {:,.0f} | {:.1f} |".format(name, *rate)
        for name, rate in zip(ways, rates, strict=True)
    )
    return f"""## {case.side}x{case.side} pixels

{case.pictures} pictures of {case.archive}, {len(positions):,} descriptors each.

| pictures | a second, one thread | times scikit-image | a second, all cores | times scikit-image |
|---|---|---|---|---|
{rows}

The numbers differ by at most {np.abs(gradients - expected).max():.1e} before normalisation, where the largest is
{np.abs(expected).max():.2f}, and by at most {np.abs(vectors - improved.reshape(vectors.shape)).max():.1e} after it.
"""


def main() -> None:
    """Measure both cases and write the table."""
    sections = "\n".join(measured(case) for case in CASES)
    text = f"""# Fisher encoding

Written by `benchmarks/fisher_encoding.py`: RootSIFT descriptors on {PLAN.components} principal components,
{PLAN.words} Gaussians; the processor's time on one thread, and the time that passes with {MEASURES[1][0]} cores, as the
libraries use them; medians of {TURNS} turns. Both start from the same local descriptors and the same mixture. Vectors
have the length 1; sightline computes with 32 bits, scikit-image with 64. It takes one picture at a time.

{sections}"""
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
