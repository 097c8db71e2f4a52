from dataclasses import fields

import pytest

from sightline.core.errors import SettingsError
from sightline.core.sections import rule_of
from sightline.imaging.augmentation import AUGMENTATIONS
from sightline.imaging.augmentation.settings import AugmentSettings


def test_every_change_of_the_table_is_a_setting_with_its_limits_and_its_meaning():
    rules = {entry.name: rule_of(entry) for entry in fields(AugmentSettings)}

    assert set(rules) == {"augment", *AUGMENTATIONS}
    for change, entry in AUGMENTATIONS.items():
        rule = rules[change]
        assert (rule.meaning, (rule.least, rule.most), rule.auto) == (entry.line, entry.limits, True)


def test_nothing_is_changed_by_default():
    assert not any(AugmentSettings().amounts().values())


@pytest.mark.parametrize("change", AUGMENTATIONS)
def test_an_amount_that_is_named_beats_the_strength_and_none_does_not(change):
    most = AUGMENTATIONS[change].limits[1]

    assert AugmentSettings(augment=0.5, **{change: most}).amounts()[change] == most
    assert AugmentSettings(augment=0.5, **{change: 0}).amounts()[change] == 0
    assert AugmentSettings(augment=0.5).amounts()[change] == 0.5 * AUGMENTATIONS[change].standard


def test_amounts_by_name_are_checked_as_settings_are():
    assert AugmentSettings.named({"crop": 0.25}).amounts()["crop"] == 0.25
    with pytest.raises(SettingsError, match="crop = 3"):
        AugmentSettings.named({"crop": 3})
