import asyncio
import email
import tempfile
from email.policy import HTTP

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.requests import Request

from sightline.app.http.body import Body, BodyMemory
from sightline.app.http.limits import HttpLimits
from sightline.app.http.refusal import Refusal
from sightline.app.http.upload import uploads_in

MOST = 3
PIECE = 7
"""Bytes of a body that come at a time, so that boundaries are cut."""
KIND = "multipart/form-data; boundary=xyz"


def uploads(body, kind, piece=PIECE):
    """Return the files of a request."""
    messages = [
        {"type": "http.request", "body": body[place : place + piece], "more_body": True}
        for place in range(0, len(body), piece)
    ]
    messages = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        return next(messages)

    async def read():
        request = Request({"type": "http", "headers": [(b"content-type", kind.encode())]}, receive)
        with Body(request, BodyMemory(HttpLimits())) as read_body:
            return await uploads_in(read_body, MOST)

    return asyncio.run(read())


def form(files):
    """Return a form's body and type, as a library writes them."""
    written_by = {"content-type": "multipart/form-data; boundary=of-a-test"}  # else each process collects other tests
    request = httpx.Request("POST", "http://localhost", files=[("files", file) for file in files], headers=written_by)
    return request.read(), request.headers["content-type"]


def refusal_of(body, kind):
    with pytest.raises(Refusal) as caught:
        uploads(body, kind)
    return caught.value


@pytest.mark.parametrize("kind", ["image/png", "IMAGE/JPEG; q=1", "application/octet-stream"])
def test_a_picture_may_be_the_body(kind):
    assert uploads(b"abc", kind) == [("picture", b"abc")]


@given(some.lists(some.binary(max_size=200), min_size=1, max_size=3))
def test_a_form_gives_back_its_files_bit_for_bit(contents):
    sent = uploads(*form([(f"{place}.png", content) for place, content in enumerate(contents)]))
    assert sent == [(f"{place}.png", content) for place, content in enumerate(contents)]


def test_a_form_is_read_as_the_standard_library_reads_it():
    content = b"--xyz\r\n\r\n\r\n--xy\r\n\r\n--abc"
    body, kind = form([("ä b.png", content), ("c.png", b"")])
    parsed = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
    expected = [part.get_payload(decode=True) for part in parsed.iter_parts()]
    assert [sent.payload for sent in uploads(body, kind)] == expected == [content, b""]


@pytest.mark.parametrize(
    ("disposition", "label"),
    [
        ('filename="a.png"', "a.png"),
        ("filename=a.png", "a.png"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\me\\\\a.png"', "a.png"),
        ('filename="odd\\"', "odd"),
        ('filename="odd\\"; x="y"', 'odd"; x="y'),
        ('filename="a\\"b.png"', 'a"b.png'),
        ('filename="a\x1b[2J\x00.png"', "a[2J.png"),
        ('filename=""', "picture"),
        ('filename="' + 300 * "a" + '"', 120 * "a"),
        ('filename="grün.png"', "grün.png"),
        ("filename=\"x\"; filename*=utf-8''gr%C3%BCn.png", "x"),  # RFC 7578 leaves it out
    ],
)
def test_a_name_is_a_short_printable_label(disposition, label):
    body = f'--xyz\r\nContent-Disposition: form-data; name="f"; {disposition}\r\n\r\nabc\r\n--xyz--\r\n'.encode()
    assert uploads(body, KIND) == [(label, b"abc")]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"abc", "", 415),
        (b"abc", "text/plain", 415),
        (b"abc", "multipart/form-data", 400),
        (b"abc", KIND, 400),
        (b"--xyz--\r\n", KIND, 400),
        (b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc', KIND, 400),
        (b'--xyz\r\nContent-Disposition: form-data; name="f"\r\n\r\nabc\r\n--xyz--', KIND, 400),
        (b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc\r\n--xyz\r\nConte', KIND, 400),
        (b"--xyz\r\nabc\r\n--xyz--", KIND, 400),
        (*form([("a", b"a")] * 4), 413),
    ],
)
def test_what_is_no_form_of_pictures_is_refused(body, kind, status):
    refusal = refusal_of(body, kind)
    assert refusal.status == status
    assert refusal.hint


@given(some.binary(max_size=300))
def test_no_body_breaks_the_reader(rest):
    try:
        uploads(b"--xyz" + rest + b"\r\n--xyz--", KIND)
    except Refusal as refusal:
        assert refusal.status in (400, 413)  # noqa: PT017 - it may or may not be refused


def test_no_file_goes_to_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    content = bytes(3_000_000)
    body, kind = form([("large.png", content)])
    assert uploads(body, kind, piece=65536) == [("large.png", content)]


def test_as_many_files_as_may_be_are_taken():
    assert len(uploads(*form([("a", b"a")] * 3))) == 3
