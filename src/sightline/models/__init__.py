"""The networks, one family a file; this table is all that a name can mean.

Importing this package does not import torch: a network's file is imported when it is built.
"""

from dataclasses import dataclass

from sightline.core.errors import SettingsError

SMALL = 64
"""Pictures with a side below so many pixels get stems and pools of their own."""


def is_small(height: int, width: int) -> bool:
    """Return whether a stem that was made for 224x224 pixels would throw the picture away."""
    return min(height, width) < SMALL


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
        small: What is different for small pictures, in one line; empty if nothing is.
    """

    builder: str
    line: str
    reference: str
    minimum_size: int = 1
    options: tuple[str, ...] = ()
    small: str = ""

    def remark(self, height: int, width: int) -> str:
        """Return what is different for an input of this size; empty if nothing is."""
        if not self.small or not is_small(height, width):
            return ""
        return f"for small pictures: {self.small} (the input is below {SMALL} pixels)"

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


_VGG = (
    "Simonyan and Zisserman, 'Very deep convolutional networks for large-scale image recognition', "
    "arXiv 1409.1556 (2014)"
)
_VGG_BN = f"{_VGG}; Ioffe and Szegedy, 'Batch normalization', arXiv 1502.03167 (2015)"
_SMALL_VGG = "as many of the five pools as fit; one dense layer of 512"
_RESNET = "He, Zhang, Ren and Sun, 'Deep residual learning for image recognition', arXiv 1512.03385 (2015)"
_SMALL_RESNET = "stem 3x3, stride 1, no pool"
_LITE = (
    "Tan and Le, 'EfficientNet', arXiv 1905.11946 (2019); Liu, 'Higher accuracy on vision models with "
    "EfficientNet-Lite' (2020)"
)
_SMALL_MOBILE = "stem and second stage with stride 1"

MODELS: dict[str, ModelEntry] = {
    "linear": ModelEntry(
        builder="sightline.models.families.dense:linear",
        line="one dense layer: softmax regression on the pixels",
        reference="Bishop, 'Pattern Recognition and Machine Learning' (2006), section 4.3.4",
    ),
    "mlp": ModelEntry(
        builder="sightline.models.families.dense:mlp",
        line="one or two hidden dense layers with ReLU (--set hidden=256 or hidden=256,128)",
        reference="Rumelhart, Hinton and Williams, 'Learning representations by back-propagating errors' (1986)",
        options=("hidden",),
    ),
    "lenet": ModelEntry(
        builder="sightline.models.families.lenet:lenet",
        line="LeNet-5: two 5x5 convolutions with average pooling and three dense layers",
        reference="LeCun, Bottou, Bengio and Haffner, 'Gradient-based learning applied to document recognition' (1998)",
        minimum_size=16,
    ),
    "basic-cnn": ModelEntry(
        builder="sightline.models.families.basic_cnn:basic_cnn",
        line="five 3x3 convolutions, three max pools and two dense layers; 79,626 parameters at 32x32x3",
        reference="Simonyan and Zisserman's stacked 3x3 convolutions, arXiv 1409.1556 (2014), on a small scale",
        minimum_size=32,
    ),
    "quick-cnn": ModelEntry(
        builder="sightline.models.families.quick_cnn:quick_cnn",
        line="three stages of two 3x3 convolutions with batch normalisation and GELU: good in few epochs",
        reference="Jordan, '94% on CIFAR-10 in 3.29 seconds on a single GPU', arXiv 2404.00498 (2024)",
        minimum_size=9,
        options=("widths",),
    ),
    "alexnet": ModelEntry(
        builder="sightline.models.families.alexnet:alexnet",
        line="AlexNet: five convolutions, the first 11x11, and three dense layers with dropout",
        reference="Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep convolutional neural networks' "
        "(2012), in the version of arXiv 1404.5997 (2014)",
        minimum_size=15,
        small="stem 5x5, stride 1; dense layers of 512",
    ),
    "vgg11": ModelEntry(
        builder="sightline.models.families.vgg:vgg11",
        line="VGG-11: eight 3x3 convolutions in five stages and three dense layers",
        reference=_VGG,
        small=_SMALL_VGG,
    ),
    "vgg16": ModelEntry(
        builder="sightline.models.families.vgg:vgg16",
        line="VGG-16: thirteen 3x3 convolutions in five stages and three dense layers",
        reference=_VGG,
        small=_SMALL_VGG,
    ),
    "vgg19": ModelEntry(
        builder="sightline.models.families.vgg:vgg19",
        line="VGG-19: sixteen 3x3 convolutions in five stages and three dense layers",
        reference=_VGG,
        small=_SMALL_VGG,
    ),
    "vgg11-bn": ModelEntry(
        builder="sightline.models.families.vgg:vgg11_bn",
        line="VGG-11 with batch normalisation",
        reference=_VGG_BN,
        small=_SMALL_VGG,
    ),
    "vgg16-bn": ModelEntry(
        builder="sightline.models.families.vgg:vgg16_bn",
        line="VGG-16 with batch normalisation",
        reference=_VGG_BN,
        small=_SMALL_VGG,
    ),
    "vgg19-bn": ModelEntry(
        builder="sightline.models.families.vgg:vgg19_bn",
        line="VGG-19 with batch normalisation",
        reference=_VGG_BN,
        small=_SMALL_VGG,
    ),
    "googlenet": ModelEntry(
        builder="sightline.models.families.googlenet:googlenet",
        line="GoogLeNet: nine inception blocks with batch normalisation, auxiliary heads in training",
        reference="Szegedy et al., 'Going deeper with convolutions', arXiv 1409.4842 (2014)",
        minimum_size=4,
        small="stem 3x3, stride 1, one pool less",
    ),
    "resnet18": ModelEntry(
        builder="sightline.models.families.resnet:resnet18",
        line="ResNet-18: eight residual blocks of two 3x3 convolutions",
        reference=_RESNET,
        options=("stochastic_depth",),
        small=_SMALL_RESNET,
    ),
    "resnet34": ModelEntry(
        builder="sightline.models.families.resnet:resnet34",
        line="ResNet-34: sixteen residual blocks of two 3x3 convolutions",
        reference=_RESNET,
        options=("stochastic_depth",),
        small=_SMALL_RESNET,
    ),
    "resnet50": ModelEntry(
        builder="sightline.models.families.resnet:resnet50",
        line="ResNet-50: sixteen residual bottlenecks of 1x1, 3x3 and 1x1 convolutions",
        reference=_RESNET,
        options=("stochastic_depth",),
        small=_SMALL_RESNET,
    ),
    "squeezenet1_1": ModelEntry(
        builder="sightline.models.families.squeezenet:squeezenet1_1",
        line="SqueezeNet 1.1: eight fire modules of 1x1 and 3x3 convolutions; small and quick",
        reference="Iandola et al., 'SqueezeNet: AlexNet-level accuracy with 50x fewer parameters', "
        "arXiv 1602.07360 (2016)",
        minimum_size=4,
        small="stem with stride 1, no pool behind it",
    ),
    "mobilenet_v2": ModelEntry(
        builder="sightline.models.families.mobilenet_v2:mobilenet_v2",
        line="MobileNetV2: seventeen inverted residual blocks with depthwise 3x3 convolutions",
        reference="Sandler, Howard, Zhu, Zhmoginov and Chen, 'MobileNetV2', arXiv 1801.04381 (2018)",
        small=_SMALL_MOBILE,
    ),
    "efficientnet-lite0": ModelEntry(
        builder="sightline.models.families.efficientnet_lite:efficientnet_lite0",
        line="EfficientNet-Lite0: sixteen inverted residual blocks, for 224 pixels",
        reference=_LITE,
        small=_SMALL_MOBILE,
    ),
    "efficientnet-lite1": ModelEntry(
        builder="sightline.models.families.efficientnet_lite:efficientnet_lite1",
        line="EfficientNet-Lite1: twenty-one inverted residual blocks, for 240 pixels",
        reference=_LITE,
        small=_SMALL_MOBILE,
    ),
    "efficientnet-lite2": ModelEntry(
        builder="sightline.models.families.efficientnet_lite:efficientnet_lite2",
        line="EfficientNet-Lite2: twenty-one inverted residual blocks, a tenth wider, for 260 pixels",
        reference=_LITE,
        small=_SMALL_MOBILE,
    ),
}
"""Each network by its name."""

LEGS: dict[str, ModelEntry] = {
    "conv4": ModelEntry(
        builder="sightline.models.families.conv4:conv4",
        line="four 3x3 convolutions with batch normalisation and pools; small, for pictures up to 64 pixels",
        reference="Vinyals et al., 'Matching networks', arXiv 1606.04080 (2016); Snell, Swersky and Zemel, "
        "'Prototypical networks', arXiv 1703.05175 (2017)",
        minimum_size=16,
    ),
    "siamese-conv": ModelEntry(
        builder="sightline.models.families.siamese_conv:siamese_conv",
        line="the leg of the Siamese network of 2015: four wider convolutions, for 105 pixels; smaller ones below 80",
        reference="Koch, Zemel and Salakhutdinov, 'Siamese neural networks for one-shot image recognition' (2015)",
        minimum_size=16,
    ),
}
"""Each network that two pictures are compared by, by its name; in the place of classes it has a width."""
