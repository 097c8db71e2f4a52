"""Some two hundred photos: what a base brings, what it costs, and what would be there without it.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/photos.py [right] [clock] [asked]

The ants and bees come with two parts. The second, which its makers call `val`, is the test part here: it is read once
by each finished model and nothing is chosen by it. Each way is trained with several seeds, which decide the validation
part that is taken out of the first part; of the ten-a-class row, which pictures are drawn, eight to learn from and two
to choose the head's strength by. "Right" is the mean over the seeds with its 95 % interval (Student's, over seeds), and
the fewest and most.

The second table sets the whole command beside what no program can do without: to decode the photos and to send them
through the base once, as a plain loop of torch does. Commands and loops take turns; features and pixels are forgotten
before each command, the base's graph is kept, as it is after the first training of a machine. The first figure is that
of a further training in a process that has trained before, so that nothing is left to import.

The third table asks the same base in other ways: with eight-bit weights and sums, as ONNX Runtime makes them with and
without a look at training photos, and over several views of a photo. "Features alike" is the mean cosine with those of
the float graph of one view; "time" is that of its look at all photos, one after the other on one core.

It writes the tables that are named, or all, to docs/benchmarks/photos.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

import sightline
from bench.archives import HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from bench.turns import in_turns, spread
from sightline.evaluation.significance.paired import compare
from sightline.line.narrator import Silent

SQUEEZENET = "squeezenet1_1-imagenet-fp16.pth"
ROOT = Path(__file__).parent.parent


class Setting(NamedTuple):
    """Seeds of a way, draws of ten a class, turns of the clock, and the ways with their settings."""

    seeds: int
    draws: int
    turns: int
    ways: dict[str, dict[str, object]]


WAYS = {
    "nothing named: `efficientnet-lite0`, frozen": {},
    "the same, fine-tuned (`--epochs 8`)": {"epochs": 8},
    "`squeezenet1_1`, frozen": {"base": "squeezenet1_1", "weights": SQUEEZENET},
    "classical: `fisher-pyramid`, colour beside": {
        "model": "fisher-pyramid", "size": 192, "cell": 6, "stride": 6, "descriptor": ("root-sift", "colour-histogram"),
        "histogram_colours": "hsv",
    },
    "from nothing: `--recipe fast --minutes 0.5`": {"recipe": "fast", "minutes": 0.5},
}  # fmt: skip
FULL = Setting(5, 20, 3, WAYS)
TINY = Setting(
    1,
    2,
    1,
    {
        "frozen": {},
        "from nothing": {"model": "linear", "size": 16, "epochs": 1},
    },
)


def unpacked(path, folder):
    """Write the photos with their second part as the test part, and return the folder of all and that of the first."""
    with zipfile.ZipFile(path) as photos:
        photos.extractall(folder)
    [root] = [each for each in folder.iterdir() if each.is_dir()]
    (root / "val").rename(root / "test")
    return root


def trained(data, out, settings, seed):
    """Train, and return what the model names in the test part, (N, classes) and (N,)."""
    named = {name: str(Path(os.environ["SIGHTLINE_DATA"]) / value) if name == "weights" else value
             for name, value in settings.items()}  # fmt: skip
    fixed = {"baseline": "none", "narrator": Silent(), "seed": seed}
    run = sightline.train(data, out=out, **fixed, **named)
    rows = [line.split(",") for line in (out / "predictions.csv").read_text().splitlines()[1:]]
    shares = np.array([[float(cell) for cell in row[2:]] for row in rows])
    truth = np.array([run.report["classes"].index(row[1]) for row in rows])
    return shares.argmax(axis=1), truth


def few_of_each(data, draws):
    """Return, for each draw of ten photos a class, how many of the test part the default names rightly."""
    import torch

    from sightline.data.catalog import TEST
    from sightline.data.survey import survey
    from sightline.line.features.extractor import DEFAULT_BASE, extractor_of
    from sightline.line.features.seen import Seen
    from sightline.line.features.store import store_of
    from sightline.line.methods.transfer.curve import fit_head
    from sightline.line.methods.transfer.head import head_plan
    from sightline.line.resolution import resolved
    from sightline.line.settings.transfer import TransferSettings

    catalog = sightline.open_catalog(data)
    base = extractor_of(TransferSettings(base=DEFAULT_BASE))
    surveyed = survey(catalog, base.format)
    rows = surveyed.labelled_rows
    features = store_of(base).features(surveyed, rows, narrator=Silent())
    seen = Seen(rows, features, catalog.labels, len(catalog.classes))
    parts = np.array(catalog.parts)[rows]
    plan = head_plan(resolved({"recipe": "photos"}))
    test = rows[parts == TEST]
    right = []
    for draw in range(draws):
        chance = np.random.default_rng(draw)
        first = rows[parts != TEST]
        chosen = [
            chance.choice(first[catalog.labels[first] == label], 10, replace=False)
            for label in range(len(catalog.classes))
        ]
        learnt, held = (np.concatenate([rows[part] for rows in chosen]) for part in (slice(8), slice(8, None)))
        head = fit_head(plan, seen, learnt, held, seed=draw)
        with torch.inference_mode():
            scores = head.classifier.scores(head.standardise(torch.from_numpy(seen.of(test)))).numpy()
        right.append(int((scores.argmax(axis=1) == catalog.labels[test]).sum()))
    return right, len(test)


def graphs_of(base, pixels):
    """Yield the name and the graph of each way to ask a base.

    Args:
        pixels: (n, H, W, C) uint8, training photos that the static int8 graph is calibrated on.
    """
    from sightline.inference.export.quantisation import quantised
    from sightline.line.features.graph_file import base_graph

    whole = base_graph(base, None)
    yield "float32, one view", whole
    yield "int8, ranges of each photo (dynamic)", quantised(whole, None)
    yield "int8, ranges of training photos (static)", quantised(whole, pixels)
    for views in ("mirrored", "five-crops", "ten-crops"):
        yield f"float32, `--set views={views}`", base_graph(base.seeing(views), None)


def ways_to_ask(data, setting):
    """Return the table of heads on features that were made in other ways, of all of which one look is taken."""
    from sightline.data.survey import survey
    from sightline.line.features.extractor import DEFAULT_BASE, extractor_of
    from sightline.line.features.graph_file import opened
    from sightline.line.settings.transfer import TransferSettings

    base = extractor_of(TransferSettings(base=DEFAULT_BASE))
    surveyed = survey(sightline.open_catalog(data), base.format)
    calibration = surveyed.pixels[surveyed.labelled_rows[::8]]
    rows, first, first_seconds = [], None, 0.0
    for name, graph in graphs_of(base, calibration):
        asked = opened(graph, base.format.shape)
        began = time.process_time()
        features = np.concatenate([asked.run(picture[None])[0] for picture in surveyed.pixels])
        seconds = time.process_time() - began
        if first is None:
            first, first_seconds = features, seconds
        alike = (features * first).sum(axis=1) / np.linalg.norm(features, axis=1) / np.linalg.norm(first, axis=1)
        right, count = right_of_heads(surveyed, features, setting.seeds)
        rows.append([name, *counted(right, count)[:2], f"{alike.mean():.4f}", f"{seconds / first_seconds:.2f}"])
        print(rows[-1], flush=True)
    return table(["base asked as", "right", "95 % interval", "features alike", "time"], rows)


def right_of_heads(surveyed, features, seeds):
    """Return how many of the test part a head on these features names rightly, for each seed of the validation part."""
    import torch

    from sightline.line.features.seen import Seen
    from sightline.line.input.checked_split import checked_split
    from sightline.line.methods.transfer.curve import fit_head
    from sightline.line.methods.transfer.head import head_plan
    from sightline.line.resolution import resolved

    labels, right = surveyed.catalog.labels, []
    seen = Seen(np.arange(len(features)), features, labels, len(surveyed.catalog.classes))
    for seed in range(seeds):
        settings = resolved({"recipe": "photos", "seed": seed, "accept": "few-pictures"})
        division, _ = checked_split(surveyed, settings, test_fraction=0.15)
        training, validation, test = (division.rows(part) for part in ("train", "validation", "test"))
        head = fit_head(head_plan(settings), seen, training, validation, seed=seed)
        with torch.inference_mode():
            scores = head.classifier.scores(head.standardise(torch.from_numpy(features[test])))
        right.append(int((scores.argmax(dim=1).numpy() == labels[test]).sum()))
    return right, len(test)


def counted(right, count):
    """Return mean, interval, and ends of how many were right in several trials."""
    mean, least, most = np.mean(right), min(right), max(right)
    if len(right) < 2:
        return f"{mean:.1f} of {count}", "", f"{least} to {most}"
    error = student.ppf(0.975, len(right) - 1) * np.std(right, ddof=1) / len(right) ** 0.5
    low, high = max(0.0, mean - error), min(float(count), mean + error)
    return f"{mean:.1f} of {count} ({mean / count:.1%})", f"{low:.1f} to {high:.1f}", f"{least} to {most}"


def accuracies(data, setting):
    """Return the table of what each way names rightly, and below it how the first two compare."""
    rows, first_answers = [], []
    for name, settings in setting.ways.items():
        right, seconds = [], []
        for seed in range(setting.seeds):
            with tempfile.TemporaryDirectory() as out:
                began = time.perf_counter()
                answers, truth = trained(data, Path(out) / "run", settings, seed)
                seconds.append(time.perf_counter() - began)
                right.append(int((answers == truth).sum()))
            if seed == 0:
                first_answers.append(answers)
        rows.append([name, setting.seeds, *counted(right, len(truth)), f"{spread(seconds).median:.0f}"])
        print(rows[-1], flush=True)
    right, count = few_of_each(data, setting.draws)
    rows.append(["ten photos a class, frozen", setting.draws, *counted(right, count), ""])
    compared = compare(truth, *first_answers[:2])
    words = f"Of the first seed, frozen and fine-tuned: McNemar's test p = {compared.p_value:.2f}."
    return f"{table(['way', 'trials', 'right', '95 % interval', 'fewest to most', 's'], rows)}\n\n{words}"


def command(data, cache):
    """Return the seconds of the whole command, with the base's graph in the cache and nothing else."""
    for room in ("pixels", "features"):
        shutil.rmtree(cache / room, ignore_errors=True)
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        words = [sys.executable, "-m", "sightline", "train", str(data), "--out", f"{out}/run", "--quiet"]
        subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own command
        return time.perf_counter() - began


class FirstFigure(Silent):
    """Notes when the first accuracy is told."""

    def __init__(self):
        self.at = None

    def say(self, text):
        """Note the time of a text with a percentage."""
        if self.at is None and "%" in text:
            self.at = time.perf_counter()


def seconds_to_first_figure(data, turns):
    """Return the seconds of further trainings, on photos that have been looked at, to their first figure."""
    seconds = []
    for _ in range(turns + 1):
        with tempfile.TemporaryDirectory() as out:
            noted, began = FirstFigure(), time.perf_counter()
            sightline.train(data, out=f"{out}/run", narrator=noted, baseline="none")
            seconds.append(noted.at - began)
    return seconds[1:]  # the first one imports


BARE = """
import sys, time
from pathlib import Path
import torch
from sightline.line.features.extractor import extractor_of
from sightline.line.settings.transfer import TransferSettings
base = extractor_of(TransferSettings(base="efficientnet-lite0"))
network = base.load()
began = time.perf_counter()
pictures = []
for path in sorted(Path(sys.argv[1]).rglob("*.jpg")):
    pictures.append(torch.from_numpy(base.format.read(path.read_bytes(), name=path.name)))
decoded = time.perf_counter()
with torch.inference_mode():
    for start in range(0, len(pictures), 16):
        network(torch.stack(pictures[start : start + 16]))
print(decoded - began, time.perf_counter() - decoded)
"""


def bare(data):
    """Return the seconds of decoding all photos and of one pass through the base, by a plain loop."""
    ended = subprocess.run([sys.executable, "-c", BARE, str(data)], check=True, capture_output=True, text=True)  # noqa: S603
    return sum(map(float, ended.stdout.split()))


def times(data, setting):
    """Return the table of the clock."""
    cache = Path(os.environ["SIGHTLINE_CACHE"])
    command(data, cache)  # makes the base's graph
    seconds = in_turns({"command": lambda: command(data, cache), "loop": lambda: bare(data)}, setting.turns)
    whole, loop = spread(seconds["command"]), spread(seconds["loop"])
    first = spread(seconds_to_first_figure(data, setting.turns))
    rows = [
        ["the whole command", f"{whole.median:.1f} ({whole.least:.1f} to {whole.most:.1f})"],
        ["to decode, and one pass through the base", f"{loop.median:.1f} ({loop.least:.1f} to {loop.most:.1f})"],
        ["ratio of the medians", f"{whole.median / loop.median:.2f}"],
        ["a further training, to its first figure", f"{first.median:.2f} ({first.least:.2f} to {first.most:.2f})"],
    ]
    return table(["", "s"], rows)


def main() -> None:
    """Make the tables that are named, or all."""
    tiny, setting, names = started(__doc__, full=FULL, tiny=TINY, words=("tables...",))
    makers = {"right": accuracies, "clock": times, "asked": ways_to_ask}
    with archive(HYMENOPTERA, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        os.environ["SIGHTLINE_CACHE"] = f"{folder}/cache"
        data = unpacked(path, Path(folder) / "data")
        tables = {name: f"{origin()}\n\n{makers[name](data, setting)}" for name in names or makers}
    publish("benchmarks/photos.md", tables, tiny=tiny)


if __name__ == "__main__":
    main()
