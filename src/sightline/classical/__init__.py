"""Descriptors, encoders and shallow classifiers; these tables are all that a part's name can mean.

Importing this package imports neither torch nor scikit-learn: a part's file is imported when it is built.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(f"sightline.classical.{module}"), name)


@dataclass(frozen=True)
class PartEntry:
    """What is known of a part before it is built.

    Args:
        builder: ``"module:name"`` of a class or function.
        line: What it does, in one line.
        reference: Where it comes from.
        uses: The fields of a plan that it reads; setting another one would change nothing.
    """

    builder: str
    line: str
    reference: str
    uses: tuple[str, ...] = ()

    def load(self) -> Any:
        """Import and return what `builder` names."""
        return _imported(self.builder)


@dataclass(frozen=True)
class DescriptorEntry(PartEntry):
    """A descriptor; its builder takes ``(shape, plan)``, with the shape (H, W, C) of pictures.

    Args:
        dense: Whether it is taken on a grid of patches, so that an encoder has something to count.
    """

    dense: bool = True


@dataclass(frozen=True)
class ClassifierEntry(PartEntry):
    """A classifier; its builder fits one: ``(training, validation, plan, *, seed) -> FittedClassifier``.

    Args:
        module: ``"module:Name"`` of the fitted module's class, which is made from a plan with its
            arrays yet empty.
    """

    module: str = "shallow.linear:LinearScores"

    def load_module(self) -> Any:
        """Import and return what `module` names."""
        return _imported(self.module)


_COLOURS = "Swain and Ballard, 'Color indexing' (1991)"
_SIFT = "Lowe, 'Distinctive image features from scale-invariant keypoints' (2004)"
_COATES = "Coates, Lee and Ng, 'An analysis of single-layer networks in unsupervised feature learning' (2011)"
_FISHER = "Perronnin, Sanchez and Mensink, 'Improving the Fisher kernel for large-scale image classification' (2010)"

DESCRIPTORS: dict[str, DescriptorEntry] = {
    "top-colours": DescriptorEntry(
        "descriptors.colour:TopColours",
        "the two most frequent of n colours, as two numbers",
        _COLOURS,
        dense=False,
        uses=("palette",),
    ),
    "colour-histogram": DescriptorEntry(
        "descriptors.colour:ColourHistogram",
        "how often each colour occurs, a channel at a time",
        _COLOURS,
        dense=False,
        uses=("histogram_colours", "bins"),
    ),
    "colour-moments": DescriptorEntry(
        "descriptors.colour:ColourMoments",
        "mean, deviation and skewness of each channel",
        "Stricker and Orengo, 'Similarity of color images' (1995)",
        dense=False,
        uses=("histogram_colours",),
    ),
    "hog": DescriptorEntry(
        "descriptors.hog:Hog",
        "histograms of gradient directions in cells, normalised in blocks of neighbours",
        "Dalal and Triggs, 'Histograms of oriented gradients for human detection' (2005)",
        uses=("cell", "scales", "orientations"),
    ),
    "lbp": DescriptorEntry(
        "descriptors.lbp:Lbp",
        "histograms of the 59 uniform local binary patterns in cells",
        "Ojala, Pietikäinen and Mäenpää, 'Multiresolution gray-scale and rotation invariant texture "
        "classification with local binary patterns' (2002)",
        uses=("cell", "scales"),
    ),
    "sift": DescriptorEntry(
        "descriptors.sift:Sift",
        "4 x 4 x 8 gradient directions around every grid point",
        _SIFT,
        uses=("cell", "stride", "scales"),
    ),
    "root-sift": DescriptorEntry(
        "descriptors.sift:RootSift",
        "SIFT compared by Hellinger's distance: the root of each share",
        "Arandjelovic and Zisserman, 'Three things everyone should know to improve object retrieval' (2012)",
        uses=("cell", "stride", "scales"),
    ),
    "surf": DescriptorEntry(
        "descriptors.surf:Surf",
        "upright SURF: 4 x 4 sums of Haar responses, 64 numbers, from integral images",
        "Bay, Ess, Tuytelaars and Van Gool, 'Speeded-up robust features (SURF)' (2008)",
        uses=("cell", "stride", "scales"),
    ),
    "patches": DescriptorEntry(
        "descriptors.patches:Patches",
        "small patches of pixels, brightness and contrast normalised",
        _COATES,
        uses=("patch", "stride"),
    ),
}
"""Each descriptor by its name."""

ENCODERS: dict[str, PartEntry] = {
    "none": PartEntry("encoders.plain:Plain", "all local descriptors, one after the other", "-"),
    "bag": PartEntry(
        "encoders.bag:Bag",
        "how often each visual word occurs",
        "Csurka et al., 'Visual categorization with bags of keypoints' (2004); soft: van Gemert et al. (2008)",
        uses=("words", "pyramid", "pyramid_weights", "assignment"),
    ),
    "vlad": PartEntry(
        "encoders.vlad:Vlad",
        "sums of what is left over beside the nearest visual word",
        "Jegou, Douze, Schmid and Perez, 'Aggregating local descriptors into a compact image representation' (2010)",
        uses=("words", "pyramid", "pyramid_weights"),
    ),
    "fisher": PartEntry(
        "encoders.fisher:Fisher",
        "how a mixture of Gaussians would have to move to fit the picture",
        _FISHER,
        uses=("words", "pyramid", "pyramid_weights"),
    ),
    "triangle": PartEntry(
        "encoders.triangle:Triangle",
        "how much nearer than usual each of many learnt patches is",
        _COATES,
        uses=("words", "pyramid", "pyramid_weights"),
    ),
}
"""Each encoder by its name; a builder takes ``(positions, length, plan)`` of the descriptor before it."""

KERNEL_MAPS: dict[str, PartEntry] = {
    "none": PartEntry("kernels:IdentityMap", "features as they are", "-"),
    "hellinger": PartEntry(
        "kernels:HellingerMap",
        "linear classifiers compare histograms by Hellinger's kernel: the root of each number",
        "Vedaldi and Zisserman, 'Efficient additive kernels via explicit feature maps' (2012)",
    ),
    "intersection": PartEntry(
        "kernels:IntersectionMap",
        "linear classifiers compare histograms by their intersection, nearly",
        "Vedaldi and Zisserman, 'Efficient additive kernels via explicit feature maps' (2012)",
    ),
    "chi-square": PartEntry(
        "kernels:ChiSquareMap",
        "linear classifiers compare histograms by the chi-square kernel, nearly",
        "Vedaldi and Zisserman, 'Efficient additive kernels via explicit feature maps' (2012)",
    ),
}
"""Explicit feature maps by the kernel they stand for; a builder takes the number of features."""

KERNELS: dict[str, PartEntry] = {
    "linear": PartEntry("kernels:linear", "the scalar product", "-"),
    "rbf": PartEntry("kernels:rbf", "exp(-gamma |x - y|^2)", "Boser, Guyon and Vapnik (1992)"),
    "intersection": PartEntry("kernels:intersection", "the sum of the smaller of each pair", _COLOURS),
    "chi-square": PartEntry("kernels:chi_square", "the sum of 2xy / (x + y)", "Vedaldi and Zisserman (2012)"),
}
"""Exact kernels, for small data."""

CLASSIFIERS: dict[str, ClassifierEntry] = {
    "svm": ClassifierEntry(
        "shallow.linear:squared_hinge",
        "linear support vector machine, one class against the rest, squared hinge loss",
        "Fan et al., 'LIBLINEAR: a library for large linear classification' (2008)",
        uses=("penalty", "strength"),
    ),
    "hinge-svm": ClassifierEntry(
        "shallow.linear:hinge",
        "linear support vector machine, one class against the rest, hinge loss",
        "Cortes and Vapnik, 'Support-vector networks' (1995)",
        uses=("penalty", "strength"),
    ),
    "multiclass-svm": ClassifierEntry(
        "shallow.linear:multiclass_hinge",
        "linear support vector machine of all classes at once",
        "Weston and Watkins, 'Support vector machines for multi-class pattern recognition' (1999)",
        uses=("penalty", "strength"),
    ),
    "logistic": ClassifierEntry(
        "shallow.linear:logistic",
        "softmax (logistic) regression",
        "Bishop, 'Pattern Recognition and Machine Learning' (2006), section 4.3.4",
        uses=("penalty", "strength"),
    ),
    "perceptron": ClassifierEntry(
        "shallow.perceptron:perceptron",
        "averaged multi-class perceptron: moves only on mistakes",
        "Rosenblatt (1958); Freund and Schapire, 'Large margin classification using the perceptron algorithm' (1999)",
    ),
    "nearest-mean": ClassifierEntry(
        "shallow.nearest:nearest_mean",
        "the class whose mean is nearest",
        "Duda, Hart and Stork, 'Pattern Classification' (2001), section 2.6.1",
        module="shallow.nearest:NearestMean",
    ),
    "neighbours": ClassifierEntry(
        "shallow.nearest:neighbours",
        "what most of the k nearest training pictures are",
        "Cover and Hart, 'Nearest neighbor pattern classification' (1967)",
        module="shallow.nearest:Neighbours",
        uses=("neighbours",),
    ),
    "kernel-svm": ClassifierEntry(
        "shallow.kernel_svm:kernel_svm",
        "support vector machine with a kernel, for small data",
        "Boser, Guyon and Vapnik, 'A training algorithm for optimal margin classifiers' (1992)",
        module="shallow.kernel_svm:KernelMachine",
        uses=("kernel", "strength"),
    ),
}
"""Each classifier by its name; a builder fits one, see `sightline.classical.shallow.FittedClassifier`."""
