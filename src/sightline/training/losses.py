"""What a classification makes small: losses a sample, label smoothing, class weights, and penalties on the weights.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.sections import SHARE, Section, name, number
from sightline.training.objectives.embedding_losses import EMBEDDING_LOSSES

if TYPE_CHECKING:
    from torch import Tensor, nn

Loss = Callable[["Tensor", "Tensor"], "Tensor"]
"""From scores (N, K) and targets (N, K), whose rows sum to 1, to losses (N,)."""


def cross_entropy(scores: "Tensor", targets: "Tensor") -> "Tensor":
    """Return the softmax cross-entropy of each sample, ``-sum_k t_k log softmax(s)_k``.

    Reference:
        Bishop, "Pattern Recognition and Machine Learning" (2006), equation 4.108.
    """
    return -(targets * scores.log_softmax(dim=1)).sum(dim=1)


def hinge(scores: "Tensor", targets: "Tensor") -> "Tensor":
    """Return the multi-class hinge loss of each sample, ``sum_(j != y) max(0, s_j - s_y + 1)``.

    A sample that two classes share, as MixUp and CutMix make them, has the mean of both losses,
    weighted by its shares.

    Reference:
        Weston and Watkins, "Support vector machines for multi-class pattern recognition" (1999).
        https://www.esann.org/sites/default/files/proceedings/legacy/es1999-461.pdf
    """
    shares, truths = targets.topk(min(2, targets.shape[1]), dim=1)  # (N, 2)
    margins = scores.unsqueeze(1) - scores.gather(1, truths).unsqueeze(2) + 1  # (N, 2, K)
    own_margin = 1  # of the true class against itself
    return (shares * (margins.clamp(min=0).sum(dim=2) - own_margin)).sum(dim=1)


def squared_error(scores: "Tensor", targets: "Tensor") -> "Tensor":
    """Return the squared distance of each sample's probabilities to its truth, ``sum_k (softmax(s)_k - t_k)^2``.

    Reference:
        Brier, "Verification of forecasts expressed in terms of probability" (1950).
        https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    return (scores.softmax(dim=1) - targets).square().sum(dim=1)


@dataclass(frozen=True)
class LossEntry:
    """A loss that can be named.

    Args:
        function: From scores and targets (N, K) to losses (N,).
        line: What it does, in one sentence.
        reference: Authors, title and year.
    """

    function: Loss
    line: str
    reference: str


LOSSES: dict[str, LossEntry] = {
    "cross-entropy": LossEntry(
        cross_entropy,
        "softmax cross-entropy: asks for a high probability of the true class",
        "Bishop, 'Pattern Recognition and Machine Learning' (2006), section 4.3.4",
    ),
    "hinge": LossEntry(
        hinge,
        "multi-class SVM: asks for the true class to lead every other by a margin of 1",
        "Weston and Watkins, 'Support vector machines for multi-class pattern recognition' (1999)",
    ),
    "squared-error": LossEntry(
        squared_error,
        "squared distance between the probabilities and the truth (Brier score)",
        "Brier, 'Verification of forecasts expressed in terms of probability' (1950)",
    ),
}
"""Each loss by its name."""


@dataclass(frozen=True)
class LossSettings(Section):
    """What a training makes small."""

    loss: str = name("", (*LOSSES, *EMBEDDING_LOSSES), "cross-entropy")
    label_smoothing: float = number("share of each target that is spread over all classes", 0.0, auto=True, **SHARE)
    class_weights: str = name("balanced lets rare classes weigh more", ("none", "balanced"), "none")
    l1: float = number("strength of the penalty on absolute weights", 0.0, least=0)
    l2: float = number("strength of the penalty on squared weights", 0.0, least=0)


@dataclass(frozen=True)
class Criterion:
    """The loss of a training, with what is done to truth and weight of each sample.

    Args:
        loss: From scores and targets (N, K) to losses (N,).
        label_smoothing: In [0, 1); this share of every target is spread evenly over all classes.
        class_weights: One a class, or none for equal weights.

    Reference:
        Label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision"
        (2015), section 7. https://arxiv.org/abs/1512.00567
    """

    loss: Loss = cross_entropy
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] = ()

    def __call__(self, scores: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the weighted loss of each sample, (N,).

        Args:
            scores: (N, K).
            targets: (N, K), rows that sum to 1.
        """
        smooth = targets * (1 - self.label_smoothing) + self.label_smoothing / targets.shape[1]
        losses = self.loss(_precise(scores), smooth if self.label_smoothing else targets)
        if not self.class_weights:
            return losses
        return losses * (targets @ targets.new_tensor(self.class_weights))


def _precise(scores: "Tensor") -> "Tensor":
    """Return scores in 32 bits or more; those in 64 keep them, so that gradients can be checked."""
    import torch

    return scores.to(torch.promote_types(scores.dtype, torch.float32))


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Return the weight of each class that lets all classes count alike: ``N / (K n_k)``, or 0 for an empty one.

    Their mean over the samples is 1, so that the learning rate keeps its meaning.

    Args:
        counts: Training samples of each class.

    Reference:
        King and Zeng, "Logistic regression in rare events data" (2001), section 4.2.
        https://doi.org/10.1093/oxfordjournals.pan.a004868

    Example:
        >>> balanced_weights([30, 10])
        (0.6666666666666666, 2.0)
    """
    present = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (present * count) if count else 0.0 for count in counts)


@dataclass(frozen=True)
class Penalties:
    """What large weights cost, beside the loss.

    Biases and the scales and shifts of normalisation are left out: they do not make a function rougher.

    Args:
        l1: Strength of the sum of absolute weights; drives many of them to zero.
        l2: Strength of the sum of squared weights; keeps all of them small.

    Reference:
        Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 7.1.
        https://www.deeplearningbook.org/contents/regularization.html
    """

    l1: float = 0.0
    l2: float = 0.0

    def of(self, network: "nn.Module") -> "tuple[Tensor, Tensor]":
        """Return the L1 and the L2 penalty of a network's weights as they are; 0 where the strength is."""
        import torch

        weights = [weight for weight in network.parameters() if is_matrix(weight) and weight.requires_grad]
        zero = torch.zeros((), device=weights[0].device if weights else None)
        absolute = sum((weight.abs().sum() for weight in weights), start=zero) if self.l1 else zero
        squared = sum((weight.square().sum() for weight in weights), start=zero) if self.l2 else zero
        return self.l1 * absolute, self.l2 * squared


def is_matrix(weight: "nn.Parameter") -> bool:
    """Return whether a parameter is a dense layer's matrix or a convolution's filters: what decays."""
    return weight.ndim > 1
