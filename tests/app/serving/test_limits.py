"""Whatever comes, in whatever pieces: it ends, others are served meanwhile, and memory and threads stay bounded."""

import re
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sightline.app.serving.api import schema

PREDICT = "/v1/models/a/predict"
HEAD = f"POST {PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
TIGHT = {
    "body_bytes": 100_000,
    "pictures": 4,
    "explained": 1,
    "queue": 3,
    "connections": 230,
    "head_seconds": 1.5,
    "read_seconds": 1.0,
    "idle_seconds": 2,
    "head_bytes": 4096,
    "held_bytes": 150_000,
}


@pytest.fixture(scope="module")
def tight(tmp_path_factory, begin, write_model):
    """A service with narrow limits."""
    folder = tmp_path_factory.mktemp("tight")
    with begin(folder, {"a": write_model(folder / "a.sightline")}, **TIGHT) as service:
        yield service


@pytest.fixture
def client(tight):
    with tight.client() as client:
        yield client


def connected(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def answer_on(connection):
    """Return all that comes until the other side closes."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def threads_of(service):
    return len(list(Path(f"/proc/{service.process.pid}/task").iterdir()))


@contextmanager
def given_up(service):
    """Wait at the end until a request more than before was given up."""
    name = 'requests_total{model="insects",status="499"'
    before, end = service.figure(name), time.monotonic() + 60
    yield
    while service.figure(name) == before:
        assert time.monotonic() < end


def error_of(answer, status):
    assert answer.status_code == status
    error = schema.Refused.model_validate(answer.json()).error
    assert error.status == status
    assert error.hint
    return error


@pytest.mark.parametrize("content", [bytes(150_000), iter([bytes(50_000)] * 3)], ids=["announced", "chunked"])
def test_a_body_that_is_too_large_is_refused_before_it_is_kept(content, client):
    answer = client.post(PREDICT, content=content, headers={"content-type": "image/png"})
    assert "100,000 bytes" in error_of(answer, 413).problem


def test_a_sender_that_writes_on_after_a_refusal_still_reads_it(tight):
    with connected(tight) as connection:
        connection.sendall(f"{HEAD}Content-Length: 3000000\r\n\r\n".encode())
        for _ in range(30):
            connection.sendall(bytes(100_000))
        assert b"413" in answer_on(connection).splitlines()[0]


def test_a_body_that_says_how_large_it_will_be_is_not_waited_for(tight):
    with connected(tight) as connection:
        connection.sendall(f"{HEAD}Content-Length: 3000000\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_too_many_pictures_are_refused(client, picture):
    error_of(client.post(PREDICT, files=[("a", picture())] * 5), 413)
    error_of(client.post(f"{PREDICT}?explain=true", files=[("a", picture())] * 2), 413)


def test_a_full_queue_says_when_to_come_again(client, picture):
    answer = client.post(PREDICT, files=[("a", picture())] * 4)
    error_of(answer, 503)
    assert answer.headers["retry-after"] == "1"
    assert client.post(PREDICT, files=[("a", picture())] * 3).status_code == 200


def test_a_body_of_another_kind_is_refused(client):
    error_of(client.post(PREDICT, json={"a": 1}), 415)
    error_of(client.post(PREDICT), 415)


def test_headers_without_end_are_refused(tight):
    with connected(tight) as connection:
        connection.sendall(f"{HEAD}X: {'x' * 9000}".encode())
        assert answer_on(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "head",
    [
        f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 5000}\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + 600 * "X: xxxxxx\r\n" + "\r\n",
        f"GET /healthz?{'x' * 5000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nX: {'x' * 5000}\r\n\r\n",
    ],
    ids=["one header", "many headers", "the address", "a trailer"],
)
def test_a_head_that_is_too_long_is_refused_in_one_piece_too(head, tight):
    with connected(tight) as connection:
        connection.sendall(head.encode())
        text = answer_on(connection)
    assert text.startswith(b"HTTP/1.1 400 ")
    assert b"more than 4,096 bytes" in text


def test_a_head_of_just_the_length_is_taken(tight):
    with connected(tight) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 4000}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def request_with(payload, path=PREDICT):
    head = HEAD.replace(PREDICT, path)
    return f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload


@pytest.mark.parametrize("times", [1, 3])
def test_who_closes_his_side_behind_his_requests_is_answered(times, tight, picture):
    with connected(tight) as connection:
        connection.sendall(times * request_with(picture()))
        connection.shutdown(socket.SHUT_WR)
        text = answer_on(connection)  # until the service closes too
    assert text.startswith(b"HTTP/1.1 200 ")
    assert text.count(b"HTTP/1.1 200 ") == text.count(b'"results"') == times


def test_who_closes_his_side_is_waited_with_for_an_answer_that_takes_its_time(service, slow_picture):
    path = "/v1/models/insects/predict?explain=true"
    with connected(service) as connection:
        for _ in range(12):
            connection.sendall(request_with(slow_picture, path))
        connection.shutdown(socket.SHUT_WR)
        text = answer_on(connection)
    assert text.count(b"HTTP/1.1 200 OK") == 12
    assert text.count(b'"results"') == 12


def test_who_closes_his_side_in_the_middle_of_a_request_is_gone(tight, picture):
    with connected(tight) as connection:
        connection.sendall(request_with(picture())[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert answer_on(connection) == b""


def test_trailers_without_end_are_refused(tight):
    with connected(tight) as connection:
        connection.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n".encode())
        time.sleep(0.1)
        connection.sendall(b"X: x\r\n" * 2000)
        assert answer_on(connection).startswith(b"HTTP/1.1 400 ")


def test_small_pieces_of_a_body_are_no_headers(tight):
    with connected(tight) as connection:
        for piece in (f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), 2000 * b"1\r\na\r\n", b"0\r\n\r\n"):
            connection.sendall(piece)
            time.sleep(0.1)
        assert connection.recv(100).startswith(b"HTTP/1.1 415 ")


def test_requests_sent_ahead_are_answered_in_their_order(tight):
    requests = [f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n" for path in ("healthz", "none", "readyz")]
    with connected(tight) as connection:
        connection.sendall("\r\n".join([*requests, ""]).replace("readyz HTTP/1.1", "readyz HTTP/1.0").encode())
        text = answer_on(connection)
    assert re.findall(rb'HTTP/1.1 (\d+)|"(alive|ready)"', text) == [
        (b"200", b""), (b"", b"alive"), (b"404", b""), (b"200", b""), (b"", b"ready"),
    ]  # fmt: skip


def test_more_requests_ahead_than_may_wait_end_the_connection(tight):
    with connected(tight) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40)
        assert answer_on(connection).count(b'"alive"') <= 17
    assert "Traceback" not in tight.log


def test_nonsense_behind_a_request_is_refused_and_the_request_is_given_up(service, slow_picture):
    head = f"{HEAD.replace('/a/', '/insects/')}Content-Length: {len(slow_picture)}\r\n\r\n"
    with given_up(service), connected(service) as connection:
        connection.sendall(head.encode() + slow_picture + b"\x16\x03")
        assert answer_on(connection).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in service.log


def test_an_upgrade_is_not_made(tight):
    with connected(tight) as connection:
        head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_http_is_refused(tight):
    with connected(tight) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        text = answer_on(connection)
    assert text.startswith(b"HTTP/1.1 400 ")
    assert b'"hint"' in text


def test_a_body_that_does_not_come_is_waited_for_so_long_and_no_longer(tight):
    with connected(tight) as connection:
        connection.sendall(f"{HEAD}Content-Length: 1000\r\n\r\nabc".encode())
        assert b" 408 " in answer_on(connection).splitlines()[0]


def test_bodies_may_not_hold_more_memory_together_than_there_is_room_for(tight, client, picture):
    first, second = connected(tight), connected(tight)
    with first, second:
        for connection in (first, second):
            connection.sendall(f"{HEAD}Content-Length: 90000\r\n\r\n".encode() + bytes(80_000))
        kept = sorted(answer_on(connection).split()[1] for connection in (first, second))
    assert kept == [b"408", b"503"]
    assert client.post(PREDICT, files={"a": picture()}).status_code == 200


def test_two_hundred_half_sent_requests_keep_nobody_waiting(tight, client, picture):
    before = threads_of(tight)
    halves = [b"", HEAD.encode(), f"{HEAD}Content-Length: 100\r\n\r\nabc".encode()]
    connections = [connected(tight) for _ in range(200)]
    for place, connection in enumerate(connections):
        connection.sendall(halves[place % 3])
    statuses = {client.post(PREDICT, files={"a": picture()}).status_code for _ in range(20)}
    assert statuses == {200}
    assert threads_of(tight) <= before + 4
    for connection in connections:  # each is ended by the service
        answer_on(connection)
        connection.close()
    assert tight.figure("connections") < 10


def test_a_byte_now_and_then_does_not_stretch_the_time(tight):
    end = time.monotonic() + 60
    with connected(tight) as connection:
        while not has_ended(connection):
            assert time.monotonic() < end
            time.sleep(0.1)


def has_ended(connection):
    """Send a byte, and return whether nobody takes it."""
    try:
        connection.sendall(b"G")
    except ConnectionError:
        return True
    return False


def test_more_connections_than_there_may_be_are_turned_away_in_words(tight, client, picture):
    clients = [connected(tight) for _ in range(TIGHT["connections"] + 20)]
    text = answer_on(clients[-1])
    for connection in clients:
        connection.close()
    assert text.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in text.lower()
    end = time.monotonic() + 60
    while tight.figure("connections") > 100:
        assert time.monotonic() < end
    assert client.post(PREDICT, files={"a": picture()}).status_code == 200


def test_clients_that_go_away_leave_nothing_behind(service, slow_picture, picture):
    head = f"{HEAD.replace('/a/predict', '/insects/predict?explain=true')}Content-Length: {len(slow_picture)}\r\n\r\n"
    with given_up(service), ExitStack() as clients:
        for _ in range(40):  # the last has to wait for the others: it is gone before its answer on any machine
            clients.enter_context(connected(service)).sendall(head.encode() + slow_picture)
    with service.client() as client:
        assert client.post("/v1/models/insects/predict", files={"a": picture()}).status_code == 200
    end = time.monotonic() + 60
    while service.figure('queue_pictures{model="insects"'):
        assert time.monotonic() < end


def test_an_answer_that_takes_too_long_is_given_up(begin, write_model, slow_picture, tmp_path):
    with (
        begin(tmp_path, {"a": write_model(tmp_path / "a.sightline")}, answer_seconds=0.05) as service,
        service.client() as client,
    ):
        answer = client.post(PREDICT, content=slow_picture, headers={"content-type": "image/png"})
        error_of(answer, 503)
        assert service.figure("queue_pictures") == 0


def test_memory_stays_as_it_is_over_thousands_of_requests(service, picture):
    def resident():
        lines = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def ask(times):
        body = picture(kind="JPEG")
        request = HEAD.replace("/a/", "/insects/").encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        with connected(service) as connection:
            for _ in range(times):
                connection.sendall(request)
                text = connection.recv(65536)
                while not text.endswith(b"}]}"):
                    text += connection.recv(65536)

    def ask_together(times):
        clients = [threading.Thread(target=ask, args=(times,)) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    ask_together(250)
    before = resident()
    ask_together(500)
    assert resident() - before < 4096, "KiB more over 2,000 requests"
