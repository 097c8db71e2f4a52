import codecs
import os

import numpy as np
import pytest

from sightline.core.errors import DataError
from sightline.core.findings import Severity, errors_among
from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.survey import survey


@pytest.fixture
def write(class_folders):
    """Return a function that writes a table beside the pictures a/0.png, a/1.png, b/0.png and gives its path."""

    def table(content):
        root = class_folders({"pictures/a": 2, "pictures/b": 1})
        path = root / "labels.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return table


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_is_read_in_the_encoding_that_its_byte_order_mark_says(mark, encoding, delimiter, write):
    rows = (("path", "label"), ("pictures/a/0.png", "Käfer \U0001f41e"), ("pictures/b/0.png", "日本"))
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path = write(mark + text.encode(encoding))

    for data in (path, path.parent):  # named, and found in the folder
        assert open_catalog(data).classes == ("Käfer \U0001f41e", "日本")


def test_a_table_gives_labels_groups_and_parts(write):
    path = write(
        "path,label,group,split\n"
        "pictures/b/0.png,dog,,Testing\n"
        "pictures/a/0.png,cat,p1,train\n"
        "pictures/a/1.png,cat,p1,VAL\n"
    )

    catalog = open_catalog(path)

    assert catalog.paths == ("pictures/a/0.png", "pictures/a/1.png", "pictures/b/0.png")
    assert [catalog.classes[label] for label in catalog.labels] == ["cat", "cat", "dog"]
    assert catalog.groups == ("p1", "p1", "")
    assert catalog.parts == ("train", "validation", "test")
    assert not survey(catalog).problems


def test_the_columns_may_stand_in_any_order_with_spaces_and_crlf(write):
    catalog = open_catalog(write("label , path\r\n cat,pictures/a/0.png \r\ndog, pictures/b/0.png\r\n"))

    assert (catalog.paths, catalog.classes) == (("pictures/a/0.png", "pictures/b/0.png"), ("cat", "dog"))


def test_a_byte_order_mark_is_no_part_of_the_first_column(write):
    assert len(open_catalog(write(b"\xef\xbb\xbfpath,label\npictures/a/0.png,cat\n"))) == 1


def test_quoted_cells_may_hold_commas_and_line_feeds(write):
    catalog = open_catalog(write('"path","label"\n"pictures/a/0.png","cat, ""black""\nor grey"\n'))

    assert catalog.classes == ('cat, "black"\nor grey',)


def test_a_row_without_a_label_is_unlabelled(write):
    catalog = open_catalog(write("path,label\npictures/a/0.png,cat\npictures/a/1.png,\npictures/b/0.png, \n"))

    assert catalog.labels.tolist() == [0, -1, -1]
    assert catalog.labelled.tolist() == [True, False, False]
    assert catalog.classes == ("cat",)
    assert [catalog.label_of(row) for row in range(3)] == ["cat", "", ""]


def test_a_table_may_have_no_labels_at_all(write):
    catalog = open_catalog(write("path,group\npictures/a/0.png,p1\npictures/b/0.png,p2\n"))

    assert (catalog.labels.tolist(), catalog.classes) == ([-1, -1], ())
    assert not survey(catalog).problems


def test_a_list_of_paths_does_not_hide_the_class_folders(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "files.csv").write_text("path\na/0.png\n")

    assert open_catalog(root).classes == ("a", "b")


@pytest.mark.parametrize("header", ["path,label", '"path","label"', "label, path", "\ufeffpath,label"])
def test_a_folder_with_a_table_is_read_by_the_table(header, write):
    first, second = ("dog", "pictures/a/0.png") if header.startswith("label") else ("pictures/a/0.png", "dog")
    path = write(f"{header}\n{first},{second}\n")

    catalog = open_catalog(path.parent)

    assert (catalog.paths, catalog.classes) == (("pictures/a/0.png",), ("dog",))


def test_a_wrapped_table_is_found(write):
    path = write("path,label\npictures/a/0.png,dog\n")

    catalog = open_catalog(path.parents[1])

    assert catalog.classes == ("dog",)
    assert not survey(catalog).problems


def test_a_csv_file_that_is_no_table_of_samples_does_not_hide_the_class_folders(class_folders):
    root = class_folders({"a": 1, "b": 1})
    (root / "metadata.csv").write_text("width,height\n1,2\n")

    catalog = open_catalog(root)

    assert catalog.classes == ("a", "b")
    assert [finding.code for finding in catalog.findings] == ["outside-classes", "table-not-read"]


def test_absolute_paths_are_read(write):
    path = write("path,label\nx,y\n")
    picture = path.parent / "pictures" / "a" / "0.png"
    path.write_text(f"path,label\n{picture},cat\n")

    assert not survey(open_catalog(path)).problems


def test_every_mistake_is_told_at_once(write):
    path = write(
        "path,label,split\n,cat,\nx.png,,\ny.png,cat,trian\nz.png,cat,\nz.png,dog,\nw.png,cat,train,black and white\n"
    )

    with pytest.raises(DataError) as caught:
        open_catalog(path)

    for mistake in (
        "line 2: no path",
        "line 4: split 'trian' is none of train",
        "line 6: z.png stands in line 5 already",
        "line 7: more cells than columns: 'black and white'",
    ):
        assert mistake in caught.value.problem


def test_many_mistakes_are_counted_past_the_tenth(write):
    with pytest.raises(DataError, match="and 5 more"):
        open_catalog(write("path,label,split\n" + "".join(f"{n}.png,cat,trian\n" for n in range(15))))


@pytest.mark.parametrize(
    "content",
    [
        "filename,class\npictures/a/0.png,cat\n",
        "File Name;Category\npictures/a/0.png;cat\n",
        "image\ttarget\npictures/a/0.png\tcat\n",
        "IMG_PATH|Labels\r\npictures/a/0.png|cat\r\n",
        "sep=;\r\npath;label\r\npictures/a/0.png;cat\r\n",
        ",path,label\n0,pictures/a/0.png,cat\n",
        "width,path,label,class\n8,pictures/a/0.png,cat,3\n",
        "path,label\npictures\\a\\0.png,cat\n",
        'path;label\n"pictures/a/0.png";"cat"\n',
        "path,label\ra/0.png,cat\r".replace("a/0", "pictures/a/0"),
        "path,label\n\npictures/a/0.png,cat\n\n",
        "path,label\na/0.png,cat\n",
        "path,label\na\\0.png,cat\n",
        "path,label\nset/pictures/a/0.png,cat\n",
        "path,label\nset\\pictures\\a\\0.png,cat\n",
    ],
)
def test_a_table_as_people_have_it_is_read_from_itself_and_from_its_folder(content, write):
    path = write(content)

    for catalog in (open_catalog(path), open_catalog(path.parent)):
        assert (catalog.paths, catalog.classes) == (("pictures/a/0.png",), ("cat",))
        assert not survey(catalog).problems


def test_names_of_pictures_two_folders_below_are_found_if_one_folder_holds_them(write):
    path = write("path,label\n1.png,cat\n")  # pictures/a holds it, pictures/b does not

    for catalog in (open_catalog(path), open_catalog(path.parent)):
        assert catalog.paths == ("pictures/a/1.png",)


def test_a_name_that_two_folders_hold_is_not_guessed(write):
    catalog = open_catalog(write("path,label\n0.png,cat\n"))

    assert catalog.paths == ("0.png",)
    assert len(survey(catalog).problems) == 1


def test_the_table_beside_a_single_class_is_named(write):
    path = write("filename;class\na/0.png;dog\n")
    (path.parent / "pictures" / "b" / "0.png").unlink()
    (path.parent / "pictures" / "b").rmdir()

    found = {finding.code: finding for finding in open_catalog(path.parent / "pictures").findings}

    assert found["table-beside"].symptom.endswith("labels.csv")


def test_what_was_taken_for_what_is_noted(write):
    path = write(",file,class,width\n0,a\\0.png,cat,8\n1,b\\0.png,dog,8\n")

    found = {finding.code: finding for finding in open_catalog(path).findings}

    assert found["columns-by-other-names"].evidence == ("file is the path", "class is the label")
    assert found["columns-left-out"].evidence == ("(without a name)", "width")
    assert "below pictures/" in found["paths-of-another-folder"].symptom
    assert found["backslashes"].symptom.endswith(": 2")


def test_a_table_as_it_should_be_has_nothing_noted(write):
    assert open_catalog(write("path,label,group,split\npictures/a/0.png,cat,p,train\n")).findings == ()


def test_a_name_with_a_backslash_that_is_there_stays_as_it_is(write):
    path = write("path,label\npictures\\0.png,cat\npictures\\a\\0.png,dog\npictures\\none.png,dog\n")
    (path.parent / "pictures\\0.png").write_bytes((path.parent / "pictures" / "a" / "0.png").read_bytes())

    assert open_catalog(path).paths == ("pictures/a/0.png", "pictures\\0.png", "pictures\\none.png")


def test_two_spellings_of_one_path_are_one_path(write):
    with pytest.raises(DataError, match=r"line 3: pictures/a/0\.png stands in line 2 already"):
        open_catalog(write("path,label\npictures/a/0.png,cat\npictures\\a\\0.png,dog\n"))


def test_pictures_that_no_row_names_are_named(write):
    path = write("path,label\npictures/a/0.png,dog\n")

    found = {finding.code: finding for finding in open_catalog(path.parent).findings}

    assert found["not-in-table"].evidence == ("pictures/a/1.png", "pictures/b/0.png")
    assert found["read-by-table"].symptom.startswith("labels.csv was read as the table")


def test_several_tables_in_a_folder_are_all_named(write):
    path = write("path,label\npictures/a/0.png,dog\n")
    (path.parent / "test.tsv").write_text("filename\tclass\npictures/b/0.png\tcat\n")

    with pytest.raises(DataError, match=r"set holds several tables of pictures: labels\.csv, test\.tsv"):
        open_catalog(path.parent)


def test_the_table_beside_a_folder_of_pictures_is_named(write):
    path = write("filename;class\na/0.png;dog\n")
    for picture in (path.parent / "pictures").rglob("*.png"):
        picture.rename(path.parent / "pictures" / f"{picture.parent.name}{picture.name}")
    for name in "ab":
        (path.parent / "pictures" / name).rmdir()

    with pytest.raises(DataError, match=r"a table lies beside it: name that, .*labels\.csv"):
        open_catalog(path.parent / "pictures")


def test_a_trailing_comma_is_no_mistake(write):
    assert len(open_catalog(write("path,label\npictures/a/0.png,cat,\n"))) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", r"has the columns \(none\)"),
        ("width;height\n1;2\n", "has the columns width, height; .*missing: path"),
        ("path,kind\na.png,cat\n", "missing: label; unknown: kind"),
        ("path,lable\na.png,cat\n", "missing: label; unknown: lable; lable is nearly label"),
        ("path,label,gruop\na.png,cat,p\n", "gruop is nearly group"),
        ("path,label,label\na.png,cat,dog\n", "several columns may be the label: label, label"),
        ("path,label,Label\na.png,cat,dog\n", "several columns may be the label: label, Label"),
        ("file,image,label\na.png,b.png,dog\n", "several columns may be the path: file, image"),
        ("path,class,category\na.png,1,dog\n", "several columns may be the label: class, category"),
        ("path,label,split,part,split\na.png,1,train,a,b\n", "several columns may be the split: split, split"),
        ("path,label\n", "there is no row below the first line"),
        (b"path,label\ncaf\xe9.png,cat\n", "is no CSV file in UTF-8"),
        ("path,label\na.png,cat\n".encode("utf-16")[:-1], "is no CSV file in UTF-8 or UTF-16"),
        ("path,label\na.png,cat\n".encode("utf-16-le"), "has the columns"),
        ('path,label\n"a.png,cat\n', "is no CSV file in UTF-8 or UTF-16: unexpected end of data"),
    ],
)
def test_another_file_is_refused_with_its_reason(content, problem, write):
    with pytest.raises(DataError, match=problem):
        open_catalog(write(content))


@pytest.mark.parametrize("name", ["nothing.png", "null\0byte.png", "x" * 5000 + ".png", ".", "pictures"])
def test_a_row_whose_picture_cannot_be_opened_is_a_problem_of_that_row(name, write):
    catalog = open_catalog(write(f"path,label\n{name},cat\npictures/a/0.png,dog\n"))

    problems = survey(catalog).problems

    assert [catalog.paths[row] for row in problems] == [name]


def test_a_pipe_that_is_called_a_table_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "labels.csv")

    with pytest.raises(DataError, match=r"labels\.csv is no regular file"):
        open_catalog(tmp_path / "labels.csv")


def test_the_rows_order_in_the_file_makes_no_difference(write):
    lines = [f"pictures/{name}.png,{label}" for name, label in (("a/0", "x"), ("a/1", "y"), ("b/0", "x"))]
    path = write("\n".join(["path,label", *lines]))
    forward = open_catalog(path)

    path.write_text("\n".join(["path,label", *reversed(lines)]))
    backward = open_catalog(path)

    assert forward.paths == backward.paths
    np.testing.assert_array_equal(forward.labels, backward.labels)


@pytest.mark.parametrize("way", ["absolute", "climbing", "through a folder", "link", "link to a folder"])
def test_pictures_outside_of_the_table_s_folder_are_an_error_that_can_be_accepted(way, class_folders, tmp_path):
    elsewhere = class_folders({"elsewhere": 2}, root="others") / "elsewhere"
    inside = tmp_path / "inside"
    (inside / "x").mkdir(parents=True)
    if way == "link":
        for number in range(2):
            (inside / f"{number}.png").symlink_to(elsewhere / f"{number}.png")
    if way == "link to a folder":
        (inside / "linked").symlink_to(elsewhere)
    start = {
        "absolute": f"{elsewhere}/",
        "climbing": "../others/elsewhere/",
        "through a folder": "x/../../others/elsewhere/",
        "link": "",
        "link to a folder": "linked/",
    }[way]
    table = inside / "set.csv"
    table.write_text(f"path,label\n{start}0.png,cat\n{start}1.png,dog\n")

    seen = survey(open_catalog(table))
    found, accepted = check(seen), check(seen, accept=["path-outside"])

    finding = next(finding for finding in found if finding.code == "path-outside")
    assert finding.severity is Severity.ERROR
    assert len(finding.evidence) == 2
    assert "path-outside" not in {finding.code for finding in errors_among(accepted)}
    assert not seen.problems


def test_pictures_inside_of_the_table_s_folder_are_no_finding_even_where_it_is_a_link(class_folders, tmp_path):
    root = class_folders({"a": 2})
    (root / "a" / "2.png").symlink_to(root / "a" / "0.png")
    (root / "set.csv").write_text("path,label\na/0.png,cat\na/../a/1.png,dog\n./a/2.png,dog\n")
    (tmp_path / "link").symlink_to(root)

    for place in (root, tmp_path / "link"):
        assert "path-outside" not in {finding.code for finding in open_catalog(place / "set.csv").findings}


@pytest.mark.parametrize("columns", [200_000, 9_000])
def test_very_many_columns_are_an_error_of_a_few_lines(columns, write):
    path = write(",".join(f"column{number}" for number in range(columns)) + "\n1,2\n")

    with pytest.raises(DataError) as caught:
        open_catalog(path)

    assert len(str(caught.value)) < 2_000


def test_very_long_cells_are_cut_in_every_message(write):
    long, path = "x" * 50_000, write("")
    for text in (
        f"path,{long}\n1,2\n",
        f"path,label,split\na,b,{long}\n",
        f"path,label\na,b,{long}\n",
        f"path,label\n{long},b\n{long},b\n",
    ):
        path.write_text(text)
        with pytest.raises(DataError) as caught:
            open_catalog(path)
        assert len(str(caught.value)) < 2_000

    path.write_text(f"path,label\n{long},b\n")
    problems = survey(open_catalog(path)).problems
    assert max(map(len, problems.values())) < 2_000


def test_a_file_that_is_no_picture_does_not_show_its_bytes(write):
    path = write("path,label\nsecret.png,b\n")
    path.with_name("secret.png").write_bytes(b"root:x:0:0")

    problems = survey(open_catalog(path)).problems

    assert "no picture that can be read" in problems[0]
    assert "root" not in str(problems)
