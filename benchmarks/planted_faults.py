"""How many planted faults pre-flight and babysitter name, and how many sound trainings; writes a page of docs.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/planted_faults.py [HALF]

HALF is development or told, and then no page is written. What was done is kept: a script that was stopped goes on.
Each fault is planted in small trainings, whose every check is made and whose epochs the babysitter watches. The rules
were set on the development half: LeNet and a dense network on stripes, digits and colours with seed 0, and every second
sound training. What is told is of the other half: `basic-cnn` on photos and digits with seeds 1 to 3, and the other
sound trainings with those seeds.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.faults import DEVELOPMENT, FAULTS, TOLD
from bench.kept import Kept
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from bench.setups import Plan, setup_of
from bench.sound import sound_plans

PACKAGES = ("training", "models", "imaging")
"""What a row depends on."""
PAGE = "benchmarks/planted-faults.md"
NOT_FINITE = "loss-not-finite"


class Setting(NamedTuple):
    """Seeds of both halves, faults (None for all), and of each half at most so many plans, faulty and sound ones."""

    development: tuple[int, ...]
    told: tuple[int, ...]
    faults: tuple[str, ...] | None
    faulty: int
    sound: int


FULL = Setting((0,), (1, 2, 3), None, 3, 30)
TINY = Setting((0,), (), ("softmax twice", "labels past the last score"), 1, 1)


class Half(NamedTuple):
    """Seeds, plans of trainings in which faults are planted, and plans of sound ones."""

    seeds: tuple[int, ...]
    plans: tuple[Plan, ...]
    sound: list[Plan]


class Seen(NamedTuple):
    """What was named in one training: its name, the codes that would be right, the codes that were found."""

    name: str
    right: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def is_hit(self):
        """Whether one of the right findings is among those that were made."""
        return not set(self.right).isdisjoint(self.found)


def codes_of(setup, right=(), without=()):
    """Return the codes that pre-flight and babysitter find in a training, warnings alone.

    Where a right one was found, or an error, nobody would go on.
    """
    from sightline.core.findings import errors_among

    found = asked(setup, right, without)
    codes = dict.fromkeys(finding.code for finding in found)
    is_over = errors_among(found) or not set(right).isdisjoint(codes)
    return [*(codes if is_over else codes | watched(setup))]


def asked(setup, right, without):
    """Return what the checks find, made in their order until one of the right findings is made."""
    from sightline.core.findings import errors_among
    from sightline.training.preflight.checks import CHECKS
    from sightline.training.preflight.flight import BEFORE_ALL_OTHERS, made

    findings = []
    for name in (name for name in CHECKS if name not in without):
        found = made(name, setup).findings
        findings += found
        is_named = any(finding.code in right for finding in found)
        if is_named or (name in BEFORE_ALL_OTHERS and errors_among(found)):
            break
    return findings


def watched(setup):
    """Return the codes that the babysitter finds while the set-up is trained."""
    import torch

    from sightline.core.errors import RunError
    from sightline.core.findings import Severity
    from sightline.training.checkpoints import Checkpoints
    from sightline.training.loop import fit
    from sightline.training.phase import Phase
    from sightline.training.watchers.babysitter import Babysitter
    from sightline.training.watchers.layers import LayerWatch, some_rows

    found, diverged, validation = [], {}, setup.parts.validation
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng():
        look = LayerWatch(Path(folder) / "layers.json", validation.inputs[some_rows(validation.rows)])
        babysitter = Babysitter(setup.recipe, validated=len(validation), dead=lambda: look.dead, tell=found.extend)
        try:
            fit(
                setup.network,
                setup.parts,
                phases=[Phase(setup.recipe)],
                checkpoints=Checkpoints(Path(folder) / "checkpoints"),
                watchers=(look, babysitter),
            )
        except RunError:
            diverged = {NOT_FINITE: None}
    return dict.fromkeys(finding.code for finding in found if finding.severity is not Severity.NOTE) | diverged


def faulty(half, names, path, kept) -> Iterator[Seen]:
    """Yield what was named in every training of a half with a fault."""
    for name, fault in FAULTS.items():
        for seed in half.seeds:
            for plan in half.plans:
                if (names is None or name in names) and (not fault.kinds or plan.kind in fault.kinds):
                    seeded = replace(plan, seed=seed)
                    yield seen_in(name, seeded, fault.codes, kept, lambda: fault.plant(seeded, path))  # noqa: B023 - called at once


def sound(half, path, kept) -> Iterator[Seen]:
    """Yield what was named in every training of a half without a fault."""
    for plan in half.sound:
        for seed in half.seeds:
            seeded = replace(plan, seed=seed)
            yield seen_in(plan.name, seeded, (), kept, lambda: setup_of(seeded, path))  # noqa: B023 - called at once


def seen_in(name, plan, right, kept, make):
    """Return what was named in one training, and print it with the seconds of the processor that it took."""

    def row():
        began = time.process_time()
        found = codes_of(make(), right, plan.without)
        return [found, time.process_time() - began]

    found, seconds = kept.row(f"{name} [{plan.name}, seed {plan.seed}]", row)
    seen = Seen(name, right, tuple(found))
    sign = ("hit" if seen.is_hit else "MISS") if right else ("ALARM" if found else "quiet")
    print(f"{sign:5} {seconds:4.0f} s {name} [{plan.name}, seed {plan.seed}]: {', '.join(found)}", flush=True)
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
    from sightline.core.intervals import wilson_interval
    from sightline.core.percent import percent

    if not total:
        return "-"
    low, high = wilson_interval(count, total)
    return f"{count} of {total}: {percent(count / total)} ({percent(low)} to {percent(high)})"


def halves_of(setting):
    """Return both halves by their names."""
    plans = sound_plans()
    return {
        "development": Half(setting.development, DEVELOPMENT[: setting.faulty], plans[::2][: setting.sound]),
        "told": Half(setting.told, TOLD[: setting.faulty], plans[1::2][: setting.sound]),
    }


def main():
    """Plant, look, and write the page."""
    start = started(__doc__, full=FULL, tiny=TINY, words=("half",))
    setting, halves = start.setting, halves_of(start.setting)
    kept = Kept(__file__, PACKAGES, tiny=start.tiny)
    with archive(CIFAR10, tiny=start.tiny) as path:
        seen = {
            name: (list(faulty(half, setting.faults, path, kept)), list(sound(half, path, kept)))
            for name, half in halves.items()
            if start.words[0] in (None, name)
        }
    if start.words[0] is None:
        publish(PAGE, parts_of(seen), tiny=start.tiny)
        kept.forget()


def parts_of(seen):
    """Return the parts of the page, of what was seen in both halves by their names."""
    head = origin()
    words = {"development": "development (rules were set here)", "told": "told (rules were not set here)"}
    rows = [[words[name], *sums(*half)] for name, half in seen.items()]
    summary = table(["half", "recall", "precision", "sound trainings named"], rows)
    faults = table(["fault", *seen, "named by"], fault_rows(*(half[0] for half in seen.values())))
    alarms = [
        f"- {name}, {one.name}: {', '.join(f'`{code}`' for code in one.found)}"
        for name, half in seen.items()
        for one in half[1]
        if one.found
    ]
    return {
        "planted faults": f"{head}\n\n{summary}\n\n{faults}",
        "false alarms": "\n".join([head, "", *(alarms or ["None."])]),
    }


if __name__ == "__main__":
    main()
