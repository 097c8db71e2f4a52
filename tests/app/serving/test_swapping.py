"""A new model takes over while requests come, and none is lost."""

import os
import shutil
import signal
import threading
import time

import pytest

OLD, NEW = ["ant", "bee", "cat"], ["oak", "yew", "fir"]
PREDICT = "/v1/models/a/predict"

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")


class Clients:
    """Clients that ask all the time; every answer is kept."""

    def __init__(self, service, picture, count=3):
        self.answers, self._over = [], threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(service, picture)) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count=10):
        """Wait until some more answers are there."""
        end = len(self.answers) + count
        while len(self.answers) < end:
            time.sleep(0.01)

    def _ask(self, service, picture):
        with service.client() as client:
            while not self._over.is_set():
                answer = client.post(PREDICT, files=[("a", picture)] * 3)
                self.answers.append((answer.status_code, answer.json()))


@pytest.fixture
def versions(tmp_path, write_model):
    """An old and a new version of a model, and the file that is served."""
    old = write_model(tmp_path / "old.sightline", classes=OLD)
    new = write_model(tmp_path / "new.sightline", classes=NEW)
    return old, new, shutil.copy(old, tmp_path / "served.sightline")


def put(file, place):
    """Put a file in another's place at once, as a careful copy does."""
    aside = place.with_suffix(".aside")
    shutil.copy(file, aside)
    os.replace(aside, place)  # noqa: PTH105 - Path.replace does the same


def test_a_swap_under_load_loses_nothing(begin, versions, picture, tmp_path):
    old, new, served = versions
    with begin(tmp_path, {"a": served}) as service:
        with Clients(service, picture()) as clients:
            clients.wait_for_more()
            for number, version in enumerate((new, old, new), start=2):
                put(version, served)
                service.process.send_signal(signal.SIGHUP)
                service.wait_for("a: serving", times=number)
                clients.wait_for_more()
        with service.client() as client:
            last = client.get("/v1/models/a").json()
    assert {status for status, _ in clients.answers} == {200}
    classes = {}
    for _, answer in clients.answers:
        classes.setdefault(answer["digest"], set()).update(result["label"] for result in answer["results"])
    assert len(classes) == 2
    assert all(names <= set(OLD) or names <= set(NEW) for names in classes.values())
    assert last["classes"] == NEW


def test_a_changed_file_is_noticed_and_a_broken_one_changes_nothing(begin, versions, picture, tmp_path):
    _, new, served = versions
    with begin(tmp_path, {"a": served}, watch=True) as service, service.client() as client:
        whole = new.read_bytes()
        served.write_bytes(whole[: len(whole) // 2])
        service.wait_for("the old model goes on serving")
        during = client.post(PREDICT, files={"a": picture()}).json()["results"][0]["label"]
        time.sleep(1.5)  # long enough to be looked at again
        count = service.log.count("the old model goes on serving")
        served.unlink()
        put(new, served)
        service.wait_for("a: serving", times=2)
        after = client.post(PREDICT, files={"a": picture()}).json()["results"][0]["label"]
    assert during in OLD
    assert after in NEW
    assert count == 1  # a broken file is reported once, not every second


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_broken_file_at_a_signal_is_told_in_the_log(share, begin, versions, picture, tmp_path):
    _, new, served = versions
    with begin(tmp_path, {"a": served}) as service, service.client() as client:
        served.write_bytes(new.read_bytes()[: int(share * new.stat().st_size)])
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("the old model goes on serving")
        assert client.post(PREDICT, files={"a": picture()}).json()["results"][0]["label"] in OLD
        assert client.get("/readyz").status_code == 200
        assert "Traceback" not in service.log
