"""Whether what tells classes apart is still there after augmentation, as far as a linear fit can see."""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d, one_hot

from sightline.core.findings import Finding
from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.recipe import unaltered
from sightline.training.samplers import LABEL
from sightline.training.thresholds import threshold

MOST_SAMPLES, LEAST_SAMPLES = 1_000, 120
SIDE, PENALTY = 8, 0.03
NORMAL_95 = 1.96


def altered_samples(setup: Setup) -> Measured:
    """Fit a linear classifier to samples as they are, and one to altered ones; name others of either kind."""
    recipe, truths = setup.recipe, setup.labels
    if recipe.augment is unaltered or truths is None or setup.parts.training.inputs.ndim != 4:  # noqa: PLR2004
        return Measured("samples are not altered")
    rows = setup.rows(MOST_SAMPLES)
    if len(rows) < LEAST_SAMPLES:
        return Measured(f"{len(rows)} samples are too few to tell what alteration costs")
    batch = setup.parts.training.cut(rows)
    generator = torch.Generator().manual_seed(derived_seed(recipe.seed, "preflight", "altered"))
    altered = recipe.augment(batch, generator)
    labels = batch.targets[LABEL]
    moved = altered.targets[LABEL]
    shown = moved.argmax(dim=1) if moved.ndim > 1 else moved
    classes = int(truths.max()) + 1
    guess = float(torch.bincount(labels).max()) / len(labels)
    plain = _accuracy(batch.inputs, labels, classes)
    changed = _accuracy(altered.inputs, shown, classes)
    line = f"a linear fit names {percent(plain)} as they are, {percent(changed)} altered (guessing: {percent(guess)})"
    figures = {"as_they_are": plain, "altered": changed, "guessing": guess}
    return Measured(line, figures, tuple(_findings(plain, changed, guess, held_out=len(rows) // 2)))


def _accuracy(inputs: torch.Tensor, labels: torch.Tensor, classes: int) -> float:
    """Return how many of every second sample a ridge regression on the others names rightly, 0 to 1."""
    pooled = adaptive_avg_pool2d(inputs.double().permute(0, 3, 1, 2), min(SIDE, *inputs.shape[1:3])).flatten(1)
    features = (pooled - pooled.mean(dim=0)) / pooled.std(dim=0).clamp(min=1e-6)
    features = torch.cat((features, torch.ones(len(features), 1, dtype=torch.float64)), dim=1)
    fitted, held_out = features[::2], features[1::2]
    targets = one_hot(labels[::2], classes).double()
    gram = fitted.T @ fitted + PENALTY * len(fitted) * torch.eye(features.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(gram, fitted.T @ targets)
    return float(((held_out @ weights).argmax(dim=1) == labels[1::2]).double().mean())


def _findings(plain: float, changed: float, guess: float, *, held_out: int) -> list[Finding]:
    error = NORMAL_95 * math.sqrt(0.25 / held_out)
    is_lost = changed < guess + threshold("altered-classes") * (plain - guess)
    if plain - error <= guess + threshold("altered-clearly") or not is_lost:
        return []
    return [
        warning(
            "augmentation-destroys-classes",
            f"a linear fit names {percent(plain)} of pictures as they are, and {percent(changed)} of altered ones, "
            f"where guessing gives {percent(guess)}: what tells the classes apart is hardly left",
            "look at `sightline augment DATA`, and take smaller amounts: augment=0.5",
        )
    ]
