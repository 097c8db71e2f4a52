import itertools
import os

import pytest

from sightline.core.errors import DataError
from sightline.data import listings
from sightline.data.listings import list_folder, pictures_below

NAMES = ["b.png", "a/b.png", "a.png", "a-b/c.JPG", "a/b/c.png", "a.b/c.png", "a!.png", "Z.png", "日/本.png", "a/B.png"]


@pytest.fixture
def tree(tmp_path):
    """A folder whose names sort otherwise as paths than as parts of paths, with what is left out among them."""
    for name in [*NAMES, "notes.txt", ".hidden.png", "__MACOSX/a.png", "x.png/inside.png"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "empty").mkdir()
    return tmp_path


def streamed(folder):
    links = []
    return list(pictures_below(folder, left_out=links.append)), links


def test_pictures_are_streamed_in_the_order_of_the_listing(tree):
    expected = [name for name in list_folder(tree).files if name.lower().endswith((".png", ".jpg"))]
    assert streamed(tree) == (expected, [])
    assert len(expected) == len(NAMES) + 1


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 5])
def test_a_folder_with_more_names_than_are_held_is_streamed_whole(at_a_time, tree, monkeypatch):
    expected = streamed(tree)
    monkeypatch.setattr(listings, "NAMES_AT_A_TIME", at_a_time)
    assert streamed(tree) == expected


def test_links_inside_are_pictures_and_others_are_told(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "o.png"
    outside.write_bytes(b"")
    (tree / "inside.png").symlink_to(tree / "a.png")
    (tree / "out.png").symlink_to(outside)
    (tree / "folder").symlink_to(tree / "a", target_is_directory=True)
    names, links = streamed(tree)
    assert "inside.png" in names
    assert not {"out.png", "folder/b.png"} & set(names)
    assert sorted(link.split(" -> ")[0] for link in links) == [str(tree / "folder"), str(tree / "out.png")]


def test_the_first_pictures_come_before_the_later_folders_are_opened(tree):
    names = pictures_below(tree, left_out=lambda _: None)
    first = list(itertools.islice(names, 2))
    (tree / "a" / "late.png").write_bytes(b"")
    assert "a/late.png" in names
    assert first == ["Z.png", "a!.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_is_closed_is_an_error(tree):
    (tree / "a").chmod(0)
    with pytest.raises(DataError, match="a can't be opened: Permission denied"):
        streamed(tree)
    (tree / "a").chmod(0o755)


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(DataError, match="none can't be opened: No such file"):
        streamed(tmp_path / "none")
