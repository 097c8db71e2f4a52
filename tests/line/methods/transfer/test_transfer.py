"""A head on a base: what is stored, what is frozen, what ships, and what a user is told."""

import json
import re
from contextlib import contextmanager

import numpy as np
import pytest
import torch

import sightline
from sightline.core.errors import BundleError, DataError, RunError, SettingsError, SightlineError
from sightline.data import survey
from sightline.data.opening import open_catalog
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.bundle import read_bundle
from sightline.inference.network import network_of
from sightline.line.features.extractor import extractor_of
from sightline.line.features.seen import Seen
from sightline.line.features.store import Store
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved
from sightline.line.settings.transfer import TransferSettings
from sightline.line.trust.fold_evidence import fold_evidence
from sightline.models.bases import files

CLASSES = ("ant", "bee", "cat")


class Listening(Silent):
    """Remembers what is said and what is counted."""

    def __init__(self):
        self.said, self.counted = [], []

    def say(self, line):
        self.said.append(line)

    @contextmanager
    def counting(self, what, total):
        self.counted.append((what, total))
        yield lambda _: None


@pytest.fixture(scope="session")
def base(flowers, tmp_path_factory):
    """The model file of a small network that has learnt on 16 pixels, to be a base."""
    out = tmp_path_factory.mktemp("base") / "run"
    settings = {"model": "quick-cnn", "widths": (8, 8, 8), "size": 16, "epochs": 1, "baseline": "none"}
    return sightline.train(flowers, out=out, **settings, narrator=Silent()).model


@pytest.fixture(scope="session")
def transferred(base, flowers, tmp_path_factory):
    """A run with a head on that base, which no test may change."""
    out = tmp_path_factory.mktemp("transfer") / "run"
    return sightline.train(flowers, out=out, base=str(base), baseline="none", narrator=Silent())


def extractor(base):
    return extractor_of(TransferSettings(base=str(base)))


def test_the_report_names_base_heads_and_what_more_pictures_would_bring(transferred):
    report = transferred.report
    assert report["base"]["network"] == "quick-cnn"
    assert [head["head"] for head in report["heads"]] == ["logistic", "nearest-mean", "neighbours"]
    assert report["learning_curve"]["points"]
    assert "the base makes of a picture" in transferred.report_html.read_text()


def test_few_pictures_are_calibrated_out_of_fold_and_unknown_ones_told_by_what_the_base_sees(transferred):
    manifest = read_bundle(transferred.model).manifest
    counts = transferred.report["split"]
    assert manifest["calibration"]["origin"] == "out-of-fold"
    assert manifest["calibration"]["count"] == counts["train"] + counts["validation"]
    assert set(manifest["unknowns"]["areas"]) == {"neighbours", "mahalanobis", "logit", "softmax"}
    refusals = transferred.report["confidence"]["refusals"]
    assert refusals["rate"] == 0.05
    assert refusals["interval"][0] <= 0.2
    assert "of a fold that had not seen it" in transferred.report["confidence"]["words"]


def test_the_base_is_frozen_to_the_last_bit(transferred, base):
    before, after = (read_weights_of(path) for path in (base, transferred.model))
    kept = {name.removeprefix("base."): array for name, array in after.items() if name.startswith("base.")}
    assert kept
    assert all(torch.equal(array, before[name]) for name, array in kept.items())


def read_weights_of(path):
    from safetensors.torch import load

    return load(read_bundle(path).weights)


def test_the_torch_network_of_the_model_file_answers_as_its_graph(transferred, flowers):
    classifier = transferred.classifier()
    pixels = np.stack([classifier.format.read((flowers / "bee" / f"{n}.png").read_bytes(), name="") for n in range(5)])
    with torch.inference_mode():
        logits = network_of(classifier.bundle)(torch.from_numpy(pixels))
    expected = (classifier.calibration.factor * logits).softmax(dim=1).numpy()
    np.testing.assert_allclose(classifier.probabilities(pixels), expected, atol=1e-4)


def test_a_picture_alone_is_named_as_in_the_report(transferred, flowers):
    rows = (transferred.folder / "predictions.csv").read_text().splitlines()[1:]
    path, *_ = rows[0].split(",")
    shares = [float(cell) for cell in rows[0].split(",")[2:]]
    assert transferred.classifier().predict(flowers / path).confidence == pytest.approx(max(shares), abs=1e-5)


def test_a_second_training_on_the_same_pictures_looks_at_none(base, flowers, transferred, tmp_path):
    narrator = Listening()
    again = sightline.train(flowers, out=tmp_path / "run", base=str(base), baseline="none", narrator=narrator)
    assert not [what for what, _ in narrator.counted if what.startswith("looking")]
    assert again.report["test"] == transferred.report["test"]
    assert again.model.read_bytes() == transferred.model.read_bytes()


def test_a_further_seed_is_asked_about_the_test_pictures(base, flowers, tmp_path):
    settings = {"base": str(base), "baseline": "none", "split_seed": 0, "test_fraction": 0.5, "narrator": Silent()}
    both = sightline.train(flowers, out=tmp_path / "both", seed=0, seeds=2, **settings)
    alone = sightline.train(flowers, out=tmp_path / "alone", seed=1, **settings)
    assert both.report["seeds"]["accuracies"]["1"] == alone.report["test"]["accuracy"]


def test_a_base_in_folds_judges_the_labels_of_pictures_that_it_has_not_seen(base, flowers):
    catalog = open_catalog(flowers)
    judged = fold_evidence(
        catalog, {"base": str(base)}, Silent(), seed=0
    )  # the small base knows little, but more than nothing
    assert len(judged.rows) == len(catalog)
    assert (judged.probabilities.argmax(axis=1) == catalog.labels).mean() > 0.25


def test_what_has_not_been_seen_is_not_taken_for_something_else():
    seen = Seen(np.array([2, 5]), np.array([[2.0], [5.0]], np.float32), np.zeros(9, np.int64), 2)
    with pytest.raises(KeyError, match="3"):
        seen.of(np.array([2, 3]))
    further = seen.beside(np.array([3]), np.array([[3.0]], np.float32))
    assert further.of(np.array([5, 3, 2])).ravel().tolist() == [5, 3, 2]


def test_a_second_training_decodes_none(base, flowers, tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "WORTH_SECONDS", 0.0)
    settings = {"base": str(base), "baseline": "none", "narrator": Silent()}
    sightline.train(flowers, out=tmp_path / "first", **settings)
    decoded = []
    look = PictureFormat.look
    monkeypatch.setattr(PictureFormat, "look", lambda *one, **more: decoded.append(one) or look(*one, **more))
    sightline.train(flowers, out=tmp_path / "second", **settings)
    assert decoded == []


def test_stored_features_are_what_the_network_makes_of_the_pictures(base, flowers, tmp_path):
    found = extractor(base)
    surveyed = survey.survey(open_catalog(flowers), found.format)
    rows = np.array([3, 0, 17, 3])
    with torch.inference_mode():
        expected = found.load()(torch.from_numpy(surveyed.pixels[rows])).numpy()
        mirrored = found.load()(torch.from_numpy(surveyed.pixels[rows][:, :, ::-1].copy())).numpy()
    for store in (Store(found, tmp_path), Store(found, tmp_path), Store(found, None)):
        np.testing.assert_allclose(store.features(surveyed, rows, narrator=Silent()), expected, rtol=1e-4, atol=1e-4)
        seen = store.features(surveyed, rows, mirrored=True, narrator=Silent())
        np.testing.assert_allclose(seen, mirrored, rtol=1e-4, atol=1e-4)


def test_a_base_that_looks_several_times_makes_the_mean_of_what_it_sees(base):
    found = extractor(base)
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8))
    with torch.inference_mode():
        own = found.seeing("picture").load()(pixels)
        several = found.seeing("five-crops").load()(pixels)
        crops = [pixels[:, top : top + 14, left : left + 14] for top in (0, 2) for left in (0, 2)]
        each = [found.seeing("picture").load()(crop) for crop in (*crops, pixels[:, 1:15, 1:15])]
    assert own.shape == several.shape
    torch.testing.assert_close(several, torch.stack(each).mean(dim=0), atol=1e-4, rtol=1e-4)


def test_a_base_is_found_once_while_its_file_is_the_same(base, monkeypatch):
    first = extractor(base)
    monkeypatch.setattr("sightline.inference.tasks.load_classifier", None)  # whoever calls it fails
    assert extractor(base) is first


def test_what_is_stored_does_not_depend_on_what_was_known_before(base, flowers, tmp_path):
    surveyed = survey.survey(open_catalog(flowers), extractor(base).format)
    some, all_rows = np.arange(0, 40, 3), np.arange(40)
    first = Store(extractor(base), tmp_path / "a")
    first.features(surveyed, some, narrator=Silent())
    in_two = first.features(surveyed, all_rows, narrator=Silent())
    at_once = Store(extractor(base), tmp_path / "b").features(surveyed, all_rows, narrator=Silent())
    np.testing.assert_array_equal(in_two, at_once)


def test_a_damaged_graph_in_the_cache_is_made_anew(base, flowers, tmp_path):
    surveyed = survey.survey(open_catalog(flowers), extractor(base).format)
    rows = np.arange(4)
    expected = Store(extractor(base), tmp_path).features(surveyed, rows, narrator=Silent())
    [graph] = (tmp_path / "bases").glob("*.onnx")
    graph.write_bytes(graph.read_bytes()[:1000])
    for kept in (tmp_path / "features").iterdir():
        kept.unlink()
    np.testing.assert_array_equal(
        Store(extractor(base), tmp_path).features(surveyed, rows, narrator=Silent()), expected
    )


def test_a_graph_that_does_not_see_what_its_base_sees_is_refused(base, tmp_path, monkeypatch):
    from sightline.inference.export import onnx_graph

    make, found = onnx_graph.base_graph_of, extractor(base)

    def wrong(network, shape):
        last = [weight for weight in network.parameters() if weight.ndim > 1][-1]
        with torch.no_grad():
            last[0] += 1
            graph = make(network, shape)
            last[0] -= 1
        return graph

    monkeypatch.setattr(onnx_graph, "base_graph_of", wrong)
    with pytest.raises(BundleError, match="does not see what its network sees"):
        _ = Store(found, tmp_path).graph
    assert not (tmp_path / "bases").exists()


@pytest.mark.parametrize("head", ["svm", "nearest-mean", "neighbours", "kernel-svm"])
def test_other_heads_ship_as_well(base, flowers, head, tmp_path):
    settings = {"base": str(base), "classifier": head, "baseline": "none", "mirrored": "yes", "narrator": Silent()}
    run = sightline.train(flowers, out=tmp_path / "run", **settings)
    assert run.report["heads"][0]["head"] == head
    assert run.report["proof"]["same_top1"] == run.report["proof"]["count"]


def test_the_layers_of_a_base_can_be_looked_into(transferred, flowers, tmp_path):
    inspection = sightline.inspect(transferred.folder, flowers / "bee" / "0.png", out=tmp_path / "inspect.html")
    assert "whitening" in [row.name for row in inspection.rows]
    assert inspection.view.sheets


def test_the_layers_of_a_base_are_summed_up(base):
    summary = sightline.summary("transfer", shape=(16, 16, 3), base=str(base))
    assert "whitening" in str(summary.layers)


def photos(class_folders, size):
    from PIL import Image

    folder = class_folders({"ant": 8, "bee": 8})
    for path in folder.glob("*/*.png"):
        Image.open(path).resize((size, size)).save(path)
    return folder


def chosen(folder, **settings):
    narrator = Listening()
    from sightline.line.methods.transfer.photo_recipe import for_photos

    return for_photos(resolved({"data": str(folder), **settings}), open_catalog(folder), narrator), narrator.said


def test_photos_begin_with_a_base_where_nobody_names_a_model(class_folders):
    settings, said = chosen(photos(class_folders, 80))
    assert (settings["model"], settings["recipe"], settings["base"]) == ("transfer", "photos", "efficientnet-lite0")
    assert said == []


@pytest.mark.parametrize(
    ("size", "named"), [(64, {}), (80, {"model": "resnet18"}), (80, {"recipe": "fast"}), (80, {"size": 48})]
)
def test_small_pictures_and_named_models_are_left_as_they_are(class_folders, size, named):
    settings, said = chosen(photos(class_folders, size), **named)
    assert settings["recipe"] != "photos"
    assert said == []


def test_a_setting_of_networks_keeps_photos_from_a_base_and_that_is_said(class_folders):
    settings, [said] = chosen(photos(class_folders, 80), optimizer="adam")
    assert settings["model"] == "basic-cnn" or settings["model"] == "quick-cnn"
    assert "optimizer" in said


def test_without_a_base_photos_are_learnt_by_what_is_best_without_and_the_command_is_said(class_folders, monkeypatch):
    monkeypatch.setattr(files, "_installed", lambda _: None)
    settings, [said] = chosen(photos(class_folders, 80))
    assert settings["model"] == "fisher-pyramid"
    assert "pip install 'sightline[photos]'" in said


def test_another_size_than_the_bases_is_warned_of(base, flowers, tmp_path):
    settings = {"base": str(base), "size": 40, "resize": "pad", "baseline": "none", "narrator": Silent()}
    run = sightline.train(flowers, out=tmp_path / "run", **settings)
    [finding] = [one for one in run.report["findings"] if one["code"] == "not-as-the-base"]
    assert "40x40" in json.dumps(finding)


def test_a_size_that_the_bases_layers_do_not_take_is_refused(few, train, tmp_path):
    base = train(few, out=tmp_path / "base", model="lenet", size=16).model
    with pytest.raises(SettingsError, match="can't read pictures of 40x40"):
        sightline.train(few, out=tmp_path / "run", base=str(base), size=40, narrator=Silent())


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"base": "efficientnet-lite9"}, "there is no base named"),
        ({"base": "resnet18"}, "not on this machine"),
        ({"base": "efficientnet-lite0", "colours": "grey"}, "colours = 'grey'"),
        ({"base": "efficientnet-lite0", "optimizer": "adam"}, "optimizer = 'adam'"),
        ({"base": "efficientnet-lite0", "epochs": 3, "unfreeze": "none"}, "epochs = 3"),
        ({"base": "efficientnet-lite0", "epochs": 3, "classifier": "neighbours"}, "a base that learns on"),
        ({"base": "efficientnet-lite0", "unfreeze": "some"}, "expected auto, none, all, or a number"),
        ({"base": "efficientnet-lite0", "unfreeze": "0", "epochs": 1}, "1 or more"),
        (
            {"base": "efficientnet-lite0", "strength": 1.0, "classifier": "nearest-mean"},
            "strength would change nothing",
        ),
        ({"recipe": "photos", "model": "resnet18"}, "recipe = 'photos'"),
        ({"recipe": "fast", "base": "efficientnet-lite0"}, "recipe = 'fast'"),
    ],
)
def test_what_does_not_go_together_is_refused_before_pictures_are_read(few, named, words, tmp_path):
    with pytest.raises(SettingsError, match=words):
        sightline.train(few, out=tmp_path / "run", narrator=Silent(), **named)
    assert not (tmp_path / "run" / "split.csv").exists()


def test_a_pipeline_can_be_no_base(few, tmp_path):
    pipeline = sightline.train(few, out=tmp_path / "run", model="colour-svm", narrator=Silent())
    with pytest.raises(SettingsError, match="it can be no base"):
        sightline.train(few, out=tmp_path / "other", base=str(pipeline.model), narrator=Silent())


def test_weights_of_another_network_are_refused_with_every_mismatch(few, tmp_path):
    from safetensors.torch import save_file

    save_file({"fc.weight": torch.zeros(3, 4)}, tmp_path / "wrong.safetensors")
    with pytest.raises(SightlineError, match="missing"):
        sightline.train(
            few, out=tmp_path / "run", base="resnet18", weights=str(tmp_path / "wrong.safetensors"), narrator=Silent()
        )


def test_weights_that_make_no_numbers_are_refused_before_a_run_begins(few, tmp_path):
    from sightline.models.building import build_layers

    arrays = build_layers("squeezenet1_1", (64, 64, 3), 2).state_dict()
    torch.save({name: array * np.nan for name, array in arrays.items()}, tmp_path / "nan.pth")
    named = {"base": "squeezenet1_1", "weights": str(tmp_path / "nan.pth"), "size": 64}
    with pytest.raises(BundleError, match="no numbers"):
        sightline.train(few, out=tmp_path / "run", narrator=Silent(), **named)
    assert not (tmp_path / "run" / "split.csv").exists()


def test_a_base_that_nobody_publishes_on_the_web_is_not_fetched(few, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_installed", lambda _: None)
    with pytest.raises(DataError, match="not fetched"):
        sightline.train(few, out=tmp_path / "run", base="efficientnet-lite0", download=True, narrator=Silent())


def test_a_base_that_learns_on_ships_where_it_is_better_and_says_so(base, flowers, tmp_path, monkeypatch):
    from sightline.line.methods.transfer import tuning

    monkeypatch.setattr(tuning, "TOP_RATE", 1e-3)
    monkeypatch.setattr(tuning, "DEEP_RATE", 1e-3)
    settings = {"base": str(base), "epochs": 30, "baseline": "none", "narrator": Silent()}
    run = sightline.train(flowers, out=tmp_path / "run", **settings)
    first, second, *_ = run.report["heads"]
    assert (first["head"], second["head"]) == ("fine-tuned", "logistic")
    assert first["validation_accuracy"] > second["validation_accuracy"]
    assert run.report["base"]["unfrozen"] == "all"
    assert run.report["proof"]["same_top1"] == run.report["proof"]["count"]
    before, after = (read_weights_of(path) for path in (base, run.model))
    moved = [name for name, array in before.items() if not torch.equal(array, after.get(f"base.{name}", array))]
    assert moved
    assert not [name for name in moved if "running" in name or "num_batches" in name]


def test_only_the_last_blocks_learn_on_where_so_many_are_named(base, flowers, tmp_path):
    settings = {"base": str(base), "unfreeze": "1", "epochs": 2, "baseline": "none"}
    narrator = Listening()
    run = sightline.train(flowers, out=tmp_path / "run", **settings, narrator=narrator)
    rows = (run.folder / "history.csv").read_text().splitlines()
    assert len(rows) == 1 + 2


def test_what_is_no_better_for_learning_on_stays_frozen(base, flowers, tmp_path, monkeypatch):
    from sightline.line.methods.transfer import tuning

    monkeypatch.setattr(tuning, "TOP_RATE", 1e-9)
    monkeypatch.setattr(tuning, "DEEP_RATE", 1e-9)
    narrator = Listening()
    settings = {"base": str(base), "epochs": 2, "baseline": "none", "unfreeze": "99", "narrator": narrator}
    run = sightline.train(flowers, out=tmp_path / "run", **settings)
    assert any(re.fullmatch(r"unfreeze = 99: the base has \d blocks, and all .*", line) for line in narrator.said)
    assert run.report["heads"][0]["head"] == "logistic"
    assert run.report["base"]["unfrozen"] == "none"
    assert any("the frozen one ships" in line for line in narrator.said)
    assert run.report["fitting"]["stages"][-1][0] == "learning on, which did not ship"
    assert run.report["learning_on"] in narrator.said


@pytest.mark.parametrize("learnt_from", ["a network", "a base with a head"])
def test_a_model_that_loses_by_learning_on_ships_with_the_weights_it_came_with(
    base, flowers, tmp_path, monkeypatch, learnt_from
):
    from sightline.line.methods.transfer import tuning

    settings = {"base": str(base), "baseline": "none", "narrator": Silent()}
    if learnt_from == "a base with a head":
        headed = sightline.train(flowers, out=tmp_path / "headed", unfreeze="none", **settings)
        settings["base"] = str(headed.model)
    monkeypatch.setattr(tuning, "TOP_RATE", 10.0)
    monkeypatch.setattr(tuning, "DEEP_RATE", 10.0)
    run = sightline.train(flowers, out=tmp_path / "run", epochs=2, **settings)
    assert run.report["base"]["unfrozen"] == "none"
    before, after = read_weights_of(base), read_weights_of(run.model)
    kept = [name for name in before if f"base.{name}" in after]
    assert kept
    assert all(torch.equal(before[name], after[f"base.{name}"]) for name in kept)


def test_with_too_few_minutes_the_least_that_works_is_said(base, few, tmp_path):
    with pytest.raises(RunError, match=r"minutes = 0\.001"):
        sightline.train(few, out=tmp_path / "run", base=str(base), minutes=0.001, narrator=Silent())


def test_the_first_figure_is_said_before_the_base_learns_on(base, flowers, tmp_path):
    narrator = Listening()
    sightline.train(flowers, out=tmp_path / "run", base=str(base), baseline="none", narrator=narrator)
    [first] = [line for line in narrator.said if line.startswith("logistic on model, frozen:")]
    assert "validation pictures (95" in first


def test_where_minutes_leave_no_time_to_learn_on_that_is_said(base, few, tmp_path, monkeypatch):
    from sightline.line.methods.transfer import pace

    monkeypatch.setattr(pace, "LEAST_EPOCHS", 10**9)
    narrator = Listening()
    settings = {"base": str(base), "minutes": 5, "baseline": "none", "narrator": narrator}
    sightline.train(few, out=tmp_path / "run", **settings)
    assert "minutes = 5 leave no time for the base to learn on: it stays frozen" in narrator.said


def test_with_minutes_to_spare_the_base_learns_on(base, few, tmp_path):
    run = sightline.train(few, out=tmp_path / "run", base=str(base), minutes=0.5, baseline="none", narrator=Silent())
    assert "fine-tuned" in [head["head"] for head in run.report["heads"]]


def test_what_learns_on_is_asked_before_and_advised_by_settings_that_it_has(base, flowers, tmp_path, monkeypatch):
    from sightline.line.methods.transfer import tuning

    monkeypatch.setattr(tuning, "TOP_RATE", 1e3)
    settings = {"base": str(base), "unfreeze": "1", "epochs": 2, "baseline": "none", "preflight": "all"}
    run = sightline.train(flowers, out=tmp_path / "run", **settings, narrator=Silent())
    found = {finding["code"]: finding["advice"] for finding in run.report["findings"]}
    assert (run.folder / "preflight.json").exists()
    assert "unfreeze=none" in found["loss-exploding"]
    assert "initial-loss-low" not in found


def test_a_preflight_of_a_base_looks_at_how_it_learns_on(base, flowers):
    looked_at = sightline.preflight(flowers, base=str(base), unfreeze="1", epochs=2, narrator=Silent())
    assert looked_at.checks.measured["first-weights"].figures["learning"] < 4
    assert {finding.code for finding in looked_at.findings} <= {"small-part"}
    with pytest.raises(SettingsError, match="nothing of the base learns on"):
        sightline.preflight(flowers, base=str(base), unfreeze="none", narrator=Silent())
