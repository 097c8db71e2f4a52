import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from sightline.data.opening import open_catalog
from sightline.line.augmentation.preview import augment, sheet_settings
from sightline.line.narrator import Silent


def sheet_of(data, *, pictures=4, variants=3, **values):
    settings = sheet_settings({"model": "linear", "augment": 1} | values)
    return augment(open_catalog(data), settings, pictures=pictures, variants=variants, narrator=Silent())


def test_a_sheet_of_a_folder_is_a_png_and_tells_its_amounts(command, flowers, tmp_path):
    outcome = command("augment", flowers, "--out", tmp_path / "sheet.png", "--pictures", 2, "--variants", 3)
    assert outcome.status == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 4 * 96
        assert sheet.height > 2 * 96
    assert "flip_horizontal 0.5" in outcome.out
    assert str(tmp_path / "sheet.png") in outcome.out


def test_the_amounts_are_those_that_were_said(command, flowers, tmp_path):
    outcome = command(
        "augment", flowers, "--out", tmp_path / "a.png", "--augment", 0.5, "--set", "rotation=0", "cutmix=1"
    )
    assert "flip_horizontal 0.25" in outcome.out
    assert "cutmix 1" in outcome.out
    assert "rotation" not in outcome.out
    single = command("augment", flowers, "--out", tmp_path / "b.png", "--set", "hue=30")
    assert re.search(r"rgb; hue 30\n", single.out)


def test_the_same_seed_draws_the_same_sheet(command, flowers, tmp_path):
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        command("augment", flowers, "--out", tmp_path / f"{name}.png", "--seed", seed, "--pictures", 2)
    one, two, other = ((tmp_path / f"{name}.png").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_a_configuration_is_read_and_a_flag_wins_over_it(command, flowers, tmp_path):
    (tmp_path / "settings.toml").write_text('data = "elsewhere"\naugment = 0.0\nrotation = 20\n')
    config = ("--config", tmp_path / "settings.toml")
    assert "; rotation 20\n" in command("augment", flowers, "--out", tmp_path / "a.png", *config).out
    both = command("augment", flowers, "--out", tmp_path / "b.png", *config, "--set", "rotation=5")
    assert "; rotation 5\n" in both.out


def test_digits_are_warned_of_on_standard_output(command, tmp_path):
    outcome = command("augment", "digits", "--out", tmp_path / "sheet.png", "--pictures", 2, "--variants", 1)
    assert "warning [flip-alters-label]" in outcome.out
    assert "flip_horizontal=0" in outcome.out
    calm = command("augment", "digits", "--out", tmp_path / "b.png", "--variants", 1, "--set", "rotation=10")
    assert "warning" not in calm.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none", "--out", "sheet.png"], "none does not exist"),
        (["DATA", "--out", "sheet.jpg"], "no PNG file"),
        (["DATA", "--out", "nowhere/sheet.png"], "there is no folder"),
        (["DATA", "--out", "folder.png"], "is a folder"),
        (["DATA", "--out", "there.png"], "--force"),
        (["DATA", "--out", "sheet.png", "--augment", "0"], "--set rotation=15"),
        (["DATA", "--out", "sheet.png", "--augment", "2"], "augment = 2"),
        (["DATA", "--out", "sheet.png", "--set", "rotation=500"], "rotation"),
        (["DATA", "--out", "sheet.png", "--set", "colours=hsv"], "colours=rgb"),
        (["DATA", "more", "--out", "sheet.png"], "expected one DATA"),
        (["DATA", "--out", "sheet.png", "--set", "rotate=5"], "rotation"),
    ],
)
def test_a_user_s_error_is_two_lines_and_leaves_nothing(words, told, command, flowers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "there.png").write_text("mine")
    outcome = command("augment", *(flowers if word == "DATA" else word for word in words))
    assert outcome.status == 2
    assert told in outcome.err
    assert [line.split()[0] for line in outcome.err.splitlines() if not line.startswith("looking")] == ["error:", "->"]
    assert {path.name for path in tmp_path.iterdir()} == {"folder.png", "there.png"}
    assert (tmp_path / "there.png").read_text() == "mine"


def test_a_sheet_that_is_there_is_replaced_by_force(command, flowers, tmp_path):
    (tmp_path / "sheet.png").write_text("old")
    assert command("augment", flowers, "--out", tmp_path / "sheet.png", "--force", "--variants", 1).status == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_unreadable_data_is_told(command, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "x.png").write_bytes(b"no picture")
    outcome = command("augment", tmp_path / "set", "--out", tmp_path / "sheet.png", "--set", "size=32", "augment=1")
    assert outcome.status == 2
    assert "no picture that can be read" in outcome.err


def test_unreadable_pictures_are_passed_over(few):
    for name in ("ant", "bee"):
        (few / name / "0.png").write_bytes(b"no picture")
    assert len(sheet_of(few, pictures=100).originals) == 14


def test_the_originals_are_what_the_network_reads_one_of_each_class_first(flowers):
    sheet = sheet_of(flowers, pictures=8, size="20x30")
    assert sheet.originals.shape == (8, 20, 30, 3)
    assert sheet.labels.tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert len({picture.tobytes() for picture in sheet.originals}) == 8
    assert all(variant.shape == sheet.originals.shape for variant in sheet.variants)


def test_no_picture_of_a_given_test_part_is_shown(class_folders):
    data = class_folders({"train/cats": 2, "train/dogs": 2, "test/cats": 20, "test/dogs": 20})
    catalog = open_catalog(data)
    sheet = sheet_of(data, pictures=100, size=16)
    assert len(sheet.originals) == sum(part == "train" for part in catalog.parts) == 4


def test_originals_stand_in_the_drawing_pixel_by_pixel(flowers):
    sheet = sheet_of(flowers, pictures=1, variants=1, size=32, flip_horizontal=1, augment=0)
    drawn = np.asarray(Image.open(io.BytesIO(sheet.png())))
    enlarged = np.kron(sheet.originals[0], np.ones((3, 3, 1), dtype=np.uint8))
    places = [(top, left) for top in range(drawn.shape[0] - 95) for left in range(drawn.shape[1] - 95)
              if (drawn[top, left] == enlarged[0, 0]).all()
              and np.array_equal(drawn[top : top + 96, left : left + 96], enlarged)]  # fmt: skip
    assert len(places) == 1
    top, left = places[0]
    np.testing.assert_array_equal(drawn[top : top + 96, left + 102 : left + 198], enlarged[:, ::-1])


@pytest.mark.parametrize("colours", ["rgb", "grey", "hsv", "cmyk"])
@pytest.mark.parametrize("size", ["32", "400x30", "16x300"])
def test_a_sheet_can_be_drawn_in_any_colours_and_size(colours, size, flowers):
    sheet = sheet_of(flowers, augment=0, flip_horizontal=1, cutmix=1, colours=colours, size=size)
    assert sheet.png().startswith(b"\x89PNG")


def test_a_sheet_shows_hsv_as_a_person_sees_it(flowers):
    drawn = {}
    for colours in ("rgb", "hsv"):
        sheet = sheet_of(flowers, augment=0, flip_horizontal=1, colours=colours)
        drawn[colours] = np.asarray(Image.open(io.BytesIO(sheet.png())))[60:].astype(int)
    assert np.abs(drawn["rgb"] - drawn["hsv"]).mean() < 2


def test_odd_class_names_can_be_drawn(few):
    (few / "ant").rename(few / "日本 \x07 a name that goes on and on and on and on and on and on and on")
    assert sheet_of(few, mixup=1).png().startswith(b"\x89PNG")


def test_help_lists_every_change_with_its_standard_amount(command):
    from sightline.imaging.augmentation import AUGMENTATIONS

    told = command("augment", "--help").out
    assert all(f"{name} = {entry.standard:g}" in told for name, entry in AUGMENTATIONS.items())


def test_a_run_s_settings_can_be_looked_at(command, finished, tmp_path, flowers):
    text = (finished.folder / "settings.toml").read_text()
    (tmp_path / "settings.toml").write_text(text)
    assert json.dumps(str(flowers)) in text
    outcome = command("augment", flowers, "--out", tmp_path / "a.png", "--config", tmp_path / "settings.toml",
                      "--augment", 1)  # fmt: skip
    assert outcome.status == 0
