import json
import shutil
from html.parser import HTMLParser

import pytest
from PIL import Image

import sightline
from sightline.core.percent import percent
from sightline.evaluation.report import Report
from sightline.evaluation.report.network.layers import Inside
from sightline.inference.bundle import bundle_of, read_bundle, write_bundle
from sightline.line.evaluation import evaluate
from sightline.line.narrator import Silent
from sightline.line.pages.inspection import layers_of
from sightline.line.report import report_on_data
from sightline.line.run import Run
from sightline.line.settings.values import Settings

VOID = {"meta", "link", "img", "br"}
SPREAD = {"low": -1.0, "high": 1.0, "deviation": 0.5, "not_finite": 0, "counts": [1, 2, 1]}


class Page(HTMLParser):
    """Collects the words and addresses of a page and checks that its tags are closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.addresses, self.tags, self.ids = [], [], [], [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).replace("\u00a0", " ").split())

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        self.ids += [value for key, value in attrs if key == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def page_of(path):
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "script" not in page.tags
    return page


def layers_json(*, dead=0.97):
    entry = {"weights": SPREAD, "gradients": SPREAD, "outputs": SPREAD}
    layers = {"network.conv1": entry, "network.tanh1": {"outputs": SPREAD, "dead": dead, "saturated": 0.1}}
    return {
        "format_version": 1,
        "pictures": 64,
        "left_out": 0,
        "layers": [{"name": "network.conv1", "kind": "Conv2d"}, {"name": "network.tanh1", "kind": "Tanh"}],
        "epochs": [{"epoch": 1, "layers": layers}, {"epoch": 2, "layers": layers}],
    }


@pytest.fixture(scope="session")
def lenet_run(flowers, tmp_path_factory):
    """A run of a small convolutional network that no test may change."""
    out = tmp_path_factory.mktemp("runs") / "lenet"
    return sightline.train(flowers, out=out, model="lenet", epochs=1, baseline="none", narrator=Silent())


@pytest.fixture
def run(lenet_run, tmp_path):
    """A copy of that run, with statistics of its layers written by hand."""
    shutil.copytree(lenet_run.folder, tmp_path / "run")
    Run(tmp_path / "run").layers.write_text(json.dumps(layers_json()))
    return tmp_path / "run"


def test_a_run_is_told_in_the_terminal_and_on_a_page(command, run):
    outcome = command("inspect", run)
    assert outcome.status == 0
    rows = [line.split() for line in outcome.out.splitlines()]
    assert rows[0] == ["layer", "output", "receptive", "field", "dead", "saturated"]
    assert ["tanh1", "12x12x6", "5", "px", "97.0", "%", "10.0", "%"] in rows
    assert ["dense3", "6", "16", "px", "-", "-"] in rows
    assert "tanh1: 97.0 % of its units never fire on 64 pictures." in outcome.out
    page = page_of(run / "inspect.html")
    assert "First-layer filters" in page.text
    assert "Over the training" in page.text
    assert "tanh1: 97.0 % of its units never fire" in page.text
    assert "What the layers make of it" not in page.text


def test_a_picture_is_followed_through_the_layers(command, run, flowers):
    picture = flowers / "cat" / "0.png"
    outcome = command("inspect", run, picture)
    answer = sightline.load(run).predict(picture)
    assert f"{picture}  {answer.label} {percent(answer.confidence)}" in outcome.out
    page = page_of(run / "inspect.html")
    assert f"{answer.label} , " in page.text
    assert "Conv2d, output 12x12x6; a unit sees 5 px, its neighbour 1 px further. Channels" in page.text
    assert page.tags.count("img") == 2 + 10  # picture, filters, and every layer but the pool that leaves one pixel


def test_a_model_file_has_filters_and_a_table_but_no_course(command, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = command("inspect", run / "model.sightline")
    assert outcome.status == 0
    assert outcome.out.endswith("page: model.sightline.inspect.html\n")
    page = page_of(tmp_path / "model.sightline.inspect.html")
    assert "Receptive field" in page.text
    assert "Over the training" not in page.text


def test_a_model_of_an_unknown_method_is_told_in_two_lines(command, finished, tmp_path):
    bundle = read_bundle(finished.model)
    manifest = {**bundle.manifest, "method": "divination"}
    write_bundle(tmp_path / "x.sightline", bundle_of(manifest, bundle.weights, bundle.graph, arrays=bundle.arrays))

    outcome = command("inspect", tmp_path / "x.sightline")

    assert outcome.status == 2
    assert "made by the method 'divination'" in outcome.err


def test_a_dense_model_can_be_looked_into(command, finished, flowers, tmp_path):
    outcome = command("inspect", finished.model, flowers / "ant" / "1.png", "--out", tmp_path / "page.html")
    assert outcome.status == 0
    assert "Linear, output 6; a unit sees 16 px." in page_of(tmp_path / "page.html").text


def test_an_older_run_shows_what_there_is_and_says_so(command, run):
    (run / "layers.json").unlink()
    outcome = command("inspect", run)
    assert outcome.status == 0
    assert "This run kept no layers.json" in outcome.out
    assert "This run kept no layers.json" in page_of(run / "inspect.html").text


def test_a_run_without_a_model_shows_its_course_but_takes_no_picture(command, run, flowers):
    (run / "model.sightline").unlink()
    outcome = command("inspect", run)
    assert (outcome.status, "This run has no model yet" in outcome.out) == (0, True)
    assert "Over the training" in page_of(run / "inspect.html").text
    refused = command("inspect", run, flowers / "ant" / "0.png")
    assert (refused.status, "holds no model yet" in refused.err) == (2, True)


@pytest.mark.parametrize("name", ["none", "empty", "picture.png"])
def test_what_is_neither_a_run_nor_a_model_is_told_in_two_lines(name, command, tmp_path):
    (tmp_path / "empty").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "picture.png")
    outcome = command("inspect", tmp_path / name)
    assert outcome.status == 2
    assert name in outcome.err
    assert len(outcome.err.splitlines()) == 2


def test_a_picture_that_can_t_be_read_is_told_and_no_page_is_written(command, run, tmp_path, fault):
    (tmp_path / fault[0]).write_bytes(fault[1])
    outcome = command("inspect", run / "model.sightline", tmp_path / fault[0], "--out", tmp_path / "page.html")
    assert (outcome.status, fault[0] in outcome.err) == (2, True)
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("document", [{}, {"format_version": 1, "epochs": []}, layers_json(dead="much")])
def test_a_damaged_file_of_layers_is_told_with_its_name(document, command, run):
    (run / "layers.json").write_text(json.dumps(document))
    outcome = command("inspect", run)
    assert (outcome.status, "layers.json that can be read" in outcome.err) == (2, True)


def test_its_own_page_is_replaced_and_a_strangers_file_is_not(command, run, tmp_path):
    assert [command("inspect", run).status for _ in range(2)] == [0, 0]
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    outcome = command("inspect", run, "--out", mine)
    assert (outcome.status, mine.read_text()) == (2, "mine")
    assert command("inspect", run, "--out", tmp_path / "none" / "page.html").status == 2


def test_the_report_shows_the_inside_and_its_json_twin_tells_it(run, flowers):
    classifier = sightline.load(run)
    evaluation = evaluate(classifier, sightline.open_catalog(flowers), part=None, narrator=Silent())
    bare = report_on_data(evaluation.answers, classifier, findings=(), overlap=evaluation.overlap)
    report = Report(bare.head, (*bare.sections, Inside(layers_of(classifier, Run(run)))))
    page = Page(report.html())
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert "Inside the network" in page.text
    assert "tanh1: 97.0 % of its units never fire on 64 pictures." in page.text
    assert report.as_json()["layers"][1]["dead"] == 0.97


def test_beginning_a_run_anew_removes_what_was_known_of_its_layers(run):
    (run / "inspect.html").write_text("old")
    with Run(run).locked():
        Run(run).begin(Settings(), force=True)
    assert not (run / "layers.json").exists()
    assert not (run / "inspect.html").exists()
