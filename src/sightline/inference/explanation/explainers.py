"""The ways to explain an answer; this table is all that a way's name can mean.

Importing this file imports no torch: a way's file is imported when it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from sightline.inference.explanation.heat import Heat


@dataclass(frozen=True)
class ExplainerEntry:
    """A way to explain an answer.

    Args:
        builder: ``"module:function"``, from a model, (H, W, C) uint8 pixels and a class to a `Heat`.
        line: What its map shows, in one sentence.
        reference: The paper that it comes from.
        looks_inside: Whether it needs the network, as torch computes it; else the graph is enough.
    """

    builder: str
    line: str
    reference: str
    looks_inside: bool

    def load(self) -> Callable[[Any, Any, str | None], Heat]:
        """Import and return what `builder` names."""
        module, _, function = self.builder.partition(":")
        found = getattr(import_module(f"sightline.inference.explanation.{module}"), function)
        return cast("Callable[[Any, Any, str | None], Heat]", found)


EXPLAINERS: dict[str, ExplainerEntry] = {
    "occlusion": ExplainerEntry(
        "occlusion:occlusion_heat",
        "how the answer falls when a place is hidden",
        "Zeiler and Fergus, 'Visualizing and understanding convolutional networks' (2014)",
        looks_inside=False,
    ),
    "grad-cam": ExplainerEntry(
        "grad_cam:grad_cam_heat",
        "where the last layer with places speaks for the class",
        "Selvaraju et al., 'Grad-CAM: visual explanations from deep networks via gradient-based localization' (2017)",
        looks_inside=True,
    ),
    "integrated-gradients": ExplainerEntry(
        "integrated_gradients:integrated_gradients_heat",
        "what each pixel adds on the way from one colour to the picture",
        "Sundararajan, Taly and Yan, 'Axiomatic attribution for deep networks' (2017)",
        looks_inside=True,
    ),
}
"""Each way by its name."""
