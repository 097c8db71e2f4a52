import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sightline.app.serving.metrics import Metrics

COUNT = """
import sys
from pathlib import Path
from sightline.app.serving.metrics import Metrics
metrics = Metrics(["a"], folder=Path(sys.argv[1]))
metrics.workers.inc()
metrics.observe_request({"model": "a"}, 200, 0.004)
metrics.of_model("a").batches.observe(3)
print(metrics.count_of_workers(), metrics.text().decode())
"""


def samples_of(text):
    """Return the values of a text by name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_the_text_is_that_of_prometheus():
    metrics = Metrics(["a"])
    for size in (1, 3, 4, 300):
        metrics.of_model("a").batches.observe(size)
    metrics.observe_request({"model": "a"}, 200, 0.004)
    metrics.observe_request({}, 404, 0.004)
    metrics.of_model("a").answered.inc()
    metrics.of_model("a").waiting.inc(7)
    samples = samples_of(metrics.text().decode())
    buckets = [samples["sightline_batch_pictures_bucket", bound, "a"] for bound in ("1.0", "2.0", "4.0", "+Inf")]
    assert buckets == [1, 1, 3, 4]
    assert samples["sightline_batch_pictures_sum", "a"] == 308
    assert samples["sightline_requests_total", "a", "200"] == 1
    assert samples["sightline_requests_total", "", "404"] == 1
    assert samples["sightline_pictures_total", "a", "answered"] == 1
    assert samples["sightline_request_seconds_bucket", "0.005", "a"] == 1
    assert samples["sightline_queue_pictures", "a"] == 7
    assert not any("created" in name for name, *_ in samples)


def test_of_several_processes_the_sums_are_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    texts = [
        subprocess.run([sys.executable, "-c", COUNT, tmp_path], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own code
        for _ in range(3)
    ]
    assert [text.split()[0] for text in texts] == ["1", "2", "3"]
    samples = samples_of(texts[-1].partition(" ")[2])
    assert samples["sightline_requests_total", "a", "200"] == 3
    assert samples["sightline_batch_pictures_sum", "a"] == 9
    assert samples["sightline_processes",] == 3


@pytest.mark.parametrize("length", [0, 2])
def test_a_file_that_is_just_being_made_is_waited_for(length, tmp_path):
    (tmp_path / "counter_1.db").write_bytes(bytes(length))
    with pytest.raises(Exception, match="unpack_from"):  # it never gets its length here
        Metrics(folder=tmp_path).text()
    (tmp_path / "counter_1.db").write_bytes(bytes(2**16))
    assert Metrics(folder=tmp_path).count_of_workers() == 0
