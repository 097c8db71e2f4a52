"""What a notebook shows of a catalog."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from sightline.data.catalog import Sample, catalog_of
from sightline.data.opening import open_catalog
from sightline.data.sources import ArraySource


class Page(HTMLParser):
    """The tags of a page and its text, cell by cell."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.cells.append(data)


def catalog(samples):
    return catalog_of(samples, name="<some> & set", source=ArraySource(np.zeros((1, 2, 2), np.uint8)))


def test_each_class_is_counted_by_part(class_folders):
    folder = class_folders({"train/cats": 3, "train/dogs": 1, "test/cats": 2, "test/dogs": 1})
    cells = Page(open_catalog(folder)._repr_html_()).cells
    text = " ".join(cells)
    assert "7 pictures of 2 classes" in text
    shown = [cell for cell in cells if cell.strip()]
    assert shown[shown.index("class") :][:9] == ["class", "train", "test", "cats", "3", "2", "dogs", "1", "1"]


def test_a_set_without_parts_has_one_column():
    cells = Page(catalog([Sample("a.png", "cat"), Sample("b.png", "cat"), Sample("c.png", "dog")])._repr_html_()).cells
    assert cells[cells.index("class") + 1] == "pictures"
    assert cells[cells.index("cat") + 1] == "2"


def test_hostile_names_are_text_and_nothing_else():
    evil = '<img src=x onerror="alert(1)">'
    html = catalog([Sample(f"{evil}.png", evil), Sample("\udcff.png", "b")])._repr_html_()
    page = Page(html)
    assert not {"img", "script", "some"} & set(page.tags)
    assert evil in page.cells
    assert "\\udcff.png" in page.cells
    html.encode()


def test_of_many_classes_the_first_are_shown_and_the_others_summed():
    samples = [Sample(f"{number:03}.png", f"class{number % 50:02}") for number in range(150)]
    cells = Page(catalog(samples)._repr_html_()).cells
    assert "class19" in cells
    assert "class20" not in cells
    assert cells[cells.index("and 30 more classes") + 1] == "90"
    assert cells[-3:] == [", ", "002.png", ", …"]


def test_samples_without_a_label_have_a_row_of_their_own():
    labelled = catalog([Sample(f"{number}.png", "cat") for number in range(3)])
    cells = Page(replace(labelled, labels=np.array([0, -1, -1]))._repr_html_()).cells
    assert "3 pictures of 1 classes" in " ".join(cells)
    assert cells[cells.index("no label") + 1] == "2"


def test_an_empty_catalog_can_be_shown():
    assert "0 pictures of 0 classes" in catalog([])._repr_html_()
