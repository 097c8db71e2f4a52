"""``sightline serve``."""

from pathlib import Path
from typing import Any

import click

EXAMPLES = """\b
Examples:
  sightline serve runs/flowers
  sightline serve flowers=runs/7 birds=birds.sightline --port 8080 --watch
  curl -F picture=@rose.jpg http://127.0.0.1:8000/v1/models/flowers/predict"""


@click.command(epilog=EXAMPLES)
@click.argument("models", nargs=-1, required=True, metavar="[NAME=]MODEL...")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; others than this machine need a token."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 finds a free one.")
@click.option(
    "--token-file", type=click.Path(path_type=Path), metavar="FILE", help="Ask every request for the token in it."
)
@click.option("--watch", is_flag=True, help="Load a model anew when its file changes.")
@click.option("--allow-enroll", is_flag=True, help="Let who may ask add classes to a model's file, and forget them.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    metavar="NUMBER",
    help="So many answer, each with its share of the cores and all models; unless you say, one a core and at most 4.",
)
@click.option("--max-megabytes", type=click.IntRange(1, 512), default=32, show_default=True, help="Of a request.")
@click.option("--max-pictures", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Of a request.")
@click.option(
    "--max-queue",
    type=click.IntRange(1, 100_000),
    default=512,
    show_default=True,
    help="Pictures that wait for a model, at least those of a request.",
)
@click.option(
    "--max-connections", type=click.IntRange(1, 10_000), default=512, show_default=True, help="Open at a time."
)
@click.option(
    "--read-seconds",
    type=click.FloatRange(0.1, 3600),
    default=20,
    show_default=True,
    help="For a request's body to come.",
)
@click.option(
    "--answer-seconds", type=click.FloatRange(0.1, 3600), default=30, show_default=True, help="For its answer."
)
def command(models: tuple[str, ...], **options: Any) -> None:
    """Answer over HTTP with each MODEL, a model.sightline file or the folder of a run, and show a page.

    Of a folder, the nearest training pictures are shown beside an answer; of a file, none.

    SIGTERM or Ctrl-C finishes what was taken and ends; SIGHUP loads the models anew. The limits are those of each
    process.
    """
    from sightline.app.serving.service import serve

    serve(models, **options)
