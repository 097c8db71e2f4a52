"""How many planted faults pre-flight and babysitter name, and how many sound trainings; writes a page of docs.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/planted_faults.py

Each fault is planted in small trainings, whose every check is made and whose epochs the babysitter watches. The rules
were set on the development half: LeNet and a dense network on stripes, digits and colours with seed 0, and every second
sound training. What is told is of the other half: `basic-cnn` on photos and digits with seeds 1 to 3, and the other
sound trainings with those seeds.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.faults import DEVELOPMENT, FAULTS, TOLD
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from bench.setups import Plan, setup_of
from bench.sound import sound_plans

PAGE = "benchmarks/planted-faults.md"
NOT_FINITE = "loss-not-finite"


class Setting(NamedTuple):
    """Seeds of both halves, faults (None for all), and sound trainings of each half at most."""

    development: tuple[int, ...]
    told: tuple[int, ...]
    faults: tuple[str, ...] | None
    sound: int


FULL = Setting((0,), (1, 2, 3), None, 60)
TINY = Setting((0,), (), ("softmax twice", "labels past the last score"), 1)


class Seen(NamedTuple):
    """What was named in one training: its name, the codes that would be right, the codes that were found."""

    name: str
    right: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def is_hit(self):
        """Whether one of the right findings is among those that were made."""
        return not set(self.right).isdisjoint(self.found)


def codes_of(setup, right=()):
    """Return the codes that pre-flight and babysitter find in a training, warnings alone.

    Where the pre-flight has named the fault, nobody would train.
    """
    import torch

    from sightline.core.errors import RunError
    from sightline.core.findings import Severity, errors_among
    from sightline.training.checkpoints import Checkpoints
    from sightline.training.loop import fit
    from sightline.training.phase import Phase
    from sightline.training.preflight.flight import preflight
    from sightline.training.watchers.babysitter import Babysitter
    from sightline.training.watchers.layers import LayerWatch, some_rows

    flown = preflight(setup)
    found = list(flown.findings)
    named = tuple(dict.fromkeys(finding.code for finding in found))
    if errors_among(found) or not set(right).isdisjoint(named):
        return named
    validation = setup.parts.validation
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng():
        look = LayerWatch(Path(folder) / "layers.json", validation.inputs[some_rows(validation.rows)])
        babysitter = Babysitter(setup.recipe, validated=len(validation), dead=lambda: look.dead, tell=found.extend)
        try:
            checkpoints = Checkpoints(Path(folder) / "checkpoints")
            fit(
                setup.network,
                setup.parts,
                phases=[Phase(setup.recipe)],
                checkpoints=checkpoints,
                watchers=(look, babysitter),
            )
        except RunError:
            return (*dict.fromkeys(finding.code for finding in found), NOT_FINITE)
    return tuple(dict.fromkeys(finding.code for finding in found if finding.severity is not Severity.NOTE))


def faulty(plans: tuple[Plan, ...], seeds, names, path) -> Iterator[Seen]:
    """Yield what was named in every training with a fault."""
    for name, fault in FAULTS.items():
        for seed in seeds:
            for plan in plans:
                if (names is None or name in names) and (not fault.kinds or plan.kind in fault.kinds):
                    found = codes_of(fault.plant(replace(plan, seed=seed), path), fault.codes)
                    yield shown(Seen(name, fault.codes, found), plan, seed)


def sound(plans: list[Plan], seeds, path) -> Iterator[Seen]:
    """Yield what was named in every training without a fault."""
    for plan in plans:
        for seed in seeds:
            yield shown(Seen(plan.name, (), codes_of(setup_of(replace(plan, seed=seed), path))), plan, seed)


def shown(seen, plan, seed):
    """Print a training as it is done, and return it."""
    sign = ("hit" if seen.is_hit else "MISS") if seen.right else ("ALARM" if seen.found else "quiet")
    print(f"{sign:5} {seen.name} [{plan.name}, seed {seed}]: {', '.join(seen.found) or 'nothing'}", flush=True)
    return seen


def fault_rows(development, told):
    """Return a row a fault: how often it was named rightly in both halves, and what was found."""
    rows = []
    for name in FAULTS:
        halves = [[seen for seen in half if seen.name == name] for half in (development, told)]
        hits = [f"{sum(seen.is_hit for seen in half)} of {len(half)}" if half else "-" for half in halves]
        found = {code for half in halves for seen in half for code in seen.found if code in seen.right}
        if any(halves):
            rows.append([name, *hits, ", ".join(f"`{code}`" for code in sorted(found)) or "-"])
    return rows


def sums(faults, quiet):
    """Return recall, precision and false alarms of one half, each with its 95 % interval, as a row's cells."""
    hits, alarms = sum(seen.is_hit for seen in faults), sum(bool(seen.found) for seen in quiet)
    named = sum(bool(seen.found) for seen in faults) + alarms
    return [share(hits, len(faults)), share(hits, named), share(alarms, len(quiet))]


def share(count, total):
    """Return a share with its interval in words."""
    from sightline.core.percent import percent
    from sightline.evaluation.scores import wilson_interval

    if not total:
        return "-"
    low, high = wilson_interval(count, total)
    return f"{count} of {total}: {percent(count / total)} ({percent(low)} to {percent(high)})"


def main():
    """Plant, look, and write the page."""
    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    plans = sound_plans()
    with archive(CIFAR10, tiny=start.tiny) as path:
        halves = [
            (
                list(faulty(DEVELOPMENT[: 1 if start.tiny else None], setting.development, setting.faults, path)),
                list(sound(plans[::2][: setting.sound], setting.development, path)),
            ),
            (
                list(faulty(TOLD, setting.told, setting.faults, path)),
                list(sound(plans[1::2][: setting.sound], setting.told, path)),
            ),
        ]
    names = ("development (rules were set here)", "told (rules were not set here)")
    summary = table(
        ["half", "recall", "precision", "sound trainings named"],
        [[name, *sums(*half)] for name, half in zip(names, halves, strict=True)],
    )
    alarms = [
        f"- {seen.name}: {', '.join(f'`{code}`' for code in seen.found)}"
        for half in halves
        for seen in half[1]
        if seen.found
    ]
    faults = table(["fault", "development", "told", "named by"], fault_rows(halves[0][0], halves[1][0]))
    head = origin()
    parts = {
        "planted faults": f"{head}\n\n{summary}\n\n{faults}",
        "false alarms": "\n".join([head, "", *(alarms or ["None."])]),
    }
    publish(PAGE, parts, tiny=start.tiny)


if __name__ == "__main__":
    main()
