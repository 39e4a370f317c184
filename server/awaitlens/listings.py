"""What lies in folders, remembered from walk to walk: a folder holds what it held as long as its time stays.

Trusted are folders without links whose time was no longer new when they were listed. On Windows none is: there are file
systems that leave the time of a folder as it was.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

_FRESH = 2_000_000_000
"""Nanoseconds: a folder written a moment ago may be written again without a new time."""


class Folder(NamedTuple):
    """The names in a folder that matter: those that tell by their looks, and those of folders; of both, those of links."""

    told: Sequence[str]
    folders: Sequence[str]
    links: Sequence[str] = ()


class Listings:
    """Lists folders. `fresh` are those that were not known, each with its time."""

    def __init__(self, known: Mapping[str, Sequence[Any]] | None = None) -> None:
        """`known` are folders by path, each as its time and the fields of a Folder, as they were handed out as `packed`."""
        self._known = {} if known is None or sys.platform == "win32" else known
        self._started = time.time_ns()
        self.seen: dict[str, Sequence[Any]] = {}
        self.is_new = False

    def folder(self, path: str, matters: Callable[[str], bool]) -> Folder:
        """What is in a folder whose path ends in a slash; `matters` tells which names of files do. Raises OSError."""
        modified = os.stat(path).st_mtime_ns  # noqa: PTH116
        known = self._known.get(path)
        if known is not None and known[0] == modified:
            self.seen[path] = known
            return Folder(known[1], known[2])
        found = _listed(path, matters)
        if modified < self._started - _FRESH and not found.links:
            self.seen[path] = (modified, *found[:2])
            self.is_new = True
        return found


def _listed(path: str, matters: Callable[[str], bool]) -> Folder:
    told: list[str] = []
    folders: list[str] = []
    links: list[str] = []
    with os.scandir(path) as scan:
        for entry in scan:
            tells, is_folder = matters(entry.name), _is_folder(entry)
            if tells:
                told.append(entry.name)
            if is_folder:
                folders.append(entry.name)
            if (tells or is_folder) and entry.is_symlink():
                links.append(entry.name)
    return Folder(sorted(told), sorted(folders), links)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
