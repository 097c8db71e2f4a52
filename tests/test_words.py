"""One word, one thing: glossary, public names and architecture page agree, and a local says what it holds."""

import ast
import re
from itertools import takewhile
from pathlib import Path

import pytest

import sightline

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sightline"
FILES = sorted(SOURCE.rglob("*.py"))
NAMELESS = {"told", "said"}
"""Participles that any value could bear."""


def nameless(source):
    """Return the parameters, locals and attributes of a file that are called by a participle."""
    bound = {
        node.id if isinstance(node, ast.Name) else node.arg
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }
    return sorted(bound & NAMELESS)


def first_cells(page, head):
    """Return the first column of the table with this head."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {head} |")) + 2
    return [row.split("|")[1] for row in takewhile(lambda line: line.startswith("|"), lines[start:])]


def words_of(cell):
    """Return the terms of a cell in lower case, ``EpochRecord`` as "epoch record"; brackets only explain."""
    terms = re.sub(r"\(.*?\)|`", "", cell).split(",")
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", " ", term).strip().lower() for term in terms}


def glossary():
    return set().union(*map(words_of, first_cells("glossary.md", "word")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_parameter_or_local_is_called_by_a_participle(file):
    assert nameless(file.read_text(encoding="utf-8")) == []


def test_a_participle_is_found_as_a_parameter_a_local_and_in_a_loop():
    assert nameless("def write(told): pass") == ["told"]
    assert nameless("said = [told for told in ()]") == ["said", "told"]
    assert nameless("message = told.said") == []


def test_every_public_class_is_in_the_glossary():
    classes = {name for name in sightline.__all__ if name[0].isupper()}
    assert set().union(*map(words_of, classes)) - glossary() == set()


def test_every_noun_of_the_architecture_page_is_in_the_glossary():
    nouns = set().union(*map(words_of, first_cells("architecture.md", "noun")))
    assert nouns - glossary() == set()


def test_every_name_that_the_glossary_writes_as_code_is_in_the_source():
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    names = re.findall(r"`(\w+)`", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", source)] == []


def test_the_glossary_is_in_order_and_no_word_stands_in_it_twice():
    cells = first_cells("glossary.md", "word")
    words = [word for cell in cells for word in words_of(cell)]
    assert sorted(words) == sorted(set(words))
    firsts = [cell.split(",")[0].strip().lower() for cell in cells]
    assert firsts == sorted(firsts)
