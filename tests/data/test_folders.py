import os
import threading

import pytest

from sightline.core.errors import DataError, NoClassesError
from sightline.core.findings import Severity
from sightline.data.listings import list_folder, pictures_below
from sightline.data.opening import open_catalog
from sightline.data.survey import survey


def codes(catalog):
    return {finding.code for finding in catalog.findings}


def found(catalog, code):
    return next(finding for finding in catalog.findings if finding.code == code)


def test_each_folder_is_a_class_and_pictures_may_lie_deeper(class_folders):
    root = class_folders({"cats": 2, "dogs": 1, "dogs/puppies": 1})

    catalog = open_catalog(root)

    assert catalog.classes == ("cats", "dogs")
    assert catalog.paths == ("cats/0.png", "cats/1.png", "dogs/0.png", "dogs/puppies/0.png")
    assert catalog.labels.tolist() == [0, 0, 1, 1]
    assert catalog.given_parts == ()
    assert catalog.findings == ()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("train", "val", "test"), ("train", "validation", "test")),
        (("Training", "Valid", "TESTING"), ("train", "validation", "test")),
        (("train", "validation"), ("train", "validation")),
        (("TRAIN",), ("train",)),
        (("val", "test"), ("validation", "test")),
    ],
)
def test_parts_are_known_by_all_their_names(words, parts, class_folders):
    root = class_folders({f"{word}/{label}": 1 for word in words for label in ("a", "b")})

    catalog = open_catalog(root)

    assert catalog.classes == ("a", "b")
    assert catalog.given_parts == parts


def test_a_folder_beside_train_and_test_is_left_out_and_named(class_folders):
    root = class_folders({"train/a": 1, "train/b": 1, "test/a": 1, "notes/x": 1})

    catalog = open_catalog(root)

    assert catalog.classes == ("a", "b")
    assert found(catalog, "outside-classes").evidence == ("notes/x/0.png",)


def test_classes_that_are_called_like_parts_without_train_stay_classes(class_folders):
    assert open_catalog(class_folders({"test": 1, "other": 1})).classes == ("other", "test")


@pytest.mark.parametrize(
    "counts",
    [
        {"bus": 1, "car": 1, "train": 1},
        {"bus": 1, "Train": 1},
        {"bus": 1, "train": 1, "test": 1},
        {"bus/2019": 1, "car": 1, "train": 1},
        {"training": 1, "rest": 1},
    ],
)
def test_pictures_directly_in_a_folder_beside_classes_make_it_a_class(counts, class_folders):
    catalog = open_catalog(class_folders(counts))

    assert catalog.classes == tuple(sorted({name.split("/")[0] for name in counts}))
    assert catalog.given_parts == ()
    assert catalog.findings == ()


@pytest.mark.parametrize(
    ("counts", "classes"),
    [
        ({"bus/2019": 1, "car/2019": 1, "train/2019": 1, "train/2020": 1}, ("bus", "car", "train")),
        ({"bus": 1, "car": 1, "train/steam": 1, "train": 1}, ("bus", "car", "train")),
        ({"more": 1, "train/a": 1, "train/b": 1}, ("a", "b")),
        ({"bus": 1, "car": 1, "train/2019": 1, "test": 1}, ("bus", "car", "test", "train")),
    ],
)
def test_a_tree_that_can_be_read_in_two_ways_names_both(counts, classes, class_folders, findings_on):
    root = class_folders(dict(sorted(counts.items())))
    catalog = open_catalog(root)

    ambiguous = found(catalog, "ambiguous-parts")

    assert catalog.classes == classes
    assert ambiguous.severity is Severity.ERROR
    assert "as a part with the classes" in ambiguous.symptom + ambiguous.advice
    assert "as a class beside" in ambiguous.symptom + ambiguous.advice
    assert "--folders parts" in ambiguous.advice
    assert "--folders classes" in ambiguous.advice
    assert findings_on(root, accept=["ambiguous-parts"])["ambiguous-parts"].severity is Severity.WARNING


def test_both_readings_of_an_ambiguous_tree_can_be_had(class_folders):
    root = class_folders({"bus/2019": 1, "car/2019": 1, "train/2019": 1, "train/2020": 1})

    as_parts, as_classes = (open_catalog(root, folders=folders) for folders in ("parts", "classes"))

    assert (as_parts.classes, as_parts.given_parts) == (("2019", "2020"), ("train",))
    assert (as_classes.classes, as_classes.given_parts) == (("bus", "car", "train"), ())
    for catalog in (as_parts, as_classes):
        assert "ambiguous-parts" not in codes(catalog)


def test_what_the_tree_suggests_can_be_overruled_where_nothing_is_ambiguous(class_folders):
    root = class_folders({"train/a": 1, "train/b": 1, "test/a": 1})

    assert open_catalog(root, folders="classes").classes == ("test", "train")


def test_parts_that_are_not_there_cannot_be_named(class_folders):
    with pytest.raises(NoClassesError, match="no folder that is called like a part"):
        open_catalog(class_folders({"a": 1, "b": 1}), folders="parts")


def test_two_parts_with_classes_are_parts_whatever_lies_beside(class_folders):
    catalog = open_catalog(class_folders({"train": 1, "train/a": 1, "train/b": 1, "val/a": 1, "x": 1, "y": 1}))

    assert catalog.classes == ("a", "b")
    assert codes(catalog) == {"outside-classes"}


def test_parts_below_classes_are_warned_of(class_folders):
    catalog = open_catalog(class_folders({"cats/train": 1, "cats/test": 1, "dogs/train": 1, "dogs/test": 1}))

    assert catalog.classes == ("cats", "dogs")
    assert found(catalog, "parts-below-classes").severity is Severity.WARNING
    assert codes(open_catalog(class_folders({"cats/train": 1, "dogs/train": 1}, root="one"))) == set()


@pytest.mark.parametrize(
    "name",
    [
        "$RECYCLE.BIN",
        "System Volume Information",
        "lost+found",
        "@eaDir",
        "#recycle",
        "THUMBS.DB",
        "Icon\r",
        "FOUND.000",
    ],
)
def test_what_systems_leave_behind_is_no_class(name, class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / name).mkdir()

    catalog = open_catalog(root)

    assert catalog.classes == ("a", "b")
    assert found(catalog, "hidden-left-out").evidence == (str(root / name),)


def test_folders_that_lie_too_deep_are_left_out_and_named(class_folders):
    root = class_folders({"a": 1, "b": 1})
    root.joinpath("a", *"d" * 150).mkdir(parents=True)

    catalog = open_catalog(root)

    assert len(catalog) == 2
    assert len(found(catalog, "too-deep").evidence) == 1
    reached = []
    assert list(pictures_below(root, left_out=reached.append)) == ["a/0.png", "b/0.png"]
    assert len(reached) == 1


def test_wrapping_folders_are_stepped_into_and_told(class_folders):
    catalog = open_catalog(class_folders({"outer/inner/cats": 1, "outer/inner/dogs": 1}))

    assert catalog.classes == ("cats", "dogs")
    assert found(catalog, "stepped-into").symptom.startswith("everything lies below outer/inner/")
    assert not survey(catalog).problems


def test_a_readme_in_a_wrapping_folder_does_not_make_it_a_class(class_folders):
    root = class_folders({"flowers/rose": 1, "flowers/tulip": 1})
    (root / "flowers" / "README.txt").write_text("read me")

    catalog = open_catalog(root)

    assert catalog.classes == ("rose", "tulip")
    assert found(catalog, "outside-classes").evidence == ("README.txt",)


def test_one_folder_of_pictures_is_one_class_and_no_wrapper(class_folders):
    assert open_catalog(class_folders({"cats": 2, "cats/kittens": 1})).classes == ("cats",)


def test_hidden_folders_and_housekeeping_are_left_out_and_told(class_folders):
    root = class_folders({"a": 1, "b": 1, ".git/x": 1, "a/.ipynb_checkpoints": 1, "__MACOSX": 1})
    (root / "a" / "Thumbs.db").write_bytes(b"")

    catalog = open_catalog(root)

    assert catalog.paths == ("a/0.png", "b/0.png")
    assert len(found(catalog, "hidden-left-out").evidence) == 4


def test_loose_and_foreign_files_are_left_out_and_named(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "loose.png").write_bytes(b"x")
    (root / "a" / "notes.txt").write_bytes(b"x")

    catalog = open_catalog(root)

    assert found(catalog, "outside-classes").evidence == ("loose.png",)
    assert found(catalog, "no-picture-name").evidence == ("a/notes.txt",)
    assert len(catalog) == 2


def test_endings_may_have_any_case(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "a" / "0.png").rename(root / "a" / "0.PnG")

    assert open_catalog(root).paths == ("a/0.PnG", "b/0.png")


def test_links_are_followed_inside_and_left_out_when_they_lead_away(class_folders, tmp_path):
    root = class_folders({"a": 1, "b": 1})
    (tmp_path / "away.png").write_bytes((root / "a" / "0.png").read_bytes())
    (root / "a" / "inside.png").symlink_to("../b/0.png")
    (root / "a" / "outside.png").symlink_to(tmp_path / "away.png")
    (root / "a" / "folder").symlink_to("../b")
    (root / "a" / "round").symlink_to(root)

    catalog = open_catalog(root)

    assert catalog.paths == ("a/0.png", "a/inside.png", "b/0.png")
    assert len(found(catalog, "link-outside").evidence) == 3


def test_a_link_to_nothing_and_a_link_to_itself_are_problems_of_their_rows(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "a" / "broken.png").symlink_to("nothing.png")
    (root / "a" / "itself.png").symlink_to("itself.png")

    catalog = open_catalog(root)

    problems = survey(catalog).problems
    assert [catalog.paths[row] for row in problems] == ["a/broken.png", "a/itself.png"]


def test_a_root_that_is_itself_a_link_is_read(class_folders, tmp_path):
    (tmp_path / "link").symlink_to(class_folders({"a": 1, "b": 1}))

    catalog = open_catalog(tmp_path / "link")

    assert len(catalog) == 2
    assert not survey(catalog).problems


def test_a_pipe_with_a_pictures_name_is_a_problem_and_does_not_hang(class_folders):
    root = class_folders({"a": 1, "b": 1})
    os.mkfifo(root / "a" / "pipe.jpg")

    problems = survey(open_catalog(root)).problems

    assert list(problems.values()) == ["a/pipe.jpg is no regular file"]
    assert threading.active_count() < 10


def test_a_folder_with_a_pictures_name_is_a_folder(class_folders):
    assert open_catalog(class_folders({"a/x.png": 1, "b": 1})).paths == ("a/x.png/0.png", "b/0.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_cannot_be_opened_is_an_error_finding(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "a").chmod(0)

    closed = found(open_catalog(root), "closed-folder")
    (root / "a").chmod(0o755)

    assert closed.severity is Severity.ERROR


@pytest.mark.parametrize("name", ["new\nline.png", "sp ace.png", "日本.png", 'quo"te,comma.png', "-x.png", "a\\b.png"])
def test_odd_names_are_read_and_written_back(name, class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "a" / "0.png").rename(root / "a" / name)

    catalog = open_catalog(root)

    assert catalog.paths == (f"a/{name}", "b/0.png")
    assert not survey(catalog).problems


def test_a_name_that_is_no_text_is_read(class_folders):
    root = class_folders({"a": 1, "b": 1})
    odd = os.fsdecode(b"caf\xe9.png")
    (root / "a" / "0.png").rename(root / "a" / odd)

    catalog = open_catalog(root)

    assert catalog.paths[0] == f"a/{odd}"
    assert not survey(catalog).problems


@pytest.mark.parametrize("make", [lambda _: None, lambda root: (root / "1.png").write_bytes(b"x")])
def test_a_folder_without_class_folders_says_what_was_expected(make, tmp_path):
    make(tmp_path)

    with pytest.raises(DataError, match="holds no class folder; expected class folders"):
        open_catalog(tmp_path)


def test_a_path_that_does_not_exist_lists_the_known_sets(tmp_path):
    with pytest.raises(DataError, match=r"nowhere does not exist and is no known data set \(digits, cifar10"):
        open_catalog(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"Rar!", "is a rar archive, neither"),
        (b"\x1f\x8b\x08", r"is a gzip archive \(.gz, .tgz\), neither"),
        (b"PK\x03\x04cut", "is the first part of a zip archive"),
        (b"\xff\xd8\xff\xe0", "is a JPEG picture, neither"),
        (b"", "is an empty file"),
        (b"words", "is neither a folder, a CSV file nor a zip archive"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_what_it_is(payload, problem, tmp_path):
    (tmp_path / "data.bin").write_bytes(payload)

    with pytest.raises(DataError, match=rf"data\.bin {problem}"):
        open_catalog(tmp_path / "data.bin")


def test_a_pipe_in_the_place_of_data_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="pipe is no regular file"):
        open_catalog(tmp_path / "pipe")


def test_an_empty_class_folder_is_a_class(class_folders):
    assert open_catalog(class_folders({"a": 1, "b": 0})).classes == ("a", "b")


def test_thousands_of_classes_are_read(tmp_path):
    for number in range(3000):
        (tmp_path / f"class-{number}").mkdir()
        (tmp_path / f"class-{number}" / "1.png").write_bytes(b"")

    catalog = open_catalog(tmp_path)

    assert len(catalog.classes) == len(catalog) == 3000


def test_a_folder_is_listed_in_the_same_order_however_the_disk_keeps_it(class_folders):
    listing = list_folder(class_folders({"b": 3, "a": 3, "B": 1}))

    assert list(listing.files) == sorted(listing.files)
    assert codes(open_catalog(class_folders({"z": 1, "y": 1}, root="other"))) == set()


def test_what_looks_like_a_picture_and_is_not_read_is_a_warning_that_counts_its_kinds(tmp_path):
    for name in ("a/1.png", "b/1.png", "a/2.NEF", "a/3.nef", "b/4.jxl", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    catalog = open_catalog(tmp_path)

    finding = found(catalog, "unread-picture")
    assert finding.severity is Severity.WARNING
    assert finding.evidence == ("a/2.NEF", "a/3.nef", "b/4.jxl")
    assert "3 (JPEG XL: 1, camera raw: 2)" in finding.symptom
    assert found(catalog, "no-picture-name").evidence == ("b/notes.txt",)
