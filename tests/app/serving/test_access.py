"""Who may ask a running service."""

TOKEN = "0123456789abcdef"  # noqa: S105 - it guards nothing


def test_a_service_asks_for_its_token(begin, write_model, picture, tmp_path):
    with (
        begin(tmp_path, {"a": write_model(tmp_path / "a.sightline")}, token=TOKEN) as service,
        service.client() as client,
    ):
        refused = client.post("/v1/models/a/predict", files={"a": picture()})
        bearer = {"authorization": f"Bearer {TOKEN}"}
        answered = client.post("/v1/models/a/predict", files={"a": picture()}, headers=bearer)
        service.wait_for("predict 200")
        log = service.log
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="sightline"')
    assert refused.json()["error"]["hint"]
    assert answered.status_code == 200
    assert TOKEN not in log


def test_a_service_refuses_a_strangers_page(client, picture):
    stranger = {"origin": "http://evil.example", "host": "localhost"}
    assert client.post("/v1/models/insects/predict", files={"a": picture()}, headers=stranger).status_code == 403
    assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 400
