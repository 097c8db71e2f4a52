"""Ants and bees: classical pipelines on some 400 photos, by cross-validation.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/hymenoptera.py [PIPELINE ...]

It takes the photos of both given parts together, since cross-validation makes parts of its own: five folds,
stratified and seeded, the same for every pipeline. In each, a pipeline is fitted on four fifths, of which it
holds a part back to choose the penalty's strength by, and answers the last fifth. Every photo is so answered
once by a model that never saw it, and the interval is Wilson's, over all of them. It writes
docs/benchmarks/hymenoptera.md, unless pipelines were named; the best row is the best of several, so a little
of its lead is luck.
"""

import time
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold

import sightline
from bench.archives import HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import square
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.data.survey import survey


class Setting(NamedTuple):
    """Folds, and each candidate's side in pixels and settings."""

    folds: int
    candidates: dict[str, tuple[int, dict[str, object]]]


FULL = Setting(
    5,
    {
        "top-colours": (64, {"model": "top-colours"}),
        "top-colours, neighbours": (64, {"model": "top-colours", "classifier": "neighbours"}),
        "colour-svm": (64, {"model": "colour-svm"}),
        "lbp-svm": (128, {"model": "lbp-svm", "cell": 32}),
        "hog-svm": (128, {"model": "hog-svm", "cell": 16}),
        "hog-colour-svm": (128, {"model": "hog-colour-svm", "cell": 16}),
        "bag-of-features": (192, {"model": "bag-of-features", "stride": 6, "words": 256}),
        "fisher-pyramid": (192, {"model": "fisher-pyramid", "cell": 6, "stride": 6}),
        "fisher-pyramid, colour beside": (
            192,
            {
                "model": "fisher-pyramid",
                "cell": 6,
                "stride": 6,
                "descriptor": ("root-sift", "colour-histogram"),
                "histogram_colours": "hsv",
            },
        ),
    },
)
TINY = Setting(2, {"top-colours": (32, {"model": "top-colours"})})


def crossed(pixels, labels, settings, folds):
    """Return whether each picture was named rightly by the model that did not see it, (N,) bool."""
    right = np.zeros(len(labels), dtype=bool)
    for training, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(labels, labels):
        model = sightline.ImageClassifier(**settings).fit(pixels[training], labels[training])
        right[test] = model.predict(pixels[test]) == labels[test]
    return right


def measured(catalog, side, settings, folds):
    """Return whether each photo was named rightly, (N,) bool, and the seconds that all folds took."""
    surveyed = survey(catalog, square(side))
    began = time.perf_counter()
    right = crossed(
        surveyed.pixels[surveyed.usable], catalog.labels[surveyed.usable], {**settings, "size": f"{side}"}, folds
    )
    return right, time.perf_counter() - began


def cells(name, side, settings, right, seconds):
    """Return a row of the table."""
    low, high = wilson_interval(int(right.sum()), len(right))
    besides = " ".join(f"{key}={value}" for key, value in settings.items() if key != "model")
    return [name, side, besides, f"{right.mean():.1%} ({low:.1%} to {high:.1%})", f"{seconds:,.0f}"]


def main() -> None:
    """Cross-validate every candidate and write the table."""
    tiny, setting, names = started(__doc__, full=FULL, tiny=TINY, words=("pipelines...",))
    results = []
    with archive(HYMENOPTERA, tiny=tiny) as path:
        catalog = sightline.open_catalog(path)
        for name in names or setting.candidates:
            side, settings = setting.candidates[name]
            right, seconds = measured(catalog, side, settings, setting.folds)
            results.append((right.mean(), cells(name, side, settings, right, seconds)))
            print(results[-1][1], flush=True)
    results.sort(key=lambda result: -result[0])
    largest = np.bincount(catalog.labels).max() / len(catalog)
    note = (
        f"{setting.folds}-fold cross-validation on {len(catalog)} photos, 95 % intervals (Wilson) over all of them; "
        f"always naming the larger class gives {largest:.1%}"
    )
    heads = ["pipeline", "side, px", "settings besides", "accuracy", "s"]
    text = f"{origin(note)}\n\n{table(heads, [row for _, row in results])}"
    publish("benchmarks/hymenoptera.md", {"pipelines": text}, tiny=tiny or bool(names))


if __name__ == "__main__":
    main()
