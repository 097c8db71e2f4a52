"""From a model and pictures to their explanation."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.choose import choose
from sightline.core.clock import now
from sightline.core.errors import PictureError, SettingsError
from sightline.core.seeding import derived_seed
from sightline.evaluation.pictures import LARGEST_SIDE
from sightline.imaging.photo import Payload, Pixels, open_photo
from sightline.inference.classifier import Classifier
from sightline.inference.examples import Examples
from sightline.inference.explanation.agreement import rank_agreement
from sightline.inference.explanation.explainers import EXPLAINERS
from sightline.inference.explanation.perturbation import perturbation_curves, random_curves
from sightline.inference.pictures import FILES
from sightline.inference.prediction import Neighbour
from sightline.line.explanation.explanation import Explanation
from sightline.line.explanation.record import ExplainedMap, ExplainedPicture
from sightline.line.explanation.scores import way_scores
from sightline.line.methods import METHODS
from sightline.line.methods.contract import Method
from sightline.line.narrator import Narrator

if TYPE_CHECKING:
    from sightline.inference.explanation.torch_model import TorchModel

TOP, NEIGHBOURS = 5, 5
CHECKED = 4
"""Of so many pictures, the first ones, a network with shuffled weights is asked too."""
MOST_PICTURES = 64


@dataclass(frozen=True, eq=False)
class Looker:
    """A model as it is explained.

    Args:
        classifier: The model, through its graph.
        method: The kind of the model; None for an ensemble, which is none.
        ways: Names in `EXPLAINERS`, each of which is at hand.
        inside: Its network as torch computes it; None without torch.
        shuffled: The same with its weights shuffled; None without torch.
        examples: Training pictures to be shown beside; None where there are none.
        seed: Of everything that is left to chance.
    """

    classifier: Classifier
    method: Method | None
    ways: tuple[str, ...]
    inside: "TorchModel | None"
    shuffled: "TorchModel | None"
    examples: Examples | None
    seed: int

    def picture(self, name: str, label: str | None, *, checked: bool) -> ExplainedPicture:
        """Explain one picture.

        Args:
            name: The path of the picture.
            label: The class that is explained; the likeliest if not given.
            checked: Whether a network with shuffled weights is asked too.

        Raises:
            PictureError: It can't be read.
            SettingsError: There is no such class.
        """
        payload = FILES.read(name)
        pixels = self.classifier.format.read(payload, name=name)
        decided = self.classifier.decide(pixels[None])
        probabilities = decided.probabilities[0]
        likeliest = np.argsort(-probabilities, kind="stable")[:TOP]
        explained = label or self.classifier.classes[likeliest[0]]
        return ExplainedPicture(
            name=name,
            pixels=_as_shown(self.classifier, payload, name),
            answers=tuple((self.classifier.classes[place], float(probabilities[place])) for place in likeliest),
            label=explained,
            maps=tuple(self._map(way, pixels, explained, checked=checked) for way in self.ways),
            neighbours=self._neighbours(pixels),
            evidence=self.method.evidence(self.inside, pixels, explained) if self.method and self.inside else None,
            refusal=self.classifier.refusals(decided)[0],
            typicality=None if decided.typicality is None else float(decided.typicality[0]),
        )

    def _map(self, way: str, pixels: Pixels, label: str, *, checked: bool) -> ExplainedMap:
        entry = EXPLAINERS[way]
        explained = entry.load()
        heat = explained(self.inside if entry.looks_inside else self.classifier, pixels, label)
        agreement = None
        if checked and self.shuffled is not None:
            agreement = rank_agreement(heat, explained(self.shuffled, pixels, label))
        return ExplainedMap(
            way,
            heat,
            perturbation_curves(self.classifier, pixels, heat),
            random_curves(self.classifier, pixels, heat, seed=self.seed),
            agreement,
        )

    def _neighbours(self, pixels: Pixels) -> tuple[Neighbour, ...]:
        if self.examples is None:
            return ()
        features = self.classifier.with_features(pixels[None])[1]
        return self.examples.nearest(features, NEIGHBOURS)[0]


def explain(
    classifier: Classifier,
    names: Sequence[str],
    *,
    label: str | None,
    ways: Sequence[str],
    examples: Examples | None,
    seed: int,
    narrator: Narrator,
) -> Explanation:
    """Explain a model's answers to some pictures.

    Args:
        names: Paths of pictures, 1 to 64.
        label: The class that is explained; each picture's likeliest if not given.
        ways: Names in `EXPLAINERS`; all that are at hand if empty.
        examples: Training pictures to be shown beside; None where there are none.
        seed: Of the shuffled weights and of the random maps.
        narrator: Shows how many pictures are done.

    Raises:
        SettingsError: There is no such class or way, a way is not at hand, or there are too many pictures.
        PictureError: None of the pictures can be read.
        MissingExtraError: A way needs torch, which is not installed.
    """
    _require_few(names)
    if label is not None:
        choose(label, dict.fromkeys(classifier.classes), kind="class")
    looker, notes = looker_of(classifier, ways, examples, seed=seed)
    pictures, problems = list[ExplainedPicture](), list[PictureError]()
    with narrator.counting("explaining pictures", len(names)) as advance:
        for name in names:
            try:
                pictures.append(looker.picture(name, label, checked=len(pictures) < CHECKED))
            except PictureError as error:
                problems.append(error)
            advance(1)
    if not pictures:
        raise problems[0]
    return Explanation(
        title=_title(names),
        about=f"{classifier.manifest['model']['name']}, {len(classifier.classes)} classes. {now()}",
        pictures=tuple(pictures),
        notes=notes,
        problems=tuple(error.problem for error in problems),
        scores=way_scores(pictures, seed=seed) if len(pictures) > 1 else (),
    )


def looker_of(
    classifier: Classifier, ways: Sequence[str], examples: Examples | None, *, seed: int
) -> tuple[Looker, tuple[str, ...]]:
    """Return what explains a model's answers, and what can't be shown, as sentences.

    Args:
        ways: Names in `EXPLAINERS`; all that are at hand if empty.

    Raises:
        SettingsError: There is no such way, or it is not at hand.
        MissingExtraError: It needs torch, which is not installed.
    """
    for way in ways:
        choose(way, EXPLAINERS, kind="way to explain an answer")
    method, notes = METHODS.get(classifier.manifest["method"]), list[str]()
    wanted = find_spec("torch") or any(EXPLAINERS[way].looks_inside for way in ways)
    inside = _inside(classifier) if method and wanted else None
    if inside is None:
        why = "Without torch" if method else "Since the model has no network of its own"
        notes.append(f"{why}, only the graph is asked: how the answer falls where a place is hidden.")
    missing = {way: _problem(way, classifier, inside) for way in (ways or EXPLAINERS)}
    if ways and (problems := [*filter(None, missing.values())]):
        raise problems[0]
    notes += [f"Not by {way}: {problem.problem}." for way, problem in missing.items() if problem and inside]
    if examples is None:
        notes.append(
            "No training pictures are shown: they lie in the run's folder; name that instead of the model file."
        )
    chosen = tuple(way for way, problem in missing.items() if problem is None)
    shuffled = inside.shuffled(derived_seed(seed, "shuffled weights")) if inside else None
    return Looker(classifier, method, chosen, inside, shuffled, examples, seed), tuple(dict.fromkeys(notes))


def _inside(classifier: Classifier) -> "TorchModel":
    from sightline.inference.explanation.torch_model import TorchModel

    return TorchModel.of(classifier)


def _problem(way: str, classifier: Classifier, inside: "TorchModel | None") -> SettingsError | None:
    """Return why a way is not at hand; None if it is."""
    entry, kind = EXPLAINERS[way], METHODS.get(classifier.manifest["method"])
    if not entry.looks_inside:
        return None
    if kind is None:
        return SettingsError(
            f"{way} looks into a network, and the model has none of its own",
            hint="explain by occlusion, or explain a member of the ensemble",
        )
    if inside is None:
        return SettingsError(f"{way} needs torch, which is not installed", hint="explain by occlusion")
    try:
        kind.require_layers(classifier.manifest["model"]["name"])
        entry.load()(inside, np.zeros(classifier.format.shape, dtype=np.uint8), None)
    except SettingsError as error:
        return error
    return None


def _require_few(names: Sequence[str]) -> None:
    if not 1 <= len(names) <= MOST_PICTURES:
        raise SettingsError(
            f"an explanation takes 1 to {MOST_PICTURES} pictures; {'there are more' if names else 'there is none'}",
            hint="name some pictures: each is asked about hundreds of times",
        )


def _title(names: Sequence[str]) -> str:
    return f"Why {names[0]}" if len(names) == 1 else f"Why {len(names):,} pictures"


def _as_shown(classifier: Classifier, payload: Payload, name: str) -> Pixels:
    """Return the upright picture for showing, (h, w, 3) uint8, at most 384 pixels a side."""
    photo = open_photo(payload, name=name, at_least=(LARGEST_SIDE, LARGEST_SIDE), deep=classifier.format.deep)
    shown = photo.image.convert("RGB")
    shown.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return np.asarray(shown)
