"""Omniglot: one drawing of each of twenty letters is known, another person's is to be named.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/omniglot.py [TABLE ...]

Of the thirty alphabets of the background set six are held out altogether, by the seed; of the other twenty-four, three
choose the epoch. A letter is asked about among twenty of its alphabet: in each episode the known drawings are one
person's and the asked ones another's, 2,000 trials. The tables: ``seeds`` (three trainings, each with six other
alphabets, beside two floors on the first one's episodes), ``choices`` (short trainings that differ in one thing, judged
on the alphabets that choose) and ``strangers`` (three trainings that hold out ten alphabets and choose by nine: letters
of one of the ten are enrolled, those of the others are strangers). All are made where none is named. It writes
docs/benchmarks/omniglot.md. Where SIGHTLINE_RUNS names a folder, the runs stay there, and finished ones are not learnt
again.
"""

import csv
import itertools
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import ttest_1samp

import sightline
from bench.archives import OMNIGLOT, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.data.by_class.groups import class_groups
from sightline.data.survey import survey
from sightline.evaluation.pairs.clusters import clustered_interval, clusters_of
from sightline.evaluation.similarity.episodes import Pool, Task, answers_to, episodes_of
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.bundle import read_bundle
from sightline.inference.support.nearest import NearestRule, compared_by
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import DIGEST_BYTES, SupportSet
from sightline.inference.tasks import load
from sightline.line.narrator import Silent

COMMON = {
    "task": "similarity",
    "folders": "nested",
    "test_fraction": 0.2,
    "validation_fraction": 0.1,
    "size": "32",
    "turned_classes": "yes",
    "rotation": 10,
    "shift": 0.05,
    "zoom": 0.1,
}
"""What every training here shares, taken as it is: no other was tried on whole trainings."""
INK = 128
"""Darker is ink."""
SHOTS = (1, 5)
"""Drawings of a letter that are enrolled where there are strangers."""
SIDE = 105
"""Of a drawing, in pixels, as the floors look at it."""
RUNS = "SIGHTLINE_RUNS"
"""Names a folder for the runs, so that what has been learnt is kept where this is interrupted."""


class Setting(NamedTuple):
    """How much is done.

    Args:
        epochs: Of a whole training.
        seeds: Of the whole trainings.
        short: Epochs of a training that is compared with others.
        choices: What is other in each of those, by its name in the table.
        ways: Classes of an episode.
        trials: Pictures that are asked about.
        strangers: Settings of the trainings that strangers come to.
        own: Settings that only this one has.
    """

    epochs: int
    seeds: tuple[int, ...]
    short: int
    choices: dict[str, dict[str, object]]
    ways: int
    trials: int
    strangers: dict[str, object]
    own: dict[str, object]


FULL = Setting(
    epochs=30,
    seeds=(0, 1, 2),
    short=6,
    choices={
        "supcon, as above": {},
        "contrastive": {"loss": "contrastive"},
        "triplet, semi-hard": {"loss": "triplet"},
        "triplet, hard": {"loss": "triplet", "mining": "hard"},
        "prototypical": {"loss": "prototypical"},
        "letters of any alphabet in a step": {"within_groups": 0},
        "letters of one alphabet in each step": {"within_groups": 1},
        "turned letters are no classes": {"turned_classes": "no"},
        "no shift, turn or zoom": {"shift": 0, "rotation": 0, "zoom": 0},
        "no moving average": {"ema_decay": 0},
        "`siamese-conv`": {"model": "siamese-conv"},
        "`siamese-conv`, contrastive": {"model": "siamese-conv", "loss": "contrastive"},
    },
    ways=20,
    trials=2_000,
    strangers={"test_fraction": 1 / 3, "validation_fraction": 0.3, "epochs": 12},
    own={},
)
TINY = Setting(
    epochs=1,
    seeds=(0,),
    short=1,
    choices={"supcon, as above": {}, "contrastive": {"loss": "contrastive"}},
    ways=3,
    trials=60,
    strangers={"epochs": 1},
    own={"classes_a_step": 3, "embedding": 8, "size": "16"},
)


class Drawings(NamedTuple):
    """Some drawings of a data set, with what a model makes of them.

    Args:
        rows: (n,) int64, which of the data.
        pool: Labels, alphabets and drawers.
        embeddings: (n, E) float32 of unit length.
    """

    rows: np.ndarray
    pool: Pool
    embeddings: np.ndarray


def main() -> None:
    """Train, ask and write the tables."""
    tiny, setting, names = started(__doc__, full=FULL, tiny=TINY, words=("tables...",))
    with tempfile.TemporaryDirectory() as folder, archive(OMNIGLOT, tiny=tiny) as path:
        runs = Path(os.environ.get(RUNS, folder))
        catalog = sightline.open_catalog(path, folders="nested")
        makers = {"seeds": seeds_table, "strangers": strangers_table, "choices": choices_table}
        tables = {name: makers[name](path, catalog, setting, runs) for name in names or makers}
    publish("benchmarks/omniglot.md", tables, tiny=tiny)


def seeds_table(data, catalog, setting, runs):
    """Return the table of whole trainings, each on six alphabets that it has not learnt from, and of the floors."""
    rows, floors, every = [], {}, []
    for seed in setting.seeds:
        run = trained(data, setting, runs / f"seed{seed}", epochs=setting.epochs, seed=seed)
        drawings = drawings_of(run, catalog, "test")
        floors = floors or floors_of(drawings, catalog, setting)
        rows.append([f"`conv4`, seed {seed}", *scored(drawings, setting), f"{seconds_of(run):,.0f}"])
        every.append([answered(drawings, within, setting) for within in (True, False)])
        print(rows[-1], flush=True)
    rows.append(
        ["all of them together", *(share_of(*zip(*pairs, strict=True)) for pairs in zip(*every, strict=True)), ""]
    )
    rows += [[name, *floor, ""] for name, floor in floors.items()]
    note = f"{setting.trials:,} trials each, {setting.epochs} epochs; 95 % intervals over alphabets"
    heads = ["model", f"{setting.ways}-way one-shot within an alphabet", "across alphabets", "s to train"]
    return f"{origin(note)}\n\n{table(heads, rows)}"


def answered(drawings, within, setting):
    """Return which trials within an alphabet, or across, are right, and the alphabet of each."""
    task = Task(setting.ways, 1, within=within)
    is_right, rows = asked(drawings, task, setting.trials, lambda each: answers_to(each, drawings.embeddings))
    return is_right, drawings.pool.groups[rows].astype(str)


def strangers_table(data, catalog, setting, runs):
    """Return the table of how many letters of other alphabets are taken for an enrolled one, beside what files say."""
    turns = {}
    for seed in setting.seeds:
        run = trained(data, setting, runs / f"strangers{seed}", seed=seed, **setting.strangers)
        drawings, bundle = drawings_of(run, catalog, "test"), read_bundle(run.model)
        rosters = {
            "nothing else": Roster.empty(drawings.embeddings.shape[1]),
            "the letters learnt": NearestRule(bundle).roster,
        }
        for shots, words in itertools.product(SHOTS, rosters):
            found = [*turns_of(bundle, rosters[words], drawings, shots=shots, setting=setting)]
            turns[shots, words] = turns.get((shots, words), []) + found
            print(seed, shots, words, [f"{turn.rate:.3f} in {turn.stated}" for turn in found], flush=True)
    rows = [[shots, words, *cells_of(found)] for (shots, words), found in turns.items()]
    epochs, count = setting.strangers["epochs"], len(setting.seeds)
    note = f"{count} trainings of {epochs} epochs; up to {setting.ways} letters of each alphabet in turn; stated 5 %"
    heads = [
        "drawings of each letter",
        "enrolled beside",
        "the files say",
        "strangers let in",
        "turns within what their file says",
        "own letters let in",
    ]
    return f"{origin(note)}\n\n{table(heads, rows)}"


class Turn(NamedTuple):
    """Letters of one alphabet are enrolled, and those of the other held-out alphabets are strangers.

    Args:
        stated: What the file says of strangers: the rate, and the ends of its interval.
        strangers: (n,) whether each is let in.
        alphabets: (n,) the alphabet of each stranger.
        own: (m,) whether each other drawing of the enrolled letters is let in.
        alphabet: (m,) the enrolled one.
    """

    stated: tuple[float, float, float]
    strangers: np.ndarray
    alphabets: np.ndarray
    own: np.ndarray
    alphabet: np.ndarray

    @property
    def rate(self):
        """The share of strangers that are let in."""
        return self.strangers.mean() if len(self.strangers) else 0.0


def turns_of(bundle, roster, drawings, *, shots, setting):
    """Yield a turn for each alphabet, enrolled beside a roster by so many drawings of each letter."""
    labels, alphabets, drawers = drawings.pool.labels, drawings.pool.groups, drawings.pool.origins
    for number, alphabet in enumerate(np.unique(alphabets)):
        chance = np.random.default_rng(number)
        letters = chance.permutation(np.unique(labels[alphabets == alphabet]))[: setting.ways]
        is_enrolled = np.isin(labels, letters)
        is_known = is_enrolled & np.isin(drawers, chance.permutation(np.unique(drawers[is_enrolled]))[:shots])
        more = roster
        for letter in letters:
            more = more.with_pictures(
                f"letter {letter}", support_of(drawings.embeddings[is_known & (labels == letter)])
            )
        rule = NearestRule(compared_by(bundle, more))
        accepted = rule.distances(drawings.embeddings).min(axis=1) <= rule.acceptance.distance
        stranger, own = alphabets != alphabet, is_enrolled & ~is_known
        stated = rule.acceptance.measured, *rule.acceptance.interval
        yield Turn(stated, accepted[stranger], alphabets[stranger], accepted[own], alphabets[own])


def cells_of(turns):
    """Return what files say on average, who is let in, and how many turns lie within what their file says."""
    share, low, high = np.mean([turn.stated for turn in turns], axis=0)
    within = sum(turn.stated[1] <= turn.rate <= turn.stated[2] for turn in turns)
    strangers = share_of([turn.strangers for turn in turns], [turn.alphabets for turn in turns])
    own = share_of([turn.own for turn in turns], [turn.alphabet for turn in turns])
    return f"{share:.1%} ({low:.1%} to {high:.1%})", strangers, f"{within} of {len(turns)}", own


def support_of(embeddings):
    """Return pictures of one class as a support set."""
    count = len(embeddings)
    return SupportSet.of(embeddings, np.zeros(count, np.int64), np.zeros((count, DIGEST_BYTES), np.uint8))


def share_of(accepted, alphabets):
    """Return the share of what is let in, with its interval over alphabets."""
    hits, names = np.concatenate(accepted), np.concatenate(alphabets)
    if not len(hits):  # in the tiny setting there is one alphabet
        return ""
    low, high = clustered_interval(hits, names)
    return f"{hits.mean():.1%} ({low:.1%} to {high:.1%})"


def choices_table(data, catalog, setting, runs):
    """Return the table of short trainings that differ in one thing, judged on the alphabets that choose the epoch."""
    rows, first = [], None
    for number, (name, other) in enumerate(setting.choices.items()):
        run = trained(data, setting, runs / f"choice{number}", epochs=setting.short, seed=0, **other)
        drawings = drawings_of(run, catalog, "validation")
        is_right, letters = within_alphabets(drawings, setting)
        first = is_right if first is None else first
        within, across = scored(drawings, setting)
        rows.append([name, within, difference(is_right, first, letters), across, f"{seconds_of(run):,.0f}"])
        print(rows[-1], flush=True)
    note = f"{setting.short} epochs, seed 0, {setting.trials:,} trials on the alphabets that choose the epoch"
    heads = [
        "what is other",
        f"{setting.ways}-way one-shot within an alphabet",
        "points from the first row",
        "across alphabets",
        "s to train",
    ]
    return f"{origin(note)}\n\n{table(heads, rows)}"


def within_alphabets(drawings, setting):
    """Return which trials within alphabets are right, and the letter of each: the same for every model."""
    task = Task(setting.ways, 1, within=True)
    is_right, rows = asked(drawings, task, setting.trials, lambda each: answers_to(each, drawings.embeddings))
    return is_right, drawings.pool.labels[rows]


def difference(one, other, letters):
    """Return how many points more are right in one than in the other, with an interval over letters."""
    if one is other:
        return ""
    _, places = np.unique(letters, return_inverse=True)
    means = 100 * np.bincount(places, weights=one.astype(float) - other) / np.bincount(places)
    low, high = ttest_1samp(means, 0).confidence_interval()
    return f"{means.mean():+.1f} ({low:+.1f} to {high:+.1f})"


def trained(data, setting, out, **settings):
    """Train, or go on with a training that was interrupted, and return the run."""
    return sightline.train(data, out=out, narrator=Silent(), **{**COMMON, **setting.own, **settings})


def drawings_of(run, catalog, part):
    """Return the drawings of a part of a run, as its model file embeds them."""
    with (run.folder / "split.csv").open() as file:
        names = {row["path"] for row in csv.DictReader(file) if row["part"] == part}
    rows = np.array([row for row, path in enumerate(catalog.paths) if path in names])
    model = load(run.model)
    pixels = survey(catalog.at(rows), model.format).pixels
    labels, groups = catalog.labels[rows], np.array(class_groups(catalog), dtype=object)
    drawers = np.array([Path(catalog.paths[row]).stem.rpartition("_")[2] for row in rows])
    return Drawings(rows, Pool(labels, groups[labels], drawers), model.with_features(pixels)[1])


def scored(drawings, setting):
    """Return the accuracies within an alphabet and across, each with its interval."""
    return [
        shown(
            drawings,
            Task(setting.ways, 1, within=within),
            setting.trials,
            lambda each: answers_to(each, drawings.embeddings),
        )
        for within in (True, False)
    ]


def shown(drawings, task, trials, answer):
    """Return the accuracy of some answers in the episodes of a task, with its interval."""
    is_right, rows = asked(drawings, task, trials, answer)
    low, high = clustered_interval(is_right, clusters_of(drawings.pool.labels[rows], drawings.pool.groups[rows]))
    return f"{is_right.mean():.1%} ({low:.1%} to {high:.1%})"


def asked(drawings, task, trials, answer):
    """Return which answers in the episodes of a task are right, and the drawing that each was about."""
    episodes = [*episodes_of(drawings.pool, task, trials=trials, seed=0)]
    is_right = np.concatenate([answer(each) == np.arange(task.ways) for each in episodes])
    return is_right, np.concatenate([each.queries for each in episodes])


def floors_of(drawings, catalog, setting):
    """Return what needs no learning, on the same episodes within alphabets: nearest pixels, and nearest strokes."""
    survey_of = survey(catalog.at(drawings.rows), PictureFormat(SIDE, SIDE, "grey"))
    pixels = 255 - survey_of.pixels.reshape(len(drawings.rows), -1).astype(np.float32)
    pixels /= np.linalg.norm(pixels, axis=1, keepdims=True)
    strokes = [strokes_of(picture) for picture in survey_of.pixels[..., 0]]

    def nearest_pixels(episode):
        return answers_to(episode, pixels)

    def nearest_strokes(episode):
        known = [strokes[row] for row in episode.support[:, 0]]
        return np.array([np.argmin([hausdorff(strokes[row], other) for other in known]) for row in episode.queries])

    answers = {"nearest pixels": nearest_pixels, "modified Hausdorff distance": nearest_strokes}
    task = Task(setting.ways, 1, within=True)
    return {name: [shown(drawings, task, setting.trials, one), ""] for name, one in answers.items()}


def strokes_of(picture):
    """Return the places of a drawing's ink, (n, 2), about their middle."""
    places = np.argwhere(picture < INK).astype(float)
    return places - places.mean(axis=0)


def hausdorff(first, second):
    """Return the modified Hausdorff distance of two sets of places.

    Reference:
        Dubuisson and Jain, "A modified Hausdorff distance for object matching" (1994).
        https://doi.org/10.1109/ICPR.1994.576361. As a floor for Omniglot: Lake, Salakhutdinov and Tenenbaum (2015).
    """
    apart = cdist(first, second)
    return max(apart.min(axis=0).mean(), apart.min(axis=1).mean())


def seconds_of(run):
    """Return how long a run learnt, looks at the validation part included."""
    return run.report["training"]["seconds"]


if __name__ == "__main__":
    main()
