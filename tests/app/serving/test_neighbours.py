"""The nearest training pictures beside an answer, as docs/service.md promises them."""

import base64
import io
import shutil
import signal

import pytest
from PIL import Image

from sightline.app.serving.answers.loading import load_and_try
from sightline.app.serving.api import schema

CLASSES = ["ant", "bee", "cat"]


@pytest.fixture(scope="module")
def address(begin, write_run, tmp_path_factory):
    """The address of a service of one run, given as a folder and as a file."""
    folder = tmp_path_factory.mktemp("neighbours")
    run = write_run(folder / "run")
    with begin(folder, {"folder": run, "file": run / "model.sightline"}) as service:
        yield service


@pytest.fixture
def client(address):
    with address.client() as client:
        yield client


def asked(client, files, query="neighbours=4", name="folder"):
    answer = client.post(f"/v1/models/{name}/predict?{query}", files=files)
    assert answer.status_code == 200, answer.text
    return schema.Prediction.model_validate(answer.json()).results


def test_a_training_picture_is_its_own_nearest_and_comes_as_a_small_jpeg(client, picture):
    results = asked(client, [("a", (f"{seed}", picture(seed))) for seed in range(6)])
    for seed, result in enumerate(results):
        first, *others = result.neighbours
        assert (first.label, len(others)) == (CLASSES[seed % 3], 3)
        assert first.similarity == pytest.approx(1, abs=1e-3)
        assert sorted((one.similarity for one in others), reverse=True) == [one.similarity for one in others]
        kind, _, text = first.thumbnail.partition(",")
        assert kind == "data:image/jpeg;base64"
        assert base64.b64decode(text) == picture(seed, "JPEG")
        assert Image.open(io.BytesIO(base64.b64decode(text))).format == "JPEG"


@pytest.mark.parametrize("count", [1, 3, 8])
def test_so_many_come_as_are_asked_for_and_are_there(count, client, picture):
    (result,) = asked(client, {"a": picture(9)}, f"neighbours={count}")
    assert len(result.neighbours) == min(count, 6)


def test_who_asks_for_none_gets_none_beside_one_who_asks(client, picture):
    (plain,) = asked(client, {"a": picture(1)}, "")
    (near,) = asked(client, {"a": picture(1)}, "neighbours=2")
    assert plain.neighbours is None
    assert plain.probabilities == near.probabilities
    (explained,) = asked(client, {"a": picture(1)}, "neighbours=2&explain=true")
    assert (explained.neighbours, bool(explained.heat)) == (near.neighbours, True)


def test_a_model_named_by_its_file_shows_no_training_pictures(client, picture):
    models = {model["name"]: model["examples"] for model in client.get("/v1/models").json()["models"]}
    assert models == {"folder": 6, "file": 0}
    (result,) = asked(client, {"a": picture(1)}, name="file")
    assert result.neighbours is None
    assert result.label


def test_the_log_says_that_training_pictures_are_shown(address):
    lines = [line for line in address.log.splitlines() if ": serving " in line]
    assert ["with 6 training pictures to show" in line for line in lines] == [True, False]


@pytest.mark.parametrize("query", ["neighbours=9", "neighbours=-1", "neighbours=all"])
def test_a_wrong_number_is_refused(query, client, picture):
    answer = client.post(f"/v1/models/folder/predict?{query}", files={"a": picture()})
    assert answer.status_code == 400
    assert "neighbours" in schema.Refused.model_validate(answer.json()).error.problem


def test_a_folder_without_examples_is_served_without(write_run, tmp_path):
    run = write_run(tmp_path / "run")
    assert len(load_and_try("a", run).examples) == 6
    (run / "examples.safetensors").unlink()
    assert load_and_try("a", run).examples is None


def test_a_model_with_broken_examples_or_another_s_is_served_without_them(write_run, write_model, tmp_path, caplog):
    run = write_run(tmp_path / "run")
    write_model(run / "model.sightline")
    assert load_and_try("a", run).examples is None
    assert "no training pictures are shown" in caplog.text
    assert "belongs to another model" in caplog.text
    (run / "examples.safetensors").write_bytes(b"no examples")
    assert load_and_try("a", run).examples is None
    assert "can't be read" in caplog.text


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_a_folder_s_new_model_takes_over_with_its_own_examples(begin, write_run, picture, tmp_path):
    run, new = write_run(tmp_path / "run"), write_run(tmp_path / "new", count=3, classes=["oak", "yew", "fir"])
    with begin(tmp_path, {"a": run}, watch=True) as service, service.client() as client:
        for file in ("examples.safetensors", "model.sightline"):
            shutil.copy(new / file, tmp_path / "aside")
            (tmp_path / "aside").replace(run / file)
        service.wait_for("with 3 training pictures")
        (result,) = asked(client, {"a": picture(1)}, name="a")
    labels = [one.label for one in result.neighbours]
    assert (labels[0], sorted(labels)) == ("yew", ["fir", "oak", "yew"])
