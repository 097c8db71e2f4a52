"""Several processes answer as one service: its limits, its figures and its end are those of the whole."""

import os
import re
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

from sightline.app.serving.service import can_share

PREDICT = "/v1/models/a/predict"
COMMAND = [sys.executable, "-c", "from sightline.app import cli; cli.main()", "serve", "--port", "0"]

pytestmark = pytest.mark.skipif(not can_share(), reason="processes can't share a port here")


def processes_of(service):
    """Return the numbers that the system gave the processes that answer."""
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return [int(number) for number in children.split()]


def connections_of(process):
    """Return how many sockets a process has open."""
    handles = Path(f"/proc/{process}/fd")
    return sum(str(handle.readlink()).startswith("socket:") for handle in handles.iterdir())


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(happened, seconds=20):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_ready(service):
    with service.client() as client:
        return client.get("/readyz").status_code == 200


def connected(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=20)


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


def test_connections_are_shared_evenly_and_their_limit_is_the_whole_services(pair):
    before = [connections_of(process) for process in processes_of(pair)]
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(pair)) for _ in range(40)]
        wait_until(lambda: sum(map(connections_of, processes_of(pair))) == sum(before) + 40)
        each = [connections_of(process) - first for process, first in zip(processes_of(pair), before, strict=True)]
        told = stack.enter_context(connected(pair)).recv(65536)
        crowd.pop().close()
        wait_until(lambda: pair.figure("connections") == 40)  # with the one that asks
    assert each == [20, 20]
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"40 connections are open" in told


def test_the_keeper_has_no_thread_and_so_may_fork_at_any_time(pair):
    assert len(list(Path(f"/proc/{pair.process.pid}/task").iterdir())) == 1


def test_the_queue_is_the_whole_services(pair, slow_picture):
    kept = []
    thread = asked_slowly(pair, slow_picture, kept)
    answers = []
    for _ in range(2):  # each of the processes is asked
        with pair.client() as client:
            answers.append(client.post(PREDICT, files=[("a", slow_picture)]).status_code)
    thread.join()
    assert answers == [503, 503]
    assert kept == [200]


def test_the_figures_are_those_of_all_whoever_tells_them(pair, picture):
    before = pair.figure('pictures_total{model="a",outcome="answered"}')
    with ExitStack() as stack:
        clients = [stack.enter_context(pair.client()) for _ in range(4)]
        for client in clients:
            assert client.post(PREDICT, files={"a": picture()}).status_code == 200
        told = {client.get("/metrics").text.partition("# HELP sightline_queue")[0] for client in clients[:1]}
        told |= {client.get("/metrics").text.partition("# HELP sightline_queue")[0] for client in clients}
    answered = {re.search(r'pictures_total\{model="a",outcome="answered"\} (\d+)', text)[1] for text in told}
    assert answered == {f"{before + 4:.0f}"}


def test_a_process_that_dies_is_replaced_and_its_counts_stay(begin_pair, picture):
    with begin_pair() as service:
        with ExitStack() as stack:
            clients = [stack.enter_context(service.client()) for _ in range(2)]
            for client in clients:
                client.post(PREDICT, files={"a": picture()})
            os.kill(processes_of(service)[0], signal.SIGKILL)
            service.wait_for("was ended by signal 9; another takes its place")
            again = [client.post(PREDICT, files={"a": picture()}).status_code for client in clients]
        wait_until(lambda: is_ready(service))
        assert len(processes_of(service)) == 2
        assert service.figure("connections") == 1
        assert service.figure('requests_total{model="a",status="200"}') == 4
        assert service.stop() == 0
    assert again == [200, 200]  # who was cut off, and did not wait for an answer, connects to the other
    assert "Traceback" not in service.log


def test_while_a_process_is_missing_the_service_is_not_ready_and_answers(begin_pair, file, picture):
    whole = file.read_bytes()
    with begin_pair() as service:
        try:
            file.write_bytes(whole[:100])  # who takes the place can't start
            os.kill(processes_of(service)[0], signal.SIGKILL)
            service.wait_for("ended with status 1; another takes its place in 1 seconds")
            with service.client() as client:
                statuses = [client.get("/readyz").status_code, client.post(PREDICT, files={"a": picture()}).status_code]
        finally:
            file.write_bytes(whole)
        wait_until(lambda: is_ready(service))
        assert service.stop() == 0
    assert statuses == [503, 200]
    assert f"{file} is" in service.log
    assert "Traceback" not in service.log


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


def test_nobody_outlives_a_keeper_that_is_killed(begin_pair, picture):
    with begin_pair() as service:
        processes = processes_of(service)
        with service.client() as client:
            assert client.post(PREDICT, files={"a": picture()}).status_code == 200
            service.process.kill()
            wait_until(lambda: not any(map(is_alive, processes)))
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
        crowd = [threading.Thread(target=ask, args=(service,)) for _ in range(4)]
        for thread in crowd:
            thread.start()
        wait_until(lambda: len(answers) > 20)
        aside.replace(served)
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: service.log.count("a: serving") == 4)
        wait_until(lambda: {label for _, label in answers[-8:]} <= set(new))
        over.set()
        for thread in crowd:
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
