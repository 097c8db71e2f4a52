"""The settings of a network that tells same from different: its embedding, and who is in a step."""

from dataclasses import dataclass

from sightline.core.sections import Section, name, number, whole


@dataclass(frozen=True)
class SimilaritySettings(Section):
    """How many numbers a picture becomes, and the batches in which pictures are compared."""

    embedding: int = whole("numbers that a picture becomes", 128, least=2, most=4096)
    classes_a_step: int = whole("classes that are compared in a step", 20, least=2)
    pictures_a_class: int = whole("pictures of each of them", 4, least=2)
    within_groups: float = number(
        "share of the steps whose classes are all of one group, such as an alphabet, where there are groups", 0.5,
        least=0, most=1,
    )  # fmt: skip
    turned_classes: str = name(
        "yes lets a class that is turned by right angles be a class of its own, for characters", ("no", "yes"), "no"
    )
