"""How uvicorn runs the workers."""

from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sightline.app.http.connection import Connection
from sightline.app.serving.processes.plan import Plan, Report

BACKLOG = 256


def config_for(plan: Plan, report: Report) -> uvicorn.Config:
    """Return uvicorn's settings for all workers."""
    options: dict[str, Any] = {"loop": "asyncio", "ws": "none", "lifespan": "on", "interface": "asgi3"}
    return uvicorn.Config(
        partial(_application, plan, report),
        factory=True,
        http=Connection,
        workers=plan.workers,
        log_config=None,
        log_level="critical",  # what goes wrong stands in our own log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=plan.http.idle_seconds,
        timeout_graceful_shutdown=plan.http.finish_seconds,
        **options,
    )


def _application(plan: Plan, report: Report) -> ASGIApp:
    """Build the application in the worker: the supervisor never imports what answers."""
    from sightline.app.serving.processes.worker import application

    return application(plan, report)
