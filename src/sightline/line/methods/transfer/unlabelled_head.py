"""A head that learns from pictures without labels too, and ships where the validation part is not against it."""

import numpy as np

from sightline.classical.fitting import FittedScores
from sightline.classical.plan import Plan
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.inference.graph import Features
from sightline.line.features.seen import Seen
from sightline.line.methods.transfer.curve import Examples, fit_head
from sightline.line.methods.transfer.propagation import MOST_SPREAD, spread_labels
from sightline.line.narrator import Narrator

WAY = "label spreading"


def guarded_head(
    plan: Plan,
    seen: Seen,
    unlabelled: Features,
    parts: tuple[Rows, Rows],
    *,
    alone: FittedScores,
    more: Examples,
    seed: int,
    narrator: Narrator,
) -> tuple[FittedScores, Unlabelled]:
    """Return the head that ships, and what pictures without labels brought; arguments are those of `fitted_with`."""
    beside, section = fitted_with(plan, seen, unlabelled, parts, alone=alone, more=more, seed=seed, narrator=narrator)
    narrator.say(section.words)
    return beside if section.ships else alone, section


def fitted_with(
    plan: Plan,
    seen: Seen,
    unlabelled: Features,
    parts: tuple[Rows, Rows],
    *,
    alone: FittedScores,
    more: Examples,
    seed: int,
    narrator: Narrator,
) -> tuple[FittedScores, Unlabelled]:
    """Spread the training part's labels to pictures without any, and fit a head to both.

    Args:
        plan: Of either head, with what it reads.
        seen: What the base has seen of the labelled pictures.
        unlabelled: (n, F), of those without a label.
        parts: The rows of the training and of the validation part; the latter have no place in the graph.
        alone: The head that was fitted without them.
        more: Examples that both heads learn from besides.
        seed: Of the draw where there are more pictures than the graph takes, and of the classifier.
        narrator: Is told if some are left out.

    Returns:
        The head, and how it compares with the other one; it ships unless the validation part finds it worse.

    Raises:
        SettingsError: The classifier can't take so many pictures.
    """
    training, validation = parts
    asked = _drawn(unlabelled, MOST_SPREAD - len(training), seed=seed, narrator=narrator)
    spread = spread_labels(seen.of(training), seen.labels[training], asked, classes=seen.classes)
    sure = spread.certain
    both = more.beside(Examples(asked[sure], spread.labels[sure]))
    beside = fit_head(plan, seen, training, validation, more=both, seed=seed) if len(sure) else alone
    section = Unlabelled(
        way=WAY,
        pictures=len(unlabelled),
        learnt=len(sure),
        alone=alone.validation_accuracy,
        beside=beside.validation_accuracy,
        judged_by=len(validation),
        ships=bool(len(sure)) and beside.validation_accuracy >= alone.validation_accuracy,
    )
    return beside, section


def _drawn(features: Features, most: int, *, seed: int, narrator: Narrator) -> Features:
    """Return what there is, or as many by chance as the graph takes."""
    if len(features) <= most:
        return features
    narrator.say(f"labels are spread over {most:,} of the {len(features):,} pictures without any, drawn by the seed")
    chance = np.random.default_rng(derived_seed(seed, "spread"))
    return features[np.sort(chance.choice(len(features), most, replace=False))]
