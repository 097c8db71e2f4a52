"""What a long script has measured so far, kept line by line, so that one that was stopped goes on where it was."""

import hashlib
import json
import tempfile
from pathlib import Path

from bench.origin import ROOT


class Kept:
    """Rows by their names, each made once.

    They lie in the folder for temporary files, and are of the code as it stands: with other code, all is made anew.

    Args:
        script: The path of the script.
        packages: Names of those of sightline's packages whose code could change a row.
        tiny: Whether nothing is kept.
    """

    def __init__(self, script, packages, *, tiny):
        name = f"sightline-{Path(script).stem}-{_code(script, packages)}.jsonl"
        self._path = None if tiny else Path(tempfile.gettempdir(), name)
        lines = self._path.read_text().splitlines() if self._path and self._path.exists() else []
        self._rows = dict(json.loads(line) for line in lines if line.endswith("]]"))  # the last one may be cut short

    def row(self, name, make):
        """Return a row, a list of plain values, by its name: what was kept, or what is made now."""
        if name not in self._rows:
            self._rows[name] = make()
            if self._path:
                with self._path.open("a") as file:
                    file.write(f"\n{json.dumps([name, self._rows[name]])}")
        return self._rows[name]

    def forget(self):
        """Remove what was kept."""
        if self._path:
            self._path.unlink(missing_ok=True)


def _code(script, packages):
    """Return a digest of a script, of what scripts share, and of some packages."""
    folders = [Path(__file__).parent, *(ROOT / "src" / "sightline" / package for package in packages)]
    files = [Path(script), *(path for folder in folders for path in sorted(folder.rglob("*.py")))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]
