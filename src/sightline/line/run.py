"""A run: a folder on disk that can be continued after any interruption."""

import csv
import json
import platform
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sightline.core.clock import now
from sightline.core.errors import RunError
from sightline.core.lock import locked
from sightline.core.regular import content_of, text_of
from sightline.core.runtimes import core_count
from sightline.core.storage import write_csv, write_whole, writing
from sightline.line.settings.tables import TABLES
from sightline.line.settings.toml import flat, settings_toml
from sightline.line.settings.values import Settings

NEW_OR_FORCE = "choose another --out, or begin anew with --force"


@dataclass(frozen=True)
class Run:
    """The places in a run's folder."""

    folder: Path

    @property
    def settings(self) -> Path:
        """Every setting, defaults too."""
        return self.folder / "settings.toml"

    @property
    def decided(self) -> Path:
        """What the recipe took for these pictures where the settings say ``auto``."""
        return self.folder / "decided.json"

    @property
    def environment(self) -> Path:
        """The machine and the versions."""
        return self.folder / "environment.json"

    @property
    def split(self) -> Path:
        """Which picture was for what."""
        return self.folder / "split.csv"

    @property
    def history(self) -> Path:
        """A line an epoch."""
        return self.folder / "history.csv"

    @property
    def preflight(self) -> Path:
        """What was seen of the training before it began; see `Preflight`."""
        return self.folder / "preflight.json"

    @property
    def layers(self) -> Path:
        """What every layer was like after every epoch; see `LayerWatch`."""
        return self.folder / "layers.json"

    @property
    def inspection_html(self) -> Path:
        """The page that `sightline inspect` makes of the run."""
        return self.folder / "inspect.html"

    @property
    def predictions(self) -> Path:
        """The test part: ``path``, ``truth``, and a column a class, as ``probability:rose``."""
        return self.folder / "predictions.csv"

    @property
    def test_readings(self) -> Path:
        """A line for every time the test part was read; kept when a run is begun anew."""
        return self.folder / "test-readings.csv"

    @property
    def report_html(self) -> Path:
        """The report as one page."""
        return self.folder / "report.html"

    @property
    def mistakes_html(self) -> Path:
        """Every mistake on the test part, as one page."""
        return self.folder / "mistakes.html"

    @property
    def report_json(self) -> Path:
        """The report's figures; written last, so it says that the run is finished."""
        return self.folder / "report.json"

    @property
    def model(self) -> Path:
        """The bundle."""
        return self.folder / "model.sightline"

    @property
    def suspects(self) -> Path:
        """The labels that the model learnt from and that look wrong, as ``train --corrections`` takes them."""
        return self.folder / "suspects.csv"

    @property
    def examples(self) -> Path:
        """Some training pictures, to be shown beside answers; they are in no file that ships."""
        return self.folder / "examples.safetensors"

    @property
    def checkpoints(self) -> Path:
        """The folder where it is kept how far the learning is."""
        return self.folder / "checkpoints"

    @property
    def dynamics(self) -> Path:
        """What the model said of its training pictures while it learnt; see `DynamicsWatch`."""
        return self.checkpoints / "dynamics.safetensors"

    @property
    def seeds(self) -> Path:
        """The folder of trainings with further seeds."""
        return self.folder / "seeds"

    def of_seed(self, seed: int) -> "Run":
        """Return the folder where it is kept how far the training with a further seed is."""
        return Run(self.seeds / str(seed))

    @property
    def is_finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.report_json.exists()

    def began_with(self, model: str) -> bool:
        """Return whether the folder holds a run, finished or not, that began with this model."""
        return self.settings.exists() and flat(_document(self.settings)).get("model") == model

    def finished_report(self) -> dict[str, Any]:
        """Return what the report of a finished run holds.

        Raises:
            RunError: The report is damaged, or the model that it speaks of is gone.
        """
        if not self.model.exists():
            raise RunError(f"{self.folder} holds a finished run without its {self.model.name}", hint=NEW_OR_FORCE)
        try:
            return dict(json.loads(text_of(self.report_json)))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"{self.report_json} is damaged: {error}", hint=NEW_OR_FORCE) from error

    def begin(self, settings: Settings, *, force: bool) -> None:
        """Make the locked folder ready: new, continued, or begun anew.

        Args:
            settings: In which the recipe has decided what it can.
            force: Begin a run anew that is finished or has other settings.

        Raises:
            RunError: The run has other settings, was begun by a sightline whose settings were others, or can't be
                written.
        """
        with writing(self.folder):
            self._sweep()
            if force:
                self._clear()
        if not force and self.split.exists():  # before that, nothing has been done
            self._require_continuable(settings)
        if self.is_finished:
            return
        write_whole(self.settings, settings_toml(settings))

    def take_decided(self, other: "Run") -> None:
        """Take over what pictures and clock have decided in another run, if they have decided anything."""
        if other.decided.exists():
            write_whole(self.decided, content_of(other.decided))

    def _require_continuable(self, settings: Settings) -> None:
        document = _document(self.settings)
        if not document.keys() <= TABLES.keys():
            raise RunError(
                f"{self.folder} holds a run that an earlier version of sightline began: settings.toml has no tables",
                hint=f"finish it with the version that began it, or {NEW_OR_FORCE}",
            )
        defaults, now = (flat(tomllib.loads(settings_toml(each))) for each in (Settings(), settings))
        before = {**defaults, **flat(document)}  # a setting that is younger than the run had no other value
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            words = "; ".join(f"{name} was {before.get(name)!r} and is {now.get(name)!r}" for name in changed)
            raise RunError(f"{self.folder} holds a run with other settings: {words}", hint=NEW_OR_FORCE)

    @property
    def _written(self) -> tuple[Path, ...]:
        """What a run writes and `--force` removes, in the order in which it is removed."""
        return (
            self.report_json,
            self.report_html,
            self.mistakes_html,
            self.inspection_html,
            self.predictions,
            self.suspects,
            self.examples,
            self.model,
            self.history,
            self.layers,
            self.preflight,
            self.split,
            self.decided,
            self.environment,
            self.settings,
        )

    def _clear(self) -> None:
        """Remove what a run writes and nothing else; how often the test part was read is kept."""
        for folder in (self.checkpoints, self.seeds):
            shutil.rmtree(folder, ignore_errors=True)
        for path in self._written:
            path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed process left half written beside the files of the run."""
        for path in (*self._written, self.test_readings):
            for half in path.parent.glob(f".{path.name}.*"):
                half.unlink()
        half_written = ".*.safetensors.*"
        for half in (*self.checkpoints.glob(half_written), *self.seeds.glob(f"*/checkpoints/{half_written}")):
            half.unlink()

    def note_reading(self, split_digest: str) -> int:
        """Note that a test part is about to be read, and return how often it has been, this time included.

        Args:
            split_digest: SHA-256, hexadecimal, that tells this split from another.
        """
        readings: list[list[str]] = []
        if self.test_readings.exists():
            readings = list(csv.reader(text_of(self.test_readings).splitlines()))[1:]
        readings.append([now(), split_digest])
        write_csv(self.test_readings, ("time", "split_digest"), readings)
        return sum(reading[-1:] == [split_digest] for reading in readings)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process out of the folder; the lock ends with the process, however it ends.

        Raises:
            RunError: The folder is not a run's, can't be written, or another process works on it.
        """
        self._require_own()
        with locked(self.folder / ".lock", self.folder):
            yield

    def _require_own(self) -> None:
        own = {".lock", self.test_readings.name}
        occupied = self.folder.is_dir() and any(
            entry.name not in own
            and not entry.name.startswith(f".{self.settings.name}.")  # a kill left it half written
            for entry in self.folder.iterdir()
        )
        if self.folder.is_file() or (occupied and not self.settings.exists()):
            raise RunError(
                f"{self.folder} exists and is no folder of a sightline run (it has no settings.toml)",
                hint="choose another --out; what is there is left alone",
            )


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(path, errors="surrogateescape"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"{path} can't be read: {error}", hint=NEW_OR_FORCE) from error


def environment() -> dict[str, str]:
    """Return the machine and the versions that a run's bits depend on."""
    import numpy as np
    import PIL
    import torch

    return {
        "sightline": version("sightline"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{name: version(name) for name in ("onnx", "onnxscript", "onnxruntime")},
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": str(core_count()),
        "threads": str(torch.get_num_threads()),
    }
