"""The models that are served, by name, and how a new version takes over."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from pathlib import Path

from sightline.app.http.log import LOGGER
from sightline.app.http.refusal import NOT_FOUND, Refusal
from sightline.app.serving.answers.aside import begin_aside
from sightline.app.serving.answers.batcher import Batcher
from sightline.app.serving.answers.loading import LoadedModel, Stamp, load_and_try, stamp_of
from sightline.app.serving.metrics import Metrics
from sightline.core.choose import choose
from sightline.core.errors import SettingsError, SightlineError

POLL_SECONDS = 1.0


class ModelStore:
    """Every model that is served; all but the loading happens in the event loop's thread.

    Args:
        files: Each model's file or run folder by its name.
        decoders: Threads that decode for all models.
        threads: How many compute a batch together, 1 or more.
        most_pictures: How many may wait for one model.
        metrics: Counts the batches, and the pictures that wait.
    """

    def __init__(
        self, files: Mapping[str, Path], decoders: Executor, *, threads: int, most_pictures: int, metrics: Metrics
    ) -> None:
        self.files, self._decoders, self._threads = files, decoders, threads
        self._most_pictures, self._metrics = most_pictures, metrics
        self.batchers: dict[str, Batcher] = {}
        self._retired: list[Batcher] = []
        self._stamps: dict[str, Stamp] = {}
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Load every model.

        Raises:
            BundleError: A file can't be loaded.
            MissingExtraError: A model is of format version 1, and torch is not installed.
        """
        async with self._one_at_a_time:
            for name, file in self.files.items():
                self._put(await self._load(name, file))

    def explain_no_more(self) -> None:
        """Have all models give up their explanations."""
        for batcher in (*self._retired, *self.batchers.values()):
            batcher.explain_no_more()

    async def close(self) -> None:
        """Wait for the ends of the models' threads."""
        for batcher in self.batchers.values():
            batcher.close()
        for batcher in (*self._retired, *self.batchers.values()):
            await asyncio.to_thread(batcher.join)

    def batcher(self, name: str) -> Batcher:
        """Return the batcher that answers for a model now.

        Raises:
            Refusal: There is no model of that name (404).
        """
        try:
            return choose(name, self.batchers, kind="model")
        except SettingsError as error:
            raise Refusal(NOT_FOUND, error.problem, hint=error.hint) from error

    async def refresh(self, name: str) -> None:
        """Load a model anew if its file is another one by now; a file that can't be loaded is tried once.

        Raises:
            Refusal: There is no model of that name (404).
        """
        self.batcher(name)
        if await _stamp_now(self.files[name], self._stamps[name]) != self._stamps[name]:
            await self._replace(name)

    async def swap(self) -> None:
        """Load every model anew."""
        for name in self.files:
            await self._replace(name)

    async def watch(self) -> None:
        """Load a model anew whenever its file is another one, once it has stopped changing; never returns.

        Every worker looks at the same moments, so that all take a new file up together.
        """
        seen = {name: batcher.model.stamp for name, batcher in self.batchers.items()}
        while True:
            await asyncio.sleep(POLL_SECONDS - time.monotonic() % POLL_SECONDS)
            for name, file in self.files.items():
                before, seen[name] = seen[name], await _stamp_now(file, seen[name])
                if seen[name] == before != self._stamps[name]:
                    await self._replace(name)

    async def _replace(self, name: str) -> None:
        """Load a file aside, try it, and let it answer from now on; what the old version took it finishes."""
        file = self.files[name]
        async with self._one_at_a_time:
            self._stamps[name] = await _stamp_now(file, self._stamps[name])
            try:
                model = await self._load(name, file)
            except SightlineError as error:
                LOGGER.warning("%s: the old model goes on serving: %s -> %s", name, error.problem, error.hint)
            else:
                self._put(model)

    async def _load(self, name: str, file: Path) -> LoadedModel:
        return await begin_aside(partial(load_and_try, name, file, threads=self._threads))

    def _put(self, model: LoadedModel) -> None:
        old = self.batchers.get(model.name)
        self.batchers[model.name] = Batcher(
            model, self._decoders, most_pictures=self._most_pictures, metrics=self._metrics.of_model(model.name)
        )
        self._stamps[model.name] = model.stamp
        shown = f", with {len(model.examples)} training pictures to show" if model.examples else ""
        LOGGER.info("%s: serving %s, sha256 %s%s", model.name, self.files[model.name], model.digest[:12], shown)
        if old is not None:
            old.close()
            self._retired = [batcher for batcher in (*self._retired, old) if batcher.inside]


async def _stamp_now(file: Path, before: Stamp) -> Stamp:
    """Return a file's stamp; the one it had before if it is gone for the moment."""
    with suppress(SightlineError):
        return await begin_aside(partial(stamp_of, file))
    return before
