import pytest

from sightline.app.serving.front import Doors, local_names
from sightline.app.serving.refusals import Refusal

TOKEN = "0123456789abcdef"  # noqa: S105 - it guards nothing
LOCAL = Doors(None, frozenset(local_names("127.0.0.1")))
GUARDED = Doors(TOKEN, frozenset())


def status_of(doors, method="GET", path="/v1/models", **headers):
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    try:
        doors.check(method, path, raw)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:1", "localhost.:80", "127.0.0.1:8000", "[::1]:8000", "[::1]"]
)
def test_a_local_service_answers_to_local_names(host):
    assert status_of(LOCAL, host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "", "a@localhost"]
)
def test_a_local_service_answers_to_no_other_name(host):
    assert status_of(LOCAL, host=host) == 400
    assert status_of(LOCAL, path="/", host=host) == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost:8000"}, 200),
        ({"origin": "http://localhost:8000", "sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_another_sites_page_can_send_nothing(headers, status):
    assert status_of(LOCAL, "POST", host="localhost:8000", **headers) == status
    assert status_of(GUARDED, "POST", host="localhost:8000", authorization=f"Bearer {TOKEN}", **headers) == status


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/a", "/v1/models/a/predict", "/metrics"])
@pytest.mark.parametrize(
    "given", ["", TOKEN, "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ä"]
)
def test_without_the_token_there_is_nothing(path, given):
    assert status_of(GUARDED, path=path, authorization=given) == 401


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
def test_with_the_token_everything_is_there_under_any_name(given):
    assert status_of(GUARDED, authorization=given, host="models.example") == 200


@pytest.mark.parametrize("path", ["/", "/page.js", "/healthz", "/readyz"])
def test_the_page_and_the_signs_of_life_need_no_token(path):
    assert status_of(GUARDED, path=path) == 200


def test_a_service_asks_for_its_token(begin, write_model, picture, tmp_path):
    with (
        begin(tmp_path, {"a": write_model(tmp_path / "a.sightline")}, token=TOKEN) as service,
        service.client() as client,
    ):
        refused = client.post("/v1/models/a/predict", files={"a": picture()})
        bearer = {"authorization": f"Bearer {TOKEN}"}
        answered = client.post("/v1/models/a/predict", files={"a": picture()}, headers=bearer)
        log = service.log
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="sightline"')
    assert refused.json()["error"]["hint"]
    assert answered.status_code == 200
    assert TOKEN not in log


def test_a_service_is_deaf_to_a_strangers_page(client, picture):
    stranger = {"origin": "http://evil.example", "host": "localhost"}
    assert client.post("/v1/models/insects/predict", files={"a": picture()}, headers=stranger).status_code == 403
    assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 400
