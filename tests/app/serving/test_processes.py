"""Several processes answer as one service: its address, its metrics, its models and its end are those of the whole."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

PREDICT = "/v1/models/a/predict"
COMMAND = [sys.executable, "-c", "from sightline.app import cli; cli.main()", "serve", "--port", "0"]


def processes_of(service):
    """Return the numbers of the processes that answer; one more child watches over what Python's processes share."""
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return [int(number) for number in children.split() if b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes()]


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(happened, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_ready(service):
    with service.client() as client:
        return client.get("/readyz").status_code == 200


def connected(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def asked_slowly(service, payload, kept, waiting=6):
    """Ask in a thread about pictures that take a while, and return once they are there."""

    def ask():
        try:
            with service.client() as client:
                kept.append(client.post(PREDICT, files=[("a", payload)] * 6).status_code)
        except httpx.HTTPError as error:
            kept.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: service.figure("queue_pictures") + 6 * len(kept) >= waiting)
    return thread


@pytest.fixture(scope="module")
def file(tmp_path_factory, write_model):
    return write_model(tmp_path_factory.mktemp("model") / "a.sightline")


@pytest.fixture(scope="module")
def pair(tmp_path_factory, begin, file):
    """A service of two processes that no test may stop."""
    with begin(tmp_path_factory.mktemp("pair"), {"a": file}, processes=2, connections=40, queue=6) as service:
        yield service


@pytest.fixture
def begin_pair(begin, file, tmp_path):
    """Return a function that begins a service of two processes that a test may stop."""
    return lambda **limits: begin(tmp_path, {"a": file}, processes=2, **limits)


def test_each_process_takes_as_many_connections_as_it_may(pair):
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(pair)) for _ in range(160)]
        wait_until(lambda: len(select.select(clients, [], [], 0)[0]) >= 80)
        texts = [client.recv(65536) for client in select.select(clients, [], [], 0)[0]]
    assert all(text.startswith(b"HTTP/1.1 503 ") for text in texts)
    assert all(b"40 connections are open" in text for text in texts)
    wait_until(lambda: pair.figure("connections") == 1)  # the one that asks


def test_the_queue_of_one_process_does_not_stop_the_other(pair, slow_picture):
    kept = []
    thread = asked_slowly(pair, slow_picture, kept)
    answers = [status_of_new_client(pair, slow_picture) for _ in range(12)]
    thread.join()
    assert kept == [200]
    assert set(answers) <= {200, 503}
    assert 200 in answers


def status_of_new_client(service, payload):
    with service.client() as client:
        return client.post(PREDICT, files=[("a", payload)]).status_code


def test_the_metrics_are_those_of_all_whoever_is_asked(pair, picture):
    before = pair.figure('pictures_total{model="a",outcome="answered"}')
    with ExitStack() as stack:
        clients = [stack.enter_context(pair.client()) for _ in range(4)]
        for client in clients:
            assert client.post(PREDICT, files={"a": picture()}).status_code == 200
        texts = [client.get("/metrics").text for client in clients]
    answered = {re.search(r'pictures_total\{model="a",outcome="answered"\} (\d+)', text)[1] for text in texts}
    assert answered == {f"{before + 4:.0f}"}


def test_a_process_that_dies_is_replaced_and_its_counts_stay(begin_pair, picture):
    with begin_pair() as service:
        counted = 'requests_total{model="a",status="200"}'
        statuses = [status_of_new_client(service, picture()) for _ in range(8)]
        wait_until(lambda: service.figure(counted) == 8)  # a client has its answer a moment before it is counted
        os.kill(processes_of(service)[0], signal.SIGKILL)
        service.wait_for("was ended by signal 9; another takes its place")
        statuses += [status_of_new_client(service, picture()) for _ in range(8)]
        wait_until(lambda: is_ready(service))
        assert len(processes_of(service)) == 2
        wait_until(lambda: service.figure("connections") == 1)
        wait_until(lambda: service.figure(counted) == 16)
        assert service.stop() == 0
    assert statuses == [200] * 16
    assert "Traceback" not in service.log


def test_while_a_process_is_missing_the_service_is_not_ready_and_answers(begin_pair, file, picture):
    whole = file.read_bytes()
    with begin_pair() as service:
        try:
            file.write_bytes(whole[:100])  # who takes the place can't start
            os.kill(processes_of(service)[0], signal.SIGKILL)
            service.wait_for("trying again in 1 seconds")
            with service.client() as client:
                statuses = [client.get("/readyz").status_code, client.post(PREDICT, files={"a": picture()}).status_code]
        finally:
            file.write_bytes(whole)
        wait_until(lambda: is_ready(service))
        assert service.stop() == 0
    assert statuses == [503, 200]
    assert f"{file} is" in service.log
    assert "Traceback" not in service.log


def test_a_hangup_ends_no_process_that_starts(begin_pair):
    with begin_pair() as service:
        os.kill(processes_of(service)[0], signal.SIGKILL)
        service.wait_for("was ended by signal 9")
        begun = service.log.count("a: serving")
        for _ in range(40):
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.02)
        wait_until(lambda: is_ready(service))
        wait_until(lambda: service.log.count("a: serving") >= begun + 3)  # the new one, and both at the signal
        assert service.stop() == 0
    assert "was ended by signal 1;" not in service.log


def test_a_stop_does_not_wait_for_a_process_that_can_not_start(begin_pair, file):
    whole = file.read_bytes()
    with begin_pair(stop_seconds=600) as service:
        try:
            file.write_bytes(whole[:100])
            os.kill(processes_of(service)[0], signal.SIGKILL)
            service.wait_for("trying again in 1 seconds")
            assert service.stop() == 0
        finally:
            file.write_bytes(whole)


def test_a_stop_finishes_what_every_process_has_taken(begin_pair, slow_picture):
    kept = []
    with begin_pair() as service:
        threads = [asked_slowly(service, slow_picture, kept, pictures) for pictures in (6, 12)]
        processes = processes_of(service)
        assert service.stop(signal.SIGINT) == 0
        for thread in threads:
            thread.join()
    assert kept == [200, 200]
    assert not any(map(is_alive, processes))
    assert service.log.splitlines()[-1].endswith("stopped")
    assert "Traceback" not in service.log


def test_nobody_outlives_a_supervisor_that_is_killed_and_nothing_is_left(begin_pair, picture, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with begin_pair() as service:
        processes = processes_of(service)
        with service.client() as client:
            assert client.post(PREDICT, files={"a": picture()}).status_code == 200
            assert len(list(scratch.iterdir())) == 1
            service.process.kill()
            wait_until(lambda: not any(map(is_alive, processes)))
    assert list(scratch.iterdir()) == []
    assert "Traceback" not in service.log


def test_a_swap_under_load_reaches_every_process_and_loses_nothing(begin, write_model, picture, tmp_path):
    old, new = ["ant", "bee", "cat"], ["oak", "yew", "fir"]
    served = write_model(tmp_path / "a.sightline", classes=old)
    aside, answers, over = write_model(tmp_path / "aside", classes=new), [], threading.Event()

    def ask(service):
        with service.client() as client:
            while not over.is_set():
                answer = client.post(PREDICT, content=picture(), headers={"content-type": "image/png"})
                answers.append((answer.status_code, answer.json()["results"][0]["label"]))

    with begin(tmp_path, {"a": served}, processes=2) as service:
        clients = [threading.Thread(target=ask, args=(service,)) for _ in range(4)]
        for thread in clients:
            thread.start()
        wait_until(lambda: len(answers) > 20)
        aside.replace(served)
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: service.log.count("a: serving") == 4)
        wait_until(lambda: {label for _, label in answers[-8:]} <= set(new))
        over.set()
        for thread in clients:
            thread.join()
    assert {status for status, _ in answers} == {200}


def test_what_keeps_the_processes_from_starting_is_told_once(file, tmp_path):
    bad = tmp_path / "bad.sightline"
    bad.write_bytes(file.read_bytes()[:2000])
    models = [f"a={file}", f"b={bad}"]
    outcome = subprocess.run([*COMMAND, *models, "--processes", "3"], check=False, capture_output=True, text=True)  # noqa: S603 - our own code
    errors = [text for text in outcome.stderr.splitlines() if " a: serving " not in text]
    assert outcome.returncode == 2
    assert errors[0].startswith(f"error: {bad}")
    assert len(errors) == 2
    assert outcome.stdout == ""


def test_a_stop_waits_for_no_process_that_has_stopped_to_listen(begin_pair):
    with begin_pair(stop_seconds=0) as service:
        os.kill(processes_of(service)[0], signal.SIGSTOP)
        time.sleep(1)  # it is asked meanwhile whether it lives
        service.process.terminate()
        assert service.process.wait(25) == 0
