import numpy as np
import pytest

from sightline.core.findings import Severity
from sightline.data.health.flips import MOVES, FlipCheck, small_grey
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.picture_format import PictureFormat

OFF = {"flip_horizontal": 0.0, "flip_vertical": 0.0, "rotation": 0.0}
NO_PICTURES = np.zeros((0, 8, 8, 3), dtype=np.uint8), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)


def flip_findings(class_names, pixels, labels, rows, *, amounts, seed):
    return FlipCheck(class_names, pixels, labels=labels, rows=rows, seed=seed).findings(amounts)


def by_name(class_names, **amounts):
    return [finding.evidence for finding in flip_findings(class_names, *NO_PICTURES, amounts=OFF | amounts, seed=0)]


def neutral(count):
    return [f"kind {chr(97 + number)}" for number in range(count)]


@pytest.fixture(scope="module")
def digits():
    catalog = open_catalog("digits")
    return survey(catalog, PictureFormat(32, 32, "grey")).pixels, catalog.labels, np.arange(len(catalog))


@pytest.mark.parametrize(
    "class_names",
    [
        [str(digit) for digit in range(10)],
        ["zero", "one", "two", "three"],
        ["A", "B", "C"],
        ["digit_3", "digit_5", "letter q"],
        ["é", "ж"],
    ],
)
@pytest.mark.parametrize("flip", ["flip_horizontal", "flip_vertical"])
def test_digits_and_letters_are_known_by_their_names(class_names, flip):
    assert by_name(class_names, **{flip: 0.5}) == [("the classes are named like digits or letters",)]


@pytest.mark.parametrize(
    ("class_names", "amounts", "pairs"),
    [
        (["left", "right", "stop"], {"flip_horizontal": 0.5}, ["'left' may become 'right'"]),
        (["turn-left", "turn-right", "on"], {"flip_horizontal": 0.5}, ["'turn-left' may become 'turn-right'"]),
        (["turnLeft", "turnRight"], {"flip_horizontal": 0.5}, ["'turnLeft' may become 'turnRight'"]),
        (["left", "right", "stop"], {"flip_vertical": 0.5}, []),
        (["thumb up", "thumb down", "fist"], {"flip_vertical": 0.5}, ["'thumb down' may become 'thumb up'"]),
        (["thumb up", "thumb down", "fist"], {"flip_horizontal": 0.5}, []),
        (["b", "d", "heart"], {"flip_horizontal": 0.5}, ["'b' may become 'd'"]),
        (["6", "9", "heart"], {"rotation": 180}, ["'6' may become '9'"]),
        (["6", "9", "heart"], {"rotation": 30}, []),
        (["←", "→", "heart"], {"flip_horizontal": 1}, ["'←' may become '→'"]),
        (["kind 6", "kind 9", "class b", "class d"], {"rotation": 180, "flip_horizontal": 1}, []),
        (["left", "cat", "upright"], {"flip_horizontal": 1, "flip_vertical": 1}, []),
    ],
)
def test_classes_that_a_flip_or_turn_swaps_are_known_by_their_names(class_names, amounts, pairs):
    assert [line for evidence in by_name(class_names, **amounts) for line in evidence] == pairs


def test_a_warning_names_setting_amount_and_what_to_do():
    (finding,) = flip_findings(["3", "5"], *NO_PICTURES, amounts=OFF | {"flip_vertical": 0.25}, seed=0)
    assert (finding.code, finding.severity) == ("flip-alters-label", Severity.WARNING)
    assert "flip_vertical = 0.25" in finding.symptom
    assert "flip_vertical=0" in finding.advice


def test_without_flips_nothing_is_said(digits):
    assert flip_findings([str(digit) for digit in range(10)], *digits, amounts=OFF | {"rotation": 15}, seed=0) == ()


@pytest.mark.parametrize("seed", range(3))
def test_digits_with_other_names_are_known_by_a_measured_drop(digits, seed):
    amounts = {"flip_horizontal": 0.5, "flip_vertical": 0.5, "rotation": 180}
    findings = flip_findings(neutral(10), *digits, amounts=amounts, seed=seed)
    assert [finding.symptom.split("(")[1].split(" ")[0] for finding in findings] == list(amounts)
    assert all("899 held-out training pictures" in finding.evidence[0] for finding in findings)


def test_the_measure_takes_the_training_rows_alone(digits):
    pixels, labels, rows = digits
    spoilt = pixels.copy()
    spoilt[900:] = 0
    used, amounts = rows[:900], OFF | {"flip_horizontal": 0.5}
    whole = flip_findings(neutral(10), pixels, labels, used, amounts=amounts, seed=0)
    assert whole == flip_findings(neutral(10), spoilt, labels, used, amounts=amounts, seed=0)
    assert "450 held-out" in whole[0].evidence[0]


def test_too_few_pictures_measure_nothing(digits):
    pixels, labels, rows = digits
    assert flip_findings(neutral(10), pixels, labels, rows[:39], amounts=OFF | {"flip_horizontal": 0.5}, seed=0) == ()


def test_shuffled_labels_show_no_drop(digits):
    pixels, labels, rows = digits
    shuffled = np.random.default_rng(0).permutation(labels)
    assert flip_findings(neutral(10), pixels, shuffled, rows, amounts=OFF | {"flip_horizontal": 1}, seed=0) == ()


def test_a_class_that_is_a_place_from_left_to_right_is_found_and_one_from_top_to_bottom_is_not():
    labels = np.arange(200) % 2
    pixels = np.random.default_rng(0).integers(0, 60, (200, 40, 64, 3), dtype=np.uint8)
    for picture, label in zip(pixels, labels, strict=True):
        picture[:, 32 * label : 32 * (label + 1)] += 90
    findings = flip_findings(
        ["x-ray", "scan"], pixels, labels, np.arange(200), amounts=OFF | dict.fromkeys(OFF, 0.5), seed=0
    )
    assert [finding.symptom.split("(")[1].split(" ")[0] for finding in findings] == ["flip_horizontal"]


def test_a_picture_is_reduced_to_means():
    pixels = np.arange(48 * 24, dtype=np.uint16).reshape(1, 48, 24, 1) % 251
    reduced = small_grey(pixels.astype(np.uint8), np.array([0]))
    assert reduced.shape == (1, 12, 12)
    assert reduced[0, 2, 5] == pytest.approx(pixels[0, 8:12, 10:12].mean())


@pytest.mark.parametrize("shape", [(1, 1), (5, 40), (300, 17)])
def test_any_shape_of_picture_can_be_measured(shape):
    pixels = np.random.default_rng(0).integers(0, 255, (60, *shape, 3), dtype=np.uint8)
    rows = np.arange(60)
    assert flip_findings(["x-ray", "scan"], pixels, rows % 2, rows, amounts=dict.fromkeys(OFF, 180.0), seed=0) == ()


@pytest.mark.parametrize("name", ["cifar10-jpeg.zip", "hymenoptera.zip"])
def test_photos_may_be_mirrored(name, data_folder):
    catalog = open_catalog(data_folder / name).only("train")
    some = np.random.default_rng(0).permutation(len(catalog))[:1500]
    chosen = type(catalog)(
        name=name,
        source=catalog.source,
        paths=tuple(catalog.paths[row] for row in some),
        labels=catalog.labels[some],
        classes=catalog.classes,
        groups=("",) * len(some),
        parts=("",) * len(some),
    )
    pixels = survey(chosen, PictureFormat(32, 32)).pixels
    amounts = OFF | {"flip_horizontal": 0.5}
    assert flip_findings(catalog.classes, pixels, chosen.labels, np.arange(len(some)), amounts=amounts, seed=0) == ()


def test_the_settings_are_names_of_changes():
    from sightline.imaging.augmentation import AUGMENTATIONS

    assert {move.setting for move in MOVES} <= AUGMENTATIONS.keys()


def test_one_check_answers_for_any_amounts_with_one_measure(digits):
    pixels, labels, rows = digits
    pixels = pixels.copy()
    flips = FlipCheck(neutral(10), pixels, labels=labels, rows=rows, seed=0)
    both = flips.findings(dict.fromkeys(OFF, 180.0))
    pixels[:] = 0

    assert flips.findings(dict.fromkeys(OFF, 180.0)) == both
    assert flips.findings(OFF | {"flip_vertical": 180.0}) == both[1:2]
    assert [flips.misleads(setting) for setting in OFF] == [True, True, True]
