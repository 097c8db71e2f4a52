"""Asking a model about damaged pictures."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.core.pieces import pieces
from sightline.core.runtimes import core_count
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.evaluation.breakdown.robustness import RobustnessScores, robustness_scores
from sightline.imaging.colours import ColourSpace, in_colour_space
from sightline.imaging.corruptions import CORRUPTIONS, STRENGTHS, corrupted
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.line.narrator import Narrator

MOST_PICTURES = 500
"""Each is asked about 75 times; the interval of an accuracy is then 4 points to each side, or less."""
MODES: dict[ColourSpace, str] = {"hsv": "HSV", "cmyk": "CMYK"}


def measure_robustness(
    classifier: Classifier, pixels: Pixels, truth: Rows, *, seed: int, narrator: Narrator
) -> RobustnessScores:
    """Damage pictures in every way and strength, and see how many are still named rightly.

    They are damaged at the size at which the model reads them, as in the paper, so that a picture's own size plays no
    part. Of more than 500 pictures, 500 are chosen by chance.

    Args:
        pixels: (n, H, W, C) uint8, as the model reads them.
        truth: (n,) int64, indices of the model's classes.
        seed: Of the choice, and of the damage.
        narrator: Shows how many answers there are.
    """
    generator = np.random.default_rng(derived_seed(seed, "damaged pictures"))
    chosen = np.sort(generator.permutation(len(truth))[:MOST_PICTURES])
    some, labels = pixels[chosen], truth[chosen]
    clean = classifier.probabilities(some).argmax(axis=1) == labels
    damaged = dict[str, npt.NDArray[np.bool_]]()
    with narrator.counting("damaging pictures", len(CORRUPTIONS) * len(STRENGTHS) * len(some)) as advance:
        for name in CORRUPTIONS:
            right = []
            for strength in STRENGTHS:
                right.append(_answers(classifier, some, name, strength, seed=seed) == labels)
                advance(len(some))
            damaged[name] = np.stack(right)
    families = {name: entry.family for name, entry in CORRUPTIONS.items()}
    return robustness_scores(clean, damaged, families=families, available=len(truth), seed=seed)


def _answers(classifier: Classifier, pixels: Pixels, name: str, strength: int, *, seed: int) -> Rows:
    """Return (n,) the likeliest class of each damaged picture."""
    colours = classifier.format.colours

    def one(place: int) -> Pixels:
        return damaged_pixels(pixels[place], colours, name, strength, seed=derived_seed(seed, name, strength, place))

    answers = []
    with ThreadPoolExecutor(core_count()) as workers:
        for piece in pieces(len(pixels), classifier.batch):
            batch = np.stack([*workers.map(one, range(piece.start, piece.stop))])
            answers.append(classifier.probabilities(batch).argmax(axis=1))
    return np.concatenate(answers)


def damaged_pixels(pixels: Pixels, colours: ColourSpace, name: str, strength: int, *, seed: int) -> Pixels:
    """Damage one picture in any colour space: what is neither RGB nor grey is damaged as RGB.

    Args:
        pixels: (H, W, C) uint8, in that colour space.
        name: A name in `CORRUPTIONS`.
        strength: 1 to 5, from slight to severe.
        seed: Of what is left to chance in it.
    """
    if colours not in MODES:
        return corrupted(pixels, name, strength, seed=seed)
    size = pixels.shape[1], pixels.shape[0]
    plain = np.asarray(Image.frombytes(MODES[colours], size, pixels.tobytes()).convert("RGB"))
    return in_colour_space(Image.fromarray(corrupted(plain, name, strength, seed=seed)), colours)
