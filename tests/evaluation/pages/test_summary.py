import html
import json
from pathlib import Path

import numpy as np

from sightline.evaluation.key_figures import key_figures
from sightline.evaluation.pages.summary import run_summary_html
from sightline.evaluation.scores import Scores, score


def scores():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    return score([0, 1, 1], probabilities, classes=("cat", "dog"), baseline_class=1)


def document(**changes):
    values = {"title": "Pets", "model": "small net", "parameters": 1234, "classes": ["cat", "dog"]}
    values |= {"created": "2026-01-02", "test": scores().as_json(), "comparison": None}
    return json.loads(json.dumps(values | {"verdict": {"words": "It levelled off."}} | changes))


def summary(files, **changes):
    return run_summary_html(document(**changes), files=files)


def test_scores_survive_json():
    again = Scores.of_json(json.loads(json.dumps(scores().as_json())))
    assert again.as_json() == scores().as_json()
    assert again.per_class == scores().per_class
    assert again.accuracy_interval == scores().accuracy_interval


def test_a_run_sums_itself_up_with_its_figures_words_and_links():
    text = html.unescape(summary({"report": Path("run/report.html")}, comparison={"words": "Not worth it."}))
    for figure in key_figures(scores()):
        assert figure.name in text
        assert figure.value in text
    assert "small net, 1,234 parameters, 2 classes" in text
    assert text.index("It levelled off.") < text.index("Not worth it.")
    assert '<a href="./run/report.html">report</a>' in text


def test_a_run_that_is_not_worth_using_says_so_before_its_verdicts():
    text = html.unescape(summary({}, worth={"words": "Don't use it."}))
    assert text.index("Don't use it.") < text.index("It levelled off.")
    assert "Don't" not in summary({}), "reports of earlier versions do not say it"


def test_a_folder_that_is_called_like_a_script_is_a_folder():
    assert 'href="./javascript%3Aalert%281%29/report.html"' in summary(
        {"report": Path("javascript:alert(1)/report.html")}
    )
    assert 'href="/a%20b%FF/report.html"' in summary({"report": Path("/a b\udcff/report.html")})


def test_strangers_words_stay_words():
    text = summary({}, title="<script>odd", model="<b>", verdict={"words": "<i>"})
    assert not any(tag in text for tag in ("<script", "<b>", "<i>"))
