import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

PREDICT = "/v1/models/a/predict"


@pytest.fixture
def file(tmp_path, write_model):
    return write_model(tmp_path / "a.sightline")


def ask_slowly(service, payload, kept, *, count=6):
    """Ask in a thread, and return once the request is there."""

    def ask():
        try:
            with service.client() as client:
                kept.append(client.post(PREDICT, files=[("a", payload)] * count))
        except httpx.HTTPError as error:
            kept.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not service.figure("queue_pictures"):
        time.sleep(0.01)
    return thread


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_was_taken_and_ends_well(number, begin, file, slow_picture, tmp_path):
    kept = []
    with begin(tmp_path, {"a": file}) as service:
        thread = ask_slowly(service, slow_picture, kept)
        assert service.stop(number) == 0
        thread.join()
        log = service.log
    assert kept[0].status_code == 200
    assert len(kept[0].json()["results"]) == 6
    assert log.splitlines()[-1].endswith("stopped")
    assert "Traceback" not in log


def test_a_stop_waits_for_nobody_who_sends_half_a_request(begin, file, tmp_path):
    with begin(tmp_path, {"a": file}, stop_seconds=1, head_seconds=600, read_seconds=600) as service:
        with (
            socket.create_connection(("127.0.0.1", service.port)) as idle,
            socket.create_connection(("127.0.0.1", service.port)) as half,
        ):
            idle.sendall(b"GET / HT")
            half.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nabc".encode())
            assert service.stop() == 0
        assert "Traceback" not in service.log


@pytest.mark.parametrize("processes", [1, 2])
def test_a_service_that_stops_takes_no_connections(processes, begin, file, slow_picture, tmp_path):
    kept = []
    with begin(tmp_path, {"a": file}, processes=processes) as service:
        thread = ask_slowly(service, slow_picture, kept, count=32)  # some seconds of work: the port is closed in one
        service.process.send_signal(signal.SIGTERM)
        while is_open(service.port):
            time.sleep(0.01)
        is_answered_already = bool(kept)
        thread.join()
        assert service.process.wait(60) == 0
    assert not is_answered_already
    assert kept[0].status_code == 200


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_killed_service_loses_only_what_was_under_way(begin, file, slow_picture, picture, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    kept, before = [], file.read_bytes()
    with begin(tmp_path, {"a": file}) as service:
        port, thread = service.port, ask_slowly(service, slow_picture, kept)
        service.process.kill()
        thread.join()
    with begin(tmp_path, {"a": file}, port=port) as service, service.client() as client:
        again = client.post(PREDICT, files={"a": picture()})
    assert isinstance(kept[0], httpx.HTTPError)
    assert again.status_code == 200
    assert file.read_bytes() == before
    assert [file for file in scratch.iterdir() if file.stat().st_size > len(picture())] == []


def test_large_pictures_are_kept_in_memory_alone(begin, file, slow_picture, tmp_path):
    kept = []
    with begin(tmp_path, {"a": file}) as service:
        thread = ask_slowly(service, slow_picture + bytes(2_000_000), kept)
        handles = [str(handle.readlink()) for handle in Path(f"/proc/{service.process.pid}/fd").iterdir()]
        thread.join()
    assert kept[0].status_code == 200
    assert [handle for handle in handles if "deleted" in handle or "/tmp/tmp" in handle] == []  # noqa: S108
