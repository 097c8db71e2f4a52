"""Where the last maps of a network speak for a class: gradient-weighted class activation maps."""

from contextlib import ExitStack

import numpy as np
import torch
from torch import nn

from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.imaging.photo import Pixels
from sightline.inference.explanation.heat import Heat
from sightline.inference.explanation.torch_model import TorchModel, log_odds_of

MAP_DIMENSIONS = 4


def grad_cam_heat(model: TorchModel, pixels: Pixels, label: str | None = None) -> Heat:
    """Weigh the last layer's maps by how much the class's log-odds rise with each, and keep what speaks for it.

    The maps are those of the last module, in the order in which they are computed, whose output has more than one
    place. The picture is looked at once, as it is, also by a network whose answer is the mean of several views. The
    paper takes the gradient of the class's logit; here it is that of the log-odds, as in every explanation of ours:
    what speaks for two classes alike speaks for neither.

    Args:
        pixels: (H, W, C) uint8, as the model's `format` makes them.
        label: The class to be explained; the likeliest if not given.

    Returns:
        What each place of the maps adds, in nats to first order; nothing is below zero.

    Raises:
        SettingsError: There is no such class, or the network has no layer with places.

    Reference:
        R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
        ICCV 2017, equations 1 and 2. https://arxiv.org/abs/1610.02391
    """
    places = {name: place for place, name in enumerate(model.classes)}
    answer = model.probabilities(pixels[None])
    place = int(answer.argmax()) if label is None else choose(label, places, kind="class")
    maps, logits = _last_maps(nn.Sequential(*model.network.children()), pixels)
    (slopes,) = torch.autograd.grad(log_odds_of(model.factor * logits, place).sum(), maps)
    weights = slopes.mean(dim=(2, 3), keepdim=True)  # (1, K, 1, 1)
    grid = (weights * maps).sum(dim=1)[0].clamp(min=0).detach().numpy()
    return Heat(model.classes[place], grid, float(answer[0, place]), None, model.format)


def _last_maps(network: nn.Module, pixels: Pixels) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the last maps (1, K, h, w) that have more than one place, and the logits (1, classes).

    Raises:
        SettingsError: There are none.
    """
    found: list[torch.Tensor] = []

    def note(_module: nn.Module, _input: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and output.ndim == MAP_DIMENSIONS and output[0, 0].numel() > 1:
            found[:] = [output]

    layers = [module for name, module in network.named_modules() if name and not _centres(name, network)]
    with ExitStack() as hooks, torch.enable_grad():
        for layer in layers:
            hooks.callback(layer.register_forward_hook(note).remove)
        logits = network(torch.from_numpy(np.ascontiguousarray(pixels))[None].float().requires_grad_())
    if not found:
        raise SettingsError(
            "the network has no layer whose outputs have places, so there is no map of its last one",
            hint="explain it by occlusion or integrated-gradients",
        )
    return found[0], logits


def _centres(name: str, network: nn.Module) -> bool:
    """Return whether a module is the one that only centres and scales the pixels."""
    return type(network.get_submodule(name)).__name__ == "Normalise"
