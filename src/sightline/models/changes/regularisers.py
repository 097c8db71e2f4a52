"""Regularisers, which keep a network from learning its pictures by heart; each is a setting of its own.

Importing this file does not import torch.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RegulariserEntry:
    """A regulariser.

    Args:
        setting: The setting that turns it on.
        line: What it does, in one sentence.
        reference: Where it comes from.
    """

    setting: str
    line: str
    reference: str


REGULARISERS: dict[str, RegulariserEntry] = {
    "batch normalisation": RegulariserEntry(
        setting="normalisation=batch",
        line="centres and scales each map over the batch, so that deep plain networks train",
        reference="Ioffe and Szegedy, 'Batch normalization', arXiv 1502.03167 (2015)",
    ),
    "dropout": RegulariserEntry(
        setting="dropout=0.5",
        line="silences each neuron with this probability while training, so that none relies on another",
        reference="Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 'Dropout: a simple way to prevent "
        "neural networks from overfitting' (2014)",
    ),
    "channel dropout": RegulariserEntry(
        setting="channel_dropout=0.1",
        line="silences whole maps, because the neighbours of a silenced pixel would give it away",
        reference="Tompson, Goroshin, Jain, LeCun and Bregler, 'Efficient object localization using convolutional "
        "networks', arXiv 1411.4280 (2014), section 3.2",
    ),
    "weight decay": RegulariserEntry(
        setting="weight_decay=0.0005",
        line="draws every weight towards zero a little at each step",
        reference="Krogh and Hertz, 'A simple weight decay can improve generalization' (1991)",
    ),
    "stochastic depth": RegulariserEntry(
        setting="stochastic_depth=0.2",
        line="ResNets only: passes over whole blocks at random while training, the deeper the likelier",
        reference="Huang, Sun, Liu, Sedra and Weinberger, 'Deep networks with stochastic depth', "
        "arXiv 1603.09382 (2016)",
    ),
}
"""Each regulariser by its name."""

NORMALISATIONS: dict[str, RegulariserEntry] = {"batch": REGULARISERS["batch normalisation"]}
"""Each normalisation by its name in settings."""
