"""Classes that are taught over HTTP: known at the next picture, whichever process answers, and never half written."""

import os
import signal
import time

import pytest

from sightline.inference.tasks import load

ENROLL, FORGET, PREDICT = (f"/v1/models/a/{verb}" for verb in ("enroll", "forget", "predict"))
ENOUGH = 12
"""Examples of three classes, so that a gate can be fitted on them."""


@pytest.fixture
def teaching(tmp_path, begin, write_run):
    """A service of one model that learns classes."""
    run = write_run(tmp_path / "run", count=ENOUGH)
    with begin(tmp_path, {"a": run}, teach=True) as service, service.client() as client:
        yield run, service, client


def files(picture, *seeds):
    return [("files", (f"{seed}.png", picture(seed))) for seed in seeds]


def test_a_class_is_taught_known_at_once_and_forgotten(teaching, picture):
    run, service, client = teaching
    before = (run / "model.sightline").read_bytes()
    taught = client.post(ENROLL, params={"label": "gnu"}, files=files(picture, 90, 91)).json()
    assert (taught["label"], taught["pictures"], taught["classes"][-1]) == ("gnu", 2, "gnu")
    answer = client.post(PREDICT, files=files(picture, 90)).json()
    assert answer["digest"] == taught["digest"] == load(run).digest
    assert "gnu" in [share["label"] for share in answer["results"][0]["probabilities"]]
    assert client.get("/v1/models/a").json()["enrolled"] == {"gnu": 2}
    forgotten = client.post(FORGET, params={"label": "gnu"}).json()
    assert (forgotten["pictures"], forgotten["classes"]) == (0, taught["classes"][:-1])
    assert (run / "model.sightline").read_bytes() == before
    service.wait_for("enroll 200 2 to learn by")


def test_the_nearest_enrolled_picture_is_shown_where_a_copy_was_asked_for(teaching, picture):
    *_, client = teaching
    for keep, shown in (("false", False), ("true", True)):
        asked = {"label": "gnu", "keep_pictures": keep}
        assert client.post(ENROLL, params=asked, files=files(picture, 90)).status_code == 200
        match = client.post(PREDICT, files=files(picture, 90)).json()["results"][0]["match"]
        assert match.get("thumbnail", "").startswith("data:image/jpeg;base64,") is shown
        client.post(FORGET, params={"label": "gnu"})


def test_it_is_off_unless_it_was_allowed(service, picture):
    with service.client() as client:
        for address in ("enroll", "forget"):
            refused = client.post(
                f"/v1/models/insects/{address}", params={"label": "gnu"}, files=files(picture, 90)
            ).json()["error"]
            assert refused["status"] == 403
            assert "--allow-enroll" in refused["hint"]
        assert client.get("/v1/models").json()["models"][0]["teaches"] is False


def test_what_can_not_be_learnt_is_refused_in_words_and_the_model_stays(teaching, picture):
    run, _, client = teaching
    before = (run / "model.sightline").read_bytes()
    for label, content, status in (
        ("gnu", b"no picture", 422),
        ("gnu", b"", 422),
        ("ANT", picture(90), 422),
        ("ant", picture(90), 422),
        (" ", picture(90), 422),
    ):
        answer = client.post(ENROLL, params={"label": label}, files=[("files", ("a.png", content))])
        assert (answer.status_code, answer.json()["error"]["status"]) == (status, status)
        assert answer.json()["error"]["hint"]
    assert client.post(ENROLL, files=files(picture, 90)).status_code == 400
    assert client.post(FORGET, params={"label": "gnu"}).status_code == 422
    assert client.post("/v1/models/b/enroll", params={"label": "gnu"}, files=files(picture, 90)).status_code == 404
    assert (run / "model.sightline").read_bytes() == before


def test_a_model_without_its_examples_can_not_be_enrolled_into(tmp_path, begin, write_run, picture):
    run = write_run(tmp_path / "run")
    (run / "examples.safetensors").unlink()
    with begin(tmp_path, {"a": run}, teach=True) as service, service.client() as client:
        answer = client.post(ENROLL, params={"label": "gnu"}, files=files(picture, 90))
    assert answer.status_code == 409
    assert str(tmp_path) not in answer.text


def test_every_process_knows_a_class_at_the_next_picture(tmp_path, begin, write_run, picture):
    run = write_run(tmp_path / "run", count=ENOUGH)
    with begin(tmp_path, {"a": run}, teach=True, processes=2) as service:
        for label in ("gnu", "yak", "emu"):
            with service.client() as client:
                seed = ord(label[0])
                digest = client.post(ENROLL, params={"label": label}, files=files(picture, seed)).json()["digest"]
            answers = set()
            for _ in range(6):
                with service.client() as client:  # a new connection may be another worker's
                    answers.add(client.post(PREDICT, files=files(picture, seed)).json()["digest"])
            assert answers == {digest}


def test_a_swap_by_teaching_loses_no_request(teaching, picture):
    import threading

    _, service, client = teaching
    statuses, over = [], threading.Event()

    def ask():
        with service.client() as asking:
            while not over.is_set():
                statuses.append(asking.post(PREDICT, files=files(picture, 1, 2)).status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(4):
        assert (
            client.post(ENROLL, params={"label": f"c{number}"}, files=files(picture, 200 + number)).status_code == 200
        )
    over.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert len(statuses) > 8


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_service_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path, begin, write_run, picture):
    import threading

    run = write_run(tmp_path / "run", count=ENOUGH)
    sound = [load(run).classes]
    for attempt in range(3):
        with begin(tmp_path, {"a": run}, teach=True) as service:

            def teach(service=service, attempt=attempt):
                with service.client() as client:
                    client.post(ENROLL, params={"label": f"c{attempt}"}, files=files(picture, 300 + attempt))

            thread = threading.Thread(target=_quietly, args=(teach,))
            thread.start()
            time.sleep(0.05 * attempt)
            os.kill(service.process.pid, signal.SIGKILL)
            thread.join()
        known = load(run).classes
        assert known in (sound[-1], (*sound[-1], f"c{attempt}"))
        sound.append(known)


def _quietly(work):
    from contextlib import suppress

    import httpx

    with suppress(httpx.HTTPError):
        work()
