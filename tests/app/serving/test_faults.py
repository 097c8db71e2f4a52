"""No file, however broken, gets anything but its reason; and it harms no other."""

import pytest


def test_a_broken_picture_is_told_its_reason(fault, client):
    name, payload = fault
    answer = client.post("/v1/models/insects/predict", files={"a": (name, payload)})
    assert answer.status_code in (415, 422)
    error = answer.json()["error"]
    assert error["problem"].startswith(name)
    assert error["hint"]
    assert "Traceback" not in answer.text


def test_beside_every_broken_picture_a_sound_one_is_answered(faults, client, picture):
    files = [("files", (name, payload)) for name, payload in faults.items()]
    answer = client.post("/v1/models/insects/predict", files=[*files, ("files", ("sound.png", picture()))])
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [result["name"] for result in results if "error" not in result] == ["sound.png"]
    assert len(results) == len(faults) + 1


@pytest.mark.parametrize("body", [b"", b"\x89", b"no picture"])
def test_a_raw_body_that_is_no_picture_is_told_so(body, client):
    answer = client.post("/v1/models/insects/predict", content=body, headers={"content-type": "image/png"})
    assert answer.status_code in (415, 422)
    assert answer.json()["error"]["problem"].startswith("picture is")


def test_no_fault_ever_reached_the_log_as_a_mistake_of_ours(service):
    assert "Traceback" not in service.log
