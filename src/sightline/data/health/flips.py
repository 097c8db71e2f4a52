"""Pictures that become another class when they are flipped or turned: digits, letters, arrows, hands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.imaging.photo import Pixels

Floats = npt.NDArray[np.float64]

CODE = "flip-alters-label"
MOST_ROWS = 2_000
"""So many pictures at most are learnt from, and as many are scored."""
LEAST_ROWS = 40
"""Half of fewer pictures says nothing."""
SIDE = 12
CLEAR_DROP = 0.1
PENALTY = 0.01
NORMAL_95 = 1.96
QUARTER_TURN = 90

NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KIND_WORDS = ("digit", "letter", "number", "character", "upper", "uppercase", "lower", "lowercase")
SIDEWAYS = (("left", "right"), ("east", "west"), ("b", "d"), ("p", "q"), ("clockwise", "anticlockwise"),
            ("clockwise", "counterclockwise"), ("←", "→"))  # fmt: skip
UPWARDS = (("up", "down"), ("top", "bottom"), ("upper", "lower"), ("north", "south"), ("b", "p"), ("d", "q"),
           ("clockwise", "anticlockwise"), ("clockwise", "counterclockwise"), ("↑", "↓"))  # fmt: skip
TURNED = (("6", "9"), ("six", "nine"), ("b", "q"), ("d", "p"), ("n", "u"), ("m", "w"), ("left", "right"),
          ("up", "down"), ("left", "up"), ("←", "→"), ("↑", "↓"), ("←", "↑"))  # fmt: skip


@dataclass(frozen=True)
class Move:
    """One of the changes that can make another class of a picture.

    Args:
        setting: The name of the amount that switches it on.
        from_amount: It is dangerous above or at this amount.
        words: What it is called, after "pictures".
        swapped: Pairs of words that it makes of each other.
    """

    setting: str
    from_amount: float
    words: str
    swapped: tuple[tuple[str, str], ...]

    def of(self, pictures: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return the moved (N, H, W) pictures."""
        if self.setting == "rotation":
            return np.rot90(pictures, axes=(1, 2))
        return pictures[:, :, ::-1] if self.setting == "flip_horizontal" else pictures[:, ::-1]


MOVES = (
    Move("flip_horizontal", 1e-9, "mirrored left to right", SIDEWAYS),
    Move("flip_vertical", 1e-9, "mirrored top to bottom", UPWARDS),
    Move("rotation", QUARTER_TURN, "turned by 90 degrees or more", TURNED),
)


class FlipCheck:
    """Whether a flip or turn may make another class of a picture; measured once, and only when it is asked.

    Two signs are looked for. By name: the classes are digits or letters, or some differ only in words
    that the change swaps, such as left and right. By measure: a quick linear classifier, fitted on
    some training pictures, names other training pictures clearly worse when they are flipped.

    Args:
        class_names: C names, in the order of the labels.
        pixels: (N, H, W, C) uint8 of every picture.
        labels: (N,) int64 of every picture.
        rows: Which of them are training pictures that can be read; no other is looked at.
        seed: Decides which pictures are learnt from and which are scored.
    """

    def __init__(self, class_names: Sequence[str], pixels: Pixels, *, labels: Rows, rows: Rows, seed: int) -> None:
        self._class_names, self._pixels, self._labels, self._rows = class_names, pixels, labels, rows
        self._seed = seed

    def findings(self, amounts: Mapping[str, float]) -> tuple[Finding, ...]:
        """Return a warning for each flip or turn in use after which a picture may be of another class.

        Args:
            amounts: Of the augmentation, with the setting of every one of `MOVES`.
        """
        used = [move for move in MOVES if amounts[move.setting] >= move.from_amount]
        return tuple(
            _finding(move, amounts[move.setting], self._evidence[move.setting])
            for move in used
            if self.misleads(move.setting)
        )

    def misleads(self, setting: str) -> bool:
        """Return whether the change that a setting switches on may make another class of a picture."""
        return bool(self._evidence[setting])

    @cached_property
    def _evidence(self) -> dict[str, tuple[str, ...]]:
        drops = measured_drops(self._pixels, self._labels, self._rows, seed=self._seed)
        return {move.setting: (*named_pairs(self._class_names, move), *drops.get(move.setting, ())) for move in MOVES}


def _finding(move: Move, amount: float, evidence: tuple[str, ...]) -> Finding:
    calm = "0" if move.from_amount < 1 else "15"
    return Finding(
        CODE,
        Severity.WARNING,
        f"pictures {move.words} ({move.setting} = {amount:g}) may belong to another class",
        f"set {move.setting}={calm}, unless `sightline augment` shows pictures that you would still give their label",
        evidence,
    )


def named_pairs(class_names: Sequence[str], move: Move) -> tuple[str, ...]:
    """Return what the names of the classes say against a flip or turn."""
    if len(class_names) > 1 and all(_is_symbol(_words(name)) for name in class_names):
        return ("the classes are named like digits or letters",)
    name_of = {_words(name): name for name in class_names}
    pairs = {
        tuple(sorted((name, name_of[swapped]))) for words, name in name_of.items()
        for swapped in _swapped(words, move.swapped) if swapped in name_of
    }  # fmt: skip
    return tuple(f"{one!r} may become {other!r}" for one, other in sorted(pairs))


def _words(name: str) -> tuple[str, ...]:
    """Split a name into its words: ``"turnLeft_2"`` into turn, left and 2."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W\d_]+|\d+|[←→↑↓]", apart.casefold()))


def _is_symbol(words: tuple[str, ...]) -> bool:
    """Say whether a name is one digit, letter or number word, apart from words such as "digit"."""
    essence = [word for word in words if word not in KIND_WORDS]
    return len(essence) == 1 and (len(essence[0]) == 1 or essence[0] in NUMBER_WORDS)


def _swapped(words: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names that one becomes when a pair changes places; a mere number in "kind 6" is no picture of a 6."""
    for one, other in pairs:
        table = {one: other, other: one}
        if table.keys() & set(words) and (_is_symbol(words) or not _is_symbol((one,))):
            yield tuple(table.get(word, word) for word in words)


def measured_drops(pixels: Pixels, labels: Rows, rows: Rows, *, seed: int) -> dict[str, tuple[str, ...]]:
    """Return, by setting, the words on each clear drop of a linear classifier's accuracy.

    The same held-out pictures are scored as they are and moved; the drop is clear when the lower end
    of its 95 % interval is above 10 points.

    Reference:
        Agresti, "Categorical data analysis", 3rd ed. (2013), section 11.1.1: the interval of a
        difference between two shares of the same sample.
    """
    chosen = np.random.default_rng(derived_seed(seed, "flips")).permutation(rows)[: 2 * MOST_ROWS]
    if len(chosen) < LEAST_ROWS:
        return {}
    pictures, truth = small_grey(pixels, chosen), labels[chosen]
    half = len(chosen) // 2
    weights = ridge(_features(pictures[:half]), truth[:half], classes=int(truth.max()) + 1)
    held_out, expected = pictures[half:], truth[half:]
    right = (_features(held_out) @ weights).argmax(axis=1) == expected
    drops: dict[str, tuple[str, ...]] = {}
    for move in MOVES:
        right_moved = (_features(move.of(held_out)) @ weights).argmax(axis=1) == expected
        paired = right.astype(np.float64) - right_moved
        if paired.mean() - NORMAL_95 * paired.std() / np.sqrt(len(paired)) > CLEAR_DROP:
            moved = move.words.removesuffix(" or more")
            shares = f"{percent(right.mean())} as they are, {percent(right_moved.mean())} {moved}"
            drops[move.setting] = (f"right on {len(right):,} held-out training pictures, by a linear fit: {shares}",)
    return drops


def small_grey(pixels: Pixels, rows: Rows) -> Floats:
    """Return some pictures as squares of at most 12x12 means over all channels, (n, side, side)."""
    height, width = pixels.shape[1:3]
    # Four samples across each mean are enough; the full pictures are never copied.
    steps = [max(1, side // (4 * SIDE)) for side in (height, width)]
    grey: Floats = pixels[rows, :: steps[0], :: steps[1]].mean(axis=3)
    side = min(SIDE, *grey.shape[1:])
    for axis in (1, 2):
        edges = np.linspace(0, grey.shape[axis], side + 1).astype(np.int64)
        sums = np.add.reduceat(grey, edges[:-1], axis=axis)
        grey = np.asarray(sums / np.diff(edges).reshape((-1, 1) if axis == 1 else (-1,)), dtype=np.float64)
    return grey


def _features(pictures: npt.NDArray[np.generic]) -> Floats:
    """Return each picture centred and scaled by itself, with a one for the bias, (n, side * side + 1)."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    centred = flat - flat.mean(axis=1, keepdims=True)
    scaled = centred / np.maximum(centred.std(axis=1, keepdims=True), 1)
    return np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1)


def ridge(features: Floats, labels: Rows, *, classes: int) -> Floats:
    """Return the weights (D, K) of a linear regression on one-hot targets with an L2 penalty.

    Reference:
        Hastie, Tibshirani and Friedman, "The elements of statistical learning", 2nd ed. (2009),
        sections 3.4.1 and 4.2.
    """
    targets = np.eye(classes)[labels]
    penalty = PENALTY * len(features) * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(features.T @ features + penalty, features.T @ targets), dtype=np.float64)
