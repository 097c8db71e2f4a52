"""Small pictures over raw connections, as fast clients send them: every promise holds in every order of pieces."""

import io
import re
import signal
import socket
import threading
import time

import pytest
from PIL import Image

PREDICT = "/v1/models/insects/predict"
FORM = "multipart/form-data; boundary=xyz"


def request(body, *fields, kind="image/png", version="1.1"):
    head = [f"POST {PREDICT} HTTP/{version}", "Host: localhost", f"Content-Type: {kind}", *fields]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def connected(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def one_answer(connection):
    """Return an answer of a known length."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536) or pytest.fail("the connection ended")
    head, _, body = text.partition(b"\r\n\r\n")
    while len(body) < int(re.search(rb"content-length: (\d+)", head.lower())[1]):
        body += connection.recv(65536) or pytest.fail("the connection ended")
    return head + b"\r\n\r\n" + body


def until_the_end(connection):
    """Return all that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def statuses(text):
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+) ", text)]


def wait_until(happened):
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def slow_form():
    """A form that is small to send and takes a second to be answered."""
    stream = io.BytesIO()
    Image.new("1", (8000, 8000)).save(stream, "PNG")
    part = b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n' + stream.getvalue()
    form = b"\r\n".join([*[part] * 7, b"--xyz--\r\n"])
    assert len(form) < 64 * 2**10
    return form


@pytest.fixture
def begin_own(begin, write_model, tmp_path):
    """Return a function that begins a service that a test may stop."""
    return lambda **limits: begin(tmp_path, {"insects": write_model(tmp_path / "a.sightline")}, **limits)


def test_a_body_in_pieces_is_one_body(service, picture):
    whole = request(picture())
    with connected(service) as connection:
        for start in range(0, len(whole), 200):
            connection.sendall(whole[start : start + 200])
            time.sleep(0.005)
        assert statuses(one_answer(connection)) == [200]


def test_what_is_sent_ahead_is_answered_in_order(service, slow_form, picture):
    last = b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connected(service) as connection:
        connection.sendall(request(slow_form, kind=FORM) + request(picture()) + request(b"no picture") + last)
        text = until_the_end(connection)
    assert statuses(text) == [200, 200, 415, 404]
    assert text.index(b'"a.png"') < text.index(b'"picture"')


@pytest.mark.parametrize(("fields", "version"), [(["Connection: close"], "1.1"), ([], "1.0")])
def test_who_wants_one_answer_alone_gets_the_end_too(fields, version, service, picture):
    with connected(service) as connection:
        connection.sendall(request(picture(), *fields, version=version))
        text = until_the_end(connection)
    assert statuses(text) == [200]
    assert b"\r\nconnection: close\r\n" in text


def test_a_connection_is_kept_for_the_next_picture_but_not_for_ever(begin_own, picture):
    with begin_own(idle_seconds=1) as service, connected(service) as connection:
        for body in (picture(), b"no picture", picture()):
            connection.sendall(request(body))
            assert statuses(one_answer(connection)) == [415 if body == b"no picture" else 200]
        assert until_the_end(connection) == b""
        assert service.figure("connections") == 1


def test_pieces_hold_no_more_memory_together_than_there_is_room_for(begin_own):
    with begin_own(held_bytes=150_000, read_seconds=1, idle_seconds=1) as service:
        connections = [connected(service) for _ in range(3)]
        for connection in connections:
            connection.sendall(request(bytes(60_000))[:-2_000])
        texts = [until_the_end(connection) for connection in connections]
        for connection in connections:
            connection.close()
        with connected(service) as connection:
            connection.sendall(request(bytes(60_000)))
            assert statuses(one_answer(connection)) == [415]
    assert sorted(statuses(b"".join(texts))) == [408, 408, 503]
    assert sum(b"retry-after: 1\r\n" in one.lower() for one in texts) == 1


def test_what_takes_too_long_is_given_up_and_leaves_the_queue(begin_own, slow_form, picture):
    with begin_own(answer_seconds=0.05) as service, connected(service) as connection:
        connection.sendall(request(slow_form, kind=FORM))
        text = one_answer(connection)
        assert service.figure("queue_pictures") == 0
        wait_until(lambda: connection.sendall(request(picture())) or statuses(one_answer(connection)) == [200])
    assert statuses(text) == [503]
    assert b"did not answer within 0.05 seconds" in text


def test_who_goes_away_leaves_the_queue(service, slow_form):
    gone = 'requests_total{model="insects",status="499"'
    before = service.figure(gone)
    with connected(service) as connection:
        connection.sendall(request(slow_form, kind=FORM))
        wait_until(lambda: service.figure("queue_pictures") == 7)
    wait_until(lambda: service.figure(gone) == before + 1)
    assert service.figure("queue_pictures") == 0
    assert "Traceback" not in service.log


def test_nonsense_behind_a_request_ends_it(service, slow_form):
    with connected(service) as connection:
        connection.sendall(request(slow_form, kind=FORM) + b"\x16\x03")
        assert statuses(until_the_end(connection)) == [400]
    assert service.figure("queue_pictures") == 0
    assert "Traceback" not in service.log


def test_a_stop_finishes_what_was_taken(begin_own, slow_form):
    with begin_own() as service, connected(service) as connection:
        connection.sendall(request(slow_form, kind=FORM))
        wait_until(lambda: service.figure("queue_pictures") == 7)
        service.process.send_signal(signal.SIGTERM)
        text = until_the_end(connection)
        assert service.process.wait(60) == 0
        log = service.log
    assert statuses(text) == [200]
    assert "POST /v1/models/insects/predict 200 7 pictures" in log


def test_a_stop_that_has_waited_long_enough_says_so(begin_own, slow_form):
    with begin_own(stop_seconds=0) as service, connected(service) as busy, connected(service) as half:
        half.sendall(request(slow_form, kind=FORM)[:-1])
        busy.sendall(request(slow_form, kind=FORM))
        wait_until(lambda: service.figure("queue_pictures") == 7)
        service.process.send_signal(signal.SIGTERM)
        texts = [until_the_end(connection) for connection in (busy, half)]
        assert service.process.wait(60) == 0
        assert "Traceback" not in service.log
    assert statuses(b"".join(texts)) == [503, 503]
    assert all(b"the service is stopping" in one for one in texts)


def test_many_clients_at_once_get_each_their_own_answer(service, picture):
    answers = {}

    def ask(seed):
        with connected(service) as connection:
            for _ in range(5):
                connection.sendall(request(picture(seed)))
                text = one_answer(connection)
                answers.setdefault(seed, set()).add(re.search(rb'"probabilities":\[.*?\]', text).group())

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(answers[seed]) for seed in range(8)] == [1] * 8
    assert len(set.union(*answers.values())) == 8
