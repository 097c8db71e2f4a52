"""What strangers read of the project says the same everywhere."""

import subprocess
import tomllib
from pathlib import Path

import pytest

import sightline

ROOT = Path(__file__).parents[1]


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == sightline.__version__
    assert f"\nversion: {sightline.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_every_extra_but_that_of_developers_is_in_the_table_of_sizes_or_named():
    readme = (ROOT / "README.md").read_text()
    for extra in ("train", "serve", "parquet"):
        assert f"| `{extra}` |" in readme


@pytest.mark.parametrize("word", ["tr", "tech", "ins"])
def test_completion_knows_the_verbs(word, monkeypatch, command):
    monkeypatch.setenv("_SIGHTLINE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"sightline {word}")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert command().out.startswith(f"plain,{word}")


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_an_environment_is_no_part_of_the_repository_even_where_it_is_a_link(kind, tmp_path):
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    (tmp_path / "elsewhere").mkdir()
    if kind == "link":
        (tmp_path / ".venv").symlink_to(tmp_path / "elsewhere")
    else:
        (tmp_path / ".venv").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607
    subprocess.run(["git", "check-ignore", "-q", ".venv"], cwd=tmp_path, check=True)  # noqa: S607
