import pytest

from sightline.app.cli import VERBS
from sightline.app.techniques import FAMILIES
from sightline.classical.pipelines import PIPELINES
from sightline.core.choose import choose, nearest, require_extra
from sightline.core.errors import MissingExtraError, SettingsError
from sightline.core.synonyms import SYNONYMS
from sightline.line.settings.tables import SETTINGS, TABLES
from sightline.models import MODELS
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS


def test_a_name_in_the_table_gives_its_entry():
    assert choose("adam", {"adam": 1}, kind="optimizer") == 1


def test_a_name_that_is_nearly_right_is_guessed():
    with pytest.raises(SettingsError) as caught:
        choose("Adma", {"adam": 1, "sgd": 2}, kind="optimizer")

    assert caught.value.problem == "there is no optimizer named 'Adma'"
    assert caught.value.hint == "did you mean 'adam'? There are: adam, sgd"


def test_a_name_that_is_far_off_lists_the_table_without_a_guess():
    with pytest.raises(SettingsError) as caught:
        choose("qqqq", {"adam": 1, "sgd": 2}, kind="optimizer")

    assert caught.value.hint == "There are: adam, sgd"


@pytest.mark.parametrize(
    ("name", "kind", "meant"),
    [
        ("lr", "setting", "learning_rate"),
        ("--lr".lstrip("-"), "setting", "learning_rate"),
        ("wd", "setting", "weight_decay"),
        ("BS", "setting", "batch_size"),
        ("gpu", "setting", "device"),
        ("early-stopping", "setting", "patience"),
        ("random_state", "setting", "seed"),
        ("num epochs", "setting", "epochs"),
        ("report", "verb", "evaluate"),
        ("gpu", "device", "cuda"),
        ("swish", "activation", "gelu"),
        ("kaiming", "initialisation", "he"),
    ],
)
def test_another_s_word_leads_to_what_is_meant(name, kind, meant):
    table = {
        "setting": SETTINGS, "verb": VERBS, "device": SETTINGS["device"].rule.names,
        "activation": ACTIVATIONS, "initialisation": INITIALISATIONS,
    }[kind]  # fmt: skip
    with pytest.raises(SettingsError, match=f"did you mean '{meant}'"):
        choose(name, dict.fromkeys(table), kind=kind)


@pytest.mark.parametrize("name", ["qq", "xyzzy", "foo", "banana", "ab"])
def test_no_guess_is_far_fetched_and_a_long_table_is_not_listed(name):
    with pytest.raises(SettingsError) as caught:
        choose(name, SETTINGS, kind="setting")
    assert caught.value.hint == "`sightline settings` lists all"


@pytest.mark.parametrize(
    ("written", "names", "meant"),
    [
        ("ann", ["ant", "bee"], "ant"),
        ("an", ["ant", "bee"], "ant"),
        ("bea", ["ant", "bee"], "bee"),
        ("dog", ["dogs", "cat"], "dogs"),
        ("cats", ["cat", "dog"], "cat"),
        ("hat", ["cat", "dog"], ""),
        ("cab", ["dog", "cow"], ""),
        ("mobilenet", ["lenet", "alexnet"], ""),
        ("lnet", ["lenet", "alexnet"], "lenet"),
        ("resent18", ["resnet18", "resnet50"], "resnet18"),
    ],
)
def test_one_wrong_letter_is_a_slip_and_half_a_name_is_not(written, names, meant):
    assert nearest(written, names) == meant


def test_what_sightline_does_otherwise_is_said():
    with pytest.raises(SettingsError, match="write `optimizer=momentum`"):
        choose("momentum", SETTINGS, kind="setting")


def test_every_synonym_leads_to_something_that_is_there():
    tables = {
        "verb": VERBS, "setting": SETTINGS, "table of settings": TABLES, "model": {**MODELS, **PIPELINES},
        "technique": {*FAMILIES, *(entry.assignment.split("=")[0] for family in FAMILIES.values() for entry in family)}
        | set(SETTINGS),
    }  # fmt: skip
    for kind, words in SYNONYMS.items():
        names = tables.get(kind) or SETTINGS[kind].rule.names
        lost = {word: meant for word, meant in words.items() if " " not in meant and meant not in names}
        assert not lost, kind
        assert kind == "technique" or not {word for word in words if word in names}, kind


def test_a_list_of_many_names_is_cut():
    with pytest.raises(SettingsError) as caught:
        choose("zz", [str(number) for number in range(40)], kind="block")
    assert caught.value.hint == f"There are: {', '.join(map(str, range(12)))} and 28 more"


def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(MissingExtraError) as caught:
        require_extra("json", "no_such_module_here", extra="train", purpose="sightline train")

    assert "sightline train needs no_such_module_here" in caught.value.problem
    assert caught.value.hint == "install it with: pip install 'sightline[train]'"


def test_packages_that_are_there_are_no_error():
    require_extra("json", "csv", extra="train", purpose="nothing")
