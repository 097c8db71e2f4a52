"""What a recipe puts in the place of ``auto``: the values that nobody named.

Values that depend on the pictures are still ``auto`` in `FAST`; `sightline.line.methods.fast_network` finds them.
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
    "patience": 0,
    "crop": 0.06,
}
"""A network and a schedule that learn most of what there is to learn in little time.

Whitened patches, few wide blocks, smoothed labels and moved pictures are those of Jordan, "94% on CIFAR-10 in 3.29
seconds on a single GPU" (2024), https://arxiv.org/abs/2404.00498; pictures that grow are Howard's, see
`sightline.training.resizing`.
"""

FAST_STEPS: dict[str, Any] = {"optimizer": "muon-normalised", "schedule": "linear"}
"""Of `quick-cnn`, whose filters all stand before batch normalisation; the rate is for the number of steps."""
FAST_STEPS_OF_OTHERS: dict[str, Any] = {
    "optimizer": "muon",
    "learning_rate": 0.01,
    "weight_decay": 0.5,
    "schedule": "one-cycle",
}
"""Of any other network: where the length of filters counts, it must be free to grow."""
FAST_SMOOTHING = 0.2
"""Of the targets of cross-entropy; other losses have none."""
