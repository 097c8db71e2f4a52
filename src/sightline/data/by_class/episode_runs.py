"""Fixed episodes in the published layout of Omniglot's one-shot runs: a folder a run, a line a picture to ask about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.core.errors import DataError
from sightline.core.regular import text_of
from sightline.data.listings import PICTURE_ENDINGS

KNOWN, ASKED, ANSWERS = "training", "test", "class_labels.txt"
"""What each run's folder holds: known pictures, pictures that are asked about, and which belong together."""
RUN = re.compile(r"run\d+")
LAYOUT = f"expected runNN/{KNOWN}, runNN/{ASKED} and runNN/{ANSWERS}, with lines such as: "
LAYOUT += f"run01/{ASKED}/item01.png run01/{KNOWN}/class01.png"


@dataclass(frozen=True)
class EpisodeRun:
    """One fixed episode.

    Args:
        name: That of its folder.
        known: The paths of the pictures of which each stands for a class.
        asked: The paths of the pictures that are asked about.
        truths: Which of the known pictures is of the class of each, by its place.
    """

    name: str
    known: tuple[Path, ...]
    asked: tuple[Path, ...]
    truths: tuple[int, ...]


def holds_runs(data: object) -> bool:
    """Return whether this is a folder of fixed episodes; that it is a sound one only `episode_runs` says."""
    if not isinstance(data, str | Path):
        return False
    try:
        return any(_runs_in(Path(data)))
    except (OSError, ValueError):  # a name that the system can't hold, or a folder that is closed: opening it says so
        return False


def episode_runs(folder: Path) -> tuple[EpisodeRun, ...]:
    """Return the fixed episodes of a folder, in the order of their names.

    Raises:
        DataError: A file is missing, a line is not understood, or names a picture that is not there.

    Reference:
        Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through probabilistic program induction"
        (2015): twenty runs of twenty classes. https://github.com/brendenlake/omniglot
    """
    return tuple(_run(run) for run in sorted(_runs_in(folder)))


def _runs_in(folder: Path) -> Iterator[Path]:
    places = folder.iterdir() if folder.is_dir() else iter(())
    return (place for place in places if RUN.fullmatch(place.name) and (place / ANSWERS).is_file())


def _run(folder: Path) -> EpisodeRun:
    known = tuple(sorted(path for path in _files_in(folder / KNOWN)))
    places = {f"{folder.name}/{KNOWN}/{path.name}": place for place, path in enumerate(known)}
    asked, truths = list[Path](), list[int]()
    for number, line in enumerate(_lines(folder / ANSWERS), start=1):
        words = line.split()
        if len(words) != 2 or words[1] not in places or not (folder.parent / words[0]).is_file():  # noqa: PLR2004
            raise DataError(
                f"{folder / ANSWERS}, line {number}: {line!r} names no two pictures of the run", hint=LAYOUT
            )
        asked.append(folder.parent / words[0])
        truths.append(places[words[1]])
    if not asked or len(known) < 2:  # noqa: PLR2004 - one class is always right
        raise DataError(f"{folder} has {len(known)} known pictures and {len(asked)} to ask about", hint=LAYOUT)
    return EpisodeRun(folder.name, known, tuple(asked), tuple(truths))


def _files_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} does not exist", hint=LAYOUT)
    return (path for path in folder.iterdir() if path.name.lower().endswith(PICTURE_ENDINGS))


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in text_of(path).splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}", hint=LAYOUT) from error
