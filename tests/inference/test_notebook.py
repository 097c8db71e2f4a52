from html.parser import HTMLParser

import pytest

from sightline.inference.prediction import Neighbour, Prediction
from sightline.inference.tasks import load

EVIL = "<script>alert('x')</script>\"&"


class Reader(HTMLParser):
    """Reads tags and text, and closes what was opened."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += [tag] if tag != "img" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def shown(thing):
    page = Reader(thing._repr_html_())
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "style"} & {tag for tag, _ in page.tags}
    return page


def bars_of(page):
    styles = [attributes.get("style", "") for tag, attributes in page.tags if tag == "div"]
    return [style.rpartition("width:")[2] for style in styles if style.startswith("background")]


def test_a_prediction_shows_its_class_and_a_bar_for_each():
    page = shown(Prediction("a.png", {"bee": 0.75, "ant": 0.25}, set=("bee",)))
    assert bars_of(page) == ["75.0%", "25.0%"]
    for text in ("bee 75.0\xa0%", "ant", "25.0\xa0%", "a.png", "prediction set: bee"):
        assert text in page.text


def test_of_many_classes_the_likeliest_ten_are_shown():
    page = shown(Prediction("a.png", {f"class {number}": 1 / 12 for number in range(12)}))
    assert len(bars_of(page)) == 10
    assert "and 2 less likely classes" in page.text
    assert "prediction set" not in page.text


@pytest.mark.parametrize(
    "prediction",
    [Prediction(EVIL, {EVIL: 0.5}, set=(EVIL,)), Prediction(EVIL, {}, error=EVIL)],
    ids=["an answer", "an error"],
)
def test_names_from_outside_are_only_text(prediction):
    assert EVIL in shown(prediction).text


def test_a_refusal_is_said_in_words():
    refused = Prediction("a.png", {"ant": 0.6, "bee": 0.4}, set=("ant",), refusal="it is <b>strange</b>")
    assert "none of these: it is <b>strange</b>" in shown(refused).text
    near = Prediction("a.png", {"ant": 1.0}, refusal="odd", nearest=Neighbour(EVIL, 0.31, b"jpeg", "b/7.jpg"))
    assert f"nearest training picture: b/7.jpg, class {EVIL} (similarity 0.31)" in Reader(near._repr_html_()).text
    assert repr(refused) == "<Prediction a.png: none of these, likeliest ant 60.0\xa0%>"


def test_a_prediction_and_a_classifier_are_one_line_each(classifier):
    assert repr(Prediction("a.png", {"bee": 0.75})) == "<Prediction a.png: bee 75.0\xa0%>"
    assert repr(Prediction("a.png", {}, error="it is gone")) == "<Prediction a.png: it is gone>"
    assert repr(classifier) == "<Classifier linear: 3 classes, rgb pictures of 16x12>"


def test_a_classifier_shows_a_card(rewritten):
    calibration = {"factor": 1.0, "level": 0.9, "threshold": 0.3, "count": 100}
    figures = {"figures": {"accuracy": 0.875}, "calibration": calibration, "licence": EVIL}
    text = shown(load(rewritten(**figures))).text
    for part in ("linear", "classification", "rgb pictures of 16x12", "1,731", "87.5\xa0%", "90.0\xa0%", EVIL):
        assert part in text
    assert "ant, bee, cat" in text


@pytest.mark.parametrize("figures", [{}, {"accuracy": "high"}, {"accuracy": [1]}, {"accuracy": 7}])
def test_a_card_leaves_out_figures_that_are_none(figures, rewritten):
    assert "accuracy" not in shown(load(rewritten(figures=figures))).text
