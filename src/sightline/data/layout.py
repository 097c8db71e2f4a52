"""How a tree of folders is read: as classes, or as parts with classes below them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from sightline.core.findings import Finding, Severity
from sightline.core.text import listed
from sightline.data.catalog import PART_NAMES, TRAIN
from sightline.data.listings import PICTURE_ENDINGS, Listing

Folders = Literal["auto", "parts", "classes", "nested"]
"""What the folders at the root that are called like parts are: what the tree suggests, or what somebody says; nested
folders are groups of classes, with or without parts above them."""
FOLDERS: tuple[Folders, ...] = get_args(Folders)
CLASS_AND_FILE = 2
"""Names on the way to a picture that lies directly in its class."""
LEAST_OTHERS = 2
"""So many folders beside one that is called like a part make a class of it, where nothing else decides."""


@dataclass(frozen=True)
class Layout:
    """Which folders are parts, if any are, and which are classes.

    Args:
        listing: The files and folders of a data set.
        folders: What folders that are called like parts are.
    """

    listing: Listing
    folders: Folders = "auto"

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """The folders at the root."""
        return self.listing.top_folders()

    @cached_property
    def named_parts(self) -> tuple[str, ...]:
        """Those of them that are called like parts."""
        return tuple(top for top in self.tops if top.casefold() in PART_NAMES)

    @cached_property
    def _pictures(self) -> tuple[tuple[str, ...], ...]:
        """The names on the way to each picture."""
        return tuple(tuple(file.split("/")) for file in self.listing.files if file.lower().endswith(PICTURE_ENDINGS))

    @cached_property
    def _with_folders(self) -> frozenset[str]:
        """The folders that are called like parts and hold folders with pictures, as parts do; classes may."""
        return frozenset(names[0] for names in self._pictures if len(names) > CLASS_AND_FILE) & {*self.named_parts}

    @cached_property
    def _others(self) -> tuple[str, ...]:
        """The folders that hold pictures and are not called like parts."""
        holding = {names[0] for names in self._pictures if len(names) > 1}
        return tuple(top for top in self.tops if top in holding and top not in self.named_parts)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The folders that are read as parts; none if all at the root are classes.

        Where all folders are called like parts they are parts. Beside others, one of them must be called train, and
        folders with pictures must lie below one: where pictures lie directly inside, it is a class.
        """
        if self.folders in ("parts", "classes"):
            return self.named_parts if self.folders == "parts" else ()
        if len(self.named_parts) == len(self.tops):
            return self.named_parts
        has_train = any(PART_NAMES[top.casefold()] == TRAIN for top in self.named_parts)
        are_classes = self._others and not self._with_folders
        is_guessed = self.is_ambiguous and len(self._others) >= LEAST_OTHERS
        return self.named_parts if has_train and not are_classes and not is_guessed else ()

    @cached_property
    def is_ambiguous(self) -> bool:
        """Whether one folder that is called train, with folders in it, lies beside folders that may be classes."""
        return bool(self._others) and {PART_NAMES[top.casefold()] for top in self._with_folders} == {TRAIN}

    def findings(self) -> Iterator[Finding]:
        """Yield what a user should know of the reading."""
        if self.is_ambiguous and self.folders == "auto":
            yield self._both_readings()
        if not self.parts and (below := self._parts_below_classes()):
            yield Finding(
                "parts-below-classes",
                Severity.WARNING,
                f"folders that are called like parts lie below classes and are not read as parts: {listed(below)}",
                "put the parts above the classes (train/cats, test/cats), or name them in a table (path,label,split)",
            )

    def _both_readings(self) -> Finding:
        parts, others = listed(self.named_parts), listed(self._others)
        inside = sorted(
            {names[1] for names in self._pictures if names[0] in self.named_parts and len(names) > CLASS_AND_FILE}
        )
        as_parts = f"as a part with the classes {listed(inside)}, and {others} left out"
        as_classes = f"as a class beside {others}"
        return Finding(
            "ambiguous-parts",
            Severity.ERROR,
            f"{parts} can be read in two ways; it was read {as_parts if self.parts else as_classes}",
            f"say which: --folders parts ({as_parts}), or --folders classes ({as_classes})",
        )

    def _parts_below_classes(self) -> list[str]:
        """Return the names of two parts or more that are the only folders below every class."""
        below: dict[str, set[str]] = {top: set() for top in self.tops}
        for folder in self.listing.folders:
            names = folder.split("/")
            if len(names) == CLASS_AND_FILE:
                below[names[0]].add(names[1])
        named = {name for folders in below.values() for name in folders}
        are_parts = all(below.values()) and all(name.casefold() in PART_NAMES for name in named)
        return sorted(named) if are_parts and len({PART_NAMES[name.casefold()] for name in named}) > 1 else []
