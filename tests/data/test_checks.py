import zipfile

import numpy as np
import pytest
from PIL import Image

from sightline.core.findings import Severity
from sightline.data.checks import CHECKS, PICTURE_CHECKS, check

CLEAN = [(label, "") for label in ("a", "b") for _ in range(4)]
PARTED = [(label, "", "", part) for label in ("a", "b") for part in ("train", "validation", "test") for _ in range(3)]

TABLES = {
    "unreadable-picture": ([*CLEAN, ("a", "rotten")], "warning"),
    "one-class": ([("a", "")] * 4, "error"),
    "few-pictures": ([*CLEAN, ("c", ""), ("c", "")], "warning"),
    "class-missing-from-part": ([*PARTED, *[("c", "", "", "train")] * 3], "warning"),
    "no-training-part": ([row for row in PARTED if row[3] != "train"], "error"),
    "near-equal-names": ([*CLEAN, *[("A ", "")] * 4], "error"),
    "same-picture-twice": ([*CLEAN, ("a", "copy"), ("a", "copy")], "note"),
    "same-picture-two-classes": ([*CLEAN, ("a", "copy"), ("b", "copy")], "error"),
    "same-picture-two-parts": ([*PARTED, ("a", "copy", "", "train"), ("a", "copy", "", "test")], "warning"),
    "group-in-two-parts": ([*PARTED, ("a", "", "p1", "train"), ("a", "", "p1", "test")], "error"),
    "part-not-given": ([row for row in PARTED if row[3] != "test"], "note"),
    "imbalance": ([*CLEAN, *[("c", "")] * 13], "warning"),
}
"""Each finding's code to rows that must give it, and its severity."""


def by_code(surveyed, **options):
    return {finding.code: finding for finding in check(surveyed, **options)}


@pytest.mark.parametrize("rows", [CLEAN, PARTED], ids=["no parts", "all parts"])
def test_clean_data_has_no_finding(rows, table):
    assert by_code(table(rows)) == {}


@pytest.mark.parametrize("code", TABLES)
def test_a_mistake_is_found_with_its_severity(code, table):
    rows, severity = TABLES[code]

    finding = by_code(table(rows))[code]

    assert finding.severity == severity
    assert finding.symptom
    assert finding.advice


def test_a_class_without_a_readable_picture_is_an_error(table):
    assert by_code(table(CLEAN, classes=["empty"]))["empty-class"].evidence == ("empty",)
    assert by_code(table([*CLEAN, ("c", "rotten")]))["empty-class"].evidence == ("c",)


@pytest.mark.parametrize("missing", ["validation", "test"])
def test_the_advice_on_a_part_that_is_not_given_names_that_part(missing, table):
    finding = by_code(table([row for row in PARTED if row[3] != missing]))["part-not-given"]

    assert f"no {missing} part" in finding.symptom
    assert finding.advice.startswith(f"give {missing} pictures")


def test_a_class_that_is_only_tested_is_an_error(table):
    findings = check(table([*PARTED, *[("c", "", "", "test")] * 3]))

    assert [(finding.code, finding.severity, finding.evidence) for finding in findings] == [
        ("class-missing-from-part", Severity.ERROR, ("c",)),  # from train
        ("class-missing-from-part", Severity.WARNING, ("c",)),  # from validation
    ]


def test_data_without_any_readable_picture_is_an_error(table):
    assert by_code(table([("a", "rotten"), ("b", "rotten")]))["unreadable-picture"].severity is Severity.ERROR


@pytest.mark.parametrize(("largest", "expected"), [(12, False), (13, True)])
def test_imbalance_begins_past_three_to_one(largest, expected, table):
    assert ("imbalance" in by_code(table([("a", "")] * 4 + [("b", "")] * largest))) is expected


@pytest.mark.parametrize(
    ("first", "second"), [("Cat", "cat"), ("hot dog", "hot_dog"), ("ﬁre", "fire"), ("straße", "STRASSE"), ("a-b", "ab")]
)
def test_names_that_differ_only_in_writing_are_nearly_equal(first, second, table):
    finding = by_code(table([(first, "")] * 4 + [(second, "")] * 4))["near-equal-names"]

    assert finding.evidence == (" and ".join(map(repr, sorted([first, second]))),)


@pytest.mark.parametrize(("first", "second"), [("cat", "cats"), ("1", "11"), ("o", "ö")])
def test_names_that_differ_in_a_letter_are_two_classes(first, second, table):
    assert "near-equal-names" not in by_code(table([(first, "")] * 4 + [(second, "")] * 4))


def test_rotten_copies_are_not_called_copies(table):
    assert "same-picture-twice" not in by_code(table([*CLEAN, ("a", "rotten"), ("b", "rotten")]))


@pytest.mark.parametrize("code", [code for code, (_, severity) in TABLES.items() if severity == "error"])
def test_accepting_an_error_makes_it_a_warning_and_no_other(code, table):
    surveyed = table(TABLES[code][0])
    before, after = by_code(surveyed), by_code(surveyed, accept=[code])

    assert after[code].severity is Severity.WARNING
    assert after[code].evidence == before[code].evidence
    assert {c: f for c, f in after.items() if c != code} == {c: f for c, f in before.items() if c != code}


def test_accepting_a_note_leaves_it_a_note(table):
    finding = by_code(table(TABLES["same-picture-twice"][0]), accept=["same-picture-twice"])

    assert finding["same-picture-twice"].severity is Severity.NOTE


def test_chosen_checks_are_the_only_ones(table):
    surveyed = table([("a", "rotten")])

    assert set(by_code(surveyed, checks=PICTURE_CHECKS)) == {"unreadable-picture"}
    assert set(PICTURE_CHECKS) < set(CHECKS)


def test_many_faults_are_told_at_once_gravest_first(class_folders, findings_on):
    root = class_folders({"cats": 4, "Cats": 4, "empty": 0, "dogs": 1})
    (root / "cats" / "rotten.jpg").write_bytes(b"<html>")
    (root / "dogs" / "copy.png").write_bytes((root / "cats" / "0.png").read_bytes())

    findings = findings_on(root)

    assert {"unreadable-picture", "near-equal-names", "empty-class", "same-picture-two-classes"} <= set(findings)
    assert findings["unreadable-picture"].evidence[0].startswith("cats/rotten.jpg is no picture")
    order = [finding.severity for finding in findings.values()]
    assert order == sorted(order, key=list(Severity).index)


def test_every_broken_file_of_the_corpus_is_named_and_nothing_else(class_folders, findings_on, faults):
    root = class_folders({"a": 3, "b": 3})
    for name, payload in faults.items():
        (root / "a" / name).write_bytes(payload)

    evidence = findings_on(root)["unreadable-picture"].evidence

    assert len(evidence) == len(faults)
    assert all(any(f"a/{name} " in line for line in evidence) for name in faults)


@pytest.mark.parametrize(
    ("code", "name", "kind", "options"),
    [
        ("turned", "x.jpg", "JPEG", {"exif": {0x0112: 6}}),
        ("several-frames", "x.gif", "GIF", {"save_all": True, "append_images": [Image.new("L", (8, 8), 9)]}),
        ("deep-colours", "x.png", "PNG", {}),
        ("other-format", "x.jpg", "PNG", {}),
    ],
)
def test_an_oddity_is_noted_with_its_file(code, name, kind, options, class_folders, findings_on, encoded):
    root = class_folders({"a": 3, "b": 3})
    if "exif" in options:
        exif = Image.Exif()
        exif.update(options["exif"])
        options = {"exif": exif}
    image = Image.fromarray(np.full((8, 8), 900, np.uint16)) if code == "deep-colours" else Image.new("L", (8, 8))
    (root / "a" / name).write_bytes(encoded(image, kind, **options))

    findings = findings_on(root)

    assert set(findings) == {code}
    assert findings[code].evidence == (f"a/{name}",)
    assert findings[code].severity is Severity.NOTE


def test_folder_and_archive_have_the_same_findings(class_folders, findings_on, tmp_path):
    root = class_folders({"a": 3, "b": 1})
    (root / "a" / "rotten.jpg").write_bytes(b"rotten")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root))

    assert findings_on(root) == findings_on(tmp_path / "set.zip")


def test_pictures_without_a_label_are_named_and_break_no_check(table):
    rows = [*CLEAN, (None, "own"), (None, "rotten"), (None, "x", "g", "train"), ("a", "x", "g", "")]

    findings = by_code(table(rows))

    assert set(findings) == {"unlabelled", "unreadable-picture", "same-picture-twice"}
    assert findings["unlabelled"].severity is Severity.NOTE
    assert findings["unlabelled"].evidence == tuple(f"table/{len(CLEAN) + place:05d}" for place in range(3))


def test_where_nothing_has_a_label_there_is_nothing_to_learn(table):
    surveyed = table([(None, ""), (None, "")])

    assert {code: finding.severity for code, finding in by_code(surveyed).items()} == {"unlabelled": Severity.ERROR}


def test_a_copy_without_a_label_is_in_no_other_class_and_no_other_part(table):
    rows = [*PARTED, (None, "copy", "g", "test"), ("a", "copy", "g", "train")]

    codes = {"same-picture-two-classes", "same-picture-two-parts", "group-in-two-parts"}
    assert not codes & set(by_code(table(rows)))
