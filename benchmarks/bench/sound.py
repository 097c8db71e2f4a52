"""Sixty trainings that are right in every part: every family, every optimizer, every kind of picture."""

from bench.setups import SLIM, Plan

SMALL = ("linear", "mlp", "lenet")
LARGE = {
    "alexnet": 15, "vgg11": 8, "vgg11-bn": 8, "googlenet": 8, "resnet18": 8, "squeezenet1_1": 8, "mobilenet_v2": 8,
    "efficientnet-lite0": 8,
}  # fmt: skip
"""Each with a side in pixels that it takes, and that costs little."""
OPTIMIZERS = (
    "gd", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "muon", "muon-normalised",
)  # fmt: skip


def sound_plans():
    """Return the plans, in an order that mixes families: every second one is of the half that rules were set on."""
    plans = [Plan(model, kind) for model in SMALL for kind in ("digits", "photos", "stripes", "colours", "rare")]
    plans += [Plan("basic-cnn", kind, side=32) for kind in ("digits", "photos", "stripes", "colours", "rare")]
    plans += [Plan("quick-cnn", kind, options=SLIM) for kind in ("digits", "photos", "stripes", "colours", "rare")]
    plans += [Plan(model, "colours", side=side, count=160, settings={"batch_size": 8}) for model, side in LARGE.items()]
    plans += [Plan("lenet", "digits", settings={"optimizer": name}) for name in OPTIMIZERS if name != "adam"]
    plans += [
        Plan("mlp", "digits", options={"activation": "sigmoid"}),
        *(Plan("lenet", "stripes", options={"activation": name}) for name in ("tanh", "leaky-relu", "gelu")),
    ]
    plans += [Plan("lenet", "colours", options={"initialisation": name}) for name in ("small", "xavier", "orthogonal")]
    plans += [Plan("lenet", "colours", settings={"loss": name}) for name in ("hinge", "squared-error")]
    plans += [
        Plan("mlp", "digits", options={"dropout": 0.5}),
        Plan("lenet", "digits", options={"normalisation": "batch"}),
        Plan("lenet", "digits", settings={"label_smoothing": 0.1}),
        Plan("lenet", "colours", settings={"l2": 1e-4}),
        Plan("lenet", "rare", settings={"class_weights": "balanced"}),
        Plan("lenet", "rare", settings={"sampling": "balanced"}),
        Plan("lenet", "colours", augment={"flip_horizontal": 0.5, "rotation": 15, "crop": 0.1}),
        Plan("lenet", "digits", augment={"shift": 0.1, "rotation": 10, "noise": 0.05}),
        Plan("lenet", "colours", augment={"mixup": 0.2}),
    ]
    return plans
