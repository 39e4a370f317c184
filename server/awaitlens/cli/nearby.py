"""Which files are read with one that is looked at alone: those of its project, else those that it imports."""

# Paths are strings, as everywhere on the way to a check.
# ruff: noqa: PTH109, PTH110, PTH113, PTH118, PTH120
from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from awaitlens.cli.checking import SettingsFor, read_sources
from awaitlens.workspace import files_of

_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "manage.py", ".git", ".hg")
_MOST = 500


def files_around(path: str, settings_for: SettingsFor) -> list[str]:
    """The file, and those that a proof about it may visit.

    In a project: all of the folder one works in, or of the packages around the file. Elsewhere (a home folder, a folder of
    scripts) what lies beside the file has nothing to do with it, and may be endless: only what it imports, and these import.
    """
    folder = os.getcwd()
    is_below = path.startswith(os.path.join(folder, ""))
    if not _is_project(folder if is_below else os.path.dirname(path)):
        return _imported(path)
    roots = [path, folder if is_below else above_packages(path)]
    return [*dict.fromkeys([path, *files_of(roots, settings_for).paths])]


def above_packages(path: str) -> str:
    """The folder that imports begin in: the first one above the file that is no package."""
    folder = os.path.dirname(path)
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _is_project(folder: str) -> bool:
    """Whether the folder, or one above it, bears a mark of a project."""
    while not any(os.path.exists(os.path.join(folder, mark)) for mark in _MARKS):
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


def _imported(path: str) -> list[str]:
    """The file and, by way of each other, the files beside it that it imports."""
    root, found = above_packages(path), {path: None}
    for each in _growing(found):
        source = read_sources([each], frozenset([each]), lambda *_: None).sources.get(each)
        for name in _modules(source.text, each, root) if source else ():
            for file in _files(os.path.join(root, *name.split("."))):
                found.setdefault(file)
    return list(found)


def _growing(found: dict[str, None]) -> Iterator[str]:
    """The files, with those that are put in on the way."""
    done = 0
    while done < min(len(found), _MOST):
        yield list(found)[done]
        done += 1


def _modules(text: str, path: str, root: str) -> Iterator[str]:
    """The dotted names that a file imports, or may: of `from a import b` both a and a.b."""
    package = Path(os.path.relpath(os.path.dirname(path), root)).parts
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package[: len(package) - node.level + 1]
            module = ".".join([*(around if node.level else ()), *([node.module] if node.module else ())])
            if module:
                yield module
            yield from (f"{module}.{alias.name}".lstrip(".") for alias in node.names)


def _files(place: str) -> Iterator[str]:
    """The file of a module, or of a package and the packages around it."""
    for candidate in (f"{place}.py", os.path.join(place, "__init__.py")):
        if os.path.isfile(candidate):
            yield candidate
            around = os.path.dirname(candidate)
            while os.path.isfile(init := os.path.join(around, "__init__.py")):
                yield init
                around = os.path.dirname(around)
