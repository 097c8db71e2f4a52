"""Who is in a step: several classes, and several samples where batch normalisation asks for them."""

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.samplers import LABEL
from sightline.training.thresholds import threshold

MOST_BATCHES = 32
BATCH_NORM = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the one name that all of them share


def batches(setup: Setup) -> Measured:
    """Look at the first batches of an epoch.

    Reference:
        Bengio, "Practical recommendations for gradient-based training of deep architectures" (2012),
        section 3.1, order of training examples. https://arxiv.org/abs/1206.5533
    """
    training = setup.parts.training
    rows = list(setup.recipe.sampler.batches(training, seed=setup.recipe.seed))[:MOST_BATCHES]
    sizes = [len(some) for some in rows]
    findings = _of_one(setup.network, min(sizes))
    line = f"batches of {max(sizes)} samples"
    figures: dict[str, object] = {"largest": max(sizes), "least": min(sizes)}
    if setup.labels is not None and rows[0].ndim == 1:
        counts = [len(set(training.targets[LABEL][some].tolist())) for some in rows]
        expected = _expected_classes(setup.labels, max(sizes))
        figures |= {"classes": sum(counts) / len(counts), "classes_by_chance": expected}
        line += f", with {sum(counts) / len(counts):.3g} classes each (by chance {expected:.3g})"
        findings += _one_class(counts, expected)
    return Measured(line, figures, tuple(findings))


def _of_one(network: nn.Module, least: int) -> list[Finding]:
    names = [name for name, layer in network.named_modules() if isinstance(layer, BATCH_NORM) and _learns(layer)]
    if least > 1 or not names:
        return []
    return [
        warning(
            "batch-norm-of-one",
            f"{len(names)} layers of batch normalisation learn from batches of one sample, which has no spread: each "
            "sample is normalised by itself",
            "take batches of 16 or more: batch_size=32",
            tuple(names),
        )
    ]


def _learns(layer: nn.Module) -> bool:
    return not isinstance(layer, BATCH_NORM) or layer.track_running_stats


def _expected_classes(labels: torch.Tensor, size: int) -> float:
    """Return how many classes a batch of random samples has on average."""
    shares = torch.bincount(labels).double() / len(labels)
    return float((1 - (1 - shares) ** size).sum())


def _one_class(counts: list[int], expected: float) -> list[Finding]:
    share = sum(count == 1 for count in counts) / len(counts)
    if expected < threshold("one-class-expected") or share <= threshold("one-class-batches") or len(counts) < 2:  # noqa: PLR2004
        return []
    return [
        warning(
            "one-class-batches",
            f"{share:.0%} of the batches hold one class alone; chance would give {expected:.3g} classes: each step "
            "unlearns the one before",
            "shuffle the samples: sampling=shuffled",
        )
    ]
