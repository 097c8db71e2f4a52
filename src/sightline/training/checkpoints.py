"""Where a training stands, on disk: no pickle, whole or not at all."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from sightline.core.errors import RunError
from sightline.core.regular import require_regular
from sightline.core.storage import write_whole, writing
from sightline.training.averages.tail_average import TailAverage
from sightline.training.history import EpochRecord, best_epoch
from sightline.training.learner import Learner

NETWORK, AVERAGE, OPTIMIZER, OBJECTIVE = "network", "average", "optimizer", "objective"
BEGIN_ANEW = "begin the run anew with --force"
LAYOUT = 2
"""Of the last checkpoint; those of the first layout, which knew no phases, name none."""


MOST_PHASES, MOST_THREADS = 1_000, 1_024
"""Beyond what any training has."""


class Checkpoints:
    """The checkpoints of a training in a folder.

    ``last.safetensors`` holds everything that continues the training: weights, their average, the
    optimizers' state, that of an objective which is a module, the phase and the history. ``best.safetensors`` holds the
    weights of the phase's best epoch. The best one is written first: a process killed between the two repeats its last
    epoch and writes the same again. A phase other than the first one is written before its first epoch, so its
    beginning does not need the best weights of the phase before any more.

    Args:
        folder: Created with the first checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last = folder / "last.safetensors"
        self.best = folder / "best.safetensors"

    def keep(self, learner: Learner, history: Sequence[EpochRecord], *, phase: int) -> None:
        """Write where the training stands: after the last epoch of the history, or at the beginning of a phase.

        Args:
            history: Of all phases so far.
            phase: The number of the phase, from 1.
        """
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True)
        if history[-1].phase == phase and best_epoch(history) == history[-1].epoch:
            write_whole(self.best, save(_weights(NETWORK, learner.shown)))
        if history[-1:] and history[-1].phase == phase:
            epochs = sum(record.phase == phase for record in history)
            progress = epochs / learner.recipe.steps.epochs
            TailAverage(self.folder).take(learner.network, history[-1].epoch, progress=progress)
        tensors = _weights(NETWORK, learner.network)
        if learner.average is not None:
            tensors |= _weights(AVERAGE, learner.average)
        if isinstance(learner.recipe.objective, nn.Module):
            tensors |= _weights(OBJECTIVE, learner.recipe.objective)
        for which, optimizer in enumerate(learner.optimizers):
            tensors |= {
                f"{OPTIMIZER}/{which}/{number}/{name}": value.contiguous()
                for number, values in optimizer.state_dict()["state"].items()
                for name, value in values.items()
                if isinstance(value, torch.Tensor)
            }
        state = {
            "layout": str(LAYOUT),
            "phase": str(phase),
            "history": json.dumps([asdict(record) for record in history]),
            "piece": str(learner.piece),
            "threads": str(learner.threads),
            "scaler": json.dumps(learner.scaler.state_dict()),
        }
        write_whole(self.last, save(tensors, metadata=state))

    def phase(self) -> int:
        """Return the number of the phase in which the training stands; 1 if there is no checkpoint.

        Raises:
            RunError: The checkpoint is damaged, or of another version.
        """
        if not self.last.exists():
            return 1
        _, state = _read(self.last, names=())
        self._require_layout(state)
        try:
            return _number(state, "phase", MOST_PHASES)
        except (KeyError, ValueError) as error:
            raise self._foreign(error) from error

    def history(self) -> list[EpochRecord]:
        """Return what the epochs so far have shown; empty if there is no checkpoint.

        Raises:
            RunError: The checkpoint is damaged, or of another version.
        """
        if not self.last.exists():
            return []
        _, state = _read(self.last, names=())
        self._require_layout(state)
        try:
            return [EpochRecord.of_json(record) for record in json.loads(state["history"])]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._foreign(error) from error

    def resume(self, learner: Learner) -> list[EpochRecord]:
        """Put a learner of the checkpoint's phase where the last checkpoint left it.

        Returns:
            The history so far; empty if there is no checkpoint.

        Raises:
            RunError: The checkpoint is damaged, or of another network or version.
        """
        if not self.last.exists():
            return []
        tensors, state = _read(self.last)
        self._require_layout(state)
        _load_weights(learner.network, NETWORK, tensors, self.last)
        if learner.average is not None:
            _load_weights(learner.average, AVERAGE, tensors, self.last)
        if isinstance(learner.recipe.objective, nn.Module):
            _load_weights(learner.recipe.objective, OBJECTIVE, tensors, self.last)
        try:
            for which, optimizer in enumerate(learner.optimizers):
                count = sum(len(group["params"]) for group in optimizer.param_groups)
                known = _optimizer_state(tensors, f"{OPTIMIZER}/{which}/", count)
                optimizer.load_state_dict({**optimizer.state_dict(), "state": known})
                _order_as_weights(optimizer)
            learner.scaler.load_state_dict(json.loads(state["scaler"]))
            learner.cut_into(_number(state, "piece", learner.piece))
            learner.threads = _number(state, "threads", MOST_THREADS)
            return [EpochRecord.of_json(record) for record in json.loads(state["history"])]
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError, OverflowError) as error:
            raise self._foreign(error) from error  # a RecursionError over nested JSON is a RuntimeError

    def load_best(self, network: nn.Module) -> None:
        """Put the best epoch's weights into a network.

        Raises:
            RunError: The checkpoint is missing, damaged, or of another network.
        """
        tensors, _ = _read(self.best)
        _load_weights(network, NETWORK, tensors, self.best)

    def _require_layout(self, state: dict[str, str]) -> None:
        layout = state.get("layout", "1")
        if "history" not in state:
            raise self._foreign("it holds no history")
        if layout != str(LAYOUT):
            age = "an earlier" if layout == "1" else "another"
            raise RunError(
                f"{self.last} was written by {age} version of sightline (layout {layout}, expected {LAYOUT})",
                hint="finish the run with the version that began it, or begin it anew with --force",
            )

    def _foreign(self, reason: object) -> RunError:
        return RunError(f"{self.last} is no checkpoint of ours: {reason!r}", hint=BEGIN_ANEW)


def _read(path: Path, names: Sequence[str] | None = None) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors of these names, or all, and what else the file says."""
    try:
        require_regular(path)
        with safe_open(path, framework="pt") as file:
            wanted = file.keys() if names is None else names
            return {name: file.get_tensor(name) for name in wanted}, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} is damaged: {error}", hint=BEGIN_ANEW) from error


def _number(state: dict[str, str], name: str, most: int) -> int:
    """Return a whole number of a checkpoint's texts, 1 to `most`.

    Raises:
        KeyError, ValueError: It holds none.
    """
    number = int(state[name])
    if not 1 <= number <= most:
        raise ValueError(f"{name} is {number}; expected 1 to {most:,}")
    return number


def _weights(kind: str, module: nn.Module) -> dict[str, torch.Tensor]:
    return {f"{kind}/{name}": tensor.contiguous() for name, tensor in module.state_dict().items()}


def _optimizer_state(
    tensors: dict[str, torch.Tensor], start: str, parameters: int
) -> dict[int, dict[str, torch.Tensor]]:
    state = defaultdict[int, dict[str, torch.Tensor]](dict)
    for name, tensor in tensors.items():
        if name.startswith(start):
            number, key = name.removeprefix(start).split("/")
            state[int(number)][key] = tensor
    if any(number >= parameters for number in state):
        raise ValueError(f"the optimizer's state is for {max(state) + 1} parameters, not {parameters}")
    return dict(state)


def _order_as_weights(optimizer: torch.optim.Optimizer) -> None:
    """Put what an optimizer knows of each weight into the memory order of that weight.

    A fused step walks through both side by side without a look at their strides, and those of filters
    in `channels_last` are not the ones in the file.
    """
    for weight, known in optimizer.state.items():
        for name, value in known.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape:
                known[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def _load_weights(module: nn.Module, kind: str, tensors: dict[str, torch.Tensor], path: Path) -> None:
    start = f"{kind}/"
    weights = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise RunError(f"{path} belongs to another network: {error}", hint=BEGIN_ANEW) from error
