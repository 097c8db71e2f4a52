import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

PREDICT = "/v1/models/a/predict"


@pytest.fixture
def file(tmp_path, write_model):
    return write_model(tmp_path / "a.sightline")


def ask_slowly(service, payload, kept, *, count=6, query=""):
    """Ask in a thread, and return once the request is there."""

    def ask():
        try:
            with service.client() as client:
                kept.append(client.post(PREDICT + query, files=[("a", payload)] * count))
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


def open_files(process):
    """Return what a process has open; what it closes meanwhile is left out."""
    names = []
    for handle in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.append(str(handle.readlink()))
    return names


def test_large_pictures_are_kept_in_memory_alone(begin, file, slow_picture, tmp_path):
    kept = []
    with begin(tmp_path, {"a": file}) as service:
        thread = ask_slowly(service, slow_picture + bytes(2_000_000), kept)
        handles = open_files(service.process.pid)
        thread.join()
    assert kept[0].status_code == 200
    assert [handle for handle in handles if "deleted" in handle or "/tmp/tmp" in handle] == []  # noqa: S108


ASIDE = """
import asyncio, threading
from sightline.app.serving.answers.aside import begin_aside
async def work():
    begin_aside(threading.Event().wait)
asyncio.run(work())
print("over")
"""
STUCK = """
import asyncio, os, signal, threading
from sightline.app.serving.processes.worker import bounded_stop
async def work():
    with bounded_stop(0, int):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.to_thread(threading.Event().wait)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
asyncio.run(work())
"""


class Held:
    """A file that nobody can open for the 45 seconds that a lease of Linux lasts; its stamp can be read."""

    def __init__(self, file):
        self._handle, self._asked = os.open(file, os.O_RDWR), False
        self._before = signal.signal(signal.SIGIO, self._hear)
        fcntl.fcntl(self._handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._handle)
        signal.signal(signal.SIGIO, self._before)

    def _hear(self, *_):
        self._asked = True  # no Event: a signal while the main thread waits on one would wait for its lock for ever

    def wait(self):
        """Wait until somebody tries."""
        end = time.monotonic() + 60
        while not self._asked:
            assert time.monotonic() < end
            time.sleep(0.02)


def exchange(file, payload):
    """Put a file of some bytes in another's place at once."""
    aside = file.with_suffix(".aside")
    aside.write_bytes(payload)
    aside.replace(file)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stop_does_not_wait_for_models_that_are_loaded_at_the_start(processes, command_of, file):
    words = command_of({"a": file}, processes=processes)
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with Held(file) as held, subprocess.Popen(words, **piped) as process:  # noqa: S603 - our own code
        held.wait()
        process.terminate()
        output, log = process.communicate(timeout=40)  # the lease has not ended then
    assert process.returncode == 0, log
    assert output == ""
    assert log.splitlines()[-1].endswith("stopped")
    assert "Traceback" not in log


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stop_does_not_wait_for_a_model_that_is_loaded_anew(processes, begin, file, picture, tmp_path):
    with begin(tmp_path, {"a": file}, processes=processes) as service:
        exchange(file, file.read_bytes())
        with Held(file) as held, service.client() as client:
            service.process.send_signal(signal.SIGHUP)
            held.wait()
            assert client.post(PREDICT, files={"a": picture()}).status_code == 200
            service.process.terminate()
            assert service.process.wait(40) == 0
        assert "Traceback" not in service.log


@pytest.mark.parametrize("processes", [1, 2])
def test_a_pipe_in_the_place_of_a_model_holds_neither_the_loader_nor_a_stop(processes, begin, file, tmp_path):
    whole = file.read_bytes()
    with begin(tmp_path, {"a": file}, watch=True, processes=processes) as service:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").replace(file)
        service.wait_for("is no regular file", times=processes)  # each has seen it before it goes again
        exchange(file, whole)
        service.wait_for("a: serving", times=2 * processes)
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").replace(file)
        service.wait_for("is no regular file", times=2 * processes)
        assert service.stop() == 0


def test_a_pipe_is_no_model_to_start_with(command, tmp_path):
    os.mkfifo(tmp_path / "model.sightline")
    outcome = command("serve", tmp_path / "model.sightline", "--port", 0, "--processes", 1)
    assert (outcome.status, len(outcome.err.splitlines())) == (2, 2)
    assert "model.sightline" in outcome.err


def test_a_process_ends_beside_work_that_no_stop_waits_for():
    outcome = subprocess.run([sys.executable, "-c", ASIDE], check=False, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own code
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "over\n", "")


def test_what_does_not_end_ends_with_the_process():
    assert subprocess.run([sys.executable, "-c", STUCK], check=False, timeout=60).returncode == 0  # noqa: S603 - our own code


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stop_waits_for_no_explanation(processes, begin, file, picture, tmp_path):
    kept = []
    with begin(tmp_path, {"a": file}, processes=processes, stop_seconds=600, explained=500, pictures=500) as service:
        thread = ask_slowly(service, picture(), kept, count=500, query="?explain=true")
        assert service.stop() == 0
        thread.join()
        assert "Traceback" not in service.log
    assert kept[0].status_code == 503
    assert kept[0].json()["error"]["problem"] == "the service is stopping"
