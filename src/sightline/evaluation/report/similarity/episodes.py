"""Episodes within a group and across groups, in two tables that are never mixed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment
from sightline.evaluation.similarity.episodes import EpisodeScore, Task

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, eq=False)
class Episodes:
    """How often a picture is named rightly among so many classes of which so many pictures are known.

    Args:
        within: Of classes of one group, such as an alphabet; none where there are no groups.
        across: Of classes of all groups together.
    """

    key: ClassVar[str] = "episodes"
    title: ClassVar[str] = "From one picture, and from a few"

    within: tuple[EpisodeScore, ...]
    across: tuple[EpisodeScore, ...]

    def as_json(self) -> dict[str, Any]:
        """Return both tables."""
        tables = {"within": self.within, "across": self.across}
        return {"episodes": {name: [each.as_json() for each in table] for name, table in tables.items()}}

    def html(self) -> "Markup":
        """Return both tables with what they mean."""
        return fragment("report/similarity/episodes.html.jinja", section=self)


def task_name(task: Task) -> str:
    """Return the field's name of a task, such as ``20-way 1-shot``."""
    return f"{task.ways}-way {task.shots}-shot"


def task_words(task: Task) -> str:
    """Return a task in words.

    Example:
        >>> task_words(Task(20, 1, within=True))
        'among 20 classes of one group from one picture of each'
    """
    shots = "one picture" if task.shots == 1 else f"{task.shots} pictures"
    return f"among {task.ways} classes{' of one group' if task.within else ''} from {shots} of each"
