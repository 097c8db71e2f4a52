"""The standard streams: what they can't show is escaped, a closed one is said, and a reader may go away."""

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO, cast

import click

from sightline.core.errors import RunError
from sightline.core.text import visible

HANDLER = "bytes-or-escape"


def say(text: str = "", *, err: bool = False) -> None:
    """Write lines, with escapes in the place of what could steer a terminal.

    Args:
        text: One line or several; names in it that may hold line ends are made `visible` before.
        err: Whether to the standard error.
    """
    click.echo("\n".join(map(visible, text.split("\n"))), err=err)


class AsciiStream(io.TextIOBase):
    """A stream of ASCII that keeps to it: click takes one with a buffer for a mistake, and writes UTF-8 there.

    Args:
        stream: Open for writing; it escapes what it lacks.
    """

    encoding = "ascii"

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self.write, self.flush = stream.write, stream.flush  # type: ignore[method-assign]
        self.fileno, self.isatty = stream.fileno, stream.isatty  # type: ignore[method-assign]


def ready_streams() -> None:
    """Make the standard streams ready for names of any kind.

    Raises:
        RunError: The standard output is closed, so that no answer could be shown.
    """
    codecs.register_error(HANDLER, _bytes_or_escape)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _occupy_closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process
    if sys.stdout is None:
        raise RunError(
            "the standard output is closed, so nothing could be shown",
            hint="leave it open, or let it lead nowhere: > /dev/null",
        )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=HANDLER)
    sys.stdout, sys.stderr = _true_to_ascii(sys.stdout), _true_to_ascii(sys.stderr)


def _true_to_ascii(stream: TextIO) -> TextIO:
    is_ascii = isinstance(stream, io.TextIOWrapper) and codecs.lookup(stream.encoding).name == "ascii"
    return cast("TextIO", AsciiStream(stream)) if is_ascii else stream  # type: ignore[arg-type]


def discard_output() -> None:
    """Let what is still held for the standard output lead nowhere, so that the end of the process is quiet."""
    with suppress(OSError, ValueError, AttributeError):  # it is closed, or no file of the system
        handle = os.open(os.devnull, os.O_WRONLY)
        os.dup2(handle, sys.stdout.fileno())
        os.close(handle)


def _occupy_closed() -> None:
    """Let closed streams lead nowhere: else the next file that is opened would take their place, and their text."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - the standard error
        os.set_inheritable(handle, True)
    os.close(handle)


def _bytes_or_escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write what an encoding lacks: a byte of a file name that is no text as it is, another character as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    error.end = error.start + 1
    is_byte = "\udc80" <= error.object[error.start] <= "\udcff"
    as_it_is = is_byte and len("a".encode(error.encoding)) == 1  # a lone byte would break UTF-16
    return codecs.lookup_error("surrogateescape" if as_it_is else "backslashreplace")(error)
