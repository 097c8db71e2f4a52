"""Every script of the folder can be imported, and by `make benchmarks` runs in its tiny setting and changes no page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
MODULES = sorted(map(str, [*(FOLDER / "bench").glob("*.py"), FOLDER / "walk.py"]))


def pages():
    return {path: path.read_bytes() for path in (ROOT / "docs").rglob("*") if path.is_file()}


def run(*words):
    """Run Python without real data sets, and return what it wrote and its status."""
    variables = {name: value for name, value in os.environ.items() if name not in ("SIGHTLINE_DATA", "KERAS_PYTHON")}
    return subprocess.run(  # noqa: S603
        [sys.executable, *words], check=False, capture_output=True, text=True, env=variables, cwd=FOLDER
    )


def test_every_script_finds_what_it_imports():
    ended = run("-c", "import runpy, sys; [runpy.run_path(name) for name in sys.argv[1:]]", *SCRIPTS)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif("SIGHTLINE_BENCHMARKS" not in os.environ, reason="minutes of its own: make benchmarks")
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_ends_well_in_its_tiny_setting_and_changes_no_page(script):
    before = pages()
    ended = run(str(FOLDER / script), "--tiny")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()
    assert pages() == before


def test_the_examples_of_what_the_scripts_share_are_true():
    ended = run("-m", "doctest", *MODULES)
    assert ended.returncode == 0, ended.stdout


def tables_in_docs():
    """Return every part of a page that a script writes, by the page's name and its own, if it holds figures."""
    marked = re.compile(r"<!-- (?P<name>[a-z ]+) -->\n(?P<text>.*?)\n<!-- end of (?P=name) -->", re.DOTALL)
    found = {
        (path.name, part["name"]): part["text"]
        for path in (ROOT / "docs").rglob("*.md")
        for part in marked.finditer(path.read_text())
    }
    return {key: text for key, text in found.items() if key not in WORKED_OUT}


WORKED_OUT = {
    ("models.md", "networks"),
    ("models.md", "small"),
    ("models.md", "large"),
    ("performance.md", "gpu"),
    ("preflight.md", "thresholds"),
}
"""Parts that name no measured figure."""


@pytest.mark.parametrize("part", tables_in_docs().values(), ids=map(" ".join, tables_in_docs()))
def test_a_table_names_its_script_date_commit_and_machine(part):
    script, *_ = re.findall(r"^`benchmarks/(\w+\.py)", part)
    assert (FOLDER / script).exists()
    assert re.search(r", \d{4}-\d\d-\d\d,\s+commit [0-9a-f]{7}.*\d+\s+cores", part, re.DOTALL)
