from sightline.app.serving.metrics import Metrics

EXPECTED = """\
# HELP sightline_batch_pictures Pictures of a batch.
# TYPE sightline_batch_pictures histogram
sightline_batch_pictures_bucket{model="a",le="1"} 1
sightline_batch_pictures_bucket{model="a",le="2"} 1
sightline_batch_pictures_bucket{model="a",le="4"} 3
"""


def test_the_text_is_that_of_prometheus():
    metrics = Metrics(["a"])
    for size in (1, 3, 4, 300):
        metrics.batch("a", size)
    metrics.request("a", 200, 0.004)
    metrics.picture("a", "answered")
    metrics.waiting["a"].add(7)
    text = metrics.text()
    assert EXPECTED in text
    assert 'sightline_batch_pictures_bucket{model="a",le="+Inf"} 4\nsightline_batch_pictures_sum{model="a"} 308' in text
    assert 'sightline_requests_total{model="a",status="200"} 1\n' in text
    assert 'sightline_request_seconds_bucket{model="a",le="0.005"} 1\n' in text
    assert 'sightline_queue_pictures{model="a"} 7\n' in text
    assert text.endswith("\n")
