"""The page that the service shows at its root: fixed files, read once."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("page")
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


@dataclass(frozen=True)
class Sheet:
    """One file of the page.

    Args:
        content: Its bytes.
        kind: Its Content-Type.
    """

    content: bytes
    kind: str

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with it: it is asked for each time, and sent again if it is another."""
        tag = hashlib.sha256(self.content).hexdigest()[:32]
        return {
            "Content-Type": self.kind,
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-cache",
            "ETag": f'"{tag}"',
        }


def sheets() -> dict[str, Sheet]:
    """Return the page's files by their address; index.html is the root."""
    files = sorted(file for file in FOLDER.iterdir() if file.suffix in KINDS)
    return {
        "/" if file.name == "index.html" else f"/{file.name}": Sheet(file.read_bytes(), KINDS[file.suffix])
        for file in files
    }
