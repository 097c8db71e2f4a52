"""Every setting of a training with its type, for editors: made by `tests/line/test_keywords.py`."""

from collections.abc import Sequence
from typing import Literal, TypedDict


class SettingsKeywords(TypedDict, total=False):
    """The keywords of `sightline.train` that are settings; text is understood as after ``--set``."""

    task: Literal["classification", "similarity"]
    model: str
    recipe: Literal["auto", "fast", "plain", "photos"]
    minutes: float
    baseline: Literal[
        "auto",
        "none",
        "top-colours",
        "colour-svm",
        "hog-svm",
        "hog-colour-svm",
        "lbp-svm",
        "bag-of-features",
        "fisher-pyramid",
        "kmeans-patches",
        "features",
    ]
    licence: str
    author: str
    seeds: int
    seed: int
    size: str
    colours: Literal["rgb", "grey", "hsv", "cmyk", "auto"]
    resize: Literal["squash", "crop", "pad"]
    centre: Literal["channel", "mean-picture", "none"]
    scale: Literal["deviation", "range", "none"]
    deep_range: str
    validation_fraction: float
    test_fraction: float
    split_by: str
    split_seed: int | Literal["auto"]
    folders: Literal["auto", "parts", "classes", "nested"]
    unlabelled: str
    corrections: str
    accept: Sequence[str] | str
    hidden: Sequence[int] | str
    widths: Sequence[int] | str
    stochastic_depth: float
    size_rule: Literal["floor", "strict"]
    views: Literal["picture", "mirrored", "moved", "five-crops", "ten-crops"]
    activation: Literal["sigmoid", "tanh", "relu", "leaky-relu", "prelu", "gelu"]
    pooling: Literal["max", "average", "min", "stride"]
    normalisation: Literal["batch"]
    dropout: float | Literal["auto"]
    channel_dropout: float
    initialisation: Literal["small", "xavier", "he", "orthogonal", "zeros"]
    initial_bias: float
    base: str
    unfreeze: str
    weights: str
    descriptor: (
        Sequence[
            Literal[
                "top-colours",
                "colour-histogram",
                "colour-moments",
                "hog",
                "lbp",
                "sift",
                "root-sift",
                "surf",
                "patches",
            ]
        ]
        | str
    )
    cell: int | Literal["auto"]
    stride: int | Literal["auto"]
    scales: Sequence[float] | str
    orientations: int | Literal["auto"]
    palette: int | Literal["auto"]
    histogram_colours: Literal["rgb", "hsv", "lab"]
    bins: int | Literal["auto"]
    patch: int | Literal["auto"]
    components: int | Literal["auto"]
    encoder: Literal["none", "bag", "vlad", "fisher", "triangle"]
    words: int | Literal["auto"]
    assignment: Literal["hard", "soft"]
    pyramid: Sequence[str] | str
    pyramid_weights: Literal["none", "match"]
    kernel_map: Literal["none", "hellinger", "intersection", "chi-square"]
    classifier: Literal[
        "svm", "hinge-svm", "multiclass-svm", "logistic", "perceptron", "nearest-mean", "neighbours", "kernel-svm"
    ]
    penalty: Literal["l1", "l2"]
    strength: float | Literal["auto"]
    neighbours: int | Literal["auto"]
    kernel: Literal["linear", "rbf", "intersection", "chi-square"]
    mirrored: Literal["no", "yes"]
    embedding: int
    classes_a_step: int
    pictures_a_class: int
    within_groups: float
    turned_classes: Literal["no", "yes"]
    margin: float | Literal["auto"]
    mining: Literal["semi-hard", "hard"]
    temperature: float
    shots: int
    loss: Literal["cross-entropy", "hinge", "squared-error", "supcon", "contrastive", "triplet", "prototypical"]
    label_smoothing: float | Literal["auto"]
    class_weights: Literal["none", "balanced"]
    l1: float
    l2: float
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    sampling: Literal["shuffled", "balanced", "full-batch"]
    optimizer: Literal[
        "gd", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "muon", "muon-normalised"
    ]
    learning_rate: float | Literal["auto"]
    rate_from: Literal["recipe", "range-test"]
    weight_decay: float | Literal["auto"]
    schedule: Literal["constant", "step", "exponential", "linear", "cosine", "one-cycle"]
    warmup_epochs: float
    clip_norm: float
    ema_decay: float
    patience: int | Literal["auto"]
    unlabelled_ratio: int
    start_scale: float | Literal["auto"]
    preflight: Literal["auto", "all", "none"]
    augment: float
    flip_horizontal: float | Literal["auto"]
    flip_vertical: float | Literal["auto"]
    shift: float | Literal["auto"]
    rotation: float | Literal["auto"]
    zoom: float | Literal["auto"]
    crop: float | Literal["auto"]
    brightness: float | Literal["auto"]
    contrast: float | Literal["auto"]
    gamma: float | Literal["auto"]
    saturation: float | Literal["auto"]
    hue: float | Literal["auto"]
    blur: float | Literal["auto"]
    noise: float | Literal["auto"]
    cutout: float | Literal["auto"]
    mixup: float | Literal["auto"]
    cutmix: float | Literal["auto"]
    device: Literal["auto", "cpu", "cuda", "mps"]
    precision: Literal["auto", "fp32", "bf16", "fp16"]
