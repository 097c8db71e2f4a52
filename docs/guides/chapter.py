"""What a chapter is made of: a heading, a number that is promised, a claim that must hold.

Every number in a chapter goes through `expect`: it is worked out, shown, and compared with what the text promises.
Change one and the chapter stops there.
"""

from textwrap import fill
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH = 60


class Surprise(Exception):  # noqa: N818 - that is what it is, and a chapter says so
    """Something did not come out as the chapter promises."""


def section(title: str) -> None:
    """Show a heading."""
    print(f"\n{title}\n{'-' * len(title)}")


def expect(label: str, value: Any, promised: Any, *, decimals: int = 4) -> None:
    """Show a number, or a table of numbers, and stop if it is not the promised one.

    Args:
        label: The words in front of it, in one line.
        value: A number, or numbers in an array, tensor or list.
        promised: The number or numbers that the chapter promises.
        decimals: So many digits behind the point are shown and compared.

    Raises:
        Surprise: They differ by more than half of the last digit.
    """
    shown, wanted = _numbers(value), _numbers(promised)
    print(_row(label, shown, decimals))
    if shown.shape != wanted.shape or (np.abs(shown - wanted) > 0.5 * 10.0**-decimals + 1e-9).any():
        raise Surprise(f"the chapter promises something else:\n{_row(label, wanted, decimals)}")


def expect_that(claim: str, holds: Any) -> None:
    """Show a claim, and stop if it does not hold.

    Raises:
        Surprise: It does not.
    """
    if not bool(holds):
        raise Surprise(f"this is not so: {claim}")
    print(f"  * {claim}")


def quote(words: object) -> None:
    """Show what sightline itself says."""
    for line in str(words).splitlines():
        print(fill(line, 100, initial_indent="  > ", subsequent_indent="  > "))


def _numbers(value: Any) -> npt.NDArray[np.float64]:
    detached = value.detach() if hasattr(value, "detach") else value
    return np.asarray(detached, dtype=np.float64)


def _row(label: str, numbers: npt.NDArray[np.float64], decimals: int) -> str:
    """Return a line; tables have their further rows below the first, further channels below an empty line."""
    table = numbers.reshape(-1, numbers.shape[-1] if numbers.ndim else 1)
    digits = next(
        count
        for count in range(decimals + 1)
        if count == decimals or _fits(table, count, within=0.01 * 10.0**-decimals)
    )
    cells = [[f"{number + 0.0:,.{digits}f}" for number in row] for row in table]
    width = max(len(cell) for row in cells for cell in row)
    rows = ["  ".join(f"{cell:>{width}}" for cell in row) for row in cells]
    height = numbers.shape[-2] if numbers.ndim > 1 else 1
    gaps = ["\n" if numbers.ndim > 2 and place % height == 0 else "" for place in range(len(rows))]  # between maps
    below = [f"{gap}{' ' * WIDTH}{row}" for gap, row in zip(gaps, rows, strict=True)][1:]
    return "\n".join((f"{f'  {label} ':.<{WIDTH - 1}} {rows[0]}", *below))


def _fits(table: npt.NDArray[np.float64], digits: int, *, within: float) -> bool:
    return bool(np.allclose(table, table.round(digits), rtol=0, atol=within))
