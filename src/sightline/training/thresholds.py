"""Every threshold of pre-flight and babysitter, in one table with its source.

Importing this file does not import torch.
"""

from dataclasses import dataclass

DEEP_CHECKER = (
    "Ben Braiek and Khomh, 'Testing feedforward neural networks training programs' (TheDeepChecker), TOSEM 32(4) (2023)"
)
AUTOTRAINER = "Zhang, Zhai, Ma and Shen, 'AUTOTRAINER: an automatic DNN training problem detection', ICSE (2021)"
UMLAUT = "Schoop, Huang and Hartmann, 'UMLAUT: debugging deep learning programs using program structure', CHI (2021)"
KARPATHY = "Karpathy, 'CS231n: neural networks, part 3: learning and evaluation' (2015)"
SMITH = "Smith, 'Cyclical learning rates for training neural networks', WACV (2017), section 3.3"
PRECHELT = "Prechelt, 'Early stopping - but when?' (1998)"
MEASURED = "set on the development half of docs/benchmarks/planted-faults.md"


@dataclass(frozen=True)
class Threshold:
    """Where a rule begins to speak.

    Args:
        value: The number, in the unit that `meaning` names.
        meaning: What is compared with it.
        source: Who proposed the rule, and where the number comes from if it is another one than theirs.
    """

    value: float
    meaning: str
    source: str


THRESHOLDS: dict[str, Threshold] = {
    # Pre-flight: what the network is shown.
    "input-spread": Threshold(
        4.0, "most deviation of what the first layer reads, over all channels", f"{DEEP_CHECKER}: [-1, 1]; {MEASURED}"
    ),
    "input-centre": Threshold(
        1.0,
        "most deviations that a channel's mean lies below zero: pixels are never negative, so it was subtracted twice",
        f"{UMLAUT}: any value outside [-1, 1]; {MEASURED}",
    ),
    "input-offset": Threshold(
        10.0, "most deviations that a channel's mean lies above zero", f"{DEEP_CHECKER}: mean 0; {MEASURED}"
    ),
    "shared-samples": Threshold(
        0.05, "least share of the validation part that is also learnt from, to be told", f"{UMLAUT}: any; {MEASURED}"
    ),
    "one-class-batches": Threshold(
        0.5, "share of batches of one class, where chance gives 1.5 classes or more", "Bengio (2012), section 3.1"
    ),
    "one-class-expected": Threshold(
        1.5, "classes a batch that chance gives, below which batches of one class say nothing", MEASURED
    ),
    "altered-classes": Threshold(
        0.25,
        "of a linear fit's gain over guessing on pictures as they are: the share that must be left on altered ones",
        MEASURED,
    ),
    "altered-clearly": Threshold(
        0.15, "least gain of a linear fit over guessing on pictures as they are, for a comparison", MEASURED
    ),
    # Pre-flight: how the network begins.
    "initial-loss-high": Threshold(
        3.0, "most times that the first loss may be what chance costs", f"{KARPATHY}: about 1; {MEASURED}"
    ),
    "initial-loss-low": Threshold(
        0.6, "least share of what chance costs that the first loss may be", f"{KARPATHY}: about 1; {MEASURED}"
    ),
    "penalty-rise": Threshold(
        0.01, "most relative difference between the penalty and the rise of the loss that it makes", KARPATHY
    ),
    "penalty-share": Threshold(
        3.0, "most times that the gradient of the penalties may be as long as the loss's", f"{KARPATHY}; {MEASURED}"
    ),
    "decay-per-step": Threshold(
        0.05, "most share of every weight that weight decay takes away in a step", f"{MEASURED}; 5e-5 is common"
    ),
    "loss-as-sum": Threshold(
        0.25, "most relative rise of the loss where the same samples come twice", f"{DEEP_CHECKER}; a sum has 1"
    ),
    "softmax-left": Threshold(
        0.05, "least share of chance's cost that certain probabilities cost where they are taken for scores", MEASURED
    ),
    "epsilon": Threshold(
        1e-15, "least epsilon of an adaptive optimizer; 1e-8 is common", f"{UMLAUT} names the opposite; {MEASURED}"
    ),
    "dropout-rate": Threshold(0.9, "least rate of a dropout layer to be told", f"{UMLAUT}: above 0.5; {MEASURED}"),
    "fresh-weights": Threshold(
        0.03, "most relative distance from the deviation of a usual first weight, to be called fresh", MEASURED
    ),
    # Pre-flight: what comes back.
    "gradient-error": Threshold(
        1e-2,
        "most relative error between analytic and numerical gradient in float64",
        f"{KARPATHY}: above 1e-2 is wrong",
    ),
    "gradient-kink": Threshold(
        1e-3, "most relative difference between two step sizes, above which a kink is assumed", KARPATHY
    ),
    "vanishing": Threshold(
        1e-5,
        "least ratio of the relative gradients of the first and the last layer",
        f"{AUTOTRAINER}: 1e-3 of plain gradients; {MEASURED}",
    ),
    "dead-units": Threshold(
        0.95,
        "least share of a layer's units that are zero on every sample",
        f"{DEEP_CHECKER}, {AUTOTRAINER}: 0.5 to 0.7",
    ),
    "saturated-units": Threshold(
        0.9, "least share of a layer's outputs within 0.05 of an end", f"{DEEP_CHECKER}: 0.5; {MEASURED}"
    ),
    "signal-spread": Threshold(
        1e3, "most deviation of a layer's outputs, in those of the first layer", f"{DEEP_CHECKER}; {MEASURED}"
    ),
    # Pre-flight: what comes of a few steps.
    "learnt-by-heart": Threshold(
        0.5,
        "least share of what chance costs that is left after the steps, to be told",
        f"{KARPATHY}: near 0; {MEASURED}",
    ),
    "black-pictures": Threshold(
        1.05, "least times the loss by heart that black pictures must cost", f"{DEEP_CHECKER}; {MEASURED}"
    ),
    "batch-independence": Threshold(
        1e-3, "most relative change of a sample's scores in evaluation, alone or among others", MEASURED
    ),
    "rate-fall": Threshold(
        0.005,
        "least share of the loss that a climb must take away, compared batch by batch, for a suggestion",
        MEASURED,
    ),
    "rate-rise": Threshold(
        0.05, "share of the loss at its beginning, by which a climb that explodes is above it", MEASURED
    ),
    "rate-spread": Threshold(
        10.0, "most times that the three orders' rates may differ, for a suggestion", f"{SMITH} takes one; {MEASURED}"
    ),
    "rate-too-high": Threshold(
        10.0, "least times the rate at which the loss explodes in every order, to be told", f"{SMITH}; {MEASURED}"
    ),
    "rate-too-low": Threshold(
        1e-3, "most of the lowest rate that works in any order, to be told", f"{SMITH}; {MEASURED}"
    ),
    # Babysitter.
    "still-epochs": Threshold(
        3, "epochs without movement after which a loss counts as not moving", f"{AUTOTRAINER}: 3 % over the training"
    ),
    "still-loss": Threshold(
        0.01, "least share of the first epoch's loss that it must have lost by then", f"{AUTOTRAINER}: 0.03; {MEASURED}"
    ),
    "still-start": Threshold(0.9, "least share of the very first loss, above which a loss is where it began", MEASURED),
    "exploding-loss": Threshold(
        3.0, "times the first epoch's loss, or chance, that a later epoch must reach", f"{DEEP_CHECKER}; {MEASURED}"
    ),
    "underfitting-epochs": Threshold(
        8, "least epochs, and at least half of those planned, after which poor training accuracy is told", MEASURED
    ),
    "carry-over-epochs": Threshold(
        12, "epochs after which others than the training pictures must be known better than by guessing", MEASURED
    ),
    "carry-over-clear": Threshold(
        2.0, "standard errors above guessing that the middle of the last four epochs must reach by then", MEASURED
    ),
    "carry-over-even": Threshold(0.5, "most share of the largest class, for accuracy to say what is learnt", MEASURED),
    "carry-over-errors": Threshold(
        4.0, "standard errors above guessing, beyond which others are known, where training pictures are", MEASURED
    ),
    "plateau-epochs": Threshold(
        8, "epochs at full rate without a better validation loss or score", f"{PRECHELT}; PyTorch's plateau: 10"
    ),
    "plateau-rate": Threshold(
        0.5,
        "least share of the full rate, at which standing still means something",
        "schedules let it fall; " + MEASURED,
    ),
    "overfitting-epochs": Threshold(
        5, "epochs in a row in which the gap between the losses grows", f"{PRECHELT}; {UMLAUT}: 3"
    ),
    "update-ratio-high": Threshold(0.5, "most update of a layer's weights in their length", f"{KARPATHY}: 1e-3"),
    "update-ratio-low": Threshold(
        1e-6, "least update of every layer's weights in their length, at full rate", f"{KARPATHY}: 1e-3; {MEASURED}"
    ),
    "one-answer": Threshold(
        0.99, "least share of the looked-at samples that get one class", f"{AUTOTRAINER}; {MEASURED}"
    ),
    "one-answer-largest": Threshold(
        0.8, "share of the largest class, above which one answer for all is what pays at first", MEASURED
    ),
    "waiting-share": Threshold(0.5, "share of the epoch spent waiting for samples", "waiting longer than computing"),
    "waiting-seconds": Threshold(10.0, "least seconds of waiting in an epoch, to be told", MEASURED),
}
"""Each threshold by the name that its rule asks for."""


def threshold(name: str) -> float:
    """Return the value of a threshold by its name."""
    return THRESHOLDS[name].value
