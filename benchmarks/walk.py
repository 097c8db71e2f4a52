"""The way of a photo through the house: the files that a training enters, in order, and how often it turns back.

    .venv/bin/python benchmarks/walk.py

A real `sightline train` of a few small pictures, no model named, runs in this process, and every call of a function in
every thread is looked at. What runs while a module is imported does not count.

A file is *entered* when any of its functions runs. A photo *passes* a file when one of its functions is handed the
photo: the bytes of its file, an image, its pixels, or an object that holds one of these in an attribute of its own.
Pixels are an array or tensor of three channels whose sides have 16 or more; maps, filters and logits are not the photo
any more. So what only reads settings, learns weights, writes words or draws figures is entered and not passed. The
walk is shown in legs: a leg is a stretch of files of one storey that are entered for the first time.

*Rooms* are the files of the storey that leads the way, `line` (`app`, where there is no `line`). Control visits a room
when it calls a function at the top level of the file from another one; methods do not count, for an object that was
made earlier may be asked at any time. A *turn-back* is a visit to a room by a function that had not been called
before, when the room had been visited and left, and another room had been visited for the first time since. Only the
main thread walks.

The table is in docs/benchmarks/walk.md; it takes about ten seconds.
"""

import contextlib
import inspect
import io
import sys
import tempfile
import threading
import tomllib
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started

FILE_MARKS = (b"\xff\xd8\xff", b"\x89PNG")
"""The first bytes of a picture's file."""
CHANNELS, LEAST_SIDE = 3, 16
SETTINGS = ("--epochs", "1")


class Entry(NamedTuple):
    """The first call of a function: its file, its name, and the file that called it."""

    file: str
    function: str
    caller: str


class Walk:
    """What a traced program did.

    Args:
        package: The folder of the package; its files are named by their path below it.

    Attributes:
        entered: The files of which any function ran, in the order of the first one.
        passed: Those of them that a photo passed.
        visits: Each function at the top level of a file that another file called, once, in order; and whether its
            file was on the stack already.
    """

    def __init__(self, package):
        self.package = f"{package}/"
        self.entered = {}
        self.passed = set()
        self.visits = []
        self._walker = threading.get_ident()
        self._importing = threading.local()
        self._seen = set()

    @contextlib.contextmanager
    def followed(self):
        """Look at all calls, in threads that begin in the block too."""
        threading.setprofile(self._look)
        sys.setprofile(self._look)
        try:
            yield self
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _look(self, frame, event, _):
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(self.package):
            return
        depth = getattr(self._importing, "depth", 0)
        if code.co_name == "<module>":
            self._importing.depth = depth + (1 if event == "call" else -1)
        elif event == "call" and not depth and code.co_flags & inspect.CO_OPTIMIZED:  # no body of a class
            self._enter(frame)

    def _enter(self, frame):
        code = frame.f_code
        file = self._name(code)
        self.entered.setdefault(file, None)
        if file not in self.passed and any(map(holds_picture, list(frame.f_locals.values()))):
            self.passed.add(file)
        if threading.get_ident() != self._walker or code in self._seen:
            return
        self._seen.add(code)
        stack = list(self._callers(frame.f_back))
        if "." not in code.co_qualname and code.co_name[0] != "<" and stack and stack[0] != file:
            self.visits.append((Entry(file, code.co_name, stack[0]), file in stack))

    def _callers(self, frame):
        """Yield the files of the package on the stack, the nearest first."""
        while frame:
            if frame.f_code.co_filename.startswith(self.package):
                yield self._name(frame.f_code)
            frame = frame.f_back

    def _name(self, code):
        return code.co_filename.removeprefix(self.package)


def is_picture(value):
    r"""Return whether a value is a form of photos: a file's bytes, an image, or pixels (..., H, W, 3), (..., 3, H, W).

    Example:
        >>> is_picture(b"\xff\xd8\xff..."), is_picture("rose.jpg")
        (True, False)
    """
    library = type(value).__module__.partition(".")[0]
    shape = getattr(value, "shape", None)
    if library in ("numpy", "torch") and isinstance(shape, tuple) and len(shape) >= CHANNELS:  # a class has none
        *_, first, second, third = shape
        sides = (first, second) if third == CHANNELS else (second, third) if first == CHANNELS else (0, 0)
        return min(sides) >= LEAST_SIDE
    return library == "PIL" or (isinstance(value, bytes) and value.startswith(FILE_MARKS))


def holds_picture(value):
    """Return whether a value is a form of pictures, or has one among its own attributes or first items."""
    parts = value[:3] if isinstance(value, tuple | list) else list(getattr(value, "__dict__", {}).values())
    return is_picture(value) or any(map(is_picture, parts))


def storey_of(file):
    """Return the first folder of a file, or nothing for a file of the package itself."""
    return file.partition("/")[0] if "/" in file else ""


def turn_backs(visits, storey):
    """Return the visits that turn back, in order.

    Args:
        visits: Each an `Entry` and whether its file was on the stack already.
        storey: Whose files are rooms.

    Example:
        >>> calls = [("prepared", "begin"), ("answers", "ask"), ("prepared", "finish"), ("prepared", "close")]
        >>> visits = [(Entry(f"line/{file}.py", name, "line/steps.py"), False) for file, name in calls]
        >>> [entry.function for entry in turn_backs(visits, "line")]
        ['finish']
    """
    last, first, backs = {}, {}, []
    for number, (entry, on_the_stack) in enumerate(visits):
        if storey_of(entry.file) != storey or on_the_stack:
            continue
        if entry.file in last and max(first.values()) > last[entry.file]:
            backs.append(entry)
        first.setdefault(entry.file, number)
        last[entry.file] = number
    return backs


def walked():
    """Follow a training of the package that is imported, and return its walk and the storey that leads the way."""
    import sightline

    package = Path(sightline.__file__).parent
    script = tomllib.loads((package.parents[1] / "pyproject.toml").read_text())["project"]["scripts"]["sightline"]
    module, _, function = script.partition(":")
    main, walk = getattr(import_module(module), function), Walk(package)
    with tempfile.TemporaryDirectory() as folder, archive(CIFAR10, tiny=True) as path:
        words, sys.argv = sys.argv, ["sightline", "train", str(path), "--out", f"{folder}/run", *SETTINGS]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit), walk.followed():
            main()
        sys.argv = words
        if not Path(folder, "run", "report.html").exists():
            raise RuntimeError("the training did not come to its report")
    return walk, "line" if (package / "line").is_dir() else "app"


def in_words(storey, files, walk):
    """Return the files of a leg, those that the photo does not pass in brackets."""
    names = {file: file.removeprefix(f"{storey}/").removesuffix(".py") for file in files}
    return ", ".join(name if file in walk.passed else f"({name})" for file, name in names.items())


def main() -> None:
    """Follow a training, and write the table."""
    start = started(__doc__, full=None, tiny=None)
    walk, storey = walked()
    backs = turn_backs(walk.visits, storey)
    legs = [(name, list(files)) for name, files in groupby(walk.entered, key=storey_of)]
    rows = [[number, name or "sightline", in_words(name, files, walk)] for number, (name, files) in enumerate(legs, 1)]
    listed = "\n".join(f"- `{entry.function}` of {entry.file}, called by {entry.caller}" for entry in backs)
    text = (
        f"{origin()}\n\nA photo passes {len(walk.passed)} files; {len(walk.entered)} are entered, in {len(legs)} legs, "
        f"with {len(backs)} turn-backs:\n\n{listed}\n\n"
        f"{table(['leg', 'storey', 'files in the order of their first call; in brackets, not handed the photo'], rows)}"
    )
    publish("benchmarks/walk.md", {"walk": text}, tiny=start.tiny)


if __name__ == "__main__":
    main()
