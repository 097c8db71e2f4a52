import tomllib
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from sightline.app.settings import FIELDS, Settings, assignments, read_config, settings_of
from sightline.core.errors import SettingsError

GIVEN = {
    "data": ("flowers", "flowers"),
    "model": ("mlp", "mlp"),
    "hidden": ("64,32", (64, 32)),
    "size": ("48x64", "48x64"),
    "colours": ("hsv", "hsv"),
    "fit": ("pad", "pad"),
    "centre": ("mean-picture", "mean-picture"),
    "scale": ("range", "range"),
    "validation_fraction": ("0.2", 0.2),
    "test_fraction": ("0.25", 0.25),
    "epochs": ("7", 7),
    "batch_size": ("16", 16),
    "optimizer": ("momentum", "momentum"),
    "learning_rate": ("1e-3", 0.001),
    "schedule": ("step", "step"),
    "patience": ("0", 0),
    "seed": ("12", 12),
    "accept": ("one-class,few-pictures", ("one-class", "few-pictures")),
}


def test_the_table_above_names_every_setting():
    assert list(GIVEN) == list(FIELDS)


@pytest.mark.parametrize("name", GIVEN)
def test_every_setting_is_understood_as_text(name):
    text, value = GIVEN[name]
    assert getattr(settings_of({name: text}), name) == value


@pytest.mark.parametrize("name", GIVEN)
def test_every_setting_is_understood_as_a_value_and_from_toml(name):
    value = GIVEN[name][1]
    settings = settings_of({name: list(value) if isinstance(value, tuple) else value})
    assert getattr(settings, name) == value
    assert settings_of(tomllib.loads(settings.toml())) == settings


def test_the_toml_names_every_setting_with_its_meaning():
    text = settings_of({}).toml()
    assert list(tomllib.loads(text)) == list(FIELDS)
    assert all(str(field.metadata["meaning"]) in text for field in FIELDS.values())


@settings_of_hypothesis(max_examples=60, deadline=None)
@given(st.text())
def test_any_name_of_a_data_set_comes_back_from_toml(text):
    settings = replace(Settings(), data=text, accept=(text, text))
    assert settings_of(tomllib.loads(settings.toml())) == settings_of(asdict(settings))
    assert tomllib.loads(settings.toml())["data"] == text


def test_all_problems_are_told_at_once():
    with pytest.raises(SettingsError) as caught:
        settings_of({"epochs": 0, "batch_size": "many", "model": "lenett", "sped": 1, "size": "axb", "patience": -1})
    for word in ("epochs = 0", "batch_size = 'many'", "'lenett'", "'sped'", "size = 'axb'", "patience = -1"):
        assert word in caught.value.problem


@pytest.mark.parametrize(
    ("wrong", "near"), [("epoch", "epochs"), ("lr_schedule", "schedule"), ("batchsize", "batch_size")]
)
def test_an_unknown_setting_is_told_with_the_nearest(wrong, near):
    with pytest.raises(SettingsError, match=f"did you mean '{near}'"):
        settings_of({wrong: 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", "1,2,3"), ("hidden", ""), ("hidden", "0"), ("hidden", 256), ("hidden", "a"), ("size", "0"),
        ("size", "5000"), ("size", "1x2x3"), ("size", "x"), ("colours", "lab"), ("fit", "stretch"), ("centre", "x"),
        ("scale", "x"), ("validation_fraction", 0), ("validation_fraction", 1), ("test_fraction", 0.9),
        ("test_fraction", "nan"), ("epochs", 1.5), ("epochs", "1.5"), ("epochs", True), ("batch_size", 0),
        ("optimizer", "lion"), ("learning_rate", -1), ("learning_rate", "inf"), ("learning_rate", "nan"),
        ("schedule", "linear"), ("patience", "-1"), ("seed", -1), ("seed", 2**63), ("model", None), ("accept", 3),
    ],
)  # fmt: skip
def test_an_impossible_value_is_refused_by_its_name(name, value):
    with pytest.raises(SettingsError, match=name):
        settings_of({name: value})


def test_no_learning_rate_takes_the_optimizer_s_own():
    rates = {name: settings_of({"optimizer": name}).learning_rate for name in ("sgd", "momentum", "adam")}
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
        read_config(tmp_path / "a.toml")


def test_a_missing_configuration_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml")
