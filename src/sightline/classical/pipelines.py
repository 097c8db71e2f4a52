"""The ready pipelines; this table is all that a pipeline's name can mean.

Importing this file imports neither torch nor scikit-learn.
"""

from dataclasses import dataclass

from sightline.classical.plan import Plan


@dataclass(frozen=True)
class PipelineEntry:
    """A ready pipeline.

    Args:
        plan: The parts and sizes that hold where a setting names no other.
        line: What it is, in one line.
        reference: Where it comes from.
        most_side: Size ``auto`` makes pictures no larger than this, in pixels.
    """

    plan: Plan
    line: str
    reference: str
    most_side: int = 128


_COLOURS = "Swain and Ballard, 'Color indexing' (1991)"
_COATES = "Coates, Lee and Ng, 'An analysis of single-layer networks in unsupervised feature learning' (2011)"
_FISHER = "Perronnin, Sanchez and Mensink, 'Improving the Fisher kernel for large-scale image classification' (2010)"
_PYRAMID = "Lazebnik, Schmid and Ponce, 'Beyond bags of features: spatial pyramid matching' (2006)"

PIPELINES: dict[str, PipelineEntry] = {
    "top-colours": PipelineEntry(
        Plan(("top-colours",), classifier="logistic"),
        "the two most frequent colours and a line between the classes",
        _COLOURS,
        most_side=64,
    ),
    "colour-svm": PipelineEntry(
        Plan(("colour-histogram", "colour-moments"), histogram_colours="hsv", bins=16, kernel_map="none"),
        "colour histograms and moments, linear SVM",
        _COLOURS,
        most_side=64,
    ),
    "hog-svm": PipelineEntry(
        Plan(("hog",), cell=4, scales=(1.0, 2.0)),
        "histograms of oriented gradients, linear SVM",
        "Dalal and Triggs, 'Histograms of oriented gradients for human detection' (2005)",
        most_side=64,
    ),
    "hog-colour-svm": PipelineEntry(
        Plan(("hog", "colour-histogram"), cell=4, histogram_colours="hsv"),
        "gradients and colours side by side, linear SVM",
        "Dalal and Triggs (2005); Swain and Ballard (1991)",
        most_side=64,
    ),
    "lbp-svm": PipelineEntry(
        Plan(("lbp",), cell=8, kernel_map="chi-square"),
        "local binary patterns, chi-square map and linear SVM",
        "Ojala, Pietikäinen and Mäenpää (2002)",
    ),
    "bag-of-features": PipelineEntry(
        Plan(
            ("sift",), cell=4, scales=(1.0, 2.0), encoder="bag", words=512, pyramid=("1", "2", "4"),
            pyramid_weights="match", kernel_map="intersection",
        ),
        "dense SIFT, visual words, spatial pyramid, intersection kernel's map and linear SVM",
        _PYRAMID,
        most_side=256,
    ),
    "fisher-pyramid": PipelineEntry(
        Plan(
            ("root-sift",), cell=3, stride=2, scales=(1.0, 1.5), components=48, encoder="fisher", words=32,
            pyramid=("1", "2"),
        ),
        "dense RootSIFT, Fisher vectors, spatial pyramid and linear SVM",
        _FISHER,
        most_side=256,
    ),
    "kmeans-patches": PipelineEntry(
        Plan(
            ("patches",), patch=6, stride=1, encoder="triangle", words=1200, pyramid=("3",),
            kernel_map="hellinger", mirrored="yes",
        ),
        "learnt patches: whitening, k-means, triangle activation, pooled in nine regions, linear SVM",
        _COATES,
        most_side=64,
    ),
    "features": PipelineEntry(
        Plan(("hog",)),
        "any combination: --set descriptor=sift encoder=fisher pyramid=1,2,4 classifier=svm",
        "-",
        most_side=256,
    ),
}  # fmt: skip
"""Each ready pipeline by its name."""
