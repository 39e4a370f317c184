"""The installed packages of checked files: where they lie, and which of their files were read."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from awaitlens.environment import package_folders, state
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource

if TYPE_CHECKING:
    from awaitlens.program.packages import Packages

_LARGEST = 2_000_000
"""Bytes of a file that is still opened: what is larger is data."""

States = dict[str, tuple[int, int]]
"""Times and sizes of files by path."""


def folders_of(folders: Iterable[str], settings_for: Callable[[str], Settings]) -> tuple[str, ...]:
    """The folders of packages that the environments of these folders, with a slash at their ends, hold."""
    folder = os.getcwd()  # noqa: PTH109
    roots = {folder: settings_for(f"{folder}/").interpreter}
    for each in sorted(folders):
        settings = settings_for(each)
        roots.setdefault(settings.root or folder, settings.interpreter)
    found = (each for root, interpreter in roots.items() for each in package_folders(root, interpreter))
    return tuple(dict.fromkeys(found))


def roots_of(paths: Collection[str]) -> tuple[str, ...]:
    """Where the imports of files may begin, beside what their projects say: in the working directory, and in the folder that
    holds them all."""
    held = [os.path.dirname(path) for path in (min(paths), max(paths))] if paths else []  # noqa: PTH120
    return tuple(dict.fromkeys((os.getcwd(), *([os.path.commonpath(held)] if held else ()))))  # noqa: PTH109


def read_packages(folders: Iterable[str], *, later: bool = False) -> Packages:
    from awaitlens.program.packages import Packages

    return Packages(folders, text_outside, later=later)


def text_outside(path: str) -> str | None:
    """The text of a file that is never reported on; None for what is none, or cannot be read as one."""
    try:
        if os.stat(path).st_size > _LARGEST:  # noqa: PTH116
            return None
        return Source.from_bytes(path, Path(path).read_bytes()).text
    except (OSError, ValueError, UndecodableSource):
        return None


def states(packages: Packages | None) -> States:
    """The files of packages that were read, as they are now."""
    return {path: _state(path) for path in packages.paths} if packages is not None else {}


def unchanged(known: Mapping[str, tuple[int, int]]) -> bool:
    return all(_state(path) == tuple(state) for path, state in known.items())


def installed(folders: Iterable[str]) -> tuple[object, ...]:
    """Differs when packages came, went, or have another version."""
    return state(folders)


def _state(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return (0, -1)
    return status.st_mtime_ns, status.st_size
