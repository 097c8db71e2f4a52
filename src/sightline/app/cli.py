"""The command line: each verb is imported when it is called, so that help is instant."""

import errno
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click
from click.exceptions import NoArgsIsHelpError

from sightline.app.streams import discard_output, ready_streams
from sightline.core.errors import SightlineError
from sightline.core.storage import ROOM
from sightline.core.text import visible
from sightline.core.version import __version__

VERBS = {
    "check": "say what is wrong with a data set",
    "augment": "show what the network will see of a data set in training",
    "preflight": "say what is wrong with a training before it costs anything",
    "suspects": "say which labels look wrong, by answers that had not seen them",
    "train": "train a classifier, evaluate it once, and report",
    "crossval": "judge a kind of training by folds: every picture is tested, then the final model is trained",
    "search": "search for good settings by validation pictures, and train the winner",
    "evaluate": "measure a model on any labelled data",
    "ensemble": "make one model of several finished ones, and say what it gains and costs",
    "compare": "say which of several models is better, and whether that is more than chance",
    "runs": "list the runs of a folder: figures, times, and what differs in their settings",
    "predict": "name pictures with a model",
    "enroll": "add a class to a model by some pictures, without training",
    "forget": "take an enrolled class out of a model",
    "classes": "list the classes that a model knows, and which were enrolled",
    "verify": "say whether two pictures show the same, and what that is worth",
    "explain": "say why a model's answers are what they are: where it looked, and what is like it",
    "serve": "answer over HTTP with models, and show a page",
    "show": "say what a model is: its card",
    "export": "write a model for another program, as ONNX or OpenVINO, in float or eight bits",
    "models": "list the networks and the classical pipelines",
    "techniques": "list the techniques of a training, a line each",
    "settings": "list the settings of a training: their tables, or every setting of one",
    "summary": "show a network's layers, output shapes, parameters, work and receptive field; or a pipeline's parts",
    "inspect": "see inside a network: filters, layers, what they make of a picture",
    "demo": "train on the embedded digits and report, in under a minute",
}
"""Each verb and its line; the verb's command is ``command`` in ``sightline.app.verbs.VERB``."""

READER_WENT_AWAY, USER_ERROR, INTERRUPTED = 1, 2, 130


class Verbs(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order in which a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a verb."""
        if name not in VERBS:
            return None
        command: click.Command = import_module(f"sightline.app.verbs.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb; the error of an unknown one names the nearest."""
        from sightline.core.choose import choose

        if args and not args[0].startswith("-"):
            choose(args[0], VERBS, kind="verb")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    epilog="\b\nExamples:\n  sightline demo\n  sightline train flowers/ --out run\n\n"
    "sightline VERB --help says more of each.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="sightline")
def sightline() -> None:
    """Turn a folder of labelled pictures into a classifier that you can trust, and see why."""


def main() -> None:
    """Run the command line; a user's error is two lines and status 2, a bug of ours keeps its traceback."""
    try:
        ready_streams()
        Path.cwd()  # raises where it is gone; torch would end the process without a word
        status = _status()
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        status = READER_WENT_AWAY
    except OSError as error:
        discard_output()
        status = _complain(*_refusal(error))
    except SightlineError as error:
        status = _complain(error.problem, error.hint)
    sys.exit(status)


def _status() -> int:
    """Run the verb and return the status; what the user can solve is said."""
    try:
        status = sightline.main(prog_name="sightline", standalone_mode=False)
    except NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.NoSuchOption as error:
        from sightline.app.flags import flag_hint

        return _complain(f"there is no flag {error.option_name}", flag_hint(error))
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "sightline"
        return _complain(error.format_message(), f"see `{where} --help`")
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; a run that was begun goes on when the same command is given again", err=True)
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _refusal(error: OSError) -> tuple[str, str]:
    """Return what the system refused, and what helps."""
    if error.errno == errno.ENAMETOOLONG:
        return f"{error.filename}: the name is too long for this system", "choose a shorter name, or mend the path"
    if error.filename is None and error.errno == errno.ENOENT:
        return "the folder that this command was called in is gone", "change into a folder that exists, with cd"
    if error.filename is None and error.errno in ROOM:
        return f"the output can't be written: {error.strerror}", "look where it leads to, and make room there"
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror or error}", "look at the place and its permissions, and give the command again"


def _complain(problem: str, hint: str) -> int:
    """Write the two lines of an error, if anybody reads them, and return the status."""
    with suppress(OSError):
        for line in f"error: {problem}\n  -> {hint}".split("\n"):
            click.echo(visible(line), err=True)
    return USER_ERROR
