"""What every kind of model promises, asked of each."""

import json
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import sightline
from sightline.core.errors import SettingsError
from sightline.data.opening import open_catalog
from sightline.imaging.preprocess import CENTRES, SCALES, PictureFormat
from sightline.line.methods import METHODS, kind_of, method_of, models
from sightline.line.methods.contract import Decided
from sightline.line.narrator import Silent
from sightline.line.reading import reading
from sightline.line.resolution import decided, resolved
from sightline.line.run import Run
from sightline.line.settings.tables import SETTINGS

QUICKEST = {
    **{kind: {"model": next(iter(method.models))} for kind, method in METHODS.items()},
    "network": {"model": "linear", "epochs": 1},
    "pipeline": {"model": "colour-svm"},
}
"""The quickest model of each kind; the first, unless a quicker one is known."""

every_kind = pytest.mark.parametrize("kind", METHODS)
every_model = pytest.mark.parametrize("model", models())


@every_kind
def test_what_a_kind_reads_are_settings_the_model_and_the_data_among_them(kind):
    assert {"model", "data", "seed"} <= METHODS[kind].reads <= set(SETTINGS)


def test_every_setting_is_read_by_a_kind():
    assert set().union(*(method.reads for method in METHODS.values())) == set(SETTINGS)


@every_model
def test_a_model_is_of_one_kind_and_can_be_asked_for_by_its_name(model):
    assert [kind for kind, method in METHODS.items() if model in method.models] == [kind_of(model)]
    assert resolved({"model": model})["model"] == model


@every_model
def test_options_are_plain_values(model):
    options = method_of(model).options(resolved({"model": model}))
    assert json.loads(json.dumps(options)) == options


@every_model
def test_the_largest_size_that_a_kind_takes_by_itself_is_possible(model):
    least, most = method_of(model).sides(model)
    assert 1 <= least <= most
    method_of(model).require_size(model, most, most)
    method_of(model).require_possible(resolved({"model": model}), PictureFormat(most, most), classes=3)


@every_kind
def test_centring_and_scaling_are_names_that_the_preprocess_knows(kind):
    centre, scale = METHODS[kind].scaling(resolved(QUICKEST[kind]))
    assert centre in CENTRES
    assert scale in SCALES


def another_value(name):
    """Return a value that a setting may have and that is not its default."""
    rule = SETTINGS[name].rule
    numbers = [rule.kind(number) for number in (3, 1, 0.5, 0.01, 27)] if rule.kind in (int, float) else []
    texts = ["all", "anything"] if rule.kind is str and not rule.names else []
    lists = [tuple(rule.item(number) for number in some) for some in ((3,), (3, 3, 3))] if rule.kind is tuple else []
    for value in (*rule.names, (*rule.names[:1],), *numbers, *texts, *lists):
        with suppress(SettingsError, TypeError):
            rule.check(name, value)
            if value not in (SETTINGS[name].default, "auto"):
                return value
    raise AssertionError(f"no value found for {name}")


@every_kind
def test_a_setting_of_another_kind_is_refused_in_words(kind):
    for name in sorted(set(SETTINGS) - METHODS[kind].reads):
        other = next(method for method in METHODS.values() if name in method.reads)
        with pytest.raises(SettingsError) as caught:
            resolved({**QUICKEST[kind], name: another_value(name)})
        assert f"{name} = " in caught.value.problem
        assert other.phrase in caught.value.problem


@pytest.fixture(params=METHODS)
def learning(request, flowers, tmp_path):
    """What each kind has learnt of `flowers`, and what it learnt from."""
    settings = resolved({**QUICKEST[request.param], "data": str(flowers)})
    run = Run(tmp_path)
    with reading(open_catalog(flowers), settings, test_fraction=0.15, keep_in=tmp_path) as preparing:
        prepared = preparing(Silent())
    chosen = decided(prepared, settings, started=0.0, run=run)
    return prepared, chosen, METHODS[request.param].learn(prepared, chosen, run=run, narrator=Silent())


def test_what_is_learnt_answers_for_any_rows_and_says_what_it_took(learning):
    prepared, chosen, learnt = learning
    assert isinstance(chosen, Decided)
    rows = np.array([5, 0, 17])
    logits = learnt.logits(prepared.pixels, rows)
    assert logits.shape == (3, len(prepared.catalog.classes))
    np.testing.assert_allclose(learnt.logits(prepared.pixels, rows[1:2]), logits[1:2], atol=1e-4)
    assert learnt.numbers > 0
    assert learnt.seconds > 0
    assert 1 <= learnt.graph_batch <= 256


@pytest.mark.usefixtures("colours")
def test_a_third_kind_takes_one_file_and_one_row_to_train_ship_predict_and_report(flowers, command, tmp_path):
    run = sightline.train(flowers, out=tmp_path / "run", model="mean-colour", narrator=Silent())
    assert run.report["model"] == "mean-colour"
    assert 0 <= run.report["test"]["accuracy"] <= 1
    assert run.report["proof"]["same_top1"] == run.report["proof"]["count"]
    assert "mean-colour" in (run.folder / "report.html").read_text()
    picture = flowers / "bee" / "3.png"
    assert run.classifier().predict(picture).label in run.report["classes"]
    assert command("predict", run.model, picture).status == 0
    assert command("evaluate", run.model, flowers, "--out", tmp_path / "again").status == 0
    assert "mean-colour" in command("show", run.model).out
    assert "mean-colour" in command("models").out


@pytest.mark.usefixtures("colours")
def test_the_command_line_trains_and_lists_a_third_kind(flowers, command, tmp_path):
    trained = command("train", flowers, "--out", tmp_path / "run", "--model", "mean-colour")
    assert trained.status == 0
    lines = trained.out.splitlines()
    assert f"report: {tmp_path}/run/report.html" in lines
    assert f"model:  {tmp_path}/run/model.sightline" in lines
    listed = command("models", "--references").out
    assert re.search(r"\nmean colours\n  mean-colour +the class whose mean colour is nearest\n", listed)


@pytest.mark.usefixtures("colours")
def test_no_verb_recommends_another_that_refuses_a_third_kind(flowers, command, tmp_path):
    command("train", flowers, "--out", tmp_path / "run", "--model", "mean-colour")

    refused = command("inspect", tmp_path / "run")

    assert refused.status == 2
    assert "it has no layers to look into" in refused.err
    assert "summary" not in refused.err
    assert command("show", tmp_path / "run").status == 0


@pytest.mark.usefixtures("colours")
def test_a_setting_that_the_third_kind_does_not_read_is_refused(flowers, tmp_path):
    with pytest.raises(
        SettingsError,
        match=r"epochs = 3 with model = 'mean-colour' \(expected a network or ",
    ):
        sightline.train(flowers, out=Path(tmp_path / "run"), model="mean-colour", epochs=3, narrator=Silent())
