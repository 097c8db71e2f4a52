"""What a recipe puts in the place of ``auto``: the values that nobody named.

Values that depend on the pictures are still ``auto`` in `FAST`; `sightline.app.fitting` finds them.
"""

from typing import Any

PLAIN_RECIPE, FAST_RECIPE = "plain", "fast"

PLAIN: dict[str, Any] = {
    "model": "basic-cnn",
    "optimizer": "adam",
    "schedule": "cosine",
    "label_smoothing": 0.0,
    "epochs": 20,
    "batch_size": 32,
    "patience": 10,
    "views": "picture",
    "start_scale": 1.0,
}
"""Settings as a textbook would have them, and nothing more."""

FAST: dict[str, Any] = {
    "model": "quick-cnn",
    "schedule": "one-cycle",
    "patience": 0,
    "crop": 0.09,
}
"""A network and a schedule that learn most of what there is to learn in little time.

Whitened patches, few wide blocks, orthogonal steps, one cycle, smoothed labels and moved pictures are those of
Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024), https://arxiv.org/abs/2404.00498, with his Muon of
later in the same year for the filters; pictures that grow are Howard's, see `sightline.training.resizing`.
"""

FAST_SMOOTHING = 0.1
"""Of the targets of cross-entropy; other losses have none."""
FAST_OPTIMIZER: dict[str, Any] = {"optimizer": "muon", "weight_decay": 0.5}
"""They belong together, with a learning rate that is for the training's length; another optimizer keeps its own."""
