"""Numbers that every process of the service can read."""

import mmap


class Figures:
    """So many numbers, of which every process has its own; all see the sums.

    They lie in memory that a fork shares, and nothing else does. A process writes its own numbers alone, so nothing
    is locked; those of a process that died stay, and the next one in its place counts on.

    Args:
        count: How many numbers.
        processes: How many processes write.
    """

    def __init__(self, count: int, processes: int = 1) -> None:
        self._numbers = memoryview(mmap.mmap(-1, 8 * count * processes)).cast("d")
        self._count, self._first = count, 0

    def write_as(self, process: int) -> None:
        """Write the numbers of a process from now on."""
        self._first = process * self._count

    def add(self, place: int, amount: float = 1) -> None:
        """Add to a number."""
        self._numbers[self._first + place] += amount

    def total(self, place: int) -> float:
        """Return a number's sum over all processes."""
        return sum(self._numbers[place :: self._count])

    def of(self, process: int, place: int) -> float:
        """Return a number of one process."""
        return self._numbers[process * self._count + place]

    def forget(self, process: int) -> None:
        """Set all numbers of a process to nought, for it is no more."""
        for place in range(self._count):
            self._numbers[process * self._count + place] = 0


class Gauge:
    """One number that rises and falls; the whole service's, though every process counts its own part.

    Args:
        figures: Where it is kept; in this process alone if not given.
        place: Which of them.
    """

    def __init__(self, figures: Figures | None = None, place: int = 0) -> None:
        self._figures, self._place = figures or Figures(1), place

    def add(self, amount: int) -> None:
        """Let it rise, or fall."""
        self._figures.add(self._place, amount)

    @property
    def total(self) -> int:
        """The sum over all processes."""
        return int(self._figures.total(self._place))

    def of(self, process: int) -> int:
        """Return the part of one process."""
        return int(self._figures.of(process, self._place))
