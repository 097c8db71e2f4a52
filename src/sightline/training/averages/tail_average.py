"""The mean of a network's weights after each of the last epochs, kept beside the checkpoints at no cost of training."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from sightline.core.errors import RunError
from sightline.core.regular import require_regular
from sightline.core.storage import write_whole

TAIL = 0.75
"""Of the epochs that there may be: after so many of them, weights are taken into the mean."""
EPOCHS, LAST = "epochs", "last"


class TailAverage:
    """Stochastic weight averaging: the mean of the weights at the end of each of the last epochs.

    Its running statistics are those of the last epoch and must be reckoned anew before it answers.

    Args:
        folder: Of the checkpoints; the mean lies there in a file of its own.

    Reference:
        P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. G. Wilson, "Averaging weights leads to wider optima and
        better generalization", UAI 2018. https://arxiv.org/abs/1803.05407
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tail-average.safetensors"

    def take(self, network: nn.Module, epoch: int, *, progress: float) -> None:
        """Take the weights after an epoch into the mean, if it is one of its phase's last; an epoch is taken once.

        Args:
            epoch: Its number over all phases, from 1.
            progress: How far its phase is, 0 to 1.
        """
        if progress <= TAIL:  # a mean that is there already is of the phase before
            self.path.unlink(missing_ok=True)
            return
        count, last, mean = self._read() if self.path.exists() else (0, 0, {})
        if epoch <= last:  # a process was killed between this file and the checkpoint
            return
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
        for name, before in mean.items():
            if before.is_floating_point():
                weights[name] = before + (weights[name] - before) / (count + 1)
        write_whole(self.path, save(weights, metadata={EPOCHS: str(count + 1), LAST: str(epoch)}))

    def load(self, network: nn.Module) -> int:
        """Put the mean into a network, and return of how many epochs it is.

        Raises:
            RunError: There is none, or it is damaged or of another network.
        """
        if not self.path.exists():
            raise RunError(
                f"{self.path.parent.parent} has kept no mean of its last weights",
                hint="it is kept in the last quarter of the epochs that were named: train again, and let it come to "
                "its end",
            )
        count, _, mean = self._read()
        try:
            network.load_state_dict(mean)
        except RuntimeError as error:
            raise RunError(f"{self.path} is of another network: {error}", hint="train the run again") from error
        return count

    def _read(self) -> tuple[int, int, dict[str, torch.Tensor]]:
        try:
            require_regular(self.path)
            with safe_open(self.path, framework="pt") as file:
                state, names = file.metadata() or {}, list(file.keys())
                return int(state[EPOCHS]), int(state[LAST]), {name: file.get_tensor(name) for name in names}
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise RunError(f"{self.path} is damaged: {error}", hint="begin the run anew with --force") from error
