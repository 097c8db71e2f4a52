"""What the service has done so far, in the text that Prometheus reads."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from sightline.app.serving.figures import Figures, Gauge

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
STATUSES = range(600)
OUTCOMES = ("answered", "refused")
NO_MODEL = ""


class Histogram:
    """How many values lay below each bound.

    Args:
        bounds: Ascending; a last one, infinity, is added.
        processes: How many processes count.
    """

    def __init__(self, bounds: Sequence[float], processes: int) -> None:
        self.bounds = bounds
        self.figures = Figures(len(bounds) + 2, processes)  # a count below each bound, those above, and the sum

    def add(self, value: float) -> None:
        """Count a value."""
        self.figures.add(bisect_left(self.bounds, value))
        self.figures.add(len(self.bounds) + 1, value)

    def lines(self, name: str, labels: str) -> Iterator[str]:
        """Yield the lines of one histogram, if it has counted; every bucket counts those below it too."""
        counts = [self.figures.total(place) for place in range(len(self.bounds) + 1)]
        if not any(counts):
            return
        below = 0.0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], counts, strict=True):
            below += count
            yield f'{name}_bucket{{{labels},le="{bound}"}} {below:.0f}'
        yield f"{name}_sum{{{labels}}} {self.figures.total(len(self.bounds) + 1):.9g}"
        yield f"{name}_count{{{labels}}} {below:.0f}"


class Metrics:
    """Counts, each process's kept in its event loop's thread; `model` is always one that is served, or empty.

    Args:
        models: The names of those that are served.
        processes: How many processes count; the sums are over all of them.

    Attributes:
        waiting: How many pictures each model has at its desks.
        connections: How many are open.
        ended: How many connections a process has seen end.
        held: The bytes of all bodies that are in memory.
        ready: How many processes have their models.
    """

    def __init__(self, models: Iterable[str] = (), *, processes: int = 1) -> None:
        self.processes = processes
        self._models = (NO_MODEL, *models)
        self._requests = {model: Figures(len(STATUSES), processes) for model in self._models}
        self._pictures = {model: Figures(len(OUTCOMES), processes) for model in self._models}
        self._seconds = {model: Histogram(SECONDS, processes) for model in self._models}
        self._batches = {model: Histogram(SIZES, processes) for model in self._models}
        self._present = Figures(4 + len(self._models), processes)
        self.connections, self.ended, self.held, self.ready, *waiting = (
            Gauge(self._present, place) for place in range(4 + len(self._models))
        )
        self.waiting = dict(zip(self._models, waiting, strict=True))

    def write_as(self, process: int) -> None:
        """Count as a process from now on, its number from 0 on."""
        histograms = (*self._seconds.values(), *self._batches.values())
        for figures in (
            self._present, *self._requests.values(), *self._pictures.values(), *(each.figures for each in histograms)
        ):  # fmt: skip
            figures.write_as(process)

    def forget(self, process: int) -> None:
        """Let go what a process had open, for it is no more; what it has counted stays."""
        self._present.forget(process)

    def request(self, model: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests[model].add(status)
        self._seconds[model].add(seconds)

    def picture(self, model: str, outcome: str) -> None:
        """Count a picture that was ``"answered"`` or ``"refused"``."""
        self._pictures[model].add(OUTCOMES.index(outcome))

    def batch(self, model: str, size: int) -> None:
        """Count a batch."""
        self._batches[model].add(size)

    def text(self) -> str:
        """Return everything.

        Reference:
            Prometheus, "Exposition formats", text format version 0.0.4.
            https://prometheus.io/docs/instrumenting/exposition_formats/
        """
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield from _family("requests_total", "counter", "Requests by model and status.")
        for model, figures in sorted(self._requests.items()):
            yield from _counts(f'sightline_requests_total{{model="{model}",status=', STATUSES, figures)
        yield from _family("pictures_total", "counter", "Pictures by model and outcome.")
        for model, figures in sorted(self._pictures.items()):
            yield from _counts(f'sightline_pictures_total{{model="{model}",outcome=', OUTCOMES, figures)
        yield from _family("queue_pictures", "gauge", "Pictures that wait or are being answered.")
        for model in self._models[1:]:
            yield f'sightline_queue_pictures{{model="{model}"}} {self.waiting[model].total}'
        yield from _family("connections", "gauge", "Open connections.")
        yield f"sightline_connections {self.connections.total}"
        yield from _family("processes", "gauge", "Processes that have their models.")
        yield f"sightline_processes {self.ready.total}"
        yield from _family("batch_pictures", "histogram", "Pictures of a batch.")
        yield from _histograms("batch_pictures", self._batches)
        yield from _family("request_seconds", "histogram", "Seconds from the headers to the end of the answer.")
        yield from _histograms("request_seconds", self._seconds)


def _family(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP sightline_{name} {meaning}"
    yield f"# TYPE sightline_{name} {kind}"


def _counts(beginning: str, words: Sequence[object], figures: Figures) -> Iterator[str]:
    """Yield a line for each word that was counted."""
    for place, word in enumerate(words):
        if count := figures.total(place):
            yield f'{beginning}"{word}"}} {count:.0f}'


def _histograms(name: str, histograms: dict[str, Histogram]) -> Iterator[str]:
    for model, histogram in sorted(histograms.items()):
        yield from histogram.lines(f"sightline_{name}", f'model="{model}"')
