import tomllib
from dataclasses import fields
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from sightline.app.arguments import arguments_of, assignments
from sightline.core.errors import RunError, SettingsError
from sightline.line.resolution import decided, resolved
from sightline.line.run import Run
from sightline.line.settings.tables import SETTINGS, TABLES
from sightline.line.settings.toml import flat, read_settings, settings_toml

GIVEN = {
    "data": ("flowers", "flowers"),
    "size": ("48x64", "48x64"),
    "colours": ("hsv", "hsv"),
    "resize": ("pad", "pad"),
    "centre": ("mean-picture", "mean-picture"),
    "scale": ("range", "range"),
    "deep_range": ("0..4095", "0..4095"),
    "validation_fraction": ("0.2", 0.2),
    "test_fraction": ("0.25", 0.25),
    "seeds": ("3", 3),
    "split_by": ("time", "time"),
    "split_seed": ("5", 5),
    "folders": ("classes", "classes"),
    "unlabelled": ("more", "more"),
    "corrections": ("suspects.csv", "suspects.csv"),
    "accept": ("one-class,few-pictures", ("one-class", "few-pictures")),
    "recipe": ("fast", "fast"),
    "minutes": ("2.5", 2.5),
    "task": ("similarity", "similarity"),
    "model": ("mlp", "mlp"),
    "base": ("resnet18", "resnet18"),
    "unfreeze": ("2", "2"),
    "weights": ("resnet18.safetensors", "resnet18.safetensors"),
    "baseline": ("hog-svm", "hog-svm"),
    "hidden": ("64,32", (64, 32)),
    "widths": ("32,64,64", (32, 64, 64)),
    "size_rule": ("strict", "strict"),
    "activation": ("gelu", "gelu"),
    "pooling": ("min", "min"),
    "normalisation": ("batch", "batch"),
    "dropout": ("0.5", 0.5),
    "channel_dropout": ("0.1", 0.1),
    "stochastic_depth": ("0", 0.0),
    "initialisation": ("he", "he"),
    "views": ("mirrored", "mirrored"),
    "initial_bias": ("0.01", 0.01),
    "descriptor": ("hog,sift", ("hog", "sift")),
    "cell": ("6", 6),
    "stride": ("3", 3),
    "scales": ("1,1.5", (1.0, 1.5)),
    "orientations": ("8", 8),
    "palette": ("27", 27),
    "histogram_colours": ("lab", "lab"),
    "bins": ("16", 16),
    "patch": ("5", 5),
    "components": ("0", 0),
    "encoder": ("fisher", "fisher"),
    "words": ("32", 32),
    "assignment": ("soft", "soft"),
    "pyramid": ("1,3x1", ("1", "3x1")),
    "pyramid_weights": ("match", "match"),
    "kernel_map": ("chi-square", "chi-square"),
    "embedding": ("64", 64),
    "classes_a_step": ("10", 10),
    "pictures_a_class": ("3", 3),
    "within_groups": ("1", 1.0),
    "turned_classes": ("yes", "yes"),
    "margin": ("0.5", 0.5),
    "mining": ("hard", "hard"),
    "temperature": ("0.2", 0.2),
    "shots": ("2", 2),
    "classifier": ("perceptron", "perceptron"),
    "penalty": ("l1", "l1"),
    "strength": ("0.01", 0.01),
    "neighbours": ("5", 5),
    "kernel": ("linear", "linear"),
    "mirrored": ("yes", "yes"),
    "loss": ("hinge", "hinge"),
    "label_smoothing": ("0", 0.0),
    "class_weights": ("balanced", "balanced"),
    "l1": ("1e-5", 1e-5),
    "l2": ("1e-4", 1e-4),
    "epochs": ("7", 7),
    "batch_size": ("16", 16),
    "sampling": ("balanced", "balanced"),
    "optimizer": ("momentum", "momentum"),
    "learning_rate": ("1e-3", 0.001),
    "rate_from": ("range-test", "range-test"),
    "preflight": ("none", "none"),
    "unlabelled_ratio": ("5", 5),
    "weight_decay": ("5e-4", 5e-4),
    "schedule": ("step", "step"),
    "warmup_epochs": ("0.5", 0.5),
    "clip_norm": ("1", 1.0),
    "ema_decay": ("0.99", 0.99),
    "patience": ("0", 0),
    "start_scale": ("0.5", 0.5),
    "licence": ("MIT", "MIT"),
    "author": ("A. Name", "A. Name"),
    "seed": ("12", 12),
    "augment": ("0.5", 0.5),
    "flip_horizontal": ("0.5", 0.5),
    "flip_vertical": ("0", 0.0),
    "shift": ("0.1", 0.1),
    "rotation": ("15", 15.0),
    "zoom": ("0.1", 0.1),
    "crop": ("0.125", 0.125),
    "brightness": ("0.2", 0.2),
    "contrast": ("auto", "auto"),
    "gamma": ("0.2", 0.2),
    "saturation": ("0.2", 0.2),
    "hue": ("20", 20.0),
    "blur": ("0.01", 0.01),
    "noise": ("0.02", 0.02),
    "cutout": ("0.25", 0.25),
    "mixup": ("0.2", 0.2),
    "cutmix": ("1", 1.0),
    "device": ("cpu", "cpu"),
    "precision": ("fp32", "fp32"),
}


READ_BY = {
    **{
        key: {"model": "hog-svm"}
        for key in ("cell", "orientations", "scales", "penalty", "strength", "kernel_map", "mirrored")
    },
    **{key: {"model": "bag-of-features"} for key in ("stride", "words", "assignment", "pyramid", "pyramid_weights")},
    **{key: {"model": "colour-svm"} for key in ("histogram_colours", "bins")},
    **{key: {"model": "fisher-pyramid"} for key in ("encoder", "components")},
    **{
        key: {"task": "similarity"}
        for key in ("embedding", "classes_a_step", "pictures_a_class", "within_groups", "turned_classes")
    },
    **{key: {"task": "similarity"} for key in ("margin", "mining", "temperature", "shots")},
    "unfreeze": {"base": "efficientnet-lite0"},
    "unlabelled_ratio": {"unlabelled": "more"},
    "palette": {"model": "top-colours"},
    "patch": {"model": "kmeans-patches"},
    "classifier": {"model": "top-colours"},
    "neighbours": {"model": "features", "classifier": "neighbours"},
    "kernel": {"model": "features", "classifier": "kernel-svm"},
}
"""A model that reads a setting, where the usual one does not."""


def test_the_table_above_names_every_setting():
    assert sorted(GIVEN) == sorted(SETTINGS)


@pytest.mark.parametrize("name", GIVEN)
def test_every_setting_is_understood_as_text(name):
    text, value = GIVEN[name]
    assert resolved({**READ_BY.get(name, {}), name: text})[name] == value


@pytest.mark.parametrize("name", GIVEN)
def test_every_setting_is_understood_as_a_value_and_from_toml(name):
    value = GIVEN[name][1]
    settings = resolved({**READ_BY.get(name, {}), name: list(value) if isinstance(value, tuple) else value})
    assert settings[name] == value
    assert resolved({}, flat(tomllib.loads(settings_toml(settings)))) == settings


def test_the_toml_names_every_setting_with_its_meaning():
    text = settings_toml(resolved({}))
    document = tomllib.loads(text)
    assert list(document) == list(TABLES)
    assert list(flat(document)) == list(SETTINGS)
    assert all(setting.rule.meaning in text for setting in SETTINGS.values())


@settings_of_hypothesis(max_examples=60)
@given(st.text())
def test_any_name_of_a_data_set_comes_back_from_toml(text):
    settings = resolved({"data": text, "accept": (text, text)})
    document = tomllib.loads(settings_toml(settings))
    assert resolved({}, flat(document)) == settings
    assert document["run"]["data"] == text


def test_all_problems_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        resolved({"epochs": 0, "batch_size": "many", "model": "lenett", "sped": 1, "size": "axb", "patience": -1})
    for word in ("epochs = 0", "batch_size = 'many'", "'lenett'", "'sped'", "size = 'axb'", "patience = -1"):
        assert word in caught.value.problem


@pytest.mark.parametrize(
    ("wrong", "near"), [("epoch", "epochs"), ("lr_schedule", "schedule"), ("batchsize", "batch_size")]
)
def test_an_unknown_setting_is_told_with_the_nearest(wrong, near):
    with pytest.raises(SettingsError, match=f"did you mean '{near}'"):
        resolved({wrong: 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", "1,2,3"), ("hidden", ""), ("hidden", "0"), ("hidden", 256), ("hidden", "a"), ("size", "0"),
        ("size", "5000"), ("size", "1x2x3"), ("size", "x"), ("colours", "lab"),
        ("deep_range", "4095"), ("deep_range", "9..9"), ("deep_range", "0..inf"),
        ("resize", "stretch"), ("centre", "x"),
        ("scale", "x"), ("validation_fraction", 0), ("validation_fraction", 1), ("test_fraction", 0.9),
        ("test_fraction", "nan"), ("epochs", 1.5), ("epochs", "1.5"), ("epochs", True), ("batch_size", 0),
        ("optimizer", "lion"), ("learning_rate", -1), ("learning_rate", "inf"), ("learning_rate", "nan"),
        ("loss", "mse"), ("l1", -1), ("l2", "inf"), ("clip_norm", "nan"), ("ema_decay", 1), ("dropout", 1),
        ("dropout", "none"), ("weight_decay", -1), ("rotation", 200), ("mixup", -1), ("augment", 1.1),
        ("augment", "auto"), ("device", "tpu"), ("precision", "fp8"), ("warmup_epochs", -1),
        ("stochastic_depth", 0.2), ("pooling", "median"), ("views", "all"), ("schedule", "line"),
        ("patience", "-1"), ("seed", -1), ("seed", 2**63), ("model", None), ("accept", 3),
    ],
)  # fmt: skip
def test_an_impossible_value_is_refused_by_its_name(name, value):
    with pytest.raises(SettingsError, match=name):
        resolved({name: value})


def test_no_learning_rate_takes_the_optimizer_s_own():
    rates = {name: resolved({"optimizer": name})["learning_rate"] for name in ("sgd", "momentum", "adam")}
    assert rates == {"sgd": 0.05, "momentum": 0.01, "adam": 0.001}


def test_an_assignment_may_have_hyphens_spaces_and_further_equal_signs():
    assert assignments(("batch-size = 8", "data=a=b")) == {"batch_size": "8", "data": "a=b"}


def test_an_assignment_without_an_equal_sign_is_refused():
    with pytest.raises(SettingsError, match="'patience'"):
        assignments(("patience",))


@pytest.mark.parametrize("content", [b"epochs = ", b"\xff\xfe", b"[a"])
def test_a_configuration_that_is_no_toml_is_refused(content, tmp_path):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"a\.toml"):
        read_settings(tmp_path / "a.toml")


def test_a_missing_configuration_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_settings(tmp_path / "none.toml")


def test_settings_that_contradict_each_other_are_told_together():
    with pytest.raises(SettingsError) as caught:
        resolved({"loss": "hinge", "label_smoothing": 0.1, "optimizer": "muon", "precision": "fp16"})
    assert "label_smoothing = 0.1 with loss = 'hinge'" in caught.value.problem
    assert "'muon' with precision = 'fp16'" in caught.value.problem


def test_amounts_given_singly_lead_and_the_others_follow_the_strength():
    amounts = resolved({"augment": 0.5, "rotation": 0, "mixup": 0.2}).augmentation.amounts()
    assert (amounts["flip_horizontal"], amounts["rotation"], amounts["mixup"]) == (0.25, 0, 0.2)


def test_a_setting_may_stand_behind_its_table_s_name():
    assert resolved({"network.dropout": "0.2"}) == resolved({"dropout": 0.2})


def test_a_setting_behind_another_table_s_name_is_unknown():
    with pytest.raises(SettingsError, match=r"'steps\.dropout'"):
        resolved({"steps.dropout": 0.2})


def test_a_file_may_hold_tables_or_bare_names(tmp_path):
    (tmp_path / "a.toml").write_text("epochs = 3\n[network]\ndropout = 0.2\n")
    assert read_settings(tmp_path / "a.toml") == {"epochs": 3, "dropout": 0.2}


def test_what_is_named_wins_over_a_file_and_that_over_the_recipe():
    settings = resolved({"epochs": 3}, {"epochs": 4, "patience": 5})
    assert (settings["epochs"], settings["patience"], settings["optimizer"]) == (3, 5, "muon-normalised")
    assert [settings.origins[name] for name in ("epochs", "patience", "optimizer")] == ["named", "file", "recipe"]


def test_auto_is_the_same_as_naming_nothing():
    assert resolved({"epochs": "auto", "strength": "auto"}) == resolved({})


def test_a_learning_rate_that_is_named_auto_asks_for_a_range_test_and_in_a_file_for_nothing():
    assert resolved({"learning_rate": "auto"})["rate_from"] == "range-test"
    assert resolved({"learning_rate": 0.1})["rate_from"] == "recipe"
    assert resolved({}, {"learning_rate": "auto"})["rate_from"] == "recipe"


def test_no_setting_is_declared_twice():
    names = [entry.name for table in TABLES.values() for section in table.sections for entry in fields(section)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "document",
    [
        {"epochs": 3, "steps": {"epochs": 5}},
        {"steps": {"epochs": 5}, "epochs": 3},
        {"steps.epochs": 3, "steps": {"epochs": 5}},
        {"steps.epochs": 3, "epochs": 5},
    ],
)
def test_a_setting_that_a_file_names_twice_is_refused_whichever_comes_first(document):
    with pytest.raises(SettingsError, match=r"epochs is named twice, as (3 and as 5|5 and as 3)"):
        resolved({}, document)


def test_a_setting_that_is_set_twice_is_refused():
    with pytest.raises(SettingsError, match="--set names epochs twice, as '3' and as '5'"):
        assignments(("epochs=3", "epochs=5"))
    with pytest.raises(SettingsError, match="epochs is named twice"):
        resolved(assignments(("epochs=3", "steps.epochs=5")))


def test_a_flag_wins_over_set_in_whichever_way_that_names_the_setting():
    arguments = arguments_of(("d",), assigned=("steps.epochs=5",), config=None, flags={"epochs": 3}, verb="train")
    assert arguments.named == {"epochs": 3}


@pytest.mark.parametrize("name", ["data", "run.data"])
def test_data_is_no_setting_to_be_set(name):
    with pytest.raises(SettingsError, match="the word after the verb"):
        arguments_of(("d",), assigned=(f"{name}=e",), config=None, flags={}, verb="train")


def test_a_table_that_there_is_not_is_refused_though_it_is_empty():
    with pytest.raises(SettingsError, match="no setting named 'stepz'"):
        resolved({}, {"stepz": {}})


def test_the_content_of_a_file_may_have_its_tables_and_a_path_is_refused():
    assert resolved({}, {"steps": {"epochs": 5}})["epochs"] == 5
    with pytest.raises(SettingsError, match=r"file = 'settings.toml', of the type str"):
        resolved({}, "settings.toml")


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", 10**400), ("batch_size", 10**25), ("hidden", [10**25]), ("epochs", 2**31), ("minutes", 10**400)],
)
def test_a_number_that_no_library_takes_is_refused_by_its_name(name, value):
    with pytest.raises(SettingsError, match=name):
        resolved({name: value})


@pytest.mark.parametrize("value", [np.float32(3.5), Decimal("3.5"), 3.5])
def test_a_number_that_is_not_whole_is_not_cut_off(value):
    with pytest.raises(SettingsError, match=r"epochs = .*3\.5"):
        resolved({"epochs": value})


def test_numbers_and_lists_of_numpy_are_values_like_others():
    settings = resolved(
        {"model": "mlp", "hidden": np.array([64, 32]), "epochs": np.int64(3), "dropout": np.float32(0.5)}
    )
    assert (settings["hidden"], settings["epochs"], settings["dropout"]) == ((64, 32), 3, 0.5)


@pytest.mark.parametrize(
    "content",
    [
        '{"foo": 1, "seconds": 3}',
        '{"epochs": -1, "seconds": 3}',
        '{"optimizer": "x", "seconds": 3}',
        '{"seconds": NaN}',
    ],
)
def test_what_was_decided_is_checked_when_a_run_goes_on_and_the_error_names_its_file(content, tmp_path):
    run = Run(tmp_path)
    run.decided.write_text(content)
    with pytest.raises(RunError, match=r"decided\.json is damaged: .*(foo|epochs|optimizer|seconds)"):
        decided(None, resolved({}), started=0.0, run=run)
