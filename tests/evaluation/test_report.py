import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.evaluation.comparison import BaselineComparison, compare
from sightline.evaluation.confusion import heat_cells, heat_picture, most_confused
from sightline.evaluation.curves import curves_svg
from sightline.evaluation.fitting import FittingFigures
from sightline.evaluation.headline import brief
from sightline.evaluation.pictures import PictureCard
from sightline.evaluation.plane import FeaturePlane
from sightline.evaluation.report import History, Report, TrainingFigures, report_html, report_json
from sightline.evaluation.scores import score
from sightline.evaluation.verdict import Verdict

HOSTILE = "<script>alert('x')</script>\"&{{ 7 * 7 }}"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Collects the tags, attributes and visible text of a page, and checks that tags are closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def values(self, name):
        return [value for key, value in self.attributes if key == name]


def scores_of(truth, answers, classes, baseline=0):
    probabilities = np.full((len(truth), len(classes)), 0.1 / len(classes))
    probabilities[np.arange(len(truth)), answers] += 0.9
    return score(np.asarray(truth), probabilities, classes=classes, baseline_class=baseline)


def card(**changes):
    pixels = np.zeros((8, 8, 3), np.uint8)
    values = {
        "path": "a/b.png",
        "truth": "cat",
        "prediction": "dog",
        "confidence": 0.9,
        "truth_probability": 0.1,
    }
    return PictureCard(**(values | {"pixels": pixels} | changes))


def report_of(*, truth=(0, 0, 1, 1), answers=(0, 1, 1, 1), classes=("cat", "dog"), **changes):
    curve = (1.0, 0.5, 0.4)
    values = {
        "title": "Pets",
        "model": "small net",
        "parameters": 1234,
        "classes": tuple(classes),
        "scores": scores_of(truth, answers, classes),
        "findings": (),
        "mistakes": (card(),),
        "uncertain": (card(prediction="cat"),),
        "split": {"train": 20, "validation": 4, "test": len(truth), "digest": "abc123"},
        "training": TrainingFigures(3, 12.5, 99.0, 0.02, 2, stopped_early=True),
        "history": History(curve, curve, curve, curve, curve),
        "verdict": Verdict("levelled-off", 2, "It levelled off."),
        "test_readings": 1,
        "preprocess": {"size": "32"},
        "settings": {"rate": "0.1"},
        "environment": {"python": "3.11"},
        "created": "2026-01-02",
    }
    return Report(**(values | changes))


def pipeline_report_of(**changes):
    """Return the report of a fitted pipeline: no epochs, no course, no insides."""
    values = {
        "training": None,
        "history": None,
        "fitting": FittingFigures(
            3.5,
            (("features", 2.5), ("classifier", 1.0)),
            "strength",
            ((0.01, 0.9, 0.7), (0.1, 0.85, 0.75), (1.0, 0.6, 0.55)),
            1,
            ("Two words were left empty.",),
        ),
        "plane": plane_of(("cat", "dog")),
        "verdict": Verdict("sound", None, "Sound."),
    }
    return report_of(**(values | changes))


def plane_of(classes):
    return FeaturePlane(
        features=np.array([[0.0, 1.0], [3.0, 2.0]]),
        labels=np.array([0, 1]),
        test_features=np.array([[2.0, 2.0]]),
        test_labels=np.array([1]),
        classes=classes,
        answers=np.array([[0, 0, 1, 1]]),
        x_span=(-0.5, 3.5),
        y_span=(-0.5, 3.5),
        axis_names=("First colour", "Second colour"),
        training_error=0.0,
        test_error=1.0,
        axis_colours=np.zeros((4, 3), np.uint8),
    )


def comparison_of(**changes):
    truth, network, simple = np.zeros(100, int), np.repeat([0, 1], [80, 20]), np.repeat([0, 1], [60, 40])
    values = {"name": "hog-svm", "line": "gradients, linear SVM", "seconds": 9.8}
    values |= {"pictures": 20, "pictures_in_all": 20, "network_seconds": 125.0}
    return BaselineComparison(compare(truth, network, simple), **(values | changes))


def page_of(**changes):
    return Page(report_html(report_of(**changes)))


def test_the_page_is_well_formed_and_every_id_is_used_once():
    page = page_of()
    assert page.open == []
    assert len(page.values("id")) == len(set(page.values("id"))) > 0


def test_the_page_asks_for_nothing_outside_itself():
    html = report_html(report_of())
    page = Page(html)
    addresses = page.values("src") + page.values("href")
    assert len(addresses) == 3
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"https?:|@import|url\((?!#)", html)
    assert "script" not in page.tags


def test_the_page_states_the_result_with_its_interval_and_baseline():
    text = page_of().text.replace("\u00a0", " ")
    assert "On 4 test pictures it never saw, it named 3 correctly: 75.0 % (95 % interval 30.1 to 95.4 %)." in text
    assert "Always answering “cat”, the largest class in training, would give 50.0 %: on so few pictures" in text


def test_foreign_pictures_are_not_called_unseen():
    page = page_of(split=None)
    assert "never saw" not in page.text
    assert "On 4 pictures," in page.text
    assert "nothing here says whether training saw them" in page.text


def test_a_result_below_the_baseline_is_called_worse():
    truth, answers = [0] * 40, [1] * 40
    assert "it does worse than that" in page_of(truth=truth, answers=answers).text


@pytest.mark.parametrize(("extra", "leads"), [(9, "Accuracy"), (10, "Balanced accuracy")])
def test_class_averages_lead_when_the_largest_class_has_over_three_times_the_smallest(extra, leads):
    truth = [0] * extra + [1] * 3
    text = page_of(truth=truth, answers=[0] * (extra + 2) + [1]).text
    assert re.search(r"(Balanced accuracy|Accuracy) \d", text).group(1) == leads
    assert ("differ much in size" in text) == (leads == "Balanced accuracy")


def test_top_five_is_shown_only_where_it_says_something():
    six = [f"c{index}" for index in range(6)]
    assert "Top 5" not in page_of().text
    assert "Top 5" in page_of(classes=six).text


def test_repeated_readings_of_the_test_part_are_confessed():
    assert "read 3 times. If a choice" in page_of(test_readings=3).text
    assert "has been read once" in page_of().text


def test_hostile_words_stay_words():
    words = dict.fromkeys(["size"], HOSTILE)
    finding = Finding("x", Severity.ERROR, HOSTILE, HOSTILE, (HOSTILE,))
    hostile = card(path=HOSTILE, truth=HOSTILE, prediction="dog")
    html = report_html(
        report_of(
            title=HOSTILE,
            model=HOSTILE,
            classes=(HOSTILE, "dog"),
            findings=(finding,),
            mistakes=(hostile,),
            examples=((HOSTILE, hostile.pixels),),
            verdict=Verdict("diverged", 1, HOSTILE),
            split={"train": 1, "validation": 1, "test": 1, "digest": HOSTILE},
            **dict.fromkeys(["preprocess", "settings", "environment"], words),
        )
    )
    page = Page(html)
    assert "<script" not in html
    assert "script" not in page.tags
    assert page.open == []
    assert page.text.count(HOSTILE) > 10


def test_names_that_are_long_or_no_text_do_not_break_the_page():
    html = report_html(report_of(classes=("a" * 1000, "odd\udcff"), mistakes=(card(path="b\udc80" * 500),)))
    assert "a" * 500 not in html
    assert "odd\\udcff" in html
    html.encode("utf-8")


def test_every_picture_has_words_for_those_who_can_not_see_it():
    page = page_of(examples=(("cat", np.zeros((200, 100, 3), np.uint8)),))
    assert page.tags.count("img") == len([words for words in page.values("alt") if words]) == 3


def test_a_perfect_score_is_said_in_words_and_boasts_no_interval():
    page = page_of(answers=(0, 0, 1, 1), mistakes=())
    assert "It made no mistakes on these 4 pictures." in page.text
    assert "lowest recall" not in page.text
    assert "Most confused pairs" not in page.text
    assert "100.0 to 100.0" not in page.text


def test_the_lowest_recall_is_marked():
    assert re.search(r"cat\s+lowest recall", page_of().text)


def test_a_class_without_pictures_has_no_recall():
    page = page_of(classes=("cat", "dog", "newt"))
    assert re.search("newt" + r" \u2013" * 4 + " 0", page.text)


def test_many_classes_show_the_weakest_first_and_the_matrix_as_a_picture():
    classes = [f"c{index:02d}" for index in range(21)]
    page = page_of(classes=classes, truth=range(21), answers=[*range(20), 0])
    assert "The 20 classes with the lowest recall: Class Precision" in page.text
    table = page.text[page.text.index("The 20 classes") :]
    assert table.index("c20 lowest recall") < table.index("c00")
    assert any("Confusion matrix of 21 classes" in words for words in page.values("alt"))
    assert re.search(r"c20 c00 1 of 1", page.text)


def test_evidence_is_shortened_with_its_count_and_errors_come_first():
    note = Finding("note", Severity.NOTE, "A note.", "Read it.")
    error = Finding("error", Severity.ERROR, "An error.", "Mend it.", tuple(f"file{n:02d}" for n in range(25)))
    text = page_of(findings=(note, error)).text
    assert text.index("An error.") < text.index("A note.")
    assert "file19" in text
    assert "file20" not in text
    assert "and 5 more" in text


def test_a_report_without_training_has_no_curves():
    page = page_of(training=None, history=None, verdict=None)
    assert "svg" not in page.tags
    assert "How the training went" not in page.text


def test_the_report_of_a_pipeline_tells_its_fitting_in_the_place_of_a_course():
    page = Page(report_html(pipeline_report_of()))
    assert page.open == []
    assert len(page.values("id")) == len(set(page.values("id"))) > 0
    assert "How the fitting went Sound. Of 3 strengths of the penalty, 0.1 was kept" in page.text
    assert "Two words were left empty." in page.text
    assert "features 2.5 classifier 1.0 in all 3.5" in page.text
    assert "epoch" not in page.text
    assert "Inside the network" not in page.text
    assert page.text.count("kept (0.1)") == 1


def test_the_report_of_a_pipeline_with_nothing_to_choose_has_no_drawing():
    fitting = FittingFigures(1.0, (("classifier", 1.0),), "", (), 0)
    page = Page(report_html(pipeline_report_of(fitting=fitting, plane=None, verdict=None)))
    assert "svg" not in page.tags
    assert "nothing to choose" in page.text


def test_what_is_compared_in_the_proof_has_its_name():
    proof = {"count": 4, "same_top1": 4, "largest_difference": 1e-7}
    assert "and the fitted pipeline agree" in Page(report_html(pipeline_report_of(proof=proof))).text
    assert "and the trained network agree" in page_of(proof=proof).text


def test_the_plane_has_a_legend_and_names_both_errors():
    page = Page(report_html(pipeline_report_of()))
    text = page.text.replace("\u00a0", " ")
    assert "The plane of its two features" in text
    assert re.search("1 cat 2 dog", text)
    assert page.tags.count("polygon") == 2
    assert "Training error: 0.0 % of 2 pictures" in text
    assert "Test error: 100.0 % of 1 picture (95" in text
    assert "The plane" not in page_of().text


def test_a_comparison_asks_whether_the_network_was_worth_it():
    page = page_of(comparison=comparison_of())
    text = page.text.replace("\u00a0", " ")
    assert page.open == []
    assert "Was a network worth it? The network earned its keep: 20.0 points" in text
    assert "The network: 80.0 % 95 % interval 71.1 to 86.7 %" in text
    assert "hog-svm: 60.0 % 95 % interval 50.2 to 69.1 %" in text
    assert "the network alone named 20 correctly and hog-svm alone 0 (McNemar's exact test: p < 0.0001)" in text
    assert "fitted to all 20 training pictures in 9.8 seconds; the network's training took 2 min 5 s" in text
    assert "fitted to 5 of 20 training pictures" in page_of(comparison=comparison_of(pictures=5)).text
    assert "worth it" not in page_of().text


def test_strangers_words_in_fitting_plane_and_comparison_stay_words():
    fitting = FittingFigures(1.0, ((HOSTILE, 1.0),), "strength", (), 0, (HOSTILE,))
    comparison = comparison_of(name=HOSTILE, line=HOSTILE)
    classes = (HOSTILE, "odd\udcff")
    html = report_html(pipeline_report_of(fitting=fitting, comparison=comparison, plane=plane_of(classes)))
    page = Page(html)
    assert "<script" not in html
    assert "script" not in page.tags
    assert page.open == []
    assert page.text.count(HOSTILE) >= 5


def test_json_tells_fitting_plane_and_comparison():
    report = pipeline_report_of(comparison=comparison_of())
    document = report_json(report)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["fitting"]["trials"][1] == [0.1, 0.85, 0.75]
    assert document["fitting"]["chosen"] == 1
    assert document["plane"]["test_error"] == 1.0
    assert document["comparison"]["only_network"] == 20
    assert document["comparison"]["words"].startswith("The network earned its keep")
    assert [report_json(report_of())[key] for key in ("fitting", "plane", "comparison")] == [None] * 3


def test_a_class_missing_in_the_test_part_is_no_trouble_for_a_pipeline():
    names = ("cat", "dog", "newt")
    page = Page(report_html(pipeline_report_of(classes=names, plane=plane_of(names), comparison=comparison_of())))
    assert page.open == []
    assert "3 newt" in page.text


def test_the_same_report_gives_the_same_bytes():
    assert report_html(report_of()) == report_html(report_of())


def test_json_has_the_documented_places_and_survives_strict_json():
    report = report_of(findings=(Finding("x", Severity.NOTE, "s", "a", ("e",)),))
    document = report_json(report)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["split"] == {"train": 20, "validation": 4, "test": 4, "digest": "abc123"}
    assert document["test"]["accuracy"] == 0.75
    assert document["test"]["readings"] == 1
    assert document["test"]["confusion"] == [[1, 1], [0, 2]]
    assert document["training"]["best_epoch"] == 2
    assert document["findings"][0]["severity"] == "note"
    assert document["mistakes"][0]["path"] == "a/b.png"
    assert "pixels" not in document["mistakes"][0]
    assert document["classes"] == ["cat", "dog"]


def test_json_tells_what_is_no_number_as_null():
    nan = (1.0, float("nan"), float("inf"))
    report = report_of(history=History(nan, nan, nan, nan, nan), split={"train": np.int64(3)})
    document = report_json(report)
    assert document["history"]["training_loss"] == [1.0, None, None]
    assert json.loads(json.dumps(document, allow_nan=False))["split"] == {"train": 3}


def test_json_of_a_report_without_training_says_so():
    document = report_json(replace(report_of(), training=None, history=None, verdict=None, split=None))
    assert [document[key] for key in ("training", "history", "verdict", "split")] == [None] * 4


def test_one_epoch_is_drawn_with_markers_and_a_broken_loss_leaves_a_gap():
    one = curves_svg(name="Loss", training=[1.0], validation=[2.0])
    assert "<use" in one
    broken = curves_svg(name="Loss", training=[1.0, np.nan, np.inf], validation=[2.0, 1.0, 1.0], best_epoch=1)
    assert "<use" not in broken
    assert "best epoch (1)" in broken


def test_curves_leave_their_colours_to_the_page():
    svg = curves_svg(name="Loss", training=[2.0, 1.0], validation=[2.0, 1.5], best_epoch=2, prefix="one")
    assert not re.search(r"#[0-9a-fA-F]{6}", svg)
    assert {"var(--curve-training)", "currentColor"} <= set(re.findall(r"var\(--[\w-]+\)|currentColor", svg))
    assert all(name.startswith("one-") for name in re.findall(r'\bid="([^"]*)"', svg))


@pytest.mark.parametrize(("training", "validation"), [([], []), ([1.0], [])])
def test_curves_that_do_not_fit_are_refused(training, validation):
    with pytest.raises(ValueError, match="curves"):
        curves_svg(name="Loss", training=training, validation=validation)


def test_confused_pairs_come_worst_first_and_of_equals_the_larger_share():
    confusion = np.array([[5, 2, 0], [0, 1, 2], [3, 0, 9]])
    pairs = most_confused(confusion, ("a", "b", "c"), 9)
    assert [(pair.truth, pair.prediction, pair.count) for pair in pairs] == [
        ("c", "a", 3),
        ("b", "c", 2),
        ("a", "b", 2),
    ]
    assert pairs[0].share == 0.25


def test_no_cell_of_the_matrix_is_too_dark_for_dark_and_too_light_for_light_numbers():
    confusion = np.array([[count, 100 - count] for count in range(101)])[:, :2]
    for row in confusion:
        for cell in heat_cells(np.array([row, row]))[0]:
            assert cell.opacity <= 0.5 or (cell.opacity >= 0.85 and cell.strong)
            assert (cell.opacity == 0) == (cell.count == 0)


def test_the_heat_picture_survives_a_class_without_pictures():
    assert heat_picture(np.array([[3, 1], [0, 0]])).startswith("data:image/png")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9704, "97.0"), (1.0, "100.0"), (0.0, "0.0"), (0.9999, "99.99"), (0.0004, "0.04"), (0.99951, "99.95")],
)
def test_rounding_hides_no_mistake(share, text):
    assert percent(share) == f"{text}\u00a0%"


def test_a_brief_name_keeps_both_ends():
    assert brief("abcdefghij", 6) == "abc…ij"
    assert brief("abcdef", 6) == "abcdef"
