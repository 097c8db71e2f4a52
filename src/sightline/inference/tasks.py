"""What models are for, and a model of any task from its file: a new task is a row here and a file beside it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sightline.core.errors import BundleError
from sightline.inference.bundle import UPGRADE, Bundle, bundle_file, read_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.manifest import CLASSIFICATION, EXTENDED, SIMILARITY, input_of, learnt_of
from sightline.inference.signature import Signature, TensorSpec, probabilities_of
from sightline.inference.support.decision import DecisionRule, GraphRule, RuleOf

if TYPE_CHECKING:
    from sightline.inference.support.anchors import Anchors
    from sightline.inference.support.roster import Roster

Loaded = TypeVar("Loaded")


class Model(Protocol):
    """What every loaded model promises, whatever its task."""

    @property
    def manifest(self) -> dict[str, Any]:
        """What its file says of it."""

    def predict(self, picture: Any) -> Any:
        """Return the answer to one sample, of the task's own type."""


@dataclass(frozen=True)
class Task:
    """What makes a model of one task.

    Args:
        outputs: From a manifest to what the graph must give, in this order.
        model: From a bundle, what its graph takes and gives, and a number of threads to what answers.
        rule: From a bundle to what decides by the graph's outputs, where a classifier does.
        enrolled: From a bundle, the classes that shall be enrolled in it, and what finds pictures of those that were
            learnt, to the bundle with these classes; None where none can be enrolled.
    """

    outputs: Callable[[dict[str, Any]], tuple[TensorSpec, ...]]
    model: Callable[[Bundle, Signature, int | None], Model]
    rule: RuleOf = GraphRule
    enrolled: "Callable[[Bundle, Roster, Callable[[], Anchors]], Bundle] | None" = None


def _probabilities(manifest: dict[str, Any]) -> tuple[TensorSpec, ...]:
    return probabilities_of(len(learnt_of(manifest)))


# What only some tasks need is imported by them: a first answer is not to wait for it.


def _extended_rule(bundle: Bundle) -> DecisionRule:
    from sightline.inference.support.extended import ExtendedRule

    return ExtendedRule(bundle)


def _extended(bundle: Bundle, roster: "Roster", anchors: "Callable[[], Anchors]") -> Bundle:
    from sightline.inference.support.extended import extended

    return extended(bundle, roster, anchors)


def _embedding(manifest: dict[str, Any]) -> tuple[TensorSpec, ...]:
    from sightline.inference.support.nearest import embedding_of

    return embedding_of(manifest)


def _nearest_rule(bundle: Bundle) -> DecisionRule:
    from sightline.inference.support.nearest import NearestRule

    return NearestRule(bundle)


def _compared(bundle: Bundle, roster: "Roster", _: "Callable[[], Anchors]") -> Bundle:
    from sightline.inference.support.nearest import compared_by

    return compared_by(bundle, roster)


TASKS: dict[str, Task] = {
    CLASSIFICATION: Task(_probabilities, Classifier, GraphRule, _extended),
    EXTENDED: Task(_probabilities, partial(Classifier, rule=_extended_rule), _extended_rule, _extended),
    SIMILARITY: Task(_embedding, partial(Classifier, rule=_nearest_rule), _nearest_rule, _compared),
}


def model_of_bundle(bundle: Bundle, *, threads: int | None = None) -> Model:
    """Return the model of a bundle in memory; what it answers is what the written file would.

    Args:
        bundle: Read from a file of any format version, or assembled.
        threads: How many compute a batch together; as many as there are cores if not given.

    Raises:
        BundleError: Its parts do not fit together, or its task is not known here.
        MissingExtraError: It is of format version 1, whose graph must be made first, and torch is not installed.
    """
    task = task_of(bundle.manifest)
    signature = Signature(input_of(bundle.manifest), task.outputs(bundle.manifest))
    return task.model(_with_graph(bundle), signature, threads)


def task_of(manifest: dict[str, Any]) -> Task:
    """Return the task of a model.

    Raises:
        BundleError: It is not known here.
    """
    name = manifest["task"]
    if name not in TASKS:
        raise BundleError(f"the model's task is {name!r}; this sightline knows {', '.join(TASKS)}", hint=UPGRADE)
    return TASKS[name]


def _with_graph(bundle: Bundle) -> Bundle:
    if bundle.graph is not None:
        return bundle
    from sightline.inference.first_version import with_graph

    return with_graph(bundle)


def classifier_of(bundle: Bundle, *, threads: int | None = None) -> Classifier:
    """Return the classifier of a bundle in memory, as `model_of_bundle` does.

    Raises:
        BundleError: Its parts do not fit together, or its task is another one.
        MissingExtraError: It is of format version 1, whose graph must be made first, and torch is not installed.
    """
    model = model_of_bundle(bundle, threads=threads)
    if not isinstance(model, Classifier):
        raise BundleError(
            f"the model's task is {bundle.manifest['task']!r}; a classifier is needed here",
            hint="give a model that was trained to tell classes apart",
        )
    return model


def load(path: str | os.PathLike[str], *, threads: int | None = None) -> Model:
    """Load a model of any task: a `Classifier`, if it tells classes apart.

    Args:
        path: A ``model.sightline`` file, or the folder of the run that wrote it.
        threads: How many compute a batch together; as many as there are cores if not given. One is best for who
            only asks about many pictures: each core then computes a batch of its own.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new.
        MissingExtraError: The file is of format version 1, and torch is not installed.
    """
    return _loaded(Path(path), lambda bundle: _showing(Path(path), model_of_bundle(bundle, threads=threads)))


def load_classifier(path: str | os.PathLike[str], *, threads: int | None = None) -> Classifier:
    """Load a classifier; arguments and errors are those of `load`.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new, or its task is another one.
        MissingExtraError: The file is of format version 1, and torch is not installed.
    """
    return _loaded(Path(path), lambda bundle: _showing(Path(path), classifier_of(bundle, threads=threads)))


def _loaded(path: Path, opened: Callable[[Bundle], Loaded]) -> Loaded:
    """Return what a file's bundle becomes; an error names the file."""
    file = bundle_file(path)
    bundle = read_bundle(file)
    try:
        return opened(bundle)
    except BundleError as error:
        raise BundleError(f"{file}: {error.problem}", hint=error.hint) from error


def _showing(place: Path, model: Loaded) -> Loaded:
    """Return the model of a run's folder with the training pictures beside it, which are read when one is shown."""
    if not (isinstance(model, Classifier) and place.is_dir()):
        return model
    from sightline.inference.examples import NAME, read_examples

    beside = place / NAME
    return cast("Loaded", model.showing(cache(partial(read_examples, beside, model)))) if beside.exists() else model
