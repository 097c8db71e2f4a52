"""Five small networks as one: what their mean, their vote and a greedy selection gain on digits and on CIFAR-10.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/ensemble.py

The embedded digits, and a tenth of CIFAR-10's training part with the whole test part. Each network has another seed
and the same parts; the command line's own functions train and join them. The table is in docs/benchmarks/ensemble.md;
it takes about half an hour on 2 cores.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started

WAYS = ("mean", "vote", "greedy")
TENTH = 10


class Case(NamedTuple):
    """A kind of network: its data, its settings, and how many of the training pictures are learnt from."""

    data: str
    settings: dict
    share: int


class Setting(NamedTuple):
    """The cases, and how many members there are."""

    cases: dict[str, Case]
    members: int


FULL = Setting(
    {
        "digits": Case("digits", {"model": "lenet", "size": "16", "epochs": 3, "validation_fraction": 0.3}, 1),
        "cifar": Case(CIFAR10, {"model": "basic-cnn", "epochs": 12, "validation_fraction": 0.15}, TENTH),
    },
    5,
)
TINY = Setting({"cifar": Case(CIFAR10, {"model": "linear", "epochs": 1}, 1)}, 2)


def opened(place, share):
    """Return a catalog, of whose training part only every so many-th picture is left."""
    from sightline.data.opening import open_catalog

    catalog = open_catalog(place)
    training = [row for row, part in enumerate(catalog.parts) if part != "test"]
    kept = {*training[::share], *(row for row, part in enumerate(catalog.parts) if part == "test")}
    return replace(catalog.at(np.array(sorted(kept))), name=f"{catalog.name}, 1 of {share}")


def trained(catalog, case, members, folder):
    """Return the folders of the members' runs; one that is finished is not trained again."""
    import sightline
    from sightline.line.narrator import Silent

    runs = [folder / f"seed-{seed}" for seed in range(members)]
    for seed, run in enumerate(runs):
        sightline.train(catalog, out=run, seed=seed, split_seed=0, baseline="none", narrator=Silent(), **case.settings)
    return runs


def joined(catalog, runs, folder):
    """Yield a line for each way to join them; a selection that the validation part is too small for says so."""
    import sightline
    from sightline.core.errors import SettingsError
    from sightline.line.narrator import Silent

    for way in WAYS:
        out = folder / way / "model.sightline"
        try:
            ensemble = sightline.ensemble(runs, out=out, by=way, data=catalog, force=True, narrator=Silent())
        except SettingsError as error:
            yield [way, error.problem, "", "", "", ""]
            continue
        found, test = ensemble.report["ensemble"], ensemble.report["test"]
        low, high = found["gain"]["interval"]
        mean = np.mean([member["accuracy"] for member in found["members"]])
        gain = f"{100 * found['gain']['difference']:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"
        best = max(member["accuracy"] for member in found["members"])
        yield [way, f"{test['accuracy']:.2%}", f"{mean:.2%}", gain, f"{best:.2%}", f"{found['disagreement']:.1%}"]


def greedy_lines(catalog, runs):
    """Return what the greedy selection and the best single member name rightly of the validation part."""
    from sightline.data.survey import survey
    from sightline.evaluation.ensembling import greedy_weights, mean_of
    from sightline.line.ensemble.members import divide, members_of
    from sightline.line.ensemble.panel import Panel

    members = members_of(runs)
    surveyed = survey(catalog, members[0].classifier.format)
    panel = Panel(members, surveyed, divide(members, surveyed))
    rows = panel.divided.validation
    tables, truth = panel.table(rows), catalog.labels[rows]
    chosen = mean_of(tables, greedy_weights(tables, truth)).argmax(axis=1)
    best = max((member.argmax(axis=1) == truth).mean() for member in tables)
    return (
        f"On its {len(rows):,} validation pictures the greedy selection names {(chosen == truth).mean():.2%} rightly, "
        f"the best single member {best:.2%}."
    )


def main() -> None:
    """Train, join and write the tables."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    heads = ["joined by", "accuracy", "mean member", "gain in points (95 % interval)", "best member", "disagreement"]
    parts = {}
    with tempfile.TemporaryDirectory() as folder, archive(CIFAR10, tiny=tiny) as path:
        for name, case in setting.cases.items():
            catalog = opened(path if case.data == CIFAR10 else case.data, case.share)
            runs = trained(catalog, case, setting.members, Path(folder) / name)
            words = ", ".join(f"{key} {value}" for key, value in case.settings.items())
            note = f"{setting.members} networks of other seeds, {words}"
            lines = table(heads, joined(catalog, runs, Path(folder) / f"{name}-joined"))
            parts[name] = f"{origin(note)}\n\n{lines}\n\n{greedy_lines(catalog, runs)}"
    publish("benchmarks/ensemble.md", parts, tiny=tiny)


if __name__ == "__main__":
    main()
