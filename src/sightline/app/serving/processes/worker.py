"""One worker from its start to its end: the models, the application, the signals."""

import asyncio
import gc
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self

from fastapi import FastAPI
from starlette.types import ASGIApp

from sightline.app.http.body import BodyMemory
from sightline.app.http.connection import CONNECTIONS, Connections
from sightline.app.http.log import LOGGER, open_log
from sightline.app.http.request_log import RequestLog
from sightline.app.http.security import SecurityMiddleware
from sightline.app.serving.answers.batcher import Threads
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.answers.prediction import Predictor
from sightline.app.serving.api.application import application as api_of
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.processes.plan import Plan, Reports
from sightline.core.errors import SightlineError

LONGEST_PAUSE_SECONDS = 30.0


def application(plan: Plan, reports: Reports) -> ASGIApp:
    """Return what uvicorn asks; see `sightline.app.serving.processes.config.config_for`."""
    metrics = Metrics(plan.files, folder=plan.metrics_folder)
    threads = Threads(plan.threads)
    models = ModelStore(plan.files, threads, most_pictures=plan.pictures.queue, metrics=metrics)
    predictor = Predictor(models, BodyMemory(plan.http), plan.pictures, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        connections = Connections(plan.http, metrics.connections.inc)
        with open_log():
            try:
                async with BackgroundTasks() as tasks:
                    _listen_to_signals(models, tasks)
                    await _load(models, plan, reports)
                    metrics.workers.inc()
                    reports.put((os.getpid(), None))
                    if plan.watch:
                        tasks.begin(models.watch())
                    tasks.begin(connections.end_the_late())
                    _end_with_parent(plan)
                    gc.freeze()  # what is there now stays, and need not be looked through for garbage
                    yield {CONNECTIONS: connections}
            finally:
                await asyncio.to_thread(threads.close)
                await models.close()
                await connections.end_all()

    api = api_of(predictor, metrics, workers=plan.workers, lifespan=lifespan)
    return RequestLog(SecurityMiddleware(api, plan.access), metrics.observe_request)


class BackgroundTasks:
    """Tasks that go on beside the service and end with it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Have no tasks yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cancel those that are left."""
        for task in self._tasks:
            task.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a task; should it fail, the log has the reason."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOGGER.error("a task of the service failed", exc_info=error)


async def _load(models: ModelStore, plan: Plan, reports: Reports) -> None:
    """Load the models; a patient worker tries as often as it takes."""
    pause = 1.0
    while True:
        try:
            return await models.open()
        except Exception as error:
            if not (plan.is_patient and isinstance(error, SightlineError)):
                reports.put((os.getpid(), error))
                raise
            LOGGER.warning("%s -> %s; trying again in %g seconds", error.problem, error.hint, pause)
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)


def _listen_to_signals(models: ModelStore, tasks: BackgroundTasks) -> None:
    """Load the models anew at SIGHUP; the supervisor holds it back until somebody listens."""
    if hasattr(signal, "SIGHUP"):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: tasks.begin(models.swap()))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def _end_with_parent(plan: Plan) -> None:
    """Stop when the supervisor is gone: uvicorn's workers would live on and keep the port."""
    parent, folder = multiprocessing.parent_process(), plan.metrics_folder
    if parent is None or folder is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)  # nobody else is left to do it

    threading.Thread(target=wait, name="end with the supervisor", daemon=True).start()
