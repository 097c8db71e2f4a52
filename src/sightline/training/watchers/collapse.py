"""A watcher that sees all embeddings fall into one point: the commonest way in which learning to compare fails."""

from collections.abc import Sequence

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.training.history import EpochRecord
from sightline.training.watchers.watcher import Watcher

SPREAD = "spread"
"""The figure of an objective of embeddings that says how far apart two of them are on average, 0 to 1."""
LEAST_SPREAD = 0.02
"""Between unit vectors in no order it is 0.7; rounding alone makes a little."""


class CollapseWatch(Watcher):
    """Says once that all embeddings have become one point.

    The loss then stays at a constant: a quarter of the square of the margin of a contrast, the margin of triplets, the
    logarithm of how many a sample is compared with.

    Reference:
        Schroff, Kalenichenko and Philbin, "FaceNet" (2015), section 3.2: "a collapsed model". Hermans, Beyer and Leibe
        (2017), section 4.3. https://arxiv.org/abs/1703.07737
    """

    def __init__(self) -> None:
        self._found: Finding | None = None
        self._was_said = False

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Look at the spread of the epoch's embeddings."""
        last = history[-1]
        if last.validation[SPREAD] < LEAST_SPREAD and not self._was_said:
            self._found, self._was_said = _collapsed(last), True

    def findings(self) -> Sequence[Finding]:
        """Return the collapse, once."""
        found, self._found = self._found, None
        return () if found is None else (found,)


def _collapsed(record: EpochRecord) -> Finding:
    return Finding(
        "collapsed-embedding",
        Severity.WARNING,
        f"after epoch {record.epoch} all embeddings are one point: two pictures are on average "
        f"{percent(record.validation[SPREAD])} of the largest distance apart, and the loss stays at "
        f"{record.validation['loss']:.3f}",
        "take loss=supcon, or mining=semi-hard in the place of hard, and smaller steps: a tenth of the learning rate",
    )
