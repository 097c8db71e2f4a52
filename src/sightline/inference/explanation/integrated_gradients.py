"""What each pixel adds to a class, summed up on the way from a picture of one colour to the picture."""

import numpy as np
import numpy.typing as npt
import torch

from sightline.core.choose import choose
from sightline.imaging.photo import Pixels
from sightline.inference.explanation.heat import Grid, Heat
from sightline.inference.explanation.torch_model import TorchModel

CELLS = 32
STEPS = 48
"""Of the way; the paper found 20 to 300 enough. Each costs a pass through the network and back."""

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


def integrated_gradients_heat(model: TorchModel, pixels: Pixels, label: str | None = None) -> Heat:
    """Add up the gradients on the straight way from the picture's mean colour to the picture.

    Together the pixels add what the class's log-odds are above those of the mean colour alone, as far as 48 steps
    follow the way; `completeness_gap` says how far that is.

    Args:
        pixels: (H, W, C) uint8, as the model's `format` makes them.
        label: The class to be explained; the likeliest if not given.

    Returns:
        Nats, summed in at most 32x32 cells.

    Raises:
        SettingsError: There is no such class.

    Reference:
        M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017, equations 1 and 3,
        and section 5 on the number of steps. https://arxiv.org/abs/1703.01365
    """
    places = {name: place for place, name in enumerate(model.classes)}
    answer = model.probabilities(pixels[None])
    place = int(answer.argmax()) if label is None else choose(label, places, kind="class")
    added = _added(model, *_ends(pixels), place)
    return Heat(model.classes[place], in_cells(added, CELLS), float(answer[0, place]), None, model.format)


def completeness_gap(model: TorchModel, pixels: Pixels, heat: Heat) -> float:
    """Return how many nats a map misses what its cells should add together.

    Args:
        pixels: (H, W, C) uint8, the picture that the map explains.
        heat: That picture's map, by integrated gradients.

    Reference:
        M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017, proposition 1:
        completeness. https://arxiv.org/abs/1703.01365
    """
    with torch.no_grad():
        start, end = model.log_odds(torch.from_numpy(np.stack(_ends(pixels))), model.classes.index(heat.label)).tolist()
    return float(heat.grid.sum() - (end - start))


def _ends(pixels: Pixels) -> tuple[Floats, Floats]:
    """Return where the way begins and where it ends, (H, W, C) float32 each: the mean colour and the picture."""
    picture = pixels.astype(np.float32)
    return np.broadcast_to(picture.mean(axis=(0, 1)).round(), picture.shape), picture


def _added(model: TorchModel, start: Floats, picture: Floats, place: int) -> Doubles:
    """Return (H, W), what each pixel adds, by the middle of every step."""
    shares = torch.from_numpy(((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32))[:, None, None, None]
    first, way = torch.from_numpy(start.copy()), torch.from_numpy(picture - start)
    total = np.zeros(picture.shape, dtype=np.float64)
    for some in torch.split(shares, model.batch):
        pictures = (first + some * way).requires_grad_()
        (slopes,) = torch.autograd.grad(model.log_odds(pictures, place).sum(), pictures)
        total += slopes.sum(dim=0, dtype=torch.float64).numpy()
    added: Doubles = (total / STEPS * way.numpy()).sum(axis=2)
    return added


def in_cells(values: Doubles, most: int) -> Grid:
    """Return the sums of (H, W) values in at most so many cells a side, float32."""
    for axis in (0, 1):
        side = values.shape[axis]
        starts = np.linspace(0, side, min(most, side) + 1).round().astype(int)[:-1]
        values = np.add.reduceat(values, starts, axis=axis)
    return values.astype(np.float32)
