"""A file of every format version is kept here and must go on being read; a new version adds a file."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BundleError
from sightline.inference.bundle import FORMAT_VERSION, read_bundle, write_bundle
from sightline.inference.graph import MOST_SAMPLES
from sightline.inference.tasks import load

FIXTURES = Path(__file__).parent / "fixtures"
VERSIONS = range(1, FORMAT_VERSION + 1)
PIXELS = np.arange(16 * 12 * 3, dtype=np.uint8).reshape(1, 16, 12, 3)
ANSWER = [0.23187611997127533, 0.3452356159687042, 0.42288821935653687]
"""What version 1 said of `PIXELS` when it was new; all fixtures hold the same network."""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_every_version_answers_as_it_did_when_it_was_new(version):
    classifier = load(FIXTURES / f"version{version}.sightline")
    assert classifier.manifest["format_version"] == version
    assert classifier.classes == ("ant", "bee", "cat")
    assert classifier.parameters == 16 * 12 * 3 * 3 + 3
    np.testing.assert_allclose(classifier.probabilities(PIXELS)[0], ANSWER, atol=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_torch_network_of_every_version_answers_the_same(version):
    import torch

    network = load(FIXTURES / f"version{version}.sightline").network
    np.testing.assert_allclose(network(torch.from_numpy(PIXELS)).softmax(dim=1).detach()[0], ANSWER, atol=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_from_before_calibration_has_no_sets_and_the_usual_batch(version):
    classifier = load(FIXTURES / f"version{version}.sightline")
    assert not {"calibration", "batch"} & classifier.manifest.keys()
    assert (classifier.calibration, classifier.batch) == (None, MOST_SAMPLES)
    assert classifier.predict(PIXELS[0]).set is None
    assert classifier.explain(PIXELS[0]).label == "cat"


PIPELINE_ANSWER = [0.021644435822963715, 0.47944024205207825, 0.4989154040813446]
"""What a pipeline of version 2, whose option `stride` was called `step`, said of `PIXELS` when it was new."""


def test_a_pipeline_of_version_2_answers_as_it_did_and_is_rebuilt():
    import torch

    classifier = load(FIXTURES / "version2-pipeline.sightline")
    manifest = classifier.manifest
    assert (manifest["format_version"], manifest["method"]) == (2, "pipeline")
    np.testing.assert_allclose(classifier.probabilities(PIXELS)[0], PIPELINE_ANSWER, atol=1e-6)
    probabilities = classifier.network(torch.from_numpy(PIXELS)).softmax(dim=1).detach()[0]
    np.testing.assert_allclose(probabilities, PIPELINE_ANSWER, atol=1e-5)


def test_the_manifest_of_an_older_version_says_what_is_said_now():
    network, pipeline = (
        read_bundle(FIXTURES / f"{name}.sightline").manifest for name in ("version1", "version2-pipeline")
    )
    assert (network["task"], network["method"]) == ("classification", "network")
    assert {network["preprocess"]["kind"], pipeline["preprocess"]["kind"]} == {"picture"}
    assert (network["preprocess"]["resize"], pipeline["preprocess"]["resize"]) == ("squash", "crop")
    assert pipeline["model"]["options"]["stride"] == 3
    assert not {"step", "fit"} & {*pipeline["model"]["options"], *pipeline["preprocess"], *network["preprocess"]}


def test_a_file_of_version_2_is_written_as_the_present_version_with_the_same_answers(tmp_path):
    write_bundle(tmp_path / "new", read_bundle(FIXTURES / "version2-pipeline.sightline"))
    classifier = load(tmp_path / "new")
    assert classifier.manifest["format_version"] == FORMAT_VERSION
    np.testing.assert_array_equal(
        classifier.probabilities(PIXELS), load(FIXTURES / "version2-pipeline.sightline").probabilities(PIXELS)
    )


WITHOUT_TORCH = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "onnx", "onnxscript", "safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
import sightline
try:
    print(sightline.load(sys.argv[1]).classes)
except sightline.SightlineError as error:
    print(error)
"""


def told_without_torch(version):
    command = [sys.executable, "-c", WITHOUT_TORCH, FIXTURES / f"version{version}.sightline"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own code


def test_without_torch_version_1_says_the_one_command_and_later_ones_answer():
    assert "format version 1" in told_without_torch(1)
    assert told_without_torch(1).splitlines()[-1] == "install it with: pip install 'sightline[train]'"
    for version in VERSIONS[1:]:
        assert told_without_torch(version) == "('ant', 'bee', 'cat')\n"


def test_figures_are_not_added_to_a_file_of_version_1(tmp_path):
    path = Path(shutil.copy(FIXTURES / "version1.sightline", tmp_path))
    with pytest.raises(BundleError, match="version 1"):
        write_bundle(path, read_bundle(path).with_figures({}))
    assert read_bundle(path).graph is None


def test_a_file_with_enrolled_classes_answers_as_it_did_when_it_was_new():
    classifier = load(FIXTURES / "version3-extended.sightline")
    assert classifier.classes == ("ant", "bee", "cat", "gnu")
    expected = [0.07684673368930817, 0.11441554874181747, 0.14015060663223267, 0.6685871481895447]
    np.testing.assert_allclose(classifier.probabilities(PIXELS)[0], expected, atol=1e-5)


def test_a_file_that_compares_pictures_answers_as_it_did_when_it_was_new():
    classifier = load(FIXTURES / "version3-similarity.sightline")
    decided = classifier.decide(np.full((1, 4, 4, 3), (130, 0, 128), np.uint8))
    np.testing.assert_allclose(decided.probabilities[0], [0.9919653534889221, 0.008034639991819859], atol=1e-5)
    assert decided.matches[0].distance == pytest.approx(0.7601632693242045, abs=1e-6)
    assert classifier.rule.acceptance.distance == pytest.approx(0.8758766006709885, abs=1e-6)
