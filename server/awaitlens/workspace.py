"""Which files belong to a workspace: the walk over its folders.

Left out are what .gitignore files name, virtual environments, caches, installed packages, build trees, what the user
excludes, and files too large or generated. Each is left out with a reason, so that people can ask why. Files named
outright are always in. The order is the same on every run: by path, files of a folder before its subfolders.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from awaitlens.gitignore import IgnorePatterns, read_patterns
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
_DECIDING = (".gitignore",)


class Skipped(NamedTuple):
    """A file or folder left out, and why, in a few words."""

    path: str
    reason: str


class Files(NamedTuple):
    """Absolute paths of the files that belong, and what was left out."""

    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def files_of(roots: Iterable[str], settings_for: Callable[[str], Settings]) -> Files:
    """The Python files of folders and of files named outright.

    `settings_for(folder)` gives the settings whose `exclude` counts there. Folders that cannot be read, and files
    that vanish while the walk goes on, are left out. Roots that do not exist are left out too: ask before.
    """
    walk = _Walk(settings_for)
    for root in roots:
        path = os.path.abspath(root)
        if os.path.isdir(path):
            walk.enter(path + ("" if path.endswith("/") else "/"), _patterns_above(path))
        elif os.path.exists(path):
            walk.found[path] = None
    return Files(tuple(walk.found), tuple(walk.skipped))


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


class _Walk:
    def __init__(self, settings_for: Callable[[str], Settings]) -> None:
        self.settings_for = settings_for
        self.found: dict[str, None] = {}
        self.skipped: list[Skipped] = []
        self.excludes: dict[tuple[str, tuple[str, ...]], IgnorePatterns] = {}

    def enter(self, folder: str, patterns: tuple[IgnorePatterns, ...]) -> None:
        """Walk a folder whose path ends in a slash, with a stack of its own: deep trees must not end in an error."""
        waiting = [(folder, patterns)]
        while waiting:
            folder, patterns = waiting.pop()
            waiting.extend(reversed(list(self._folder(folder, patterns))))

    def _folder(
        self, folder: str, patterns: tuple[IgnorePatterns, ...]
    ) -> Iterator[tuple[str, tuple[IgnorePatterns, ...]]]:
        """Take the folder's files and yield the folders to go on with, each with the patterns that count in it."""
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=_name)
        except OSError as error:
            self.skipped.append(Skipped(folder, _reason(error)))
            return
        names = {entry.name for entry in entries}
        if ".gitignore" in names:
            patterns = (*_patterns_in(folder + ".gitignore", folder), *patterns)
        exclude = self._exclude(folder)
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                self._file(folder, entry, patterns, exclude)
            elif reason := self._closed(folder, entry, patterns, exclude):
                self.skipped.append(Skipped(folder + entry.name, reason))
            elif _is_folder(entry):
                yield folder + entry.name + "/", patterns

    def _file(
        self,
        folder: str,
        entry: os.DirEntry[str],
        patterns: tuple[IgnorePatterns, ...],
        exclude: IgnorePatterns | None,
    ) -> None:
        path = folder + entry.name
        try:
            if not entry.is_file():
                return
            size = entry.stat().st_size
        except OSError as error:
            self.skipped.append(Skipped(path, _reason(error)))
            return
        reason = _ignored(path, patterns, exclude)
        if not reason and size > LARGEST_FILE:
            reason = f"larger than {LARGEST_FILE // 1024 // 1024} MB"
        if not reason and entry.name.endswith(_GENERATED_NAMES):
            reason = "generated file"
        if reason:
            self.skipped.append(Skipped(path, reason))
        else:
            self.found[path] = None

    def _closed(
        self,
        folder: str,
        entry: os.DirEntry[str],
        patterns: tuple[IgnorePatterns, ...],
        exclude: IgnorePatterns | None,
    ) -> str:
        """Why a folder is not entered; "" when it is, or when the entry is none."""
        if not _is_folder(entry):
            return ""
        path = folder + entry.name
        if reason := _LEFT_OUT.get(entry.name):
            return reason
        if entry.is_symlink():
            return "symbolic link to a folder"
        if os.path.exists(path + "/pyvenv.cfg") or os.path.isdir(path + "/conda-meta"):
            return "virtual environment"
        if entry.name in _BUILD_TREES and not os.path.exists(path + "/__init__.py"):
            return "build tree"
        if entry.name.endswith(".egg-info"):
            return "installed packages"
        return _ignored(path + "/", patterns, exclude)

    def _exclude(self, folder: str) -> IgnorePatterns | None:
        settings = self.settings_for(folder)
        if not settings.exclude:
            return None
        key = (settings.root or folder, settings.exclude)
        if key not in self.excludes:
            self.excludes[key] = read_patterns(settings.exclude, _slashed(key[0]))
        return self.excludes[key]


def _ignored(path: str, patterns: tuple[IgnorePatterns, ...], exclude: IgnorePatterns | None) -> str:
    """The patterns nearest to the entry come first, and the first that says anything decides."""
    path = _slashed(path)
    if exclude is not None and exclude.decide(path):
        return "excluded by the settings"
    decision = next((d for p in patterns if (d := p.decide(path)) is not None), False)
    return "ignored by git" if decision else ""


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


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _slashed(path: str) -> str:
    return path.replace("\\", "/") if sys.platform == "win32" else path
