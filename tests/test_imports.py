"""The files of the package import each other without cycles, and no folder holds too many of them."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
MOST_FILES = 20
A_FILE_A_VERB = {"sightline/app/verbs", "sightline/app/api"}
"""These folders are as long as the table of verbs."""


def module_of(path, source):
    """Return a file's module, ``a.b`` for ``a/b.py`` and for ``a/b/__init__.py``."""
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree, package):
    """Yield every name that a file imports, wherever the import stands: ``a.b.c``, and with it what ``a.b`` may be.

    Args:
        tree: The file's syntax tree.
        package: The module that a relative import starts from.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def home_of(name, modules):
    """Return the longest part of a dotted name that is a module, or None."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def imports_of(source):
    """Return, for each module below a folder, the other modules that it imports."""
    paths = {module_of(path, source): path for path in source.rglob("*.py")}
    edges = {}
    for module, path in paths.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        homes = {home_of(name, paths) for name in imported(ast.parse(path.read_text()), package)}
        edges[module] = homes - {module, None}
    return edges


def knots(edges):
    """Return the sets of modules that reach each other by imports: where there are none, there is no cycle."""
    reached = {module: reachable(edges, module) for module in edges}
    return {frozenset(other for other in reached[module] if module in reached[other]) for module in edges} - {
        frozenset()
    }


def reachable(edges, module):
    """Return the modules that one imports, directly or by way of others; itself too, if it lies on a cycle."""
    found, ahead = set(), [module]
    while ahead:
        new = edges[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def crowded(source, most):
    """Return the folders below one that hold more Python files than that, with their number."""
    folders = [folder for folder in [source, *source.rglob("*")] if folder.is_dir()]
    counts = {folder.relative_to(source).as_posix(): len(list(folder.glob("*.py"))) for folder in folders}
    return {folder: count for folder, count in counts.items() if count > most}


def test_no_file_imports_itself_by_way_of_others():
    assert knots(imports_of(SOURCE)) == set()


def test_no_folder_holds_too_many_files():
    crowds = crowded(SOURCE, MOST_FILES)
    assert {folder: count for folder, count in crowds.items() if folder not in A_FILE_A_VERB} == {}


BACK = {
    "at the top": "from house.a import one",
    "relative": "from .a import one",
    "of a package": "from . import a",
    "in a function": "def two():\n    import house.a",
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import a",
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
def test_a_cycle_is_seen_wherever_its_import_stands(tmp_path, back):
    (tmp_path / "house").mkdir()
    for name, text in {"__init__": "", "a": "from house.b import two\none = 1", "b": back}.items():
        (tmp_path / "house" / f"{name}.py").write_text(text)
    assert knots(imports_of(tmp_path)) == {frozenset({"house.a", "house.b"})}


def test_imports_that_only_point_down_have_no_knot(tmp_path):
    (tmp_path / "house").mkdir()
    for name, text in {"__init__": "", "a": "from house import b, c", "b": "from house.c import x", "c": ""}.items():
        (tmp_path / "house" / f"{name}.py").write_text(text)
    assert knots(imports_of(tmp_path)) == set()


def test_a_full_folder_is_seen(tmp_path):
    (tmp_path / "house").mkdir()
    for number in range(3):
        (tmp_path / "house" / f"{number}.py").touch()
    assert crowded(tmp_path, 2) == {"house": 3}
