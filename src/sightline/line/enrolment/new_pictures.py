"""The pictures that a class is enrolled by: read, compared with those that are known, and embedded."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from PIL import Image

from sightline.core.errors import DataError, PictureError
from sightline.core.text import listed
from sightline.data.unread import UnreadPictures
from sightline.imaging.jpeg_thumbnail import thumbnail_of
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.inference.picture_digests import PictureDigests
from sightline.inference.pictures import FILES, Picture, name_of, reading_of
from sightline.inference.support.distances import are_unit, unit
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import SupportSet
from sightline.line.pictures import picture_paths

MOST_AT_ONCE = 1_000
"""Their pixels are in memory together: 150 MB of 224x224."""
ALIKE = 1 - 1e-5
"""The cosine above which two embeddings are the same."""
NOTHING_DONE = "nothing was enrolled"


class Named(NamedTuple):
    """A picture that has a name of its own.

    Args:
        name: What it is called in messages and in the model file.
        picture: Of any kind that `Classifier.predict` takes.
    """

    name: str
    picture: Picture


@dataclass(frozen=True, eq=False)
class NewPicture:
    """A picture that a class is to be known by.

    Args:
        name: What it is called in messages.
        digest: The SHA-256 sum of its file, or of its pixels where it has none.
        pixels: (H, W, C) uint8, as the model reads it.
        copy: A small JPEG, or ``b""``.
    """

    name: str
    digest: bytes
    pixels: Pixels
    copy: bytes


def read_new(
    pictures: Iterable[Picture | Named], classifier: Classifier, *, keep_pictures: bool, unread: UnreadPictures
) -> tuple[NewPicture, ...]:
    """Read the pictures that a class is to be known by; folders stand for the pictures below them.

    Args:
        pictures: Each as for `Classifier.predict`, or with a name of its own.
        keep_pictures: Whether small copies of them are kept.
        unread: Counts the files in folders that look like pictures and are not read.

    Raises:
        DataError: There is none, there are too many, two are the same, or one can't be read: all of these are named.
    """
    read, problems = list[NewPicture](), list[str]()
    for number, picture in enumerate(_without_folders(pictures, unread), 1):
        if number > MOST_AT_ONCE:
            raise DataError(
                f"more than {MOST_AT_ONCE:,} pictures of one class; {NOTHING_DONE}",
                hint="some five of a class are enough; of thousands, train a model",
            )
        try:
            read.append(_read(_named(picture, number), classifier, keep_pictures=keep_pictures))
        except PictureError as error:
            problems.append(error.problem)
    if problems:
        raise DataError(f"{listed(problems)}; {NOTHING_DONE}", hint="mend these pictures, or leave them out")
    if not read:
        raise DataError("there is no picture to know the class by", hint="name one picture of it or more")
    _require_different(read)
    return tuple(read)


def require_unknown(pictures: Sequence[NewPicture], classifier: Classifier, roster: Roster) -> None:
    """Raise if one of the pictures is enrolled already, or is one that the model has learnt otherwise.

    Raises:
        DataError: It is.
    """
    for picture in pictures:
        place = roster.support.place_of(picture.digest)
        if place is not None:
            label = roster.classes[roster.support.labels[place]]
            raise DataError(
                f"{picture.name} is enrolled already, as {label!r}; {NOTHING_DONE}",
                hint="leave it out, or forget that class first",
            )
    digests = PictureDigests.of_bundle(classifier.bundle)
    if digests is None or len(roster.classes) == len(classifier.classes):  # nothing else was learnt
        return
    parts = digests.part_of([picture.digest.hex() for picture in pictures])
    for picture, part in zip(pictures, parts, strict=True):
        if part:
            raise DataError(
                f"{picture.name} is a picture of the model's {part} part, which it knows by another class; "
                f"{NOTHING_DONE}",
                hint="give pictures of a class that is new to it",
            )


def support_of(pictures: Sequence[NewPicture], classifier: Classifier) -> SupportSet:
    """Return what a model makes of the pictures, as those of one class.

    Raises:
        DataError: It makes nothing of one, so that it can't be compared.
    """
    rows = unit(classifier.with_features(np.stack([picture.pixels for picture in pictures]))[1])
    for picture, row in zip(pictures, rows, strict=True):
        if not are_unit(row[None]):
            raise DataError(
                f"the model makes nothing of {picture.name} that could be compared; {NOTHING_DONE}",
                hint="look at the picture: it may be of one colour",
            )
    return SupportSet.of(
        rows,
        np.zeros(len(rows), np.int64),
        np.array([list(picture.digest) for picture in pictures], np.uint8),
        names=[PurePath(picture.name).name for picture in pictures],
        copies=[picture.copy for picture in pictures],
    )


def look_alikes(new: SupportSet, roster: Roster, name: str) -> Iterator[str]:
    """Yield in words which pictures a model can't tell from one that another class is known by.

    Args:
        new: Of the class of that name.
    """
    others = np.flatnonzero(np.array(roster.classes, object)[roster.support.labels] != name)
    for place, cosines in enumerate(new.embeddings @ roster.support.embeddings[others].T):
        if len(others) and cosines.max() > ALIKE:
            other = others[cosines.argmax()]
            label = roster.classes[roster.support.labels[other]]
            yield f"to the model, {new.names[place]} is the same as a picture that the class {label!r} is known by"


def _named(picture: Picture | Named, number: int) -> Named:
    return picture if isinstance(picture, Named) else Named(name_of(picture, otherwise=f"picture {number}"), picture)


def _without_folders(pictures: Iterable[Picture | Named], unread: UnreadPictures) -> Iterator[Picture | Named]:
    for picture in pictures:
        if isinstance(picture, str | os.PathLike):
            yield from picture_paths([picture], unread=unread)
        else:
            yield picture


def _read(named: Named, classifier: Classifier, *, keep_pictures: bool) -> NewPicture:
    name, picture = named
    content = FILES.read(os.fsdecode(picture)) if isinstance(picture, str | os.PathLike) else picture
    pixels = reading_of(content, classifier.format, name=name).pixels
    shown = np.asarray(content.convert("RGB")) if isinstance(content, Image.Image) else content
    digest = hashlib.sha256(shown if isinstance(shown, bytes) else f"{shown.shape}".encode() + shown.tobytes()).digest()
    copy = thumbnail_of(shown, name=name, deep=classifier.format.deep) if keep_pictures else b""
    return NewPicture(name, digest, pixels, copy)


def _require_different(pictures: Sequence[NewPicture]) -> None:
    firsts = dict[bytes, str]()
    for picture in pictures:
        first = firsts.setdefault(picture.digest, picture.name)
        if first is not picture.name:
            raise DataError(f"{picture.name} is the same picture as {first}; {NOTHING_DONE}", hint="give it once")
