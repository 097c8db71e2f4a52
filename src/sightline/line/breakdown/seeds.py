"""The same training with other seeds: other first weights, another order, the same split."""

from collections.abc import Mapping

from sightline.core.intervals import Interval
from sightline.data.catalog import TEST
from sightline.evaluation.breakdown.seeds import SeedScores
from sightline.line.answers import Answers
from sightline.line.methods.contract import Decided, Learnt
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.resolution import method_for
from sightline.line.run import Run


def learn_with_other_seeds(prepared: Prepared, chosen: Decided, *, run: Run, narrator: Narrator) -> dict[int, Learnt]:
    """Learn again with each further seed that the settings ask for, before the test part is read.

    Args:
        chosen: With which the model that ships was learnt, by the first seed.
        run: Where the trainings stand is kept in folders of their own below it, so that an interrupted one goes on.
        narrator: Told what each costs.

    Raises:
        RunError: A training diverged.
    """
    first, count = chosen.settings["seed"], chosen.settings["seeds"]
    learnt = dict[int, Learnt]()
    for seed in range(first + 1, first + count):
        narrator.say(f"learning again with the seed {seed}, {seed - first + 1} of {count}")
        folder = run.of_seed(seed)
        folder.folder.mkdir(parents=True, exist_ok=True)
        other = Decided(chosen.settings.changed(seed=seed), chosen.seconds)
        learnt[seed] = method_for(chosen.settings).learn(prepared, other, run=folder, narrator=narrator)
    return learnt


def seed_scores(
    prepared: Prepared, answers: Answers, learnt: Mapping[int, Learnt], *, first: int, interval: Interval
) -> SeedScores:
    """Ask what was learnt with other seeds about the test part, beside the model that ships.

    Args:
        answers: Of the model that ships.
        learnt: Seed to what was learnt with it.
        first: The seed of the model that ships.
        interval: Of the accuracy of the model that ships.
    """
    rows = prepared.split.rows(TEST)
    labels = prepared.catalog.labels[rows]
    others = {
        seed: float((one.logits(prepared.pixels, rows).argmax(axis=1) == labels).mean()) for seed, one in learnt.items()
    }
    return SeedScores({first: float(answers.right.mean()), **others}, len(rows), interval)
