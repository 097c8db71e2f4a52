"""What the service has done so far, in the text that Prometheus reads."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
NO_MODEL = ""


class Histogram:
    """How many values lay below each bound.

    Args:
        bounds: Ascending; a last one, infinity, is added.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """Yield the lines of one histogram; every bucket counts those below it too."""
        below = 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            below += count
            yield f'{name}_bucket{{{labels},le="{bound}"}} {below}'
        yield f"{name}_sum{{{labels}}} {self.total:.9g}"
        yield f"{name}_count{{{labels}}} {below}"


class Metrics:
    """Counts, kept in the event loop's thread; `model` is always one that is served, or empty."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.pictures: Counter[tuple[str, str]] = Counter()
        self._seconds = defaultdict[str, Histogram](lambda: Histogram(SECONDS))
        self._batches = defaultdict[str, Histogram](lambda: Histogram(SIZES))

    def request(self, model: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests[model, status] += 1
        self._seconds[model].add(seconds)

    def picture(self, model: str, outcome: str) -> None:
        """Count a picture that was ``"answered"`` or ``"refused"``."""
        self.pictures[model, outcome] += 1

    def batch(self, model: str, size: int) -> None:
        """Count a batch."""
        self._batches[model].add(size)

    def text(self, waiting: Mapping[str, int], connections: int) -> str:
        """Return everything.

        Args:
            waiting: How many pictures each model has at its desk.
            connections: How many are open.

        Reference:
            Prometheus, "Exposition formats", text format version 0.0.4.
            https://prometheus.io/docs/instrumenting/exposition_formats/
        """
        return "\n".join([*self._lines(waiting, connections), ""])

    def _lines(self, waiting: Mapping[str, int], connections: int) -> Iterator[str]:
        yield from _family("requests_total", "counter", "Requests by model and status.")
        yield from (
            f'sightline_requests_total{{model="{model}",status="{status}"}} {count}'
            for (model, status), count in sorted(self.requests.items())
        )
        yield from _family("pictures_total", "counter", "Pictures by model and outcome.")
        yield from (
            f'sightline_pictures_total{{model="{model}",outcome="{outcome}"}} {count}'
            for (model, outcome), count in sorted(self.pictures.items())
        )
        yield from _family("queue_pictures", "gauge", "Pictures that wait or are being answered.")
        yield from (f'sightline_queue_pictures{{model="{model}"}} {count}' for model, count in waiting.items())
        yield from _family("connections", "gauge", "Open connections.")
        yield f"sightline_connections {connections}"
        yield from _family("batch_pictures", "histogram", "Pictures of a batch.")
        yield from _histograms("batch_pictures", self._batches.items())
        yield from _family("request_seconds", "histogram", "Seconds from the headers to the end of the answer.")
        yield from _histograms("request_seconds", self._seconds.items())


def _family(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP sightline_{name} {meaning}"
    yield f"# TYPE sightline_{name} {kind}"


def _histograms(name: str, histograms: Iterable[tuple[str, Histogram]]) -> Iterator[str]:
    for model, histogram in sorted(histograms, key=lambda row: row[0]):
        yield from histogram.lines(f"sightline_{name}", f'model="{model}"')
