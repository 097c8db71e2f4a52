"""Pictures a second of Fisher vectors: sightline beside scikit-image, on the same mixture and local descriptors.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/fisher_encoding.py

Dense RootSIFT of real pictures, large ones (hymenoptera.zip) and small ones (cifar10-jpeg.zip), projected on principal
components. Each takes turns on one thread and on all cores, so that a busy moment meets everyone. The table is in
docs/benchmarks/fisher-encoding.md.
"""

import os

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # sightline's way, before torch is imported

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import cores, origin
from bench.pages import publish, table
from bench.pictures import decoded, square
from bench.settings import started
from bench.turns import in_turns, spread
from sightline.classical.descriptors.sift import RootSift
from sightline.classical.encoders.fisher import Fisher
from sightline.classical.plan import Plan
from sightline.classical.projection import Projection

SHARE = 5
"""Every fifth descriptor is enough to fit a mixture to."""
MEASURES = {1: time.thread_time, cores(): time.perf_counter}
"""Threads, and the clock that goes with them."""


class Case(NamedTuple):
    """Which pictures: an archive, the side in pixels, how many, and how many at once, in several ways."""

    archive: str
    side: int
    pictures: int
    batches: tuple[int, ...]


class Setting(NamedTuple):
    """Cases by the name of their part of the page, turns, and the plan of the pipeline."""

    cases: dict[str, Case]
    turns: int
    plan: Plan


PLAN = Plan(("root-sift",), cell=3, stride=2, scales=(1.0, 1.5), components=48, encoder="fisher", words=64)
FULL = Setting(
    {"large": Case(HYMENOPTERA, 128, 32, (1, 16)), "small": Case(CIFAR10, 32, 256, (1, 4, 16, 64, 256))}, 7, PLAN
)
TINY = Setting({"small": Case(CIFAR10, 32, 4, (1, 4))}, 1, replace(PLAN, components=4, words=2))


def described(path, case, plan):
    """Return projected descriptors (N, G, D) of pictures, and where the patches are, (G, 2)."""
    pictures = decoded(path, "train", square(case.side, "crop"), count=case.pictures)
    descriptor = RootSift((case.side, case.side, 3), plan)
    local = torch.cat([descriptor(torch.from_numpy(one[None])) for one in pictures.pixels])
    projection = Projection(descriptor.length, plan.components)
    projection.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    return projection(local), descriptor.positions


def as_scikit_learn(encoder):
    """Return an encoder's mixture as scikit-image wants it."""
    mixture = GaussianMixture(len(encoder.weights), covariance_type="diag")
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


def seconds_of(action, threads):
    """Return what an action takes on so many threads, by the clock that goes with them."""
    torch.set_num_threads(threads)
    with threadpool_limits(threads):  # NumPy's
        began = MEASURES[threads]()
        action()
        return MEASURES[threads]() - began


def rows_of(ways, case, turns):
    """Yield the table's rows: pictures a second of each way by each measure, beside the first way's."""
    timed = {
        (name, threads): lambda way=way, threads=threads: seconds_of(way, threads)
        for name, way in ways.items()
        for threads in MEASURES
    }
    rates = {key: case.pictures / spread(values).median for key, values in in_turns(timed, turns).items()}
    first = next(iter(ways))
    for name in ways:
        pairs = [(rates[name, threads], rates[name, threads] / rates[first, threads]) for threads in MEASURES]
        yield [name, *(cell for rate, times in pairs for cell in (f"{rate:,.0f}", f"{times:.1f}"))]


@torch.inference_mode()
def measured(path, case, setting):
    """Measure in turns, compare the numbers, and return the part of the page on it."""
    local, positions = described(path, case, setting.plan)
    encoder = Fisher(positions, setting.plan.components, setting.plan)
    encoder.fit(local.flatten(0, 1)[::SHARE].numpy(), seed=0)
    mixture = as_scikit_learn(encoder)
    pictures = [one[one.any(dim=1)].double().numpy() for one in local]  # flat patches count for nothing with us
    ways = {"scikit-image, 1 at once": lambda: [fisher_vector(one, mixture, improved=True) for one in pictures]}
    for batch in case.batches:
        ways[f"sightline, {batch} at once"] = lambda batch=batch: [encoder(some) for some in local.split(batch)]
    heads = ["pictures", "a second, one thread", "times scikit-image", "a second, all cores", "times scikit-image"]
    note = (
        f"{case.pictures} pictures of {case.archive}, {len(positions):,} descriptors each on {setting.plan.components} "
        f"principal components, {setting.plan.words} Gaussians; medians of {setting.turns} turns"
    )
    rows = list(rows_of(ways, case, setting.turns))
    return f"{origin(note)}\n\n{table(heads, rows)}\n\n{differences(encoder, local, mixture, pictures)}"


def differences(encoder, local, mixture, pictures):
    """Return a sentence on how far both libraries' numbers lie apart."""
    gradients, vectors = encoder.unnormalised(local)[:, 0].numpy(), encoder(local).numpy()
    expected, improved = (
        np.stack([vector_of(one, mixture, improved=way) for one in pictures]) for way in (False, True)
    )
    return (
        f"The numbers differ by at most {np.abs(gradients - expected).max():.1e} before normalisation, where the "
        f"largest is {np.abs(expected).max():.2f}, and by at most "
        f"{np.abs(vectors - improved.reshape(vectors.shape)).max():.1e} after it."
    )


def main() -> None:
    """Measure the cases and write the tables."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    parts = {}
    for name, case in setting.cases.items():
        with archive(case.archive, tiny=tiny) as path:
            parts[name] = measured(path, case, setting)
    publish("benchmarks/fisher-encoding.md", parts, tiny=tiny)


if __name__ == "__main__":
    main()
