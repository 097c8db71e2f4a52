"""The networks, one family a file; this table is all that a name can mean.

Importing this package does not import torch: a network's file is imported when it is built.
"""

from dataclasses import dataclass

from sightline.core.errors import SettingsError


@dataclass(frozen=True)
class ModelEntry:
    """What is known of a network before it is built.

    Args:
        builder: ``"module:function"``; the function takes ``(shape, classes, **options)``, with the
            shape (H, W, C) of the input, and returns a module from (N, C, H, W) float32 to
            (N, classes) logits.
        line: What it is, in one line.
        reference: Where it comes from.
        minimum_size: The least height and width of the input, in pixels.
        options: The settings that this network takes besides.
    """

    builder: str
    line: str
    reference: str
    minimum_size: int = 1
    options: tuple[str, ...] = ()

    def check_size(self, name: str, height: int, width: int) -> None:
        """Raise if an input is too small to pass all layers.

        Raises:
            SettingsError: The input is smaller than `minimum_size`.
        """
        if min(height, width) < self.minimum_size:
            raise SettingsError(
                f"{name} needs at least {self.minimum_size}x{self.minimum_size} pixels; the input has {height}x{width}",
                hint=f"set size={self.minimum_size} to enlarge the pictures, or take another model",
            )


MODELS: dict[str, ModelEntry] = {
    "linear": ModelEntry(
        builder="sightline.models.dense:linear",
        line="one dense layer: softmax regression on the pixels",
        reference="Bishop, 'Pattern Recognition and Machine Learning' (2006), section 4.3.4",
    ),
    "mlp": ModelEntry(
        builder="sightline.models.dense:mlp",
        line="one or two hidden dense layers with ReLU (--set hidden=256 or hidden=256,128)",
        reference="Rumelhart, Hinton and Williams, 'Learning representations by back-propagating errors' (1986)",
        options=("hidden",),
    ),
    "lenet": ModelEntry(
        builder="sightline.models.lenet:lenet",
        line="LeNet-5: two 5x5 convolutions with average pooling and three dense layers",
        reference="LeCun, Bottou, Bengio and Haffner, 'Gradient-based learning applied to document recognition' (1998)",
        minimum_size=16,
    ),
    "basic-cnn": ModelEntry(
        builder="sightline.models.basic_cnn:basic_cnn",
        line="five 3x3 convolutions, three max pools and two dense layers; 79,626 parameters at 32x32x3",
        reference="Simonyan and Zisserman's stacked 3x3 convolutions, arXiv 1409.1556 (2014), on a small scale",
        minimum_size=32,
    ),
}
"""Each network by its name."""
