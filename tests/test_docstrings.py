"""Every line under ``Args`` or ``Attributes`` says what the name leaves open: a shape, a range, a unit."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sightline"
FILES = sorted(SOURCE.rglob("*.py"))
FEWEST_WORDS = 4


def described(docstring):
    """Return the lines under ``Args`` and ``Attributes``, each with what it goes on with."""
    lines, inside, margin = [], False, 0
    for line in docstring.splitlines():
        indent = len(line) - len(line.lstrip())
        if re.fullmatch(r"\s*(Args|Attributes):", line):
            inside, margin = True, indent
        elif inside and line.strip() and indent <= margin:
            inside = False
        elif inside and indent == margin + 4:
            lines.append(line.strip())
        elif inside and line.strip():
            lines[-1] += f" {line.strip()}"
    return lines


def hollow(source):
    """Return the described arguments of a file that are left with three words or fewer, and no shape or range."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    lines = [line for docstring in docstrings for line in described(docstring)]
    return [line for line in lines if is_hollow(line.partition(":")[2])]


def is_hollow(description):
    """Return whether a description has neither four words nor a shape or a number."""
    return len(description.split()) < FEWEST_WORDS and not re.search(r"[\d(]", description)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_described_argument_is_left_with_three_words_or_fewer(file):
    assert hollow(file.read_text(encoding="utf-8")) == []


def test_a_line_that_only_repeats_its_name_is_found_and_one_that_goes_on_is_not():
    source = '''
def learn(recipe, rows):
    """Learn.

    Args:
        recipe: How.
        rows: Of the training part,
            (N,) int64.

    Returns:
        It.
    """
'''
    assert hollow(source) == ["recipe: How."]
