"""What a script is started with: its full setting or, with ``--tiny``, one that ends in seconds."""

import argparse
from typing import NamedTuple

from bench.processes import aside, aside_together


class Start(NamedTuple):
    """How a script was started.

    Args:
        tiny: Whether this only shows that the script runs: pictures are made up, and no page changes.
        setting: The script's own record of counts and sizes.
        words: The positional words, if the script takes any.
    """

    tiny: bool
    setting: object
    words: list[str]

    @property
    def aside(self):
        """Return what calls a function in another process: a fresh one each time, unless the setting is tiny."""
        return aside_together if self.tiny else aside


def started(description, *, full, tiny, words=()):
    """Read the command line of a script.

    Args:
        description: The script's docstring, which ``--help`` shows.
        full: The setting that the figures in docs are made with.
        tiny: The setting that ends in seconds.
        words: Names of the positional words; the last may end in ``...`` for any number of them.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="run in seconds on made-up pictures; change no page")
    for word in words:
        parser.add_argument(word.removesuffix("..."), nargs="*" if word.endswith("...") else "?")
    read = parser.parse_args()
    values = []
    for word in words:
        value = getattr(read, word.removesuffix("..."))
        values += value if isinstance(value, list) else [value]
    return Start(read.tiny, tiny if read.tiny else full, values)
