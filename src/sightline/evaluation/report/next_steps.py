"""What to do next, as commands to be copied."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class NextStep:
    """One thing to do next.

    Args:
        words: What it is good for, without a full stop.
        command: A command line that runs as it stands, quoted for a POSIX shell.
    """

    words: str
    command: str


@dataclass(frozen=True)
class NextSteps:
    """Commands made from a run, the most useful first."""

    key: ClassVar[str] = "next"
    title: ClassVar[str] = "What next"

    steps: tuple[NextStep, ...]

    def as_json(self) -> dict[str, Any]:
        """Return words and commands."""
        return {"next_steps": [asdict(step) for step in self.steps]}

    def html(self) -> "Markup":
        """Return each command below its words."""
        return fragment("report/next_steps.html.jinja", section=self)
