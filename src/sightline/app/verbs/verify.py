"""``sightline verify``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say

if TYPE_CHECKING:
    from sightline.line.enrolment.verification import Verification

EXAMPLES = """\b
Examples:
  sightline verify run passport.jpg camera.jpg
  sightline verify people.sightline a.png b.png --json"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(model: str, first: str, second: str, *, as_json: bool) -> None:
    """Say whether the pictures A and B show the same, how far apart MODEL sees them, and what that is worth.

    Only a model of train --task similarity knows at which distance two pictures show the same: it was measured on
    classes that it has not learnt from.
    """
    from sightline.app.api.verify import verify
    from sightline.core.json_values import json_line

    verification = verify(model, first, second)
    if as_json:
        say(json_line(verification.as_json()))
        return
    for line in _lines(verification):
        say(line)


def _lines(verification: "Verification") -> Iterator[str]:
    from sightline.core.percent import percent
    from sightline.evaluation.pairs.clusters import clusters_words
    from sightline.evaluation.words import interval_words

    rates, probability = verification.rates, verification.probability
    if rates is None or probability is None:
        yield f"distance {verification.distance:.3f}; what it is worth is not known: the model did not learn to compare"
        return
    word, sign = ("same", "at most") if verification.is_same else ("different", "above")
    yield f"{word}: distance {verification.distance:.3f}, {sign} {rates.distance:.3f}"
    yield f"probability of the same  {percent(probability)}, where same and different are as likely"
    false, interval = percent(rates.false_acceptance), interval_words(rates.false_acceptance_interval)
    yield f"different called same    {false} ({interval}), stated {percent(rates.rate)}"
    false, interval = percent(rates.false_rejection), interval_words(rates.false_rejection_interval)
    yield f"same called different    {false} ({interval})"
    yield f"measured on {clusters_words(rates.classes, rates.groups)} that it has not learnt from"
