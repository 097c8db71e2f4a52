"""The models that are served, by name, and how one takes another's place."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sightline.app.serving.desk import Crew, Desk, Report
from sightline.app.serving.limits import Limits
from sightline.app.serving.loading import Loaded, Stamp, load_and_try, stamp_of
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.refusals import NOT_FOUND, Refusal
from sightline.core.choose import choose
from sightline.core.errors import SettingsError, SightlineError

POLL_SECONDS = 1.0

Say = Callable[[str], None]


class Shelf:
    """Every model that is served; all but the loading happens in the event loop's thread.

    Args:
        files: Each model's file or run folder by its name.
        crew: The threads that all models share.
        limits: Say how many pictures may wait.
        metrics: Counts the batches, and the pictures that wait.
        say: Writes a line into the log.
        report: Called with what should not have happened.
    """

    def __init__(
        self, files: Mapping[str, Path], crew: Crew, limits: Limits, *, metrics: Metrics, say: Say, report: Report
    ) -> None:
        self._files, self._crew, self._limits = files, crew, limits
        self._metrics, self._say, self._report = metrics, say, report
        self.desks: dict[str, Desk] = {}
        self._retired: list[Desk] = []
        self._looked_at: dict[str, Stamp] = {}
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Load every model.

        Raises:
            BundleError: One can't be loaded.
        """
        for name, file in self._files.items():
            self._put(await self._loaded(name, file))

    async def close(self) -> None:
        """Wait for the ends of the models' threads."""
        for desk in self.desks.values():
            desk.close()
        for desk in (*self._retired, *self.desks.values()):
            await asyncio.to_thread(desk.join)

    def desk(self, name: str) -> Desk:
        """Return the desk that answers for a model now.

        Raises:
            Refusal: There is no model of that name (404).
        """
        try:
            return choose(name, self.desks, kind="model")
        except SettingsError as error:
            raise Refusal(NOT_FOUND, error.problem, hint=error.hint) from error

    async def swap(self) -> None:
        """Load every model anew."""
        for name in self._files:
            await self._take_over(name)

    async def watch(self) -> None:
        """Load a model anew whenever its file is another one, once it has stopped changing; never ends.

        Every process of the service looks at the same moments, so that all take a new file up together.
        """
        seen = {name: desk.loaded.stamp for name, desk in self.desks.items()}
        while True:
            await asyncio.sleep(POLL_SECONDS - time.monotonic() % POLL_SECONDS)
            for name, file in self._files.items():
                before, seen[name] = seen[name], await _stamp_now(file, seen[name])
                if seen[name] == before != self._looked_at[name]:
                    await self._take_over(name)

    async def _take_over(self, name: str) -> None:
        """Load a file aside, try it, and let it answer from now on; what the old one took it finishes."""
        file = self._files[name]
        async with self._one_at_a_time:
            self._looked_at[name] = await _stamp_now(file, self._looked_at[name])
            try:
                loaded = await self._loaded(name, file)
            except SightlineError as error:
                self._say(f"{name}: the old model goes on serving: {error.problem} -> {error.hint}")
            else:
                self._put(loaded)

    async def _loaded(self, name: str, file: Path) -> Loaded:
        return await asyncio.to_thread(load_and_try, name, file, threads=self._crew.threads)

    def _put(self, loaded: Loaded) -> None:
        old = self.desks.get(loaded.name)
        self.desks[loaded.name] = Desk(
            loaded,
            self._crew,
            most=self._limits.queue,
            waiting=self._metrics.waiting[loaded.name],
            seen=lambda size: self._metrics.batch(loaded.name, size),
            report=self._report,
        )
        self._looked_at[loaded.name] = loaded.stamp
        shown = f", with {len(loaded.examples)} training pictures to show" if loaded.examples else ""
        self._say(f"{loaded.name}: serving {self._files[loaded.name]}, sha256 {loaded.digest[:12]}{shown}")
        if old is not None:
            old.close()
            self._retired = [desk for desk in (*self._retired, old) if desk.inside]


async def _stamp_now(file: Path, before: Stamp) -> Stamp:
    """Return a file's stamp; the one it had before if it is gone for the moment."""
    with suppress(SightlineError):
        return await asyncio.to_thread(stamp_of, file)
    return before
