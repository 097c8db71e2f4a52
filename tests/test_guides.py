"""The chapters of docs/guides run, say what they promise, and stop where a number is not the promised one."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

GUIDES = Path(__file__).parent.parent / "docs" / "guides"
CHAPTERS = sorted(GUIDES.glob("[0-9]*.py"))

SHOWN = {
    "01_convolution_by_hand": ("all four places ... 19 25 37 43", "0 3 8 4 9 19 25 10 21 37 43 16 6 7 8 0"),
    "02_sizes": ("stride 1: (7 - 3)/1 + 1 ... 5", "stride 2: (7 - 3)/2 + 1 ... 3", "= 2.33 is no whole number"),
    "03_parameters": ("... 608", "... 3,216", "... 544", "... 3,072", "... 120,000", "... 150,528", "... 61,706"),
    "04_scores_and_losses": ("... -96.8", "... 437.9", "... 60.75", "... 2.9", "... 12.9", "-ln 0.13 ... 2.04"),
    "05_gradients_through_a_graph": (
        "df/dz ... -4 -4 3",
        "... -0.20 0.39 -0.39 -0.59 0.20",
        "routes: all to the larger",
    ),
    "06_optimizers_and_schedules": (
        "sgd leaves after so many steps ... 349",
        "momentum leaves after so many steps ... 72",
    ),
    "07_first_weights": ("the largest hidden weight after 60 steps ... 0", "still ln 10 ... 2.3"),
    "08_dropout_and_batch_normalisation": ("... 0.00 1.25", "running mean: 0.9 * 0 + 0.1 * 2.5 ... 0.25"),
    "09_two_colours_and_a_line": ("the sea's ... 32 96 160", "a line: error on test pictures ... 0.159"),
}
"""What each chapter shows, blanks and rows of dots aside."""

CHANGED = {
    "01_convolution_by_hand": ("[[19, 25], [37, 43]]", "[[19, 25], [37, 44]]"),
    "02_sizes": ("kernel=3, stride=2), 3)", "kernel=3, stride=2), 4)"),
    "03_parameters": ("nn.Conv2d(3, 8, 5)), 608)", "nn.Conv2d(3, 8, 5)), 600)"),
    "04_scores_and_losses": ("60.75, decimals=2", "60.76, decimals=2"),
    "05_gradients_through_a_graph": ("df_dq = z.item() * df_df", "df_dq = q.item() * df_df"),
    "06_optimizers_and_schedules": ('"sgd": 349', '"sgd": 350'),
    "07_first_weights": ('initialisation="zeros")\nloss', 'initialisation="small")\nloss'),
    "08_dropout_and_batch_normalisation": ("neurons / (1 - 0.5)", "neurons"),
    "09_two_colours_and_a_line": ("[32, 96, 160]", "[32, 96, 224]"),
}
"""A slip in each chapter that it must notice."""


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a file as `python file` would, and returns what it says, blanks as one space."""
    monkeypatch.syspath_prepend(GUIDES)

    def run_path(path):
        monkeypatch.setattr(sys, "argv", [str(path)])  # a chapter takes words of its own
        with torch.random.fork_rng():
            runpy.run_path(str(path), run_name="__main__")
        return re.sub(r"\.{3,}", "...", " ".join(capsys.readouterr().out.split()))

    return run_path


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_to_its_end_and_shows_the_promised_numbers(chapter, run):
    shown = run(chapter)
    assert [words for words in SHOWN[chapter.stem] if words not in shown] == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_stops_at_a_number_that_is_not_the_promised_one(chapter, run, tmp_path):
    right, wrong = CHANGED[chapter.stem]
    text = chapter.read_text(encoding="utf-8")
    assert right in text
    changed = tmp_path / chapter.name
    changed.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Exception, match="the chapter promises something else"):
        run(changed)


def test_a_slip_ends_a_chapter_with_a_status_wherever_it_is_run_from(tmp_path):
    for name in ("chapter.py", "02_sizes.py"):
        text = (GUIDES / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(*CHANGED["02_sizes"]), encoding="utf-8")
    command = [sys.executable, "-W", "error", tmp_path / "02_sizes.py"]
    ended = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert ended.returncode == 1
    assert "stride 1: (7 - 3)/1 + 1" in ended.stdout
    assert "the chapter promises something else" in ended.stderr


def test_the_readme_has_a_line_for_every_file_and_a_file_for_every_line():
    linked = re.findall(r"\]\((\w+\.py)\)", (GUIDES / "README.md").read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(path.name for path in GUIDES.glob("*.py"))


def test_every_chapter_gives_its_source_and_how_it_is_run():
    for chapter in CHAPTERS:
        words = chapter.read_text(encoding="utf-8").split('"""')[1]
        assert f"python docs/guides/{chapter.name}" in words
        assert "Reference:" in words
