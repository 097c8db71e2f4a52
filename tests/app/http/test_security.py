import pytest

from sightline.app.http.refusal import Refusal
from sightline.app.http.security import AccessRules

TOKEN = "0123456789abcdef"  # noqa: S105 - it guards nothing
LOCAL = AccessRules.of("127.0.0.1", None)
GUARDED = AccessRules.of("127.0.0.1", TOKEN)


def status_of(rules, method="GET", path="/v1/models", **headers):
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    try:
        rules.check(method, path, raw)
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


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/a", "/v1/models/a/predict", "/metrics", "/openapi.json"])
@pytest.mark.parametrize(
    "authorization", ["", TOKEN, "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ä"]
)
def test_without_the_token_there_is_nothing(path, authorization):
    assert status_of(GUARDED, path=path, authorization=authorization) == 401


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
def test_with_the_token_everything_is_there_under_any_name(authorization):
    assert status_of(GUARDED, authorization=authorization, host="models.example") == 200


@pytest.mark.parametrize("path", ["/", "/page.js", "/healthz", "/readyz"])
def test_the_page_and_the_signs_of_life_need_no_token(path):
    assert status_of(GUARDED, path=path) == 200
