"""Where a table comes from: command, date, commit, machine."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def origin(note=""):
    """Return the paragraph that stands above a table.

    Args:
        note: How the figures were taken, such as ``medians of 5 turns``.
    """
    words = " ".join([f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    load = "/".join(f"{number:.1f}" for number in os.getloadavg())
    return (
        f"`{words}`, {datetime.now(UTC).date()}, commit {commit()}, {machine()}, load averages {load} at the end"
        f"{'; ' + note if note else ''}."
    )


def commit():
    """Return the short hash of the code that runs, and whether files differ from it."""
    try:
        short = _git("rev-parse", "--short", "HEAD")
        return f"{short} with changes" if _git("status", "--porcelain", "--", "src", "benchmarks") else short
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    """Return the cores that this process may use, and the processor's name."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{cores()} cores of {names[0] if names else platform.processor() or platform.machine()}"


def cores():
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _git(*words):
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
