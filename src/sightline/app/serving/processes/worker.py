"""One worker from its start to its end: the models, the application, the signals."""

import asyncio
import gc
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from sightline.app.http.body import BodyMemory
from sightline.app.http.connection import CONNECTIONS, Connections
from sightline.app.http.log import LOGGER, open_log
from sightline.app.http.request_log import RequestLog
from sightline.app.http.security import SecurityMiddleware
from sightline.app.serving.answers.enrolling import Enroller, NoTeacher
from sightline.app.serving.answers.models import ModelStore
from sightline.app.serving.answers.prediction import Predictor
from sightline.app.serving.api.application import application as api_of
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.processes.plan import Plan, Report
from sightline.core.errors import SightlineError

LONGEST_PAUSE_SECONDS = 30.0
CUT_SECONDS = 3.0
"""After the last request was finished or refused, a worker that stops ends whatever its threads do."""


def application(plan: Plan, report: Report) -> ASGIApp:
    """Return what uvicorn asks; see `sightline.app.serving.processes.server.config_for`."""
    metrics = Metrics(plan.files, folder=plan.metrics_folder)
    decoders = ThreadPoolExecutor(plan.threads, thread_name_prefix="decoder")
    models = ModelStore(plan.files, decoders, threads=plan.threads, most_pictures=plan.pictures.queue, metrics=metrics)
    memory = BodyMemory(plan.http)
    refresh = models.refresh if plan.teach else None  # any of the workers may have changed a file
    predictor = Predictor(models, memory, plan.pictures, metrics, refresh=refresh)
    teacher = Enroller(models, memory, plan.pictures) if plan.teach else NoTeacher()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        connections, tasks = Connections(plan.http, metrics.connections.inc), set[asyncio.Task[None]]()
        loading = asyncio.create_task(_load(models, plan, report))

        def hurry() -> None:
            loading.cancel()
            models.explain_no_more()

        with bounded_stop(plan.http.finish_seconds, hurry), open_log():
            try:
                _listen_to_hangups(lambda: _begin(models.swap(), tasks))
                await loading
                metrics.workers.inc()
                report(None)
                if plan.watch:
                    _begin(models.watch(), tasks)
                _begin(connections.end_the_late(), tasks)
                _end_with_parent(plan)
                gc.freeze()  # what is there now stays, and need not be looked through for garbage
                yield {CONNECTIONS: connections}
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.to_thread(decoders.shutdown, cancel_futures=True)
                await models.close()
                await connections.end_all()

    around = [
        Middleware(RequestLog, observe=metrics.observe_request),
        Middleware(SecurityMiddleware, rules=plan.access),
    ]
    return api_of(predictor, teacher, metrics, workers=plan.workers, middleware=around, lifespan=lifespan)


@contextmanager
def bounded_stop(seconds: float, hurry: Callable[[], None]) -> Iterator[None]:
    """Have a stop wait for nothing for ever.

    Args:
        seconds: For finishing what was taken. Whatever goes on for long after them, such as a decoder or a batch, ends
            with the process.
        hurry: Called in the event loop when a signal comes.
    """
    loop, is_stopping = asyncio.get_running_loop(), SimpleQueue[bool]()
    threading.Thread(target=_cut, args=(is_stopping, seconds + CUT_SECONDS), daemon=True).start()
    before: dict[int, Any] = {number: signal.getsignal(number) for number in HANDLED_SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        is_stopping.put(True)  # a thread can't begin here: what beginning one takes may be held by what was interrupted
        loop.call_soon_threadsafe(hurry)
        if callable(handler := before[number]):
            handler(number, frame)

    for number in before:
        signal.signal(number, hear)
    try:
        yield
    finally:
        is_stopping.put(False)
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut(is_stopping: SimpleQueue[bool], seconds: float) -> None:
    """End the process so long after the first word that it is to stop, unless another says that it has stopped."""
    if is_stopping.get():
        end = time.monotonic() + seconds
        with suppress(Empty):
            while is_stopping.get(timeout=max(0.0, end - time.monotonic())):  # asked again
                pass
            return
        os._exit(0)


def _begin(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    """Begin a task that goes on beside the service; should it fail, the log has the reason."""

    def end(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOGGER.error("a task of the service failed", exc_info=error)

    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(end)


async def _load(models: ModelStore, plan: Plan, report: Report) -> None:
    """Load the models; a patient worker tries as often as it takes."""
    pause = 1.0
    while True:
        try:
            return await models.open()
        except Exception as error:
            if not (plan.is_patient and isinstance(error, SightlineError)):
                report(error)
                raise
            LOGGER.warning("%s -> %s; trying again in %g seconds", error.problem, error.hint, pause)
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)


def _listen_to_hangups(swap: Callable[[], None]) -> None:
    """Load the models anew at SIGHUP; the supervisor holds it back until somebody listens."""
    if hasattr(signal, "SIGHUP"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, swap)
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
