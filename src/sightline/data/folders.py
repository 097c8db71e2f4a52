"""Class folders, with or without parts above them."""

from collections.abc import Iterator

from sightline.core.errors import NoClassesError
from sightline.core.findings import Finding, Severity
from sightline.data.by_class.groups import SEPARATOR
from sightline.data.catalog import PART_NAMES, Catalog, Sample, catalog_of
from sightline.data.layout import Folders, Layout
from sightline.data.listings import PICTURE_ENDINGS, Listing
from sightline.data.sources import Source
from sightline.data.unread import UnreadPictures, looks_like_a_picture

NESTED_LEVELS = 2
"""Of folders on the way to a picture: the group's and the class's."""
EXPECTED = "expected class folders (DATA/cats/1.jpg), the same below train/ and test/, or a CSV file (path,label)"

EXPECTED_NESTED = (
    "expected folders of classes in two groups or more (DATA/latin/a/1.png); without --folders nested, classes"
)


def read_class_folders(listing: Listing, *, name: str, source: Source, folders: Folders = "auto") -> Catalog:
    """Make a catalog from folders named after their classes, pictures at any depth below.

    Whether the folders at the root are parts and the classes lie below them, `Layout` says.

    Args:
        folders: What folders at the root that are called like parts are. Where they are nested, each folder is a group
            of classes, and a class is called by both names: ``Latin/character01``.

    Raises:
        NoClassesError: There is no class folder at all, or no part where there shall be some.
    """
    layout = Layout(listing, folders)
    if folders == "parts" and not layout.parts:
        raise NoClassesError(
            f"{name} holds no folder that is called like a part", hint=f"one is called {', '.join(PART_NAMES)}"
        )
    depth = 1 if layout.parts else 0
    place = slice(depth, depth + (NESTED_LEVELS if folders == "nested" else 1))  # of a class's names in a path
    ways = [folder.split("/") for folder in listing.folders]
    named = [way for way in ways if len(way) == place.stop and (not depth or way[0] in layout.parts)]
    classes = {SEPARATOR.join(way[place]) for way in named}
    if not classes:
        raise NoClassesError(
            f"{name} holds no class folder; {EXPECTED_NESTED if folders == 'nested' else EXPECTED}",
            hint="put each class's pictures in a folder of its own",
        )
    samples, loose, foreign = [], [], []
    for file in listing.files:
        parts = file.split("/")
        if len(parts) < place.stop + 1 or (depth and parts[0] not in layout.parts):
            loose.append(file)
        elif not file.lower().endswith(PICTURE_ENDINGS):
            foreign.append(file)
        else:
            part = PART_NAMES[parts[0].casefold()] if depth else ""
            samples.append(Sample(path=file, label=SEPARATOR.join(parts[place]), part=part))
    findings = (*listing.findings, *layout.findings(), *_left_out(loose, foreign), *_stepped_into(listing.prefix))
    return catalog_of(samples, name=name, source=source, classes=sorted(classes), findings=findings)


def _left_out(loose: list[str], foreign: list[str]) -> Iterator[Finding]:
    if loose:
        yield Finding(
            "outside-classes",
            Severity.WARNING,
            f"files in no class folder, left out: {len(loose)}",
            "move each into the folder of its class, or delete it",
            tuple(loose),
        )
    unread = UnreadPictures()
    lookalikes = tuple(filter(looks_like_a_picture, foreign))
    for file in lookalikes:
        unread.add(file)
    if lookalikes:
        yield Finding("unread-picture", Severity.WARNING, unread.symptom, unread.advice, lookalikes)
    if others := tuple(file for file in foreign if not looks_like_a_picture(file)):
        yield Finding(
            "no-picture-name",
            Severity.NOTE,
            f"files without a picture's ending, left out: {len(others)}",
            f"pictures end in {', '.join(sorted(PICTURE_ENDINGS))}",
            others,
        )


def _stepped_into(prefix: str) -> Iterator[Finding]:
    if prefix:
        yield Finding(
            "stepped-into",
            Severity.NOTE,
            f"everything lies below {prefix}, so the classes were read there",
            f"if {prefix.split('/', maxsplit=1)[0]} is itself a class, put a second class beside it",
        )
