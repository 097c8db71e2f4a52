import pytest

from sightline.core.choose import choose, require_extra
from sightline.core.errors import MissingExtraError, SettingsError


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


def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(MissingExtraError) as caught:
        require_extra("json", "no_such_module_here", extra="train", purpose="sightline train")

    assert "sightline train needs no_such_module_here" in caught.value.problem
    assert caught.value.hint == "install it with: pip install 'sightline[train]'"


def test_packages_that_are_there_are_no_error():
    require_extra("json", "csv", extra="train", purpose="nothing")
