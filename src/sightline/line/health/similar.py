"""What a base sees in the pictures of a data set: which are alike, and how near each is to others."""

import numpy as np

from sightline.data.catalog import Rows
from sightline.data.copies.similar import NOTHING_SIMILAR, Similar, embeddings_of, nearness_of, similar_pairs
from sightline.data.copies.spectra import Floats
from sightline.data.survey.record import Surveyed
from sightline.line.features.looking import looked_through, required_extractor
from sightline.line.features.store import store_of
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings


def similar_of(surveyed: Surveyed, base: str, narrator: Narrator) -> Similar:
    """Look at all pictures through a base, and return the pairs that it sees as alike and that are no near copies.

    Args:
        surveyed: What one look at every sample showed, with the near copies among them.
        base: One that ``sightline models`` lists, ``"auto"`` for the first, or a model file.
        narrator: Shows how many have been looked at.

    Raises:
        MissingExtraError: It is not on this machine, with the command that installs it.
    """
    rows = np.flatnonzero(surveyed.usable)
    if not len(rows):
        return NOTHING_SIMILAR
    embeddings = embeddings_of(_features(surveyed, rows, base, narrator))
    nearness = nearness_of(embeddings)
    pairs, similarities = similar_pairs(embeddings, nearness)
    contents = surveyed.contents
    apart = np.array([contents[one] != contents[other] for one, other in rows[pairs].tolist()], dtype=np.bool_)
    return Similar(rows[pairs[apart]], similarities[apart], rows, nearness)


def _features(surveyed: Surveyed, rows: Rows, name: str, narrator: Narrator) -> Floats:
    base = required_extractor(TransferSettings(base=name), purpose="shots of one scene are told by a base")
    with looked_through(surveyed.catalog.at(rows), base, narrator, doing="reading pictures again") as looked:
        return store_of(base).features(looked, np.arange(len(rows)), narrator=narrator)
