"""Ants and bees: classical pipelines on some 400 photos, by cross-validation.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/hymenoptera.py

It takes the photos of both given parts together, since cross-validation makes parts of its own: five folds,
stratified and seeded, the same for every pipeline. In each, a pipeline is fitted on four fifths, of which it
holds a part back to choose the penalty's strength by, and answers the last fifth. Every photo is so answered
once by a model that never saw it, and the interval is Wilson's, over all of them. It writes
docs/benchmarks/hymenoptera.md; the best row is the best of several, so a little of its lead is luck.
"""

import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

import sightline
from sightline.data.catalog import Catalog
from sightline.data.survey import survey
from sightline.evaluation.scores import wilson_interval
from sightline.imaging.picture_format import PictureFormat

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks" / "hymenoptera.md"
FOLDS = 5
CANDIDATES = {
    "top-colours": {"model": "top-colours", "size": "64"},
    "top-colours, neighbours": {"model": "top-colours", "size": "64", "classifier": "neighbours"},
    "colour-svm": {"model": "colour-svm", "size": "64"},
    "lbp-svm": {"model": "lbp-svm", "size": "128", "cell": 32},
    "hog-svm": {"model": "hog-svm", "size": "128", "cell": 16},
    "hog-colour-svm": {"model": "hog-colour-svm", "size": "128", "cell": 16},
    "bag-of-features": {"model": "bag-of-features", "size": "192", "stride": 6, "words": 256},
    "fisher-pyramid": {"model": "fisher-pyramid", "size": "192", "cell": 6, "stride": 6},
    "fisher-pyramid, colour beside": {
        "model": "fisher-pyramid",
        "size": "192",
        "cell": 6,
        "stride": 6,
        "descriptor": ("root-sift", "colour-histogram"),
        "histogram_colours": "hsv",
    },
}


def main() -> None:
    """Cross-validate every candidate and write the table."""
    chosen = sys.argv[1:] or list(CANDIDATES)
    catalog = sightline.open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / "hymenoptera.zip")
    rows = []
    for name in chosen:
        settings = CANDIDATES[name]
        side = int(settings["size"])
        seen = survey(catalog, PictureFormat(side, side, "rgb"))
        started = time.perf_counter()
        right = crossed(seen.pixels[seen.usable], catalog.labels[seen.usable], settings)
        seconds = time.perf_counter() - started
        low, high = wilson_interval(int(right.sum()), len(right))
        told = " ".join(f"{key}={value}" for key, value in settings.items() if key not in ("model", "size"))
        rows.append(
            (
                right.mean(),
                f"| {name} | {side} | {told} | {right.mean():.1%} ({low:.1%} to {high:.1%}) | {seconds:,.0f} |",
            )
        )
        print(rows[-1][1], flush=True)
    if len(chosen) == len(CANDIDATES):
        PAGE.write_text(page([row for _, row in sorted(rows, reverse=True)], len(right), catalog))


def crossed(pixels: np.ndarray, labels: np.ndarray, settings: dict) -> np.ndarray:
    """Return whether each picture was named rightly by the model that did not see it, (N,) bool."""
    right = np.zeros(len(labels), dtype=bool)
    for training, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels):
        model = sightline.ImageClassifier(**settings).fit(pixels[training], labels[training])
        right[test] = model.predict(pixels[test]) == labels[test]
    return right


def page(rows: list[str], count: int, catalog: Catalog) -> str:
    """Return the table as a page."""
    largest = np.bincount(catalog.labels).max() / len(catalog)
    return f"""# Ants and bees by classical pipelines

Written by `benchmarks/hymenoptera.py`: {FOLDS}-fold cross-validation on {count} photos, 95 % intervals (Wilson) over
all of them, {os.cpu_count()} cores ({platform.machine()}). Always naming the larger class gives {largest:.1%}.

| pipeline | side, px | settings besides | accuracy | s |
|---|---|---|---|---|
{chr(10).join(rows)}

The sizes and cells were set once, by the size of the photos, and not tuned; the best row is the best of {len(rows)},
so a little of its lead is luck.
"""


if __name__ == "__main__":
    main()
