"""Ensembles as their user meets them: joined, proved, judged, and refused in words."""

import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from torch import nn

import sightline
from sightline.app.api.ensemble import cost
from sightline.core.errors import BundleError, DataError, RunError, SettingsError
from sightline.inference.export.ensemble_graph import ensemble_graph
from sightline.inference.graph import Graph
from sightline.inference.signature import classification
from sightline.line.ensemble.ensemble import gain_of
from sightline.line.ensemble.weight_average import _reckon_statistics
from sightline.line.narrator import Silent


@pytest.fixture(scope="module")
def other(flowers, tmp_path_factory):
    """A run beside `finished`, of the same parts and another optimizer, that no test may change."""
    out = tmp_path_factory.mktemp("others") / "other"
    return sightline.train(
        flowers, out=out, model="linear", epochs=2, optimizer="sgd", baseline="none", narrator=Silent()
    )


@pytest.fixture(scope="module")
def joined(finished, other, tmp_path_factory):
    out = tmp_path_factory.mktemp("joined") / "model.sightline"
    return sightline.ensemble([finished.folder, other.folder], out=out, narrator=Silent())


def pixels_of(classifier, count=5):
    return np.random.default_rng(0).integers(0, 256, (count, *classifier.format.shape), dtype=np.uint8)


@pytest.mark.parametrize("way", ["mean", "vote"])
def test_one_graph_answers_as_its_members_do_together(way, finished, other):
    members = [run.classifier() for run in (finished, other)]
    pixels = pixels_of(members[0])
    tables = np.stack([member.probabilities(pixels) for member in members])

    graph = ensemble_graph([member.graph for member in members], [0.75, 0.25], combination=way, factor=None)

    signature = classification(pixels.shape[1:], len(members[0].classes))
    votes = tables >= tables.max(axis=2, keepdims=True)
    expected = np.tensordot([0.75, 0.25], tables if way == "mean" else votes, axes=1)
    np.testing.assert_allclose(Graph(graph, signature).run(pixels)[0], expected, atol=1e-6)


def test_the_file_is_a_bundle_like_any_other(joined, finished, flowers, command):
    classifier = sightline.load(joined.file)

    assert classifier.manifest["method"] == "ensemble"
    assert classifier.parameters == 2 * finished.classifier().parameters
    assert classifier.calibration is not None
    assert sightline.predict(joined.file, flowers / "ant" / "0.png").label in classifier.classes
    assert command("show", joined.file).status == 0
    with zipfile.ZipFile(joined.file) as archive:
        assert json.loads(archive.read("manifest.json"))["members"][0]["weight"] == 0.5


def test_it_is_judged_by_pictures_that_no_member_has_seen(joined, finished):
    assert joined.report["test"]["count"] == finished.report["test"]["count"]
    assert joined.report["overlap"]["train"] == joined.report["overlap"]["validation"] == 0


def test_the_report_shows_each_member_the_gain_and_the_cost(joined, finished):
    section = joined.report["ensemble"]

    assert section["members"][0]["accuracy"] == finished.report["test"]["accuracy"]
    low, high = section["gain"]["interval"]
    assert low <= section["gain"]["difference"] <= high
    assert section["megabytes"] > 0
    assert "The ensemble and its members" in joined.report_html.read_text()


def test_a_torch_network_of_an_ensemble_is_refused_in_words(joined):
    with pytest.raises(BundleError, match="ensemble"):
        _ = sightline.load(joined.file).network


def test_one_member_is_refused(finished, tmp_path):
    with pytest.raises(SettingsError, match="1 member: an ensemble has two or more"):
        sightline.ensemble([finished.folder], out=tmp_path / "out.sightline", narrator=Silent())


def test_too_little_validation_for_a_greedy_selection_is_refused(finished, other, tmp_path):
    with pytest.raises(SettingsError, match="12 validation pictures are too few"):
        sightline.ensemble(
            [finished.folder, other.folder], out=tmp_path / "out.sightline", by="greedy", narrator=Silent()
        )


def test_members_of_other_data_are_refused_with_which(finished, little_run, tmp_path):
    with pytest.raises(RunError, match=r"trained on other data: .*flowers.*few"):
        sightline.ensemble([finished.folder, little_run / "run"], out=tmp_path / "out.sightline", narrator=Silent())


def test_members_of_other_classes_are_refused_with_which(finished, little_run, flowers, tmp_path):
    with pytest.raises(BundleError, match=r"know other classes: 'cat'"):
        sightline.ensemble(
            [finished.folder, little_run / "run"], out=tmp_path / "out.sightline", data=flowers, narrator=Silent()
        )


def test_a_member_with_enrolled_classes_is_refused_with_why(finished, other, flowers, tmp_path):
    enrolled = shutil.copytree(other.folder, tmp_path / "enrolled")
    stranger = tmp_path / "stranger.png"
    Image.fromarray(255 - np.asarray(Image.open(flowers / "ant" / "0.png"))).save(stranger)
    sightline.enroll(enrolled, "seventh", stranger)

    with pytest.raises(BundleError, match="classes that were enrolled"):
        sightline.ensemble([finished.folder, enrolled], out=tmp_path / "out.sightline", narrator=Silent())


def test_members_that_read_pictures_differently_are_refused_with_how(finished, train, flowers, tmp_path):
    train(flowers, size="8")

    with pytest.raises(BundleError, match="height is 16 and 8"):
        sightline.ensemble([finished.folder, tmp_path / "run"], out=tmp_path / "out.sightline", narrator=Silent())


def test_a_file_that_is_there_is_not_replaced(joined, finished, other):
    with pytest.raises(RunError, match="exists"):
        sightline.ensemble([finished.folder, other.folder], out=joined.file, narrator=Silent())


def test_a_run_s_own_files_are_not_replaced_even_by_force(finished, other):
    with pytest.raises(RunError, match="holds a run with a report of its own"):
        sightline.ensemble(
            [finished.folder, other.folder], out=other.folder / "report.sightline", force=True, narrator=Silent()
        )


def test_a_second_ensemble_in_the_folder_has_a_page_of_mistakes_of_its_own(joined, finished, other):
    second = sightline.ensemble(
        [finished.folder, other.folder], out=joined.file.with_name("vote.sightline"), by="vote", narrator=Silent()
    )

    assert "vote-mistakes.html" in second.report_html.read_text()
    assert {"model-mistakes.html", "vote-mistakes.html"} <= {file.name for file in joined.file.parent.iterdir()}


def test_members_are_joined_and_judged_by_pictures_that_are_all_new_to_them(finished, other, few, tmp_path):
    with_data = {"data": few, "narrator": Silent()}
    for file in few.rglob("*.png"):  # another picture of the same class
        Image.fromarray(255 - np.asarray(Image.open(file))).save(file)

    new = sightline.ensemble([finished.folder, other.folder], out=tmp_path / "new.sightline", **with_data)

    assert new.report["test"]["count"] == 16
    with pytest.raises(DataError, match="holds no validation picture of"):
        sightline.ensemble([finished.folder], out=tmp_path / "mean.sightline", by="weights", **with_data)


def test_an_ensemble_is_explained_by_its_graph_alone(joined, flowers):
    picture = flowers / "ant" / "0.png"

    explanation = sightline.explain(joined.file, [picture], narrator=Silent())

    assert explanation.ways == ("occlusion",)
    assert "no network of its own" in explanation.notes[0]
    with pytest.raises(SettingsError, match="grad-cam looks into a network"):
        sightline.explain(joined.file, [picture], ways=["grad-cam"], narrator=Silent())


def test_a_dry_run_writes_nothing(finished, other, tmp_path, command):
    foreseen = cost([finished.folder, other.folder], narrator=Silent())

    printed = command("ensemble", finished.folder, other.folder, "--out", tmp_path / "out.sightline", "--dry-run")

    assert foreseen.megabytes > 0
    assert "nothing is trained" in printed.out
    assert not (tmp_path / "out.sightline").exists()


def test_the_gain_is_over_the_mean_of_the_members():
    right = np.array([[True, False, False, True], [False, True, False, True]])

    gain = gain_of(np.array([True, True, False, True]), right)

    assert gain.difference == 0.25


def test_the_mean_of_one_runs_last_weights_is_a_plain_network_again(finished, tmp_path):
    out = tmp_path / "out.sightline"

    averaged = sightline.ensemble([finished.folder], out=out, by="weights", narrator=Silent())

    classifier = sightline.load(out)
    assert (classifier.manifest["method"], classifier.manifest["averaged_epochs"]) == ("network", 1)
    pixels = pixels_of(classifier)
    np.testing.assert_allclose(classifier.probabilities(pixels), finished.classifier().probabilities(pixels), atol=1e-4)
    assert averaged.report["ensemble"]["gain"]["difference"] == 0


def test_running_statistics_are_reckoned_anew():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 2, 2, 1), dtype=np.uint8)
    network = nn.Sequential(Floats(), nn.BatchNorm1d(4))

    _reckon_statistics(network, pixels, np.arange(200))

    expected = pixels.reshape(200, 4)[:128].mean(axis=0), pixels.reshape(200, 4)[128:].mean(axis=0)
    np.testing.assert_allclose(network[1].running_mean, np.mean(expected, axis=0), rtol=1e-4)
    assert not network.training


class Floats(nn.Module):
    def forward(self, pixels):
        return pixels.flatten(1).float()


def test_the_weights_of_several_runs_are_not_added_up(finished, other, tmp_path):
    with pytest.raises(SettingsError, match="2 members for a mean of weights"):
        sightline.ensemble(
            [finished.folder, other.folder], out=tmp_path / "out.sightline", by="weights", narrator=Silent()
        )
