"""What watchers see of a step, and what they may leave."""

import csv
import json

import pytest
import torch
from safetensors import safe_open

from sightline.core.findings import Finding, Severity
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.watcher import Watcher


class Diary(Watcher):
    """Keeps what it sees, in order."""

    def __init__(self):
        self.steps, self.weights = [], []

    def before_step(self, step):
        self.steps.append(step)
        self.weights.append(("before", step.network.network.dense.weight.detach().clone()))

    def after_step(self, step):
        assert step is self.steps[-1]
        self.weights.append(("after", step.network.network.dense.weight.detach().clone()))


def test_a_step_is_seen_before_and_after_it(train, recipe_of):
    diary = Diary()
    network, _ = train(recipe_of("sgd", epochs=1, batch_size=16), watchers=[diary])
    (one, first), (two, second), (three, third), (four, fourth) = diary.weights
    assert [one, two, three, four] == ["before", "after", "before", "after"]
    assert not torch.equal(first, second)
    assert torch.equal(second, third)
    assert torch.equal(fourth, network.network.dense.weight.detach())


def test_a_step_has_its_place_its_rows_and_their_losses(train, recipe_of, samples_of, network_of):
    diary, samples = Diary(), samples_of(32)
    train(recipe_of("sgd", epochs=2, batch_size=16, learning_rate=0.02), watchers=[diary], training=samples)
    assert [(step.epoch, step.number) for step in diary.steps] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert torch.cat([step.rows for step in diary.steps[:2]]).sort().values.tolist() == list(range(32))
    first = diary.steps[0]
    scores = network_of()(samples.inputs[first.rows])
    expected = torch.nn.functional.cross_entropy(scores, samples.targets["label"][first.rows], reduction="none")
    torch.testing.assert_close(first.losses, expected.detach())
    assert first.learning_rate == 0.02


def test_losses_of_a_batch_in_pieces_are_those_of_all_its_rows(train, recipe_of, narrow_of):
    diary = Losses()
    train.network_of = lambda _: narrow_of(8)
    train(recipe_of("sgd", epochs=1, batch_size=32), watchers=[diary])
    train.network_of = lambda _: narrow_of(32)
    train(recipe_of("sgd", epochs=1, batch_size=32), where="whole", watchers=[diary])
    (pieces, rows), (whole, same_rows) = diary.seen
    assert torch.equal(rows, same_rows)
    torch.testing.assert_close(pieces, whole)


class Losses(Watcher):
    def __init__(self):
        self.seen = []

    def before_step(self, step):
        self.seen.append((step.losses, step.rows))


def test_the_figures_of_a_step_are_those_of_the_epoch_so_far(train, recipe_of):
    figures = []

    class Reader(Watcher):
        def before_step(self, step):
            figures.append((step.tally.count, step.figures()))

    _, (record,) = train(recipe_of("sgd", epochs=1, batch_size=16), watchers=[Reader()])
    assert [count for count, _ in figures] == [16, 32]
    assert figures[-1][1] == record.training


class Doubter(Watcher):
    """Doubts the first step of every epoch."""

    def __init__(self):
        self._noticed = []

    def after_step(self, step):
        if step.number == 1:
            evidence = (f"{len(step.rows)} rows",)
            self._noticed.append(Finding("doubt", Severity.WARNING, f"epoch {step.epoch}", "look again", evidence))

    def findings(self):
        noticed, self._noticed = self._noticed, []
        return noticed


class Stopper(Watcher):
    def on_epoch(self, history):
        if len(history) == 2:
            raise KeyboardInterrupt


def test_findings_are_in_the_record_of_their_epoch_and_come_out_at_the_end(train, recipe_of):
    _, history = train(recipe_of(epochs=2), watchers=[Doubter()])
    assert [[finding.symptom for finding in record.findings] for record in history] == [["epoch 1"], ["epoch 2"]]
    assert [finding.symptom for finding in train.findings] == ["epoch 1", "epoch 2"]


def test_findings_outlive_an_interruption(train, recipe_of):
    recipe = recipe_of(epochs=3)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, watchers=[Doubter(), Stopper()])
    train(recipe, watchers=[Doubter()])
    assert [finding.symptom for finding in train.findings] == ["epoch 1", "epoch 2", "epoch 3"]
    assert train.findings[0] == Finding("doubt", Severity.WARNING, "epoch 1", "look again", ("8 rows",))
    assert isinstance(train.findings[0].severity, Severity)


def test_what_is_noticed_after_the_last_checkpoint_comes_out_too(train, recipe_of):
    class Late(Watcher):
        def __init__(self):
            self.late = ()

        def on_epoch(self, history):
            self.late = (Finding("late", Severity.NOTE, f"{len(history)} epochs", "rest"),)

        def findings(self):
            noticed, self.late = self.late, ()
            return noticed

    train(recipe_of(epochs=2), watchers=[Late()])
    assert [finding.symptom for finding in train.findings] == ["1 epochs", "2 epochs"]


def test_the_history_file_names_the_columns_of_a_classification_and_what_was_noticed(tmp_path, train, recipe_of):
    path = tmp_path / "history.csv"
    _, history = train(recipe_of(epochs=2), watchers=[Doubter(), HistoryFile(path)])
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    assert header == [
        "epoch",
        "learning_rate",
        "training_loss",
        "training_accuracy",
        "validation_loss",
        "validation_accuracy",
        "validation_score",
        "l1_penalty",
        "l2_penalty",
        "seconds",
        "validation_seconds",
        "images_per_second",
        "waiting_seconds",
        "phase",
        "findings",
    ]
    assert [float(line[2]) for line in lines] == [record.training["loss"] for record in history]
    assert [line[-2:] for line in lines] == [["1", "doubt"], ["1", "doubt"]]


def test_the_checkpoint_keeps_findings_as_plain_json(tmp_path, train, recipe_of):
    train(recipe_of(epochs=1), watchers=[Doubter()])
    with safe_open(tmp_path / "run" / "checkpoints" / "last.safetensors", framework="np") as tensors:
        (record,) = json.loads(tensors.metadata()["history"])
    assert record["findings"][0]["code"] == "doubt"
