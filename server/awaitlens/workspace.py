"""Which files belong to a workspace: the walk over its folders.

Left out are what .gitignore files name, virtual environments, caches, installed packages, build trees, what the user
excludes, and files too large or generated. Each is left out with a reason, so that people can ask why. Files named
outright are always in. The order is the same on every run: by path, files of a folder before its subfolders.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from awaitlens.configuration import DECIDING
from awaitlens.gitignore import IgnorePatterns, read_patterns
from awaitlens.listings import Folder, Listings
from awaitlens.settings import Settings

LARGEST_FILE = 2 * 1024 * 1024
"""In bytes. What is larger is data written as Python, and nobody reads findings in it."""

_SUFFIXES = (".py", ".pyw")
_GENERATED_NAMES = ("_pb2.py", "_pb2_grpc.py")
_GENERATED = re.compile(r"@generated\b|\bgenerated\b[^\n]*\n?[^\n]*\bdo not edit\b", re.IGNORECASE)
_LEFT_OUT = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj"), "version control"),
    **dict.fromkeys((".venv", "venv", ".direnv", ".nox", ".tox"), "virtual environment"),
    **dict.fromkeys(("node_modules", "site-packages", "__pypackages__", ".eggs"), "installed packages"),
    **dict.fromkeys(("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"), "cache"),
    **dict.fromkeys((".pytype", ".pyre", ".cache", ".ipynb_checkpoints"), "cache"),
    **dict.fromkeys(("_build", "buck-out"), "build tree"),
}
_BUILD_TREES = ("build", "dist")
_OF_ENVIRONMENTS = frozenset({"pyvenv.cfg", "conda-meta"})
_TELLING = DECIDING | {".gitignore", "pyvenv.cfg"}
"""Names that say something of the folder they lie in."""
_DECIDING = (".gitignore",)


class Skipped(NamedTuple):
    """A file or folder left out, and why, in a few words."""

    path: str
    reason: str


Stamp = tuple[int, int]
"""A file's modification time in nanoseconds and its size in bytes: while they stay, so does what is in it."""


class Files(NamedTuple):
    """Absolute paths of the files that belong, as they were when the walk came by, and what was left out.

    `deciding` are the folders, each with a slash at its end, that settings are to be asked for: all other folders have the
    settings of the nearest one above them.
    """

    stamps: Mapping[str, Stamp]
    skipped: tuple[Skipped, ...]
    deciding: Collection[str]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.stamps)


def files_of(
    roots: Iterable[str], settings_for: Callable[[str], Settings], listings: Listings | None = None
) -> Files:
    """The Python files of folders and of files named outright.

    `settings_for(folder)` gives the settings whose `exclude` counts there; `listings` knows folders from before. Folders that cannot be read, and files
    that vanish while the walk goes on, are left out. Roots that do not exist are left out too: ask before.
    """
    walk = _Walk(settings_for, listings or Listings())
    for root in roots:
        path = os.path.abspath(root)
        if os.path.isdir(path):
            walk.enter(path + ("" if path.endswith("/") else "/"))
        elif (found := stamp(path)) is not None:
            walk.found[path] = found
            walk.deciding[os.path.join(os.path.dirname(path), "")] = None
    return Files(walk.found, tuple(walk.skipped), walk.deciding)


def stamp(path: str) -> Stamp | None:
    """The file's stamp; None where there is no file to be seen."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def reason_to_skip(text: str) -> str:
    """Why a file with this text is left out when it was found by a walk; "" when it is not."""
    return "generated file" if _GENERATED.search(text[:600]) else ""


def may_matter(path: str, root: str) -> bool:
    """Whether a change of this path below a root may change what is found: a file that may belong, or one that decides
    what belongs and how it is checked. A name without a suffix may be a folder that came or went with its files.
    """
    name = os.path.basename(path)
    if not name.endswith((*_SUFFIXES, ".toml")) and name not in _DECIDING and "." in name:
        return False
    return _LEFT_OUT.keys().isdisjoint(_slashed(path).removeprefix(_slashed(root)).split("/"))


class _Patterns(NamedTuple):
    """What leaves files and folders out of a folder: .gitignore files, nearest first, and the settings."""

    ignored: tuple[IgnorePatterns, ...]
    excluded: IgnorePatterns | None

    def reason(self, path: str) -> str:
        """Why the file, or the folder if the path ends in a slash, is left out; "" when it is not."""
        if not self.ignored and self.excluded is None:
            return ""
        path = _slashed(path)
        if self.excluded is not None and self.excluded.decide(path):
            return "excluded by the settings"
        decision = next((d for p in self.ignored if (d := p.decide(path)) is not None), False)
        return "ignored by git" if decision else ""


class _Walk:
    def __init__(self, settings_for: Callable[[str], Settings], listings: Listings) -> None:
        self.settings_for = settings_for
        self.listings = listings
        self.found: dict[str, Stamp] = {}
        self.skipped: list[Skipped] = []
        self.deciding: dict[str, None] = {}
        self.excludes: dict[tuple[str, tuple[str, ...]], IgnorePatterns] = {}

    def enter(self, root: str) -> None:
        """Walk a folder whose path ends in a slash, with a stack of its own: deep trees must not end in an error."""
        waiting = [(root, _Patterns(_patterns_above(root[:-1] or root), self._exclude(root)))]
        while waiting:
            folder, patterns = waiting.pop()
            try:
                entries = self.listings.folder(folder, _tells)
            except OSError as error:
                self.skipped.append(Skipped(folder, _reason(error)))
                continue
            if folder != root and not _OF_ENVIRONMENTS.isdisjoint((*entries.told, *entries.folders)):
                self.skipped.append(Skipped(folder[:-1], "virtual environment"))
            elif entries.told or entries.folders:
                waiting.extend(reversed(list(self._folder(folder, entries, patterns))))

    def _folder(self, folder: str, entries: Folder, patterns: _Patterns) -> Iterator[tuple[str, _Patterns]]:
        """Take the folder's files and yield the folders to go on with, each with the patterns that count in it."""
        if ".gitignore" in entries.told:
            own = _patterns_in(folder + ".gitignore", folder)
            patterns = patterns._replace(ignored=(*own, *patterns.ignored))
        if not DECIDING.isdisjoint(entries.told):
            patterns = patterns._replace(excluded=self._exclude(folder))
        for name in entries.told:
            if name.endswith(_SUFFIXES):
                self._file(folder + name, patterns)
        for name in entries.folders:
            if name.endswith(_SUFFIXES):
                continue
            if reason := _reason_to_pass(folder + name, name, name in entries.links, patterns):
                self.skipped.append(Skipped(folder + name, reason))
            else:
                yield f"{folder}{name}/", patterns

    def _file(self, path: str, patterns: _Patterns) -> None:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return
        except OSError as error:
            self.skipped.append(Skipped(path, _reason(error)))
            return
        if not S_ISREG(status.st_mode):
            return
        reason = patterns.reason(path)
        if not reason and status.st_size > LARGEST_FILE:
            reason = f"larger than {LARGEST_FILE // 1024 // 1024} MB"
        if not reason and path.endswith(_GENERATED_NAMES):
            reason = "generated file"
        if reason:
            self.skipped.append(Skipped(path, reason))
        else:
            self.found[path] = status.st_mtime_ns, status.st_size

    def _exclude(self, folder: str) -> IgnorePatterns | None:
        """The exclude patterns of a folder with settings of its own."""
        self.deciding[folder] = None
        settings = self.settings_for(folder)
        if not settings.exclude:
            return None
        key = (settings.root or folder, settings.exclude)
        if key not in self.excludes:
            self.excludes[key] = read_patterns(settings.exclude, _slashed(key[0]))
        return self.excludes[key]


def _tells(name: str) -> bool:
    """Whether a name is that of code, or says something of the folder it lies in."""
    return name.endswith(_SUFFIXES) or name in _TELLING


def _reason_to_pass(path: str, name: str, is_link: bool, patterns: _Patterns) -> str:
    """Why a folder in a folder is not entered; "" when it is."""
    if reason := _LEFT_OUT.get(name):
        return reason
    if is_link:
        return "symbolic link to a folder"
    if name in _BUILD_TREES and not os.path.exists(path + "/__init__.py"):
        return "build tree"
    if name.endswith(".egg-info"):
        return "installed packages"
    return patterns.reason(path + "/")


def _patterns_above(root: str) -> tuple[IgnorePatterns, ...]:
    """What the .gitignore files above a root say about it, up to the folder that holds .git, nearest first.

    A root that is itself ignored was asked for all the same: then none of them counts.
    """
    found: list[IgnorePatterns] = []
    entry, folder = _slashed(root) + "/", os.path.dirname(root)
    top = root if os.path.exists(root + "/.git") else ""
    while not top:
        found.extend(_patterns_in(folder + "/.gitignore", folder))
        if os.path.exists(folder + "/.git"):
            top = folder
        elif folder == os.path.dirname(folder):
            return ()
        folder = os.path.dirname(folder)
    found.extend(_patterns_in(top + "/.git/info/exclude", top))
    return () if _is_ignored_with_parents(entry, top, found) else tuple(found)


def _is_ignored_with_parents(entry: str, top: str, patterns: list[IgnorePatterns]) -> bool:
    """Whether the folder `entry`, or any folder above it, is ignored."""
    relative = entry[len(_slashed(top)) + 1 :].rstrip("/").split("/")
    folders = (_slashed(top) + "/" + "/".join(relative[: n + 1]) + "/" for n in range(len(relative)))
    return any(next((d for p in patterns if (d := p.decide(f)) is not None), False) for f in folders)


def _patterns_in(path: str, folder: str) -> tuple[IgnorePatterns, ...]:
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    return (read_patterns(lines, _slashed(folder)),) if lines else ()


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _slashed(path: str) -> str:
    return path.replace("\\", "/") if sys.platform == "win32" else path
