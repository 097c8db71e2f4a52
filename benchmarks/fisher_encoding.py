"""Pictures a second of Fisher vectors: sightline beside scikit-image, on the same mixture and local descriptors.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/fisher_encoding.py

Dense RootSIFT of real pictures, large ones (hymenoptera.zip) and small ones (cifar10-jpeg.zip), projected on principal
components. Everything runs on one thread; the two take turns, so that a busy moment meets both. The table is in
docs/benchmarks/fisher-encoding.md.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy and torch are imported

import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture

from sightline.classical.descriptors.sift import RootSift
from sightline.classical.encoders.fisher import Fisher
from sightline.classical.plan import Plan
from sightline.classical.projection import Projection
from sightline.data.opening import open_catalog
from sightline.imaging.preprocess import InputFormat

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "fisher-encoding.md"
PLAN = Plan(("root-sift",), cell=3, step=2, scales=(1.0, 1.5), components=48, encoder="fisher", words=64)
TURNS, SHARE = 7, 5


class Case(NamedTuple):
    """Which pictures: an archive, the side in pixels, how many, and how many at once."""

    archive: str
    side: int
    pictures: int
    batch: int


CASES = (Case("hymenoptera.zip", 128, 32, 16), Case("cifar10-jpeg.zip", 32, 512, 64))


def described(case):
    """Return projected descriptors (N, G, D) of pictures, and where the patches are, (G, 2)."""
    catalog = open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / case.archive).only("train")
    chosen = np.random.default_rng(0).permutation(len(catalog))[: case.pictures]
    taken = InputFormat(case.side, case.side, fit="crop")
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


def seconds_of(action):
    """Return the processor's time that an action takes."""
    started = time.process_time()
    action()
    return time.process_time() - started


def measured(case):
    """Measure in turns, compare the numbers, and return the section on it."""
    local, positions = described(case)
    encoder = Fisher(positions, PLAN.components, PLAN)
    encoder.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    mixture = as_scikit_learn(encoder)
    pictures = [one[one.any(dim=1)].double().numpy() for one in local]  # flat patches count for nothing with us
    ways = {
        "scikit-image, picture by picture": lambda: [fisher_vector(one, mixture, improved=True) for one in pictures],
        "sightline, picture by picture": lambda: [encoder(one[None]) for one in local],
        f"sightline, {case.batch} pictures at once": lambda: [encoder(some) for some in local.split(case.batch)],
    }
    seconds = {name: [] for name in ways}
    with torch.inference_mode():
        for _ in range(TURNS):
            for name, way in ways.items():
                seconds[name].append(seconds_of(way))
        gradients, vectors = encoder.unnormalised(local)[:, 0].numpy(), encoder(local).numpy()
    expected, improved = (
        np.stack([vector_of(one, mixture, improved=way) for one in pictures]) for way in (False, True)
    )
    medians = [median(taken) for taken in seconds.values()]
    rows = "\n".join(
        f"| {name} | {case.pictures / taken:,.1f} | {medians[0] / taken:.1f} |"
        for name, taken in zip(ways, medians, strict=True)
    )
    return f"""## {case.side}x{case.side} pixels

{case.pictures} pictures of {case.archive}, {len(positions):,} descriptors each.

| | pictures a second | times scikit-image |
|---|---|---|
{rows}

The numbers differ by at most {np.abs(gradients - expected).max():.1e} before normalisation, where the largest is
{np.abs(expected).max():.2f}, and by at most {np.abs(vectors - improved.reshape(vectors.shape)).max():.1e} after it.
"""


def main() -> None:
    """Measure both cases and write the table."""
    sections = "\n".join(measured(case) for case in CASES)
    text = f"""# Fisher encoding

Written by `benchmarks/fisher_encoding.py`: RootSIFT descriptors on {PLAN.components} principal components,
{PLAN.words} Gaussians; one thread, the processor's time, medians of {TURNS} turns. Both start from the same local
descriptors and the same mixture. Vectors have the length 1; sightline computes with 32 bits, scikit-image with 64.

{sections}"""
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
