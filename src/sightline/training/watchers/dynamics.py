"""What a network said of every picture that it learnt from, on average over its epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save

from sightline.core.errors import RunError
from sightline.core.regular import content_of
from sightline.core.storage import write_whole
from sightline.training.history import EpochRecord
from sightline.training.watchers.watcher import Step, Watcher

MOST_NUMBERS = 2**24
"""Of pictures times classes: 64 MiB, which are written after every epoch; beyond, nothing is kept."""
NAMES = ("probabilities", "margins", "counts")


@dataclass(frozen=True, eq=False)
class TrainingDynamics:
    """What was said of pictures each time just before the network learnt from them, on average.

    A label that contradicts the pictures like it is learnt late and by heart, if at all: until then the network says
    what the others have taught it.

    Args:
        rows: (n,) int64, of the table of samples, ascending.
        probabilities: (n, K) float32, each row summing to one.
        margins: (n,) float32, how far the label's logit was ahead of the next class's; below 0 where it was behind.
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    margins: NDArray[np.float32]


class DynamicsWatch(Watcher):
    """Adds up what a network says of every picture before it learns from it, and keeps the sums in a file.

    Pictures are altered as the training alters them. An epoch whose checkpoint was written just before the process was
    killed is missing.

    Args:
        path: Its folder must exist by the end of the first epoch.
        rows: (n,) int64, ascending, of the samples with labels that are learnt from.
        labels: (M,) int64, the class of every row of the table.
        classes: How many there are, K.

    Reference:
        G. Pleiss, T. Zhang, E. Elenberg, K. Q. Weinberger, "Identifying Mislabeled Data using the Area Under the Margin
        Ranking", NeurIPS 2020. https://arxiv.org/abs/2001.10528
        S. Swayamdipta et al., "Dataset Cartography: Mapping and Diagnosing Datasets with Training Dynamics", EMNLP
        2020. https://arxiv.org/abs/2009.10795
    """

    def __init__(self, path: Path, rows: torch.Tensor, labels: torch.Tensor, *, classes: int) -> None:
        self.path = path
        self._rows, self._labels = rows, labels
        self._fits = len(rows) * classes <= MOST_NUMBERS
        count = len(rows) if self._fits else 0
        shapes = ((count, classes), (count,), (count,))
        self._sums = {name: torch.zeros(shape) for name, shape in zip(NAMES, shapes, strict=True)}

    def on_start(self, epochs_done: int) -> None:
        """Take up the sums of an earlier process.

        Raises:
            RunError: They can't be read.
        """
        if not epochs_done or not self.path.exists():
            return
        try:
            kept = load(content_of(self.path))
        except (OSError, SafetensorError) as error:
            raise self._damaged(str(error)) from error
        shapes = [{name: tensor.shape for name, tensor in tensors.items()} for tensors in (kept, self._sums)]
        if shapes[0] != shapes[1]:
            raise self._damaged("it is of other pictures or classes")
        self._sums = {name: tensor.float() for name, tensor in kept.items()}

    def before_step(self, step: Step) -> None:
        """Add what the network said of the step's pictures."""
        if step.scores is None or not self._fits:
            return
        scores, rows = step.scores.float().cpu(), step.rows.cpu()
        places, labels = torch.searchsorted(self._rows, rows), self._labels[rows, None]
        own = scores.gather(1, labels)[:, 0]
        others = scores.scatter(1, labels, -torch.inf).amax(dim=1)
        values = (scores.softmax(dim=1), own - others, torch.ones(len(places)))
        for name, value in zip(NAMES, values, strict=True):
            self._sums[name].index_add_(0, places, value)

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:  # noqa: ARG002 - the contract's
        """Write the sums so far."""
        if self._fits:
            write_whole(self.path, save(self._sums))

    def dynamics(self) -> TrainingDynamics | None:
        """Return the means; None where too many numbers would have been kept, or no objective gave scores."""
        seen = self._sums["counts"] > 0
        if not seen.any():
            return None
        counts = self._sums["counts"][seen]
        return TrainingDynamics(
            self._rows[seen].numpy(),
            (self._sums["probabilities"][seen] / counts[:, None]).numpy(),
            (self._sums["margins"][seen] / counts).numpy(),
        )

    def _damaged(self, reason: str) -> RunError:
        return RunError(
            f"{self.path} can't be taken up: {reason}",
            hint="remove it; only the judgement of training labels needs it",
        )
