"""A page of fixed files: each is read once, and shut to everything from elsewhere."""

import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response

from sightline.app.http.refusal import NOT_MODIFIED

READ = ["GET", "HEAD"]
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, no script in the text; pictures may also be those that the reader just chose."""


def add_page(api: FastAPI, folder: Path) -> None:
    """Answer with the files of a folder; ``index.html`` is the root.

    Args:
        api: Gets an address for each file.
        folder: Its HTML, CSS and JavaScript files are taken, those in deeper folders are not.
    """
    for file in sorted(folder.iterdir()):
        if file.suffix in KINDS:
            address = "/" if file.name == "index.html" else f"/{file.name}"
            page = _sender_of(file.read_bytes(), KINDS[file.suffix])
            api.add_api_route(address, page, methods=READ, include_in_schema=False)


def _sender_of(content: bytes, kind: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return what sends a file: it is asked for each time, and sent again if it is another."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Content-Type": kind, "Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "ETag": tag}

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=NOT_MODIFIED, headers=headers)
        return Response(content, headers=headers)

    return send
