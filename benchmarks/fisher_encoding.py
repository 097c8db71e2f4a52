"""Pictures a second of Fisher vectors: sightline beside scikit-image, on the same mixture and local descriptors.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/fisher_encoding.py

Dense RootSIFT of real photos (hymenoptera.zip), projected on principal components. Everything runs on one thread; the
two take turns, so that a busy moment meets both. The table is in docs/benchmarks/fisher-encoding.md.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy and torch are imported

import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture

from sightline.classical.descriptors.sift import RootSift
from sightline.classical.encoders.fisher import Fisher
from sightline.classical.plan import Plan
from sightline.classical.projection import Projection
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.preprocess import InputFormat

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "fisher-encoding.md"
PLAN = Plan(("root-sift",), cell=3, step=2, scales=(1.0, 1.5), components=48, encoder="fisher", words=64)
SIDE, PICTURES, BATCH, TURNS, SHARE = 128, 32, 16, 7, 5


def described():
    """Return projected descriptors (N, G, D) of photos, and where the patches are, (G, 2)."""
    catalog = open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / "hymenoptera.zip").only("train")
    pixels = survey(catalog, InputFormat(SIDE, SIDE, fit="crop")).pixels
    chosen = np.random.default_rng(0).permutation(len(pixels))[:PICTURES]
    descriptor = RootSift((SIDE, SIDE, 3), PLAN)
    local = torch.cat([descriptor(torch.from_numpy(pixels[row : row + 1])) for row in chosen])
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


def main() -> None:
    """Measure in turns, compare the numbers, and write the table."""
    local, positions = described()
    encoder = Fisher(positions, PLAN.components, PLAN)
    encoder.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    mixture = as_scikit_learn(encoder)
    pictures = [one[one.any(dim=1)].double().numpy() for one in local]  # flat patches count for nothing with us
    ways = {
        "scikit-image, picture by picture": lambda: [fisher_vector(one, mixture, improved=True) for one in pictures],
        "sightline, picture by picture": lambda: [encoder(one[None]) for one in local],
        f"sightline, {BATCH} pictures at once": lambda: [encoder(some) for some in local.split(BATCH)],
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
        f"| {name} | {PICTURES / taken:,.1f} | {medians[0] / taken:.1f} |"
        for name, taken in zip(ways, medians, strict=True)
    )
    text = f"""# Fisher encoding

Written by `benchmarks/fisher_encoding.py`: {PICTURES} photos of {SIDE}x{SIDE} pixels,
{len(positions):,} RootSIFT descriptors each, {PLAN.components} principal components, {PLAN.words} Gaussians; one
thread, the processor's time, medians of {TURNS} turns. Both start from the same local descriptors and the same mixture.

| | pictures a second | times scikit-image |
|---|---|---|
{rows}

The numbers differ by at most {np.abs(gradients - expected).max():.1e} before normalisation, where the largest is
{np.abs(expected).max():.2f}, and by at most {np.abs(vectors - improved.reshape(vectors.shape)).max():.1e} after it,
where each vector has the length 1; sightline computes with 32 bits, scikit-image with 64.
"""
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
