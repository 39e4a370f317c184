"""Where a project's packages lie. Nothing is imported or run to find out: no interpreter is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

_UNTOLD = ("#", "import ", "import\t")
"""How the lines of a .pth file begin that name no folder."""


def package_folders(root: str, chosen: str = "") -> tuple[str, ...]:
    """The folders that hold the packages of a project's environments, those of editable installs included.

    `chosen` is a virtual environment, or an interpreter in one, relative to `root` perhaps; where it is given, it alone counts.
    """
    found: dict[str, None] = {}
    for environment in (_chosen(root, chosen),) if chosen else environments(root):
        for folder in site_packages(environment):
            if os.path.isdir(folder):
                found.update(dict.fromkeys((folder, *_added(folder))))
    return tuple(found)


def environments(root: str) -> Iterator[str]:
    """The project's own environment comes before the one that is active: the editor may run in another."""
    for name in (".venv", "venv"):
        if os.path.exists(path := os.path.join(root, name, "pyvenv.cfg")):
            yield os.path.dirname(path)
    if active := os.environ.get("VIRTUAL_ENV"):
        yield active


def site_packages(environment: str) -> Iterator[str]:
    yield os.path.join(environment, "Lib", "site-packages")
    library = os.path.join(environment, "lib")
    for name in names_in(library):
        if name.startswith("python"):
            yield os.path.join(library, name, "site-packages")


def names_in(folder: str) -> Iterable[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return ()


def state(folders: Iterable[str]) -> tuple[object, ...]:
    """Differs when packages were installed, upgraded or removed."""
    return tuple((folder, *sorted(_installed(folder))) for folder in folders)


def _installed(folder: str) -> Iterator[tuple[str, int]]:
    for name in names_in(folder):
        if name.endswith((".dist-info", ".egg-info", ".pth", ".egg-link")):
            try:
                yield name, os.stat(os.path.join(folder, name)).st_mtime_ns
            except OSError:
                continue


def _chosen(root: str, chosen: str) -> str:
    path = os.path.normpath(os.path.join(root, os.path.expanduser(chosen)))
    if os.path.isdir(path):
        return path
    # An interpreter mostly is a link out of its environment, which must not be followed.
    return os.path.dirname(os.path.dirname(path))


def _added(folder: str) -> Iterator[str]:
    """The folders that .pth files add: plain paths are followed, code in them is not run."""
    for name in sorted(names_in(folder)):
        if name.endswith(".pth"):
            for line in _lines(os.path.join(folder, name)):
                path = os.path.normpath(os.path.join(folder, line))
                if not line.startswith(_UNTOLD) and os.path.isdir(path):
                    yield path


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file if line.strip()]
    except OSError:
        return []
