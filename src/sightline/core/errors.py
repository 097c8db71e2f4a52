"""The errors a user can meet.

The tree::

    SightlineError           every problem that the user can solve
    ├── DataError            a folder, table, archive or set of labels is not what is needed
    │   ├── NoClassesError   a folder holds no class folder
    │   └── PictureError     one picture can't be read
    ├── SettingsError        a setting has an impossible value, or a name that does not exist
    ├── RunError             a run or another result can't be written, continued or replaced
    │   ├── BusyError        another process works on it at this moment
    │   └── TrainingError    a training can't come to its end: it diverged, or memory does not hold it
    ├── BundleError          a model file or a file of weights is damaged, foreign or too new
    └── MissingExtraError    a verb needs a package that is not installed

The command line prints such an error in two lines and ends with status 2, and so it does with what
the system refuses (``OSError``): a name that is too long, a folder that is gone. Anything else that is
raised is a bug of ours and keeps its traceback.
"""


class SightlineError(Exception):
    """A problem that the user can solve.

    Args:
        problem: What happened, with the value and the file, and what was expected.
        hint: What to do about it.
    """

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(f"{problem}\n{hint}")
        self.problem = problem
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the hint when the error crosses a process border, as in a parallel grid search."""
        return _rebuild, (type(self), self.problem, self.hint)


def _rebuild(kind: type[SightlineError], problem: str, hint: str) -> SightlineError:
    return kind(problem, hint=hint)


class DataError(SightlineError):
    """A folder, table, archive or set of labels is not what is needed."""


class NoClassesError(DataError):
    """A folder holds no class folder."""


class PictureError(DataError):
    """One picture can't be read."""


class SettingsError(SightlineError):
    """A setting has an impossible value, or a name that does not exist."""


class RunError(SightlineError):
    """A run or another result can't be written, continued or replaced."""


class BusyError(RunError):
    """Another process works on a run, or on another result, at this moment."""


class TrainingError(RunError):
    """A training can't come to its end with these settings: it diverged, or memory does not hold it."""


class BundleError(SightlineError):
    """A model file or a file of weights is damaged, foreign or too new, or would not answer as its network does."""


class MissingExtraError(SightlineError):
    """A verb needs a package that is not installed."""
