"""Which versions the user's code targets, as far as files say so. Nothing is imported or run to find out.

Version specifiers are read with a small expression instead of `packaging`: only the lower bound is asked for, which
that library does not compute, and it would add a fifth to the time in which a check starts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from awaitlens.environment import environments, names_in, site_packages

Release = tuple[int, int, int]
AsyncTests = Literal["", "auto", "marked", "none"]

_CLAUSE = re.compile(r"(>=|~=|===?|>|\^|~)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\*)?")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;#)]*)")
_DIST_INFO = re.compile(r"([A-Za-z0-9._-]+?)-(\d[^-]*)\.(?:dist|egg)-info\Z")


def lower_bound(specifier: str) -> Release | None:
    """The oldest release that ">=3.10,<4", "~=4.2", "==5.1.*" or "^3.9" admits; None where they name none."""
    bounds = []
    for clause in specifier.split(","):
        found = _CLAUSE.match(clause.strip())
        if found and (found[1] or clause.strip()[:1].isdigit()):
            bounds.append((int(found[2]), int(found[3] or 0), int(found[4] or 0)))
    return max(bounds, default=None)


def required_python(whole: Mapping[str, Any]) -> tuple[int, int] | None:
    """The oldest Python a pyproject.toml promises to run on."""
    for table, key in ((_at(whole, "project"), "requires-python"), (_poetry(whole), "python")):
        specifier = table.get(key)
        if isinstance(specifier, str) and (release := lower_bound(specifier)):
            return release[:2]
    return None


def required_release(package: str, whole: Mapping[str, Any]) -> Release | None:
    """The oldest release of a package that a pyproject.toml's requirements admit."""
    for name, specifier in _requirements(whole):
        if _normal(name) == package and (release := lower_bound(specifier)):
            return release
    return None


def installed_release(package: str, root: str) -> Release | None:
    """The release of a package that lies in the project's environment, read from the names of its folders.

    The project's own environment comes before the one that is active: the editor may run in another.
    """
    for environment in environments(root):
        for folder in site_packages(environment):
            for name in names_in(folder):
                found = _DIST_INFO.match(name)
                if found and _normal(found[1]) == package and (release := lower_bound("==" + found[2])):
                    return release
    return None


def async_tests(root: str, whole: Mapping[str, Any]) -> AsyncTests:
    """Which async tests pytest runs in a project, by its own configuration and by the plugins in its environment."""
    mode = _pytest_mode(root, whole)
    if mode:
        return "auto" if "auto" in mode else "marked"
    installed = {
        _normal(found[1])
        for environment in environments(root)
        for folder in site_packages(environment)
        for name in names_in(folder)
        if (found := _DIST_INFO.match(name))
    }
    if "pytest" not in installed or installed & _OTHER_PLUGINS:
        return ""
    return "marked" if installed & _MARKED_PLUGINS else "none"


_MARKED_PLUGINS = frozenset({"pytest-asyncio", "anyio"})
_OTHER_PLUGINS = frozenset({"pytest-aiohttp", "aiohttp", "pytest-trio", "pytest-tornasync", "pytest-tornado", "pytest-twisted",
                            "alt-pytest-asyncio", "pytest-asyncio-cooperative", "pytest-sanic", "pytest-curio", "pytest-async"})  # fmt: skip
_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
_MODE = re.compile(
    r"^\s*asyncio[_-]mode\s*=\s*(\w+)|--asyncio-mode[= ](\w+)|^\s*anyio_mode\s*=\s*(auto)", re.MULTILINE
)


def _pytest_mode(root: str, whole: Mapping[str, Any]) -> str:
    """The mode of pytest-asyncio ("auto", "strict"), or "auto" for anyio's; "" where none is set."""
    options = _at(_at(_at(whole, "tool"), "pytest"), "ini_options")
    texts = [f"{key} = {value}" for key, value in options.items()]
    for name in _PYTEST_FILES:
        try:
            with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        except OSError:
            continue
    found = _MODE.search("\n".join(texts))
    return next((group for group in found.groups() if group), "") if found else ""


def _requirements(whole: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    project = _at(whole, "project")
    groups = (*_at(project, "optional-dependencies").values(), *_at(whole, "dependency-groups").values())
    for listed in (project.get("dependencies"), *groups):
        for requirement in listed if isinstance(listed, list) else ():
            if isinstance(requirement, str) and (found := _REQUIREMENT.match(requirement)):
                yield found[1], found[2]
    for name, value in _poetry(whole).items():
        specifier = value.get("version") if isinstance(value, dict) else value
        if isinstance(specifier, str):
            yield name, specifier


def _poetry(whole: Mapping[str, Any]) -> Mapping[str, Any]:
    return _at(_at(_at(whole, "tool"), "poetry"), "dependencies")


def _at(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
