"""The pre-flight of data and of a module, by line and by the verb; a training is the same with and without it."""

import json
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

import sightline
from sightline.app.cli import main
from sightline.core.errors import SettingsError
from sightline.line.methods.before_training.section import before_training
from sightline.line.narrator import Silent

QUICK = {"model": "linear", "size": "16", "epochs": 2, "baseline": "none", "narrator": Silent()}


@pytest.fixture(scope="module")
def looked_at():
    return sightline.preflight("digits", **QUICK)


def test_a_sound_training_is_asked_everything_and_nothing_stands_out(looked_at):
    assert looked_at.findings == ()
    assert looked_at.checks.left_out == ()
    assert json.loads(json.dumps(looked_at.as_json()))["checks"]["labels"]["line"] == (
        "labels from 0 to 9, and 10 scores a sample"
    )


def test_the_page_shows_checks_climbs_and_pictures(looked_at):
    page = looked_at.html()
    assert "does the loss begin at what chance costs?" in page
    assert "The loss while the learning rate climbs" in page
    assert "mathdefault" not in page  # matplotlib's own words for a power of ten
    assert "data:image/png;base64," in page


def test_the_sheet_shows_what_the_first_layer_reads(looked_at):
    assert looked_at.sheet.caption.startswith("16x16 grey; not altered; as the first layer reads them, values from -")
    assert (looked_at.sheet.originals.min(), looked_at.sheet.originals.max()) == (0, 255)


def test_a_pipeline_is_not_learnt_in_steps(class_folders):
    with pytest.raises(SettingsError, match="hog-svm is a classical pipeline, which has no pre-flight"):
        sightline.preflight(class_folders({"cats": 6, "dogs": 6}), model="hog-svm", narrator=Silent())


@pytest.fixture
def trained(class_folders, tmp_path):
    """Return a run with every check before its training, and one with none."""
    data = class_folders({"cats": 12, "dogs": 12})
    return SimpleNamespace(
        **{asked: sightline.train(data, out=tmp_path / asked, preflight=asked, **QUICK) for asked in ("all", "none")}
    )


def test_the_weights_are_the_same_to_the_last_bit_with_and_without_a_preflight(trained):
    asked, unasked = (run.classifier().bundle.weights for run in (trained.all, trained.none))
    assert asked == unasked
    assert trained.all.report["preflight"]["checks"]["labels"]["line"] == "labels from 0 to 1, and 2 scores a sample"
    assert trained.none.report["preflight"] is None
    assert "Before the training" in trained.all.report_html.read_text()
    assert not (trained.none.folder / "preflight.json").exists()


def test_what_makes_a_training_pointless_stops_it(tmp_path):
    for name, shade in (("cats", 40), ("dogs", 40)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(8):
            picture = Image.new("L", (20 + number, 20 + (name == "dogs")), shade)
            picture.save(tmp_path / "set" / name / f"{number}.png")
    with pytest.raises(SettingsError, match=r"\[same-inputs\] all samples that were looked at are the same"):
        sightline.train(tmp_path / "set", out=tmp_path / "run", preflight="all", **QUICK)


def test_the_verb_says_what_each_check_saw_and_ends_with_one_where_something_is_wrong(tmp_path, capsys):
    words = ["digits", "--model", "linear", "--set", "size=16", "weight_decay=900", "--out", str(tmp_path / "a.html")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["sightline", "preflight", *words, "--quiet"])
        with pytest.raises(SystemExit) as ended:
            main()
    lines = capsys.readouterr().out
    assert ended.value.code == 1
    assert "warning [weight-decay-too-strong] weight decay takes 90.0% of each weight at each step" in lines
    assert "\n1 finding to look at\n" in lines
    assert "weight-decay-too-strong" in (tmp_path / "a.html").read_text()


def test_a_module_is_asked_with_samples_of_its_own():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(36, 3), nn.Softmax(dim=1))
    labels = torch.arange(60) % 3
    inputs = torch.randn(60, 1, 6, 6) + labels[:, None, None, None]
    flown = sightline.preflight(network, (inputs, labels))
    assert "softmax-twice" in [finding.code for finding in flown.findings]


INPUTS, LABELS = torch.randn(20, 3), torch.arange(20) % 2


@pytest.mark.parametrize(
    "samples",
    [
        None,
        (INPUTS[:4], LABELS[:4]),
        (INPUTS, LABELS[:19]),
        (INPUTS, LABELS + 0.5),
        (INPUTS, LABELS, LABELS),
        "flowers",
        iter([(INPUTS[0], 0)]),
    ],
)
def test_samples_that_are_none_are_refused_in_words(samples):
    with pytest.raises(SettingsError):
        sightline.preflight(nn.Linear(3, 2), samples)


class Raising(nn.Linear):
    """Raises what no layer of torch does."""

    def forward(self, inputs):
        raise KeyError("no such branch")


class Uncopyable(nn.Linear):
    """Holds on to something that can't be copied."""

    def __init__(self):
        super().__init__(3, 2)
        self.batches = iter([1])
        self.file = (number for number in range(3))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (nn.Flatten(), "no weight of the Flatten can learn"),
        (nn.Linear(3, 2).requires_grad_(False), "no weight of the Linear can learn"),
        (Uncopyable(), "the network can't be copied"),
        (len, "a builtin_function_or_method was given"),
    ],
)
def test_a_network_that_can_t_be_asked_is_refused_in_words(network, words):
    with pytest.raises(SettingsError, match=words):
        sightline.preflight(network, (INPUTS, LABELS))


def test_what_a_network_raises_is_said_once_with_its_place():
    (finding,) = sightline.preflight(Raising(3, 2), (INPUTS, LABELS)).findings
    assert (finding.code, "KeyError: 'no such branch'" in finding.symptom) == ("network-fails", True)
    assert "test_preflight.py, line" in finding.evidence[0]


class RaisingInTraining(nn.Linear):
    """Can be evaluated, and not learn."""

    def forward(self, inputs):
        if self.training:
            raise KeyError("no such branch")
        return super().forward(inputs)


def test_checks_that_could_not_be_made_have_their_place_on_the_page():
    flown = sightline.preflight(RaisingInTraining(3, 2), (INPUTS, LABELS))
    assert [finding.code for finding in flown.findings] == ["network-fails"]
    assert "not made" in before_training(flown).html()


class Several(nn.Module):
    """Gives scores and something else."""

    def __init__(self):
        super().__init__()
        self.scores = nn.LazyLinear(2)

    def forward(self, inputs):
        return self.scores(inputs), inputs


def test_arrays_loaders_lazy_layers_and_several_outputs_are_taken():
    torch.manual_seed(0)
    samples = (INPUTS + 3 * LABELS[:, None]).double()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(samples, LABELS), batch_size=6)
    for given in ((samples.numpy(), LABELS.numpy()), loader):
        flown = sightline.preflight(Several(), given)
        assert "network-fails" not in {finding.code for finding in flown.findings}
        assert "errors" in flown.measured["gradient-check"].figures


def test_inputs_that_are_no_numbers_are_named_by_their_rows():
    broken = INPUTS.clone()
    broken[6, 1] = float("nan")
    (finding,) = sightline.preflight(nn.Linear(3, 2), (broken, LABELS)).findings
    assert (finding.code, "rows 6" in finding.symptom) == ("inputs-not-finite", True)


def test_labels_of_one_class_alone_are_named():
    flown = sightline.preflight(nn.Linear(3, 2), (INPUTS, torch.zeros(20)))
    assert "one-class-alone" in {finding.code for finding in flown.findings}


def test_a_learning_rate_named_auto_is_measured_and_remembered(class_folders, tmp_path):
    data = class_folders({"cats": 40, "dogs": 40})
    run = sightline.train(data, out=tmp_path / "run", learning_rate="auto", **QUICK)
    (finding,) = [each for each in run.report["findings"] if each["code"].startswith("rate-")]
    settings = run.report["settings"]
    assert settings["rate_from"] == "range-test"
    assert (finding["code"] == "rate-kept") == (float(settings["learning_rate"]) == 0.001)
    assert json.loads((tmp_path / "run" / "decided.json").read_text())["noticed"] == [finding]


def test_a_learning_rate_that_nobody_names_is_the_recipe_s(trained):
    assert trained.none.report["settings"]["learning_rate"] == "0.001"
    assert trained.none.report["settings"]["rate_from"] == "recipe"
