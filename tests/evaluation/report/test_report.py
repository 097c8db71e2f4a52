import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from sightline.core.findings import Finding, Severity
from sightline.evaluation.breakdown.robustness import robustness_scores
from sightline.evaluation.breakdown.seeds import SeedScores
from sightline.evaluation.breakdown.subgroups import subgroup_scores
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.comparison import BaselineComparison
from sightline.evaluation.confidence import confidence_of
from sightline.evaluation.fitting import FittingFigures
from sightline.evaluation.key_figures import key_figures
from sightline.evaluation.layers import FilterSheet, Layers
from sightline.evaluation.pictures import PredictedPicture
from sightline.evaluation.plane import FeaturePlane
from sightline.evaluation.report import KEYS, ORDER, Head, Report, in_order
from sightline.evaluation.report.classes import Classes
from sightline.evaluation.report.confidence import ConfidenceWorth
from sightline.evaluation.report.confusion import Confusion
from sightline.evaluation.report.cross_validation import CrossValidation, FoldFigures
from sightline.evaluation.report.data.drift import DriftFound
from sightline.evaluation.report.data.near_copies import WithoutCopies
from sightline.evaluation.report.ensemble import Ensemble, Gain, MemberFigures
from sightline.evaluation.report.examples import Examples
from sightline.evaluation.report.findings import Findings
from sightline.evaluation.report.labels import Labels
from sightline.evaluation.report.mistakes import Mistakes, Uncertain
from sightline.evaluation.report.network.comparison import NetworkWorth
from sightline.evaluation.report.network.layers import Inside
from sightline.evaluation.report.network.preflight import BeforeTraining, CheckRow
from sightline.evaluation.report.network.training import History, Training, TrainingFigures
from sightline.evaluation.report.next_steps import NextStep, NextSteps
from sightline.evaluation.report.pipeline.fitting import Fitting
from sightline.evaluation.report.pipeline.plane import Plane
from sightline.evaluation.report.provenance import Provenance
from sightline.evaluation.report.result import Result
from sightline.evaluation.report.robustness import Robustness
from sightline.evaluation.report.search import FinalistFigures, Search, TrialFigures
from sightline.evaluation.report.seeds import Seeds
from sightline.evaluation.report.similarity.embedding import EmbeddingDrawn
from sightline.evaluation.report.similarity.episodes import Episodes
from sightline.evaluation.report.similarity.result import SimilarityResult
from sightline.evaluation.report.similarity.verification import VerificationCurve
from sightline.evaluation.report.subgroups import Subgroups
from sightline.evaluation.report.transfer.heads import BaseFacts, Heads
from sightline.evaluation.report.transfer.learning_curve import LearningCurve, LearningPoint
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.evaluation.scores import score
from sightline.evaluation.significance.corrected_test import compare_folds
from sightline.evaluation.significance.paired import compare
from sightline.evaluation.significance.pooled import pooled_share
from sightline.evaluation.significance.seed_comparison import SeedComparison
from sightline.evaluation.similarity.embedding_map import EmbeddingMap
from sightline.evaluation.similarity.episodes import Pool, Task, score_episodes
from sightline.evaluation.similarity.verification import verification_of
from sightline.evaluation.trust.drift import Drift
from sightline.evaluation.trust.label_errors import label_errors
from sightline.evaluation.verdict import Verdict

HOSTILE = "<script>alert('x')</script>\"&{{ 7 * 7 }}"

VOID = {"base", "meta", "link", "img", "br"}


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


def predicted(**changes):
    pixels = np.zeros((8, 8, 3), np.uint8)
    values = {
        "path": "a/b.png",
        "truth": "cat",
        "prediction": "dog",
        "confidence": 0.9,
        "truth_probability": 0.1,
    }
    return PredictedPicture(**(values | {"pixels": pixels} | changes))


def training_of(**changes):
    curve = (1.0, 0.5, 0.4)
    values = {
        "figures": TrainingFigures(3, 12.5, 99.0, 0.02, 2, stopped_early=True),
        "history": History(curve, curve, curve, curve, curve),
        "verdict": Verdict("levelled-off", 2, "It levelled off."),
    }
    return Training(**(values | changes))


def fitting_of(**changes):
    trials = ((0.01, 0.9, 0.7), (0.1, 0.85, 0.75), (1.0, 0.6, 0.55))
    values = {"seconds": 3.5, "stages": (("features", 2.5), ("classifier", 1.0)), "what": "strength"}
    values |= {"trials": trials, "chosen": 1, "remarks": ("Two words were left empty.",)}
    return Fitting(FittingFigures(**(values | changes)), Verdict("sound", None, "Sound."))


def provenance_of(**changes):
    values = {
        "split": {"train": 20, "validation": 4, "test": 4, "digest": "abc123"},
        "readings": 1,
        "preprocess": {"size": "32"},
        "settings": {"rate": "0.1"},
        "environment": {"python": "3.11"},
        "proof": {},
        "proved": "trained network",
    }
    return Provenance(**(values | changes))


def bare_report_of(
    *sections, truth=(0, 0, 1, 1), answers=(0, 1, 1, 1), classes=("cat", "dog"), title="Pets", mistakes=None, **changes
):
    """Return a report with what every report has, and with other sections in its order."""
    scores = scores_of(truth, answers, classes)
    provenance = provenance_of(**changes)
    every = (
        Result(scores, provenance.readings, unseen=bool(provenance.split)),
        Findings(()),
        Classes(scores),
        Confusion(scores),
        Mistakes(scores, (predicted(),) if mistakes is None else mistakes),
        Uncertain((predicted(prediction="cat"),)),
        provenance,
    )
    own = {section.key: section for section in (*every, *sections)}
    head = Head(title, "small net", 1234, tuple(classes), "2026-01-02", key_figures(scores))
    return Report(head, in_order(own.values()))


def report_of(*sections, **changes):
    """Return the report of a trained network."""
    return bare_report_of(training_of(), *sections, **changes)


def pipeline_report_of(*sections, classes=("cat", "dog"), **changes):
    """Return the report of a fitted pipeline: no epochs, no course, no layers."""
    own = {"proved": "fitted pipeline"} | changes
    return bare_report_of(fitting_of(), Plane(plane_of(classes)), *sections, classes=classes, **own)


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
    return NetworkWorth(
        BaselineComparison(compare(truth, network, simple), **(values | {"largest_share": 0.5} | changes))
    )


def page_of(*sections, **changes):
    return Page(report_of(*sections, **changes).html())


def test_the_page_is_well_formed_and_every_id_is_used_once():
    page = page_of()
    assert page.open == []
    assert len(page.values("id")) == len(set(page.values("id"))) > 0


def test_the_page_asks_for_nothing_outside_itself():
    text = report_of().html()
    page = Page(text)
    addresses = page.values("src") + page.values("href")
    assert len([address for address in addresses if address.startswith("data:")]) == 3
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"https?:|@import|url\((?!#)", text)
    assert "script" not in page.tags


def test_the_page_states_the_result_with_its_interval_and_baseline():
    text = page_of().text.replace("\u00a0", " ")
    assert "On 4 test pictures it never saw, it named 3 correctly: 75.0 % (95 % interval 30.1 to 95.4 %)." in text
    assert "Always answering “cat”, the largest class in training, would give 50.0 %: on so few pictures" in text


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (("cat", "dog", "eel"), "These figures speak of 2 of 3 classes: there was no picture of “eel”."),
        (("cat", "dog", *"efghijk"), "of 2 of 9 classes: there was no picture of “e”, “f”, “g”, “h”, “i” and 2 more."),
    ],
)  # fmt: skip
def test_the_result_says_of_which_classes_it_speaks(classes, words):
    assert words in page_of(classes=classes).text
    assert "These figures speak of" not in page_of().text


def test_foreign_pictures_are_not_called_unseen():
    page = page_of(split={})
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
    assert "read 3 times. If a choice" in page_of(readings=3).text
    assert "has been read once" in page_of().text


def test_hostile_words_stay_words():
    words = dict.fromkeys(["size"], HOSTILE)
    hostile = predicted(path=HOSTILE, truth=HOSTILE, prediction="dog")
    text = report_of(
        Findings((Finding("x", Severity.ERROR, HOSTILE, HOSTILE, (HOSTILE,)),)),
        Examples(((HOSTILE, hostile.pixels),)),
        training_of(verdict=Verdict("diverged", 1, HOSTILE)),
        title=HOSTILE,
        classes=(HOSTILE, "dog"),
        mistakes=(hostile,),
        split={"train": 1, "validation": 1, "test": 1, "digest": HOSTILE},
        **dict.fromkeys(["preprocess", "settings", "environment"], words),
    ).html()
    page = Page(text)
    assert "<script" not in text
    assert "script" not in page.tags
    assert page.open == []
    assert page.text.count(HOSTILE) > 10


def test_names_that_are_long_or_no_text_do_not_break_the_page():
    text = report_of(classes=("a" * 1000, "odd\udcff"), mistakes=(predicted(path="b\udc80" * 500),)).html()
    assert "a" * 500 not in text
    assert "odd\\udcff" in text
    text.encode("utf-8")


def test_every_picture_has_words_for_those_who_can_not_see_it():
    page = page_of(Examples((("cat", np.zeros((200, 100, 3), np.uint8)),)))
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
    text = page_of(Findings((note, error))).text
    assert text.index("An error.") < text.index("A note.")
    assert "file19" in text
    assert "file20" not in text
    assert "and 5 more" in text


def test_a_report_without_training_has_no_curves():
    page = Page(bare_report_of().html())
    assert "svg" not in page.tags
    assert "How the training went" not in page.text


def test_the_report_of_a_pipeline_tells_its_fitting_in_the_place_of_a_course():
    page = Page(pipeline_report_of().html())
    assert page.open == []
    assert len(page.values("id")) == len(set(page.values("id"))) > 0
    assert "How the fitting went Sound. Of 3 strengths of the penalty, 0.1 was kept" in page.text
    assert "Two words were left empty." in page.text
    assert "features 2.5 classifier 1.0 in all 3.5" in page.text
    assert "epoch" not in page.text
    assert "Inside the network" not in page.text
    assert page.text.count("kept (0.1)") == 1


def test_the_report_of_a_pipeline_with_nothing_to_choose_has_no_drawing():
    fitting = fitting_of(stages=(("classifier", 1.0),), what="", trials=(), chosen=0, remarks=())
    page = Page(bare_report_of(fitting).html())
    assert "svg" not in page.tags
    assert "nothing to choose" in page.text


def test_what_is_compared_in_the_proof_has_its_name():
    proof = {"count": 4, "same_top1": 4, "largest_difference": 1e-7}
    assert "and the fitted pipeline agree" in Page(pipeline_report_of(proof=proof).html()).text
    assert "and the trained network agree" in page_of(proof=proof).text


def test_the_plane_has_a_legend_and_names_both_errors():
    page = Page(pipeline_report_of().html())
    text = page.text.replace("\u00a0", " ")
    assert "The plane of its two features" in text
    assert re.search("1 cat 2 dog", text)
    assert page.tags.count("polygon") == 2
    assert "Training error: 0.0 % of 2 pictures" in text
    assert "Test error: 100.0 % of 1 picture (95" in text
    assert "The plane" not in page_of().text


def test_a_comparison_asks_whether_the_network_was_worth_it():
    page = page_of(comparison_of())
    text = page.text.replace("\u00a0", " ")
    assert page.open == []
    assert "Was a network worth it? The network earned its keep: 20.0 points" in text
    assert "The network: 80.0 % 95 % interval 71.1 to 86.7 %" in text
    assert "hog-svm: 60.0 % 95 % interval 50.2 to 69.1 %" in text
    assert "the network alone named 20 correctly and hog-svm alone 0 (McNemar's test: p < 0.0001)" in text
    assert "fitted to all 20 training pictures in 9.8 seconds; the network's training took 2 min 5 s" in text
    assert "fitted to 5 of 20 training pictures" in page_of(comparison_of(pictures=5)).text
    assert "worth it" not in page_of().text


def test_strangers_words_in_fitting_plane_and_comparison_stay_words():
    fitting = fitting_of(stages=((HOSTILE, 1.0),), trials=(), chosen=0, remarks=(HOSTILE,))
    plane = Plane(plane_of((HOSTILE, "odd\udcff")))
    text = pipeline_report_of(fitting, plane, comparison_of(name=HOSTILE, line=HOSTILE)).html()
    page = Page(text)
    assert "<script" not in text
    assert "script" not in page.tags
    assert page.open == []
    assert page.text.count(HOSTILE) >= 5


def test_json_tells_fitting_plane_and_comparison():
    document = pipeline_report_of(comparison_of()).as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["fitting"]["trials"][1] == [0.1, 0.85, 0.75]
    assert document["fitting"]["chosen"] == 1
    assert document["plane"]["test_error"] == 1.0
    assert document["comparison"]["only_network"] == 20
    assert document["comparison"]["words"].startswith("The network earned its keep")
    assert [report_of().as_json()[key] for key in ("fitting", "plane", "comparison")] == [None] * 3


def test_a_class_missing_in_the_test_part_is_no_trouble_for_a_pipeline():
    page = Page(pipeline_report_of(comparison_of(), classes=("cat", "dog", "newt")).html())
    assert page.open == []
    assert "3 newt" in page.text


def test_the_same_report_gives_the_same_bytes():
    assert report_of().html() == report_of().html()


def test_json_has_the_documented_places_and_survives_strict_json():
    document = report_of(Findings((Finding("x", Severity.NOTE, "s", "a", ("e",)),))).as_json()
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
    training = training_of(history=History(nan, nan, nan, nan, nan))
    document = bare_report_of(training, split={"train": np.int64(3)}).as_json()
    assert document["history"]["training_loss"] == [1.0, None, None]
    assert json.loads(json.dumps(document, allow_nan=False))["split"] == {"train": 3}


def test_json_of_a_report_without_training_says_so():
    document = bare_report_of(split={}).as_json()
    assert [document[key] for key in ("training", "history", "verdict", "split")] == [None] * 4


def cross_validation_of():
    truth = np.array([0, 1, 1])
    judged = score(truth, np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]), classes=("cat", "dog"), baseline_class=1)
    pooled = pooled_share([[True, True, False]], [0, 1, 2])
    against = compare_folds([0.1, 0.2], tested_share=1)
    return CrossValidation(2, 1, pooled, judged, (FoldFigures(1, 1, 3, 2 / 3, 0.1),), "hog-svm", against)


def search_of():
    trials = (TrialFigures("coarse", 0, {"learning_rate": 0.1}, "failed", 0.0, 1.0, HOSTILE),)
    finalists = (FinalistFigures({"learning_rate": 0.1}, (0.8, 0.9)), FinalistFigures({"learning_rate": 0.2}, (0.7,)))
    against = SeedComparison(0.05, (-0.1, 0.2))
    return Search("tpe", "30 validation pictures", trials, finalists, {"learning_rate": 1.0}, against)


def ensemble_of():
    members = tuple(MemberFigures(name, "linear", 0.5, 0.8, (0.7, 0.9), 1.0) for name in ("one", HOSTILE))
    paired = compare([0, 1], [0, 1], [0, 0])
    return Ensemble(
        "Mean of 2 members",
        "the mean member",
        members,
        0.1,
        Gain(0.02, (0.01, 0.03)),
        paired,
        "one",
        2.0,
        2.1,
        ("A note.",),
    )


def similarity_sections():
    """Return what a model that compares shows beside its result."""
    embeddings = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)
    labels = np.repeat(np.arange(4), 3)
    pool = Pool(labels, np.array(["one"] * 12, dtype=object))
    episodes = tuple(score_episodes(embeddings, pool, Task(2, 1, within=within), trials=4) for within in (True, False))
    drawn = EmbeddingMap(np.zeros((1, 2)), 0.5, np.zeros(1, np.int64), ("cat",), (predicted().pixels,))
    curve = VerificationCurve(verification_of(embeddings, labels, labels))
    return Episodes(episodes[:1], episodes[1:]), curve, EmbeddingDrawn(drawn)


def every_section():
    """Return the report with all sections that there are, a kind of model's beside another's."""
    calibration = Calibration(1.5, 0.9, 0.2, 100)
    confidence = confidence_of(calibration, calibration.rule(2), np.array([[0.9, 0.1], [0.2, 0.8]]), [0, 1])
    layers = Layers(FilterSheet("conv1", np.ones((2, 1, 3, 3), np.float32), coloured=False))
    more = (ConfidenceWorth(confidence), Examples((("cat", predicted().pixels),)), Inside(layers), comparison_of())
    more += (Labels(label_errors(np.array([[0.9, 0.1]]), [0]), (1.0, 1.0), ()),)
    more += (
        Heads(
            BaseFacts("resnet18", "resnet18", "its maker", "MIT", "1,000 classes"),
            512,
            (("logistic", 0.9),),
            judged_by=40,
        ),
    )
    more += (LearningCurve((LearningPoint(10, (0.5, 0.6)), LearningPoint(20, (0.6, 0.7))), 30),)
    more += similarity_sections()
    more += (NextSteps((NextStep("Try it", "sightline serve 'my run'"),)),)
    more += (cross_validation_of(), search_of(), ensemble_of(), *breakdown())
    more += (DriftFound(Drift(40, 50, 0.9, (0.8, 0.95))),)
    more += (WithoutCopies(1, 2, 0.5, (0.1, 0.9), 0.6), Unlabelled(HOSTILE, 9, 4, 0.5, 0.6, 12, ships=True))
    more += (BeforeTraining((CheckRow("by heart", "Can it learn?", HOSTILE, ()),)),)
    return pipeline_report_of(training_of(), *more)


def breakdown():
    """Return what a single figure hides: kinds of pictures, damaged ones, other seeds."""
    right = np.arange(12) % 4 > 0
    damaged = {"jpeg": np.stack([right] * 5)}
    return (
        Subgroups(subgroup_scores(right, {"camera": ["old", "new"] * 6})),
        Robustness(robustness_scores(right, damaged, families={"jpeg": "digital"}, available=12, seed=0)),
        Seeds(SeedScores({0: 0.7, 1: 0.8}, 12, (0.5, 0.9))),
    )


def test_every_section_stands_in_its_place_under_its_own_name():
    report = every_section()
    assert tuple(section.key for section in report.sections) == ORDER
    for section in report.sections:
        page = Page(section.html())
        assert (page.open, page.tags[0]) == ([], "section")
        assert page.values("id")[0] == section.key
        assert section.title in page.text + " ".join(page.values("aria-label"))
        assert "`" not in page.text


def test_what_is_to_be_typed_stands_as_code_and_a_name_in_it_is_escaped():
    finding = Finding("odd", Severity.NOTE, "odd `a<b`", "`--set sampling=balanced` helps, and `c` too")
    html = Findings((finding,)).html()
    assert "odd <code>a&lt;b</code>" in html
    assert "<code>--set sampling=balanced</code> helps, and <code>c</code> too" in html


def test_the_contents_link_to_every_section_in_its_order():
    report = every_section()
    page = Page(report.html())
    links = [address for address in page.values("href") if address in {f"#{key}" for key in ORDER}]
    assert links == [f"#{section.key}" for section in report.sections]
    places = [page.values("id").index(key) for key in ORDER]
    assert all(before < after for before, after in pairwise(places))


def test_the_sections_share_no_entry_of_the_json_but_the_verdict_and_fill_all_that_programs_look_for():
    entries = [key for section in every_section().sections for key in section.as_json()]
    entries += [*SimilarityResult(None, (), classes_are_new=True).as_json()]  # it stands in the place of another result
    assert set(entries) == set(KEYS)
    assert {key for key in entries if entries.count(key) > 1} == {"verdict"}
    assert tuple(bare_report_of().as_json())[5:] == KEYS


def test_a_section_that_this_house_does_not_know_stands_before_the_last():
    class Toy:
        key, title = "toy", "A toy"

        def as_json(self):
            return {"toy": 1}

        def html(self):
            return "<section id='toy'>toy</section>"

    report = report_of(Toy())
    assert [section.key for section in report.sections][-2:] == ["toy", "provenance"]
    assert report.as_json()["toy"] == 1


def test_a_notebook_shows_the_key_figures_and_keeps_the_page_in_a_frame_without_rights():
    report = report_of(title=HOSTILE)
    page = Page(report._repr_html_())
    assert page.open == []
    assert "script" not in page.tags
    assert "style" not in page.tags, "the page's style would change the notebook"
    assert "Accuracy 75.0" in page.text.replace("\u00a0", " ")
    (framed,) = page.values("srcdoc")
    assert framed.replace('<base href="about:srcdoc">\n', "") == report.html()
    assert Page(framed).values("href")[0] == "about:srcdoc", "else its contents lead to the page around it"
    assert page.values("sandbox") == [None]
