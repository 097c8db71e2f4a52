import zipfile

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from sightline.core.findings import Severity, errors_among
from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.data.checks import CHECKS, PICTURE_CHECKS, check, check_split
from sightline.data.health.part_checks import no_split_can_lack
from sightline.data.health.ranges import foreign_ranges
from sightline.data.splits import split

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


@pytest.mark.parametrize(
    ("rows", "evidence"),
    [
        ([("c", "copy")] * 12, "c: 12 pictures, all of 1 group or copies of 1"),
        ([("c", "", "p")] * 12, "c: 12 pictures, all of 1 group or copies of 1"),
        ([("c", "", group) for group in "pq"] * 6, "c: 12 pictures, all of 2 groups or copies of 2"),
        ([("c", "x", "p"), ("c", "x", "q"), ("c", "", "q")], "c: 3 pictures, all of 1 group or copies of 1"),
        ([("c", n, "p") for n in "xyz"] + [("c", "rotten", "q")], "c: 3 pictures, all of 1 group or copies of 1"),
    ],
)  # fmt: skip
def test_pictures_that_stay_together_count_once(rows, evidence, table):
    assert by_code(table([*CLEAN, *rows]))["few-pictures"].evidence == (evidence,)


def test_three_groups_are_enough_for_three_parts(table):
    assert "few-pictures" not in by_code(table([*CLEAN, *[("c", "", group) for group in "pqr" for _ in range(4)]]))


def test_a_class_whose_training_pictures_are_all_copies_of_the_test_part_is_not_learnt(table):
    rows = [*PARTED, *[("c", f"copy {n}", "", part) for n in range(3) for part in ("train", "test")]]

    missing = [finding for finding in check(table(rows)) if finding.code == "class-missing-from-part"]

    assert [(finding.severity, finding.evidence, finding.symptom.split(":")[0]) for finding in missing] == [
        (Severity.ERROR, ("c",), "missing from the train part"),
        (Severity.WARNING, ("c",), "missing from the validation part"),
    ]


def test_a_row_without_a_part_is_not_in_a_given_test_part(table):
    rows = [*[row[:3] if row[3] == "train" else row for row in PARTED], *[("c", "")] * 4]
    findings = [finding for finding in check(table(rows)) if finding.code == "class-missing-from-part"]
    assert [finding.symptom.split(":")[0] for finding in findings] == [
        "missing from the validation part", "missing from the test part",
    ]  # fmt: skip


@pytest.mark.parametrize("bond", [("copy",), ("", "p")])
def test_a_class_without_a_picture_in_a_part_that_was_made_is_found(bond, table):
    surveyed = table([*[(label, "") for label in "ab" for _ in range(9)], *[("c", *bond)] * 6])

    findings = [finding for finding in check_split(surveyed, split(surveyed)) if finding.code != "small-part"]

    assert [(finding.severity, finding.evidence) for finding in findings] == [(Severity.WARNING, ("c",))] * 2
    assert [finding.symptom.split(":")[0] for finding in findings] == [
        "missing from the validation part", "missing from the test part",
    ]  # fmt: skip


def test_a_class_that_only_the_given_test_part_has_is_said_to_be_missing_from_training_once(table):
    rows = [*[(label, "") for label in "ab" for _ in range(9)], *[(label, "", "", "test") for label in "abc"]]
    surveyed = table(rows)

    before = [finding for finding in check(surveyed) if finding.code == "class-missing-from-part"]
    after = [finding for finding in check_split(surveyed, split(surveyed)) if finding.code != "small-part"]

    assert [(finding.severity, finding.symptom.split(":")[0]) for finding in before] == [
        (Severity.ERROR, "missing from the train part")
    ]
    assert [finding.symptom.split(":")[0] for finding in after] == ["missing from the validation part"]


@pytest.mark.parametrize(("groups", "each", "expected"), [(20, 10, True), (20, 2, False), (300, 10, False)])
def test_a_test_part_of_few_groups_has_too_narrow_intervals(groups, each, expected, table):
    rows = [(label, "", f"{label}{group}") for label in "ab" for group in range(groups) for _ in range(each)]
    surveyed = table(rows)
    division = split(surveyed)

    findings = {finding.code: finding for finding in check_split(surveyed, division)}

    assert ("few-test-units" in findings) is expected
    if expected:
        apart = len({surveyed.catalog.groups[row] for row in division.rows("test")})
        assert (
            f"the {apart * each} pictures of the test part are of {apart} groups" in findings["few-test-units"].symptom
        )


def test_data_without_any_readable_picture_is_an_error(table):
    assert by_code(table([("a", "rotten"), ("b", "rotten")]))["unreadable-picture"].severity is Severity.ERROR


@pytest.mark.parametrize(("largest", "expected"), [(12, False), (13, True)])
def test_imbalance_begins_past_three_to_one(largest, expected, table):
    assert ("imbalance" in by_code(table([("a", "")] * 4 + [("b", "")] * largest))) is expected


SOME_ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["", "", "", "copy", "rotten"]), st.sampled_from(["", "", "", "", "p"]),
        st.sampled_from(["", "", "train", "test", "validation"]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@given(rows=SOME_ROWS, is_plain=st.booleans(), is_unparted=st.booleans())
def test_where_no_split_can_lack_anything_the_split_is_found_to_lack_nothing(rows, is_plain, is_unparted, table):
    rows = [(label, "" if is_plain else content, "" if is_plain else group, "" if is_unparted else part)
            for label, content, group, part in rows]  # fmt: skip
    surveyed = table(rows)
    assume(surveyed.labelled_rows.size and not errors_among(check(surveyed)))

    if no_split_can_lack(surveyed):
        assert {finding.code for finding in check_split(surveyed, split(surveyed))} <= {"small-part"}


def test_a_small_part_is_promised_the_interval_that_the_report_will_have(table):
    surveyed = table([(label, "") for label in "ab" for _ in range(60)])

    (finding,) = (each for each in check_split(surveyed, split(surveyed)) if each.code == "small-part")

    low, high = map(percent, wilson_interval(0.9 * 18, 18))
    assert finding.evidence[1].endswith(f"the 95 % interval of some {low} to {high}")


def test_plain_data_needs_no_split_to_be_checked_and_other_data_does(table):
    assert no_split_can_lack(table(CLEAN))
    assert no_split_can_lack(table(PARTED))
    for more in (("a", "copy"), ("a", "", "p1")):
        assert not no_split_can_lack(table([*CLEAN, more, more]))
    assert not no_split_can_lack(table([*CLEAN, ("c", "")]))


def test_imbalance_is_counted_in_groups_and_copies_too(table):
    balanced = [*[("a", "", f"p{number % 2}") for number in range(8)], *[("b", "")] * 8]
    copied = [*[("a", "copy")] * 8, *[("b", "")] * 8]

    assert "8 pictures of 2 groups" in by_code(table(balanced))["imbalance"].symptom
    assert "8 pictures of 1 groups or different pictures" in by_code(table(copied))["imbalance"].symptom
    assert "imbalance" not in by_code(table([(label, "", label) for label in "ab" for _ in range(8)]))


def test_a_part_that_no_picture_is_left_for_is_an_error_that_nobody_can_accept(table):
    surveyed = table([("a", ""), ("b", "")])

    (finding,) = check_split(surveyed, split(surveyed), accept=["empty-part"])

    assert (finding.code, finding.severity) == ("empty-part", Severity.ERROR)
    assert "validation and test (2 for train" in finding.symptom


@pytest.mark.parametrize(
    ("first", "second"), [("Cat", "cat"), ("hot dog", "hot_dog"), ("ﬁre", "fire"), ("straße", "STRASSE"), ("a-b", "ab")]
)
def test_names_that_differ_only_in_writing_are_nearly_equal(first, second, table):
    finding = by_code(table([(first, "")] * 4 + [(second, "")] * 4))["near-equal-names"]

    assert finding.evidence == (" and ".join(map(repr, sorted([first, second]))),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cat", "cats"), ("1", "11"), ("o", "ö"), ("-1", "1"), ("+", "-"), ("-", "_"), ("1.5", "15"), ("1_5", "15"),
        ("t -1", "t 1"), ("lag_-1", "lag_1"), ("v1_5", "v15"), ("class 1 1", "class 11"), ("😀", "😀 "),
    ],
)  # fmt: skip
def test_names_that_differ_in_a_letter_are_two_classes(first, second, table):
    assert "near-equal-names" not in by_code(table([(first, "")] * 4 + [(second, "")] * 4))


@pytest.mark.parametrize(
    ("first", "second", "evidence"),
    [
        ("caf\u00e9", "cafe\u0301", r"'cafe\u0301' and 'caf\xe9'"),
        ("cat", "cat\u200b", r"'cat' and 'cat\u200b'"),
        ("\u0130", "i\u0307", r"'i̇' and 'İ'"),
    ],
)
def test_names_that_look_the_same_are_shown_so_that_they_differ(first, second, evidence, table):
    finding = by_code(table([(first, "")] * 4 + [(second, "")] * 4))["near-equal-names"]

    assert finding.evidence == (evidence,)


@pytest.mark.parametrize("name", ["caf\udce9", "\ud800", "a\udc80b"])
def test_a_name_that_no_file_can_hold_is_an_error_that_nobody_can_accept(name, table):
    finding = by_code(table([*CLEAN, *[(name, "")] * 4]), accept=["unwritable-name"])["unwritable-name"]

    assert (finding.severity, finding.evidence) == (Severity.ERROR, (ascii(name),))
    finding.symptom.encode()


@pytest.mark.parametrize("name", ["a\x1b[31m", "new\nline", "tab\tname", "nothing\0", "x" * 256])
def test_a_name_that_can_hardly_be_read_is_warned_of(name, table):
    finding = by_code(table([*CLEAN, *[(name, "")] * 4]))["odd-name"]

    assert finding.severity is Severity.WARNING
    assert finding.evidence[0].isprintable()


def test_long_words_in_any_script_are_no_odd_names(table):
    names = ["x" * 255, "日本", "naïve", "a, b", 'quo"te', "=1+1", "👩‍🚀 astronaut"]
    assert by_code(table([(name, "") for name in names for _ in range(4)])) == {}


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
    assert set(PICTURE_CHECKS) - {foreign_ranges} < set(CHECKS)  # a training measures its ranges itself


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

    broken = faults.keys() - {"float-over-one.tif", "integer-too-large.tif", "integer-negative.tif"}
    assert len(evidence) == len(broken)  # a training measures the range of the other three
    assert all(any(f"a/{name} " in line for line in evidence) for name in broken)


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
