"""The classes that were enrolled, and what each is known by."""

from dataclasses import dataclass

import numpy as np

from sightline.inference.support.support_set import DIGEST_BYTES, SupportSet


@dataclass(frozen=True, eq=False)
class Roster:
    """The classes that were enrolled, in the order in which they came.

    Args:
        classes: Their names, none of them twice.
        support: Their pictures; labels are indices of `classes`.
    """

    classes: tuple[str, ...]
    support: SupportSet

    @classmethod
    def empty(cls, width: int) -> "Roster":
        """Return one without a class.

        Args:
            width: How many numbers an embedding has.
        """
        arrays = np.empty((0, width), np.float32), np.empty(0, np.int64), np.empty((0, DIGEST_BYTES), np.uint8)
        return cls((), SupportSet(*arrays, (), ()))

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures each class has."""
        return dict(zip(self.classes, self.support.counts(len(self.classes)).tolist(), strict=True))

    def with_pictures(self, name: str, pictures: SupportSet) -> "Roster":
        """Return the roster with more pictures of a class, which comes last if it is new.

        Args:
            name: What the class is called.
            pictures: Of that class alone, whatever their labels say.
        """
        classes = self.classes if name in self.classes else (*self.classes, name)
        return Roster(classes, self.support.joined(pictures.labelled(classes.index(name))))

    def without(self, name: str) -> "Roster":
        """Return the roster without a class and its pictures.

        Raises:
            ValueError: There is no such class.
        """
        label = self.classes.index(name)
        return Roster(self.classes[:label] + self.classes[label + 1 :], self.support.without(label))
