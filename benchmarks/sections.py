"""The tables in docs/performance.md: each benchmark writes its own section and leaves the others alone."""

import os
import platform
import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def write_section(title: str, text: str) -> None:
    """Put a section into the page, in the place of the one with its title or behind all others, and print it."""
    section = f"## {title}\n\n{text.strip()}\n"
    page = PAGE.read_text()
    before = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    old = before.search(page)
    page = before.sub(lambda _: section + "\n", page) if old else f"{page.rstrip()}\n\n{section}"
    PAGE.write_text(page.rstrip() + "\n")
    print(section)


def machine() -> str:
    """Return what the figures were measured on, in words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    load = "/".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor()}, load averages {load} at the end"
