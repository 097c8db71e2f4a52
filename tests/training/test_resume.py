"""A training that was stopped anywhere ends with the weights of one that was not."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from sightline.core.errors import RunError
from sightline.imaging.augmentation.policy import Augmentation
from sightline.training.checkpoints import Checkpoints
from sightline.training.learner import Learner
from sightline.training.losses import Criterion, Penalties
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.phase import Phase

EPOCHS, BATCHES = 4, 4


STOPS = [
    ("on_start", 1),
    *(("before_step", number) for number in (1, 3, 4, 5, 8, 9, 14, 16)),
    *(("on_epoch", number) for number in range(1, EPOCHS + 1)),
]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_training_stopped_anywhere_ends_with_the_same_bits(
    optimizer, train, recipe_of, assert_same_weights, train_until
):
    recipe = recipe_of(optimizer, epochs=EPOCHS, schedule="cosine")
    whole, history = train(recipe, name="mlp", where="whole")
    for method, number in STOPS:
        where = f"{method}{number}"
        train_until((method, number), recipe, name="mlp", where=where)
        resumed, again = train(recipe, name="mlp", where=where)
        assert_same_weights(whole, resumed)
        assert [record.validation["loss"] for record in again] == [record.validation["loss"] for record in history]


def test_a_training_stopped_again_and_again_ends_with_the_same_bits(train, recipe_of, assert_same_weights, train_until):
    recipe = recipe_of("adam", epochs=EPOCHS)
    whole, _ = train(recipe, where="whole")
    for _ in range(EPOCHS):
        train_until(("on_epoch", 1), recipe, where="often")
    resumed, _ = train(recipe, where="often")
    assert_same_weights(whole, resumed)


def test_patience_counts_on_over_an_interruption(train, recipe_of, samples_of, train_until):
    validation = samples_of(64, seed=1, shuffled_labels=True)
    recipe = recipe_of(epochs=30, patience=3, learning_rate=0.05)
    _, whole = train(recipe, where="whole", validation=validation)
    train_until(("on_epoch", len(whole) - 1), recipe, where="cut", validation=validation)
    _, again = train(recipe, where="cut", validation=validation)
    assert len(again) == len(whole) < 30


def test_the_optimizer_s_state_is_put_back_exactly(tmp_path, train, recipe_of, network_of):
    train(recipe_of("adam", epochs=2))
    learner = Learner(network_of(), Phase(recipe_of("adam")), say=print)
    history = Checkpoints(tmp_path / "run" / "checkpoints").resume(learner)
    state = learner.optimizers[0].state[next(iter(learner.network.parameters()))]
    assert len(history) == 2
    assert state["step"].item() == 2 * BATCHES
    assert state["exp_avg_sq"].abs().sum() > 0


def test_a_checkpoint_is_plain_safetensors_without_code(tmp_path, train, recipe_of):
    train(recipe_of("momentum"))
    files = sorted((tmp_path / "run" / "checkpoints").iterdir())
    assert [file.name for file in files] == ["best.safetensors", "last.safetensors", "tail-average.safetensors"]
    for file in files[:2]:
        with safe_open(file, framework="np") as tensors:
            assert "network/network.dense.weight" in tensors.keys()  # noqa: SIM118 - it is no dict
    with safe_open(files[1], framework="np") as tensors:
        assert len(json.loads(tensors.metadata()["history"])) == 3


@pytest.mark.parametrize("size", [0, 1, 7, 8, 100, -1])
@pytest.mark.parametrize("name", ["best", "last"])
def test_a_checkpoint_that_is_cut_short_is_refused_by_name(name, size, tmp_path, train, recipe_of):
    train(recipe_of())
    file = tmp_path / "run" / "checkpoints" / f"{name}.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(RunError, match=rf"{name}.safetensors is damaged") as caught:
        train(recipe_of())
    assert "--force" in caught.value.hint


def test_a_missing_best_checkpoint_is_told(tmp_path, train, recipe_of):
    train(recipe_of())
    (tmp_path / "run" / "checkpoints" / "best.safetensors").unlink()
    with pytest.raises(RunError, match=r"best.safetensors"):
        train(recipe_of())


def test_the_checkpoint_of_another_network_is_refused(train, recipe_of):
    train(recipe_of(), name="linear")
    with pytest.raises(RunError, match="belongs to another network"):
        train(recipe_of(), name="mlp")


LAYOUT = {"layout": "2", "phase": "1", "piece": "8", "threads": "1", "scaler": "{}"}
RECORD = {
    "epoch": 1, "learning_rate": 0.1, "training": {"loss": 1.0}, "validation": {"loss": 1.0}, "score": 0.5,
    "l1_penalty": 0.0, "l2_penalty": 0.0, "seconds": 1.0, "validation_seconds": 1.0, "images_per_second": 1.0,
    "findings": [],
}  # fmt: skip
FOREIGN = {
    "nothing that is ours": ({"a": torch.zeros(1)}, {}),
    "no history": ("weights", {}),
    "no phase": ("weights", {"layout": "2", "history": "[]"}),
    "a phase that is no number": ("weights", LAYOUT | {"phase": "one", "history": "[]"}),
    "a history that is no JSON": ("weights", LAYOUT | {"history": "{"}),
    "a history of another kind": ("weights", LAYOUT | {"history": "7"}),
    "a record of another kind": ("weights", LAYOUT | {"history": "[7]"}),
    "a record with other fields": ("weights", LAYOUT | {"history": '[{"epoch": 1}]'}),
    "a record that is no figure": ("weights", LAYOUT | {"history": json.dumps([RECORD | {"score": "x" * 99}])}),
    "a record of lists": ("weights", LAYOUT | {"history": json.dumps([RECORD | {"training": {"loss": [1]}}])}),
    "an epoch that is no number": ("weights", LAYOUT | {"history": json.dumps([RECORD | {"epoch": None}])}),
    "a history nested without end": ("weights", LAYOUT | {"history": "[" * 100_000}),
    "a scaler nested without end": ("weights", LAYOUT | {"history": "[]", "scaler": "[" * 100_000}),
    "phase none": ("weights", LAYOUT | {"history": "[]", "phase": "0"}),
    "a phase before the first": ("weights", LAYOUT | {"history": "[]", "phase": "-1"}),
    "a phase of many digits": ("weights", LAYOUT | {"history": "[]", "phase": "9" * 5_000}),
    "a piece of nothing": ("weights", LAYOUT | {"history": "[]", "piece": "0"}),
    "a piece of too much": ("weights", LAYOUT | {"history": "[]", "piece": "1" + "0" * 30}),
    "no threads": ("weights", LAYOUT | {"history": "[]", "threads": "-1"}),
    "a million threads": ("weights", LAYOUT | {"history": "[]", "threads": "1000000"}),
    "an optimizer's state without a number": ({"optimizer/0/x/step": torch.zeros(1)}, LAYOUT | {"history": "[]"}),
    "an optimizer's state for no parameter": ({"optimizer/0/99/step": torch.zeros(1)}, LAYOUT | {"history": "[]"}),
    "an optimizer's state with too few names": ({"optimizer/0/1": torch.zeros(1)}, LAYOUT | {"history": "[]"}),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_checkpoint_is_refused(kind, tmp_path, train, recipe_of, network_of):
    tensors, state = FOREIGN[kind]
    weights = {f"network/{name}": tensor for name, tensor in network_of().state_dict().items()}
    if kind != "nothing that is ours":
        weights |= {} if tensors == "weights" else tensors
    else:
        weights = tensors
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    save_file(weights, folder / "last.safetensors", metadata=state)
    with pytest.raises(RunError, match=r"last.safetensors is no checkpoint of ours"):
        train(recipe_of())


OLD_RECORD = {
    "epoch": 1,
    "learning_rate": 0.001,
    "training_loss": 1.0,
    "training_accuracy": 0.5,
    "validation_loss": 1.0,
    "validation_accuracy": 0.5,
    "validation_score": 0.5,
    "l1_penalty": 0.0,
    "l2_penalty": 0.0,
    "seconds": 1.0,
    "validation_seconds": 1.0,
    "images_per_second": 32.0,
    "waiting_seconds": 0.0,
}
"""Of an epoch, as a checkpoint had it before there were phases."""


@pytest.mark.parametrize(("layout", "age"), [({}, "an earlier"), ({"layout": "3"}, "another")])
def test_the_checkpoint_of_another_version_is_refused_in_words(layout, age, tmp_path, train, recipe_of):
    train(recipe_of(epochs=1))
    last = tmp_path / "run" / "checkpoints" / "last.safetensors"
    with safe_open(last, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    state = {"history": json.dumps([OLD_RECORD]), "piece": "8", "threads": "1", "scaler": "{}", **layout}
    save_file(tensors, last, metadata=state)
    with pytest.raises(RunError, match=f"was written by {age} version of sightline") as caught:
        train(recipe_of(epochs=3))
    assert "finish the run with the version that began it, or begin it anew with --force" in caught.value.hint


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_with_the_same_bits_in_filters_too(
    optimizer, train, recipe_of, assert_same_weights, train_until
):
    recipe = recipe_of(optimizer, epochs=2, batch_size=16, schedule="one-cycle")
    whole, _ = train(recipe, name="lenet", where="whole")
    train_until(("on_epoch", 1), recipe, name="lenet", where="cut")
    resumed, _ = train(recipe, name="lenet", where="cut")
    assert_same_weights(whole, resumed)


class Everything(torch.nn.Sequential):
    """Filters, batch normalisation, dropout and dense layers."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(
            torch.nn.Conv2d(1, 8, 5, stride=2),
            torch.nn.BatchNorm2d(8),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.3),
            torch.nn.Conv2d(8, 8, 3, stride=2),
            torch.nn.Flatten(),
            torch.nn.Linear(32, 4),
        )

    def forward(self, pixels):
        return super().forward(pixels.permute(0, 3, 1, 2).float() / 255)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_all_techniques_together_go_on_with_the_same_bits(
    optimizer, train, recipe_of, assert_same_weights, train_until
):
    train.network_of = lambda _: Everything()
    recipe = recipe_of(
        optimizer,
        epochs=3,
        schedule="cosine",
        criterion=Criterion(label_smoothing=0.1, class_weights=(1.0, 2.0, 1.0, 0.5)),
        penalties=Penalties(l1=1e-4, l2=1e-4),
        clip_norm=0.5,
        ema_decay=0.9,
        sampling="balanced",
        change=Augmentation({"flip_horizontal": 0.5, "shift": 0.1, "noise": 0.1, "mixup": 0.2, "cutmix": 1.0}),
    )
    whole, history = train(recipe, where="whole")
    for method, number in (("before_step", 6), ("on_epoch", 1), ("on_epoch", 2)):
        where = f"{method}{number}"
        train_until((method, number), recipe, where=where)
        resumed, again = train(recipe, where=where)
        assert_same_weights(whole, resumed)
        assert [record.validation["loss"] for record in again] == [record.validation["loss"] for record in history]


class Loud(torch.nn.Module):
    """Makes gradients that fp16 can't hold until its scale has been lowered a few times."""

    def forward(self, scores):
        return 300 * scores


def test_the_scale_of_fp16_is_kept_over_an_interruption(
    tmp_path, train, recipe_of, network_of, assert_same_weights, train_until
):
    made = network_of
    train.network_of = lambda name: torch.nn.Sequential(made(name), Loud())
    recipe = recipe_of("sgd", epochs=3, learning_rate=1e-6, precision="fp16")
    whole, _ = train(recipe, name="lenet", where="whole")
    train_until(("on_epoch", 1), recipe, name="lenet", where="cut")
    learner = Learner(train.network_of("lenet"), Phase(recipe), say=print)
    Checkpoints(tmp_path / "cut" / "checkpoints").resume(learner)
    assert learner.scaler.get_scale() < 65536, "otherwise this shows nothing"
    resumed, _ = train(recipe, name="lenet", where="cut")
    assert_same_weights(whole, resumed)


def test_a_batch_stays_cut_into_the_same_pieces(train, recipe_of, narrow_of, assert_same_weights, train_until):
    recipe = recipe_of("adam", epochs=3, batch_size=32)
    train.network_of = lambda _: narrow_of(8, dropout=0.5)
    whole, _ = train(recipe, where="whole")
    train_until(("on_epoch", 1), recipe, where="cut")
    train.said.clear()
    train.network_of = lambda _: narrow_of(32, dropout=0.5)  # there is memory again, but other pieces drop others
    resumed, _ = train(recipe, where="cut")
    assert_same_weights(whole, resumed)
    (line,) = train.said
    assert "of 8 pictures at a time" in line
