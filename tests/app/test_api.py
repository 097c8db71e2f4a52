"""The product in Python: every verb is a function, with the results of the command line."""

import inspect
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import BundleError, DataError, PictureError, RunError, SettingsError, SightlineError
from sightline.evaluation.scores import score
from sightline.line.methods.network.summary import NetworkSummary
from sightline.line.methods.pipeline.summary import PipelineSummary
from sightline.line.narrator import Silent

SEVERAL_LINES = re.compile(r"::\n\n((?:    .*\n?|\n)+)")


def examples_of(thing):
    """Return the code below each ``::`` of a docstring."""
    return SEVERAL_LINES.findall(inspect.getdoc(thing) or "")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with ``flowers``, a finished ``run``, ``new.png`` and ``iris.png``, as the docstrings suppose."""
    folder = tmp_path_factory.mktemp("examples")
    for label, name in enumerate(("rose", "tulip")):
        (folder / "flowers" / name).mkdir(parents=True)
        for number in range(8):
            pixels = np.random.default_rng([label, number]).integers(0, 90, (16, 16, 3), dtype=np.uint8)
            pixels[:, 8 * label : 8 * label + 8] += 120
            Image.fromarray(pixels).save(folder / "flowers" / name / f"{number}.png")
    shutil.copy(folder / "flowers" / "rose" / "0.png", folder / "new.png")
    Image.fromarray(np.tile(np.arange(0, 240, 15, dtype=np.uint8)[:, None, None], (1, 16, 3))).save(folder / "iris.png")
    sightline.train(folder / "flowers", out=folder / "run", model="mlp", epochs=2, baseline="none", narrator=Silent())
    return folder


@pytest.fixture
def here(place, tmp_path, monkeypatch):
    """A copy of `place` that a test may change, as the working directory."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


NOT_ALONE = {"serve", "compare", "ensemble", "crossval", "search"}
"""Their examples need a service that ends, runs besides the one that is there, or many trainings."""


def test_every_verb_has_an_example():
    without = {name for name in sightline.__all__ if "Example" not in (inspect.getdoc(getattr(sightline, name)) or "")}
    assert without <= {"SightlineError", "load", "serve"}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["sightline", *(name for name in sightline.__all__ if name not in NOT_ALONE)])
def test_the_examples_of_the_docstrings_run(name):
    for code in examples_of(getattr(sightline, name, sightline)):
        exec(inspect.cleandoc(code), {"sightline": sightline})  # noqa: S102 - our own words


def test_the_names_are_sorted_and_each_is_there():
    assert sightline.__all__ == sorted(sightline.__all__)
    assert all(callable(getattr(sightline, name)) for name in sightline.__all__)


@pytest.mark.parametrize(
    "call",
    [
        "sightline.check('flowers')",
        "sightline.predict('run', 'new.png')",
        "sightline.predict('run', ['flowers', 'new.png'])",
        "sightline.evaluate('run', 'flowers')",
        "sightline.show('run')",
        "sightline.load('run')",
        "sightline.open_catalog('flowers')",
    ],
)
def test_what_only_looks_and_answers_needs_no_torch_and_prints_nothing(call, here):
    code = f"import sys, sightline; {call}; sys.exit('torch' in sys.modules)"
    outcome = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=here
    )
    assert (outcome.returncode, outcome.stdout) == (0, ""), outcome.stderr


@pytest.mark.usefixtures("here")
def test_no_verb_prints_its_result(capsys):
    sightline.check("digits")
    sightline.evaluate("run", "flowers", out="evaluation")
    sightline.export("run", to="onnx", out="a.onnx")
    sightline.inspect("run", out="inside.html")
    sightline.show("run", html="card.html")
    sightline.summary("lenet")
    sightline.augment("flowers")
    assert capsys.readouterr().out == ""


def test_a_checkup_holds_the_catalog_and_what_must_be_mended(here):
    (here / "flowers" / "empty").mkdir()
    checkup = sightline.check("flowers")
    assert len(checkup.catalog) == 16
    assert [finding.code for finding in checkup.errors] == ["empty-class"]
    assert sightline.check("flowers", accept=["empty-class"]).errors == ()


def test_a_catalog_stands_for_its_folder(here):
    catalog = sightline.open_catalog(here / "flowers")
    assert sightline.check(catalog).catalog is catalog
    assert sightline.evaluate("run", catalog).answers.catalog is catalog


def test_an_evaluation_has_the_scores_that_its_report_shows(here):
    evaluation = sightline.evaluate("run", "flowers", out="evaluation")
    report = json.loads((here / "evaluation" / "report.json").read_text())
    assert report["test"]["accuracy"] == evaluation.scores.accuracy
    expected = score(
        evaluation.answers.truth, evaluation.answers.probabilities, classes=("rose", "tulip"), baseline_class=0
    )
    assert evaluation.scores.accuracy == expected.accuracy


@pytest.mark.parametrize("name", ["report.html", "report.json", "mistakes.html", "predictions.csv"])
def test_an_evaluation_replaces_no_file_that_is_there(name, here):
    (here / "evaluation").mkdir()
    (here / "evaluation" / name).write_text("mine")
    with pytest.raises(RunError, match=rf"{name} exists"):
        sightline.evaluate("run", "flowers", out="evaluation")
    assert [file.read_text() for file in (here / "evaluation").iterdir()] == ["mine"]


def test_an_evaluation_that_can_t_be_written_ends_before_any_picture_is_read(here):
    (here / "flowers" / "rose" / "0.png").unlink()
    sightline.evaluate("run", "flowers", out="evaluation")
    with pytest.raises(RunError, match=r"report\.html exists"):
        sightline.evaluate("run", "no-such-data", out="evaluation")
    with pytest.raises(RunError, match="holds a run"):
        sightline.evaluate("run", "no-such-data", out="run")


RESULTS = {
    "open_catalog": (lambda: sightline.open_catalog("flowers"), "<Catalog flowers: 16 samples of 2 classes>"),
    "check": (
        lambda: sightline.check("flowers", narrator=Silent()),
        "<Checkup of flowers: note small-part>",
    ),
    "evaluate": (
        lambda: sightline.evaluate("run", "flowers", narrator=Silent()),
        "<Evaluation: accuracy 100.0\u00a0% on 16 pictures>",
    ),
    "show": (lambda: sightline.show("run"), "<ModelCard model.sightline: 2 classes>"),
    "inspect": (lambda: sightline.inspect("run"), "<Inspection: Inside run>"),
    "augment": (
        lambda: sightline.augment("flowers", pictures=2, variants=3, narrator=Silent()),
        "<AugmentedSheet: 2 pictures, 3 variants of each>",
    ),
    "a network's summary": (
        lambda: sightline.summary("lenet", shape=(28, 28, 1)),
        "<NetworkSummary 28x28x1: 12 layers, 44,426 parameters>",
    ),
    "a pipeline's summary": (lambda: sightline.summary("hog-svm"), "<PipelineSummary 32x32x3: hog, svm>"),
    "export": (lambda: sightline.export("run", to="onnx", out="m.onnx", narrator=Silent()), "<Export m.onnx>"),
    "train": (
        lambda: sightline.train("flowers", out="two", model="linear", epochs=1, baseline="none", narrator=Silent()),
        "<FinishedRun two: accuracy 100.0\u00a0% on 2 test pictures>",
    ),
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("call", "line"), RESULTS.values(), ids=RESULTS)
def test_what_a_verb_returns_shows_itself_in_one_line(call, line):
    assert repr(call()) == line


def test_a_checkup_shows_the_codes_of_what_was_noticed(here):
    (here / "flowers" / "lily").mkdir()
    shutil.copy(here / "new.png", here / "flowers" / "tulip" / "8.png")
    noticed = repr(sightline.check("flowers", narrator=Silent()))
    assert noticed == "<Checkup of flowers: error empty-class, error same-picture-two-classes, note same-picture-twice>"


@pytest.mark.usefixtures("here")
def test_one_picture_of_any_kind_has_the_same_prediction():
    classifier = sightline.load("run")
    expected = classifier.predict("new.png")
    pixels = np.asarray(Image.open("new.png"))
    with open("new.png", "rb") as stream:  # noqa: PTH123 - as a user writes it
        payload = stream.read()
    for model in ("run", "run/model.sightline", classifier):
        for picture in ("new.png", payload, pixels, Image.open("new.png")):
            assert sightline.predict(model, picture).probabilities == expected.probabilities


@pytest.mark.usefixtures("here")
def test_many_pictures_have_a_list_in_their_order_in_which_a_folder_stands_for_its_pictures(here):
    pixels = np.asarray(Image.open("new.png"))
    answers = sightline.predict("run", [here / "new.png", pixels, "flowers/rose", b"no picture", "none.png"])
    names = [f"flowers/rose/{number}.png" for number in range(8)]
    assert [one.path for one in answers][2:10] == names
    assert [bool(one.error) for one in answers] == [*[False] * 10, True, True]
    assert answers[0].probabilities == answers[1].probabilities == answers[2].probabilities
    stack = sightline.predict("run", np.stack([pixels, pixels]))
    assert [one.label for one in stack] == [answers[0].label] * 2


def test_the_only_picture_must_be_readable_and_no_folder(here):
    with pytest.raises(PictureError, match="does not exist"):
        sightline.predict("run", "none.png")
    with pytest.raises(DataError, match="is a folder, not a picture") as caught:
        sightline.predict("run", here / "flowers")
    assert f"[{str(here / 'flowers')!r}]" in caught.value.hint
    (here / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no picture"):
        sightline.predict("run", ["empty"])
    with pytest.raises(BundleError, match="none"):
        sightline.predict("none", "new.png")


def test_a_summary_counts_what_the_command_line_shows(command):
    network = sightline.summary("googlenet", shape=(224, 224, 3), classes=1000)
    assert isinstance(network, NetworkSummary)
    assert (network.parameters, network.auxiliary_parameters) == (6_624_904, 6_379_984)
    pipeline = sightline.summary("hog-svm", shape=(32, 32, 3), classes=7)
    assert isinstance(pipeline, PipelineSummary)
    lines = command("summary", "hog-svm", "--classes", 7).out.splitlines()
    assert [line.split("  ")[0] for line in lines[2:-1]] == [name for name, _ in pipeline.parts]
    assert lines[-1].endswith("7 classes")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shape": (32, 32)}, "shape"),
        ({"shape": (0, 32, 3)}, "shape"),
        ({"classes": 1}, "classes = 1"),
        ({"hiden": (3,)}, "hiden"),
    ],
)
def test_an_impossible_summary_is_an_error_in_words(wrong, words):
    with pytest.raises(SettingsError, match=words):
        sightline.summary("mlp", **wrong)


@pytest.mark.usefixtures("here")
def test_a_sheet_is_what_the_command_line_draws(command):
    sheet = sightline.augment("flowers", pictures=2, variants=3, seed=5, rotation=20)
    assert command("augment", "flowers", "--out", "a.png", "--pictures", 2, "--variants", 3, "--seed", 5,
                   "--set", "rotation=20").status == 0  # fmt: skip
    with open("a.png", "rb") as stream:  # noqa: PTH123 - the working directory's
        assert stream.read() == sheet.png() == sheet._repr_png_()
    assert sheet.amounts["rotation"] == 20
    assert len(sheet.variants) == 3


def modules_run(*words, cwd):
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "sightline", *words], check=False, capture_output=True, text=True, cwd=cwd
    )


def test_the_package_runs_as_a_module_with_the_statuses_of_the_command(here):
    answered = modules_run("predict", "run", "new.png", cwd=here)
    assert (answered.returncode, answered.stdout.split()[0]) == (0, "new.png")
    assert modules_run("predict", "run", "none.png", cwd=here).returncode == 1
    refused = modules_run("predict", "run", cwd=here)
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (2, "  -> see `sightline predict --help`")
    assert modules_run("--help", cwd=here).stdout.startswith("Usage: sightline [OPTIONS]")


@pytest.mark.parametrize("verb", [sightline.check, sightline.augment, sightline.open_catalog])
def test_an_empty_name_is_no_data_set(verb):
    with pytest.raises(DataError, match="the data set's name is empty"):
        verb("")


@pytest.mark.parametrize("name", ["x" * 5_000, f"{'x' * 300}.csv", "a\0b"])
@pytest.mark.parametrize(
    "call",
    [
        sightline.load,
        sightline.open_catalog,
        sightline.check,
        sightline.augment,
        sightline.show,
        sightline.inspect,
        lambda name: sightline.train(name, out="other"),
        lambda name: sightline.train("flowers", out=name),
        lambda name: sightline.evaluate(name, "flowers"),
        lambda name: sightline.evaluate("run", name),
        lambda name: sightline.evaluate("run", "flowers", out=name),
        lambda name: sightline.predict(name, "new.png"),
        lambda name: sightline.predict("run", name),
        lambda name: sightline.inspect("run", name),
        lambda name: sightline.inspect("run", "new.png", out=name),
        lambda name: sightline.export(name, to="onnx", out="x.onnx"),
        lambda name: sightline.export("run", to="onnx", out=name),
        lambda name: sightline.export("run", to="onnx", out="x.onnx", data=name),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_name_that_the_system_cannot_hold_is_an_error_in_words(call, name):
    with pytest.raises(SightlineError):
        call(name)


@pytest.mark.parametrize("wrong", [3, None, [], 2.5])
@pytest.mark.usefixtures("here")
def test_what_is_no_name_is_an_error_in_words_where_a_name_is_chosen(wrong):
    with pytest.raises(SettingsError, match="expected a name"):
        sightline.summary(wrong)
    if wrong is not None:
        with pytest.raises(SettingsError, match="expected a name"):
            sightline.load("run").explain("new.png", wrong)
