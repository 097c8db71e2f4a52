"""What any model file says of the run that made it."""

from typing import Any

from sightline.inference.manifest import FIXED
from sightline.line.methods import kind_of
from sightline.line.methods.contract import Trained
from sightline.line.resolution import method_for
from sightline.line.run import environment
from sightline.line.settings.run import UNSTATED


def run_manifest(trained: Trained) -> dict[str, Any]:
    """Return method, model, numbers, split, environment, licence and author, as docs/bundle.md has them."""
    settings = trained.decided.settings
    return {
        "method": kind_of(settings["model"]),
        "model": {"name": settings["model"], "options": method_for(settings).options(settings)},
        "parameters": trained.learnt.numbers,
        "split_digest": trained.prepared.split.digest,
        "environment": environment(),
        "licence": settings["licence"],
        **({FIXED: True} if trained.learnt.features_are_fixed else {}),
        **({} if settings["author"] == UNSTATED else {"author": settings["author"]}),
    }
