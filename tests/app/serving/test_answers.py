"""What docs/service.md promises of every answer."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sightline.app.serving.api import schema
from sightline.evaluation.trust.calibration_set import CalibrationSet
from sightline.inference.arrays.judgement import calibration_arrays
from sightline.inference.tasks import load


def test_the_models_are_listed(client):
    answer = client.get("/v1/models")
    models = schema.Models.model_validate(answer.json()).models
    assert [model.name for model in models] == ["insects", "sure"]
    assert [model.sets for model in models] == [False, True]
    assert models[0].words is None
    assert models[1].words.meaning.startswith("always all classes")
    assert models[1].words.refusal.startswith("no class is likely enough")
    assert (models[1].licence, models[1].figures["accuracy"]) == ("CC0-1.0", 0.5)
    assert models[0].input == schema.Input(height=16, width=12, channels=3, colours="rgb")
    assert answer.headers["cache-control"] == "no-store"


def test_a_model_shows_its_card(client):
    model = schema.Card.model_validate(client.get("/v1/models/sure").json())
    assert model.card["model"] == {"name": "linear", "options": {}}
    assert model.card["calibration"]["count"] == 100


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_name_is_told_with_the_nearest(method, client):
    address = "/v1/models/insect" + ("/predict" if method == "post" else "")
    answer = client.request(method, address)
    assert answer.status_code == 404
    assert "did you mean 'insects'?" in schema.Refused.model_validate(answer.json()).error.hint


def test_a_picture_as_the_body_has_the_same_answer_as_in_python(client, picture, tmp_path, write_model):
    expected = load(write_model(tmp_path / "a")).predict(picture())
    answer = client.post("/v1/models/insects/predict", content=picture(), headers={"content-type": "image/png"})
    (result,) = schema.Prediction.model_validate(answer.json()).results
    assert {share.label: share.probability for share in result.probabilities} == expected.probabilities
    assert (result.name, result.label, result.confidence) == ("picture", expected.label, expected.confidence)
    assert (result.set, result.refused, result.heat) == (None, False, None)
    assert result.milliseconds > 0


def test_deep_values_that_are_clipped_are_a_note_in_the_answer(client):
    def answer(most):
        stream = io.BytesIO()
        Image.fromarray(np.full((16, 12), most, dtype=np.uint16)).save(stream, "PNG")
        return client.post("/v1/models/sure/predict", content=stream.getvalue(), headers={"content-type": "image/png"})

    (clipped,) = schema.Prediction.model_validate(answer(60_000).json()).results
    assert clipped.note.startswith("holds values from 60000 to 60000; the model takes 0 to 4095")
    assert "note" not in answer(4_000).json()["results"][0]


def test_with_a_query_and_without_one_the_answer_is_the_same(client, picture):
    headers = {"content-type": "image/png"}
    plain, asked = (
        client.post(f"/v1/models/insects/predict{query}", content=picture(), headers=headers)
        for query in ("", "?top=5&sets=false")
    )
    assert plain.headers.keys() == asked.headers.keys()
    one, other = ({**answer.json()["results"][0], "milliseconds": 0} for answer in (plain, asked))
    assert one == other


def test_many_pictures_are_answered_in_order_and_the_broken_one_in_its_place(client, picture):
    files = [
        ("a", ("one.png", picture(1))),
        ("b", ("two.png", b"no picture")),
        ("a", ("three.jpg", picture(3, "JPEG"))),
    ]
    answer = client.post("/v1/models/insects/predict?top=1", files=files)
    results = schema.Prediction.model_validate(answer.json()).results
    assert answer.status_code == 200
    assert [result.name for result in results] == ["one.png", "two.png", "three.jpg"]
    assert isinstance(results[1], schema.Unnamed)
    assert (results[1].error.status, results[1].error.problem.startswith("two.png")) == (415, True)
    assert [len(results[place].probabilities) for place in (0, 2)] == [1, 1]


def test_together_and_alone_have_the_same_answers(client, picture):
    files = [("a", (f"{seed}", picture(seed))) for seed in range(9)]
    together = client.post("/v1/models/insects/predict", files=files).json()["results"]
    alone = [client.post("/v1/models/insects/predict", files=[file]).json()["results"][0] for file in files]
    for one, other in zip(together, alone, strict=True):
        assert one["label"] == other["label"]
        assert one["confidence"] == pytest.approx(other["confidence"], abs=1e-5)


def test_where_every_picture_is_broken_the_status_is_the_gravest(client, picture):
    files = [("a", ("one.png", b"no picture")), ("b", ("two.png", picture()[:60]))]
    answer = client.post("/v1/models/insects/predict", files=files)
    assert (answer.status_code, answer.json()["error"]["status"]) == (422, 422)


def test_a_calibrated_model_names_the_set(client, picture):
    answer = client.post("/v1/models/sure/predict?sets=true", files={"a": picture()}).json()["results"][0]
    assert sorted(answer["set"]) == ["ant", "bee", "cat"]  # its threshold is zero
    assert answer["set"][0] == answer["label"]
    assert answer["refused"] is False


def test_an_older_model_refuses_where_no_class_is_likely_enough(begin, write_model, picture, tmp_path):
    calibration = {"factor": 1.0, "level": 0.9, "threshold": 1.0, "count": 100}
    with (
        begin(tmp_path, {"a": write_model(tmp_path / "a.sightline", calibration=calibration)}) as service,
        service.client() as client,
    ):
        answer = client.post("/v1/models/a/predict?sets=true", files={"a": picture()}).json()["results"][0]
    assert (answer["set"], answer["refused"], answer["typicality"]) == ([answer["label"]], True, None)


def test_a_model_that_keeps_its_answers_has_sets_of_any_level(begin, write_model, picture, tmp_path):
    levels = np.linspace(0.4, 1, 400, dtype=np.float32)[:, None]
    answers = CalibrationSet(np.hstack([levels, (1 - levels) / 2, (1 - levels) / 2]), np.zeros(400, np.int64))
    calibration = {"factor": 1.0, "level": 0.9, "threshold": 0.46, "count": 400}
    file = write_model(tmp_path / "a.sightline", arrays=calibration_arrays(answers), calibration=calibration)
    with begin(tmp_path, {"a": file}) as service, service.client() as client:
        address, classifier = "/v1/models/a/predict?sets=", load(file)
        wide, own, none = (
            client.post(address + share, files={"a": picture()}).json()["results"][0]["set"]
            for share in ("0.01", "true", "false")
        )
    assert wide == list(classifier.judging(missed=0.01).predict(picture()).set)
    assert own == list(classifier.predict(picture()).set)
    assert none is None


def test_a_model_of_one_level_refuses_another_in_words(client, picture):
    answer = client.post("/v1/models/sure/predict?sets=0.05", files={"a": picture()})
    assert answer.status_code == 400
    assert "one threshold" in schema.Refused.model_validate(answer.json()).error.problem


def test_heat_is_a_picture_of_the_same_proportions(client, picture):
    sent = picture(size=(900, 300))
    answer = client.post("/v1/models/insects/predict?explain=true", files={"a": sent}).json()["results"][0]
    kind, _, text = answer["heat"].partition(",")
    heat = Image.open(io.BytesIO(base64.b64decode(text)))
    assert (kind, heat.format, heat.mode) == ("data:image/png;base64", "PNG", "RGBA")
    assert heat.size == (448, 149)
    assert np.asarray(heat)[..., 3].any()


@pytest.mark.parametrize("query", ["top=0", "top=x", "top=-1", "sets=perhaps", "sets=0.7", "sets=nan", "top=100000"])
def test_a_wrong_question_is_refused(query, client, picture):
    answer = client.post(f"/v1/models/insects/predict?{query}", files={"a": picture()})
    assert answer.status_code == 400
    assert query.partition("=")[0] in schema.Refused.model_validate(answer.json()).error.problem


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/none", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/page/page.js", 404),
        ("GET", "/docs", 404),
        ("PUT", "/v1/models", 405),
        ("OPTIONS", "/v1/models", 405),
        ("GET", "/v1/models/insects/predict", 405),
    ],
)
def test_other_addresses_are_refused_in_the_same_shape(method, path, status, client):
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["status"]) == (status, status)


def test_the_document_lists_every_address_and_needs_nothing_from_elsewhere(client):
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/models",
        *(f"/v1/models/{{name}}{verb}" for verb in ("", "/predict", "/enroll", "/forget")),
    }
    taken = document["paths"]["/v1/models/{name}/predict"]["post"]["requestBody"]["content"]
    assert set(taken) == {"image/*", "application/octet-stream", "multipart/form-data"}
    assert "cdn" not in str(document)


def test_the_page_is_shut_to_everything_from_elsewhere(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert answer.headers["content-type"].startswith("text/html")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert (answer.headers["x-content-type-options"], answer.headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "access-control-allow-origin" not in answer.headers
    assert client.get("/", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_what_the_page_names_is_there(client):
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        answer = client.get(f"/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")


def test_it_says_that_it_lives_and_is_ready(client):
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True, "models": ["insects", "sure"]}
    assert client.head("/healthz").status_code == 200


def test_what_it_did_is_counted(client, service, picture):
    before = (
        service.figure('pictures_total{model="insects"'),
        service.figure('requests_total{model="insects",status="200"'),
    )
    client.post("/v1/models/insects/predict", files=[("a", picture()), ("b", b"none")])
    assert service.figure('pictures_total{model="insects"') == before[0] + 2
    assert service.figure('requests_total{model="insects",status="200"') == before[1] + 1
    assert service.figure('queue_pictures{model="insects"}') == 0
    assert service.figure('request_seconds_count{model="insects"}') > 0


def test_the_log_has_one_line_a_request_and_no_query(client, service, picture):
    client.post("/v1/models/insects/predict?top=3", files=[("a", picture()), ("b", picture())])
    client.get("/v1/models/evil%0d%0a2026 forged?token=secret")
    service.wait_for("forged")
    lines = service.log.splitlines()
    assert any("POST /v1/models/insects/predict 200 2 pictures" in line for line in lines)
    assert any(r"GET /v1/models/evil\r\n2026 forged 404" in line for line in lines)
    assert "secret" not in service.log
