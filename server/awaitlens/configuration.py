"""Where decisions come from: `[tool.awaitlens]` in the nearest pyproject.toml, and the same keys from an editor.

Nothing here raises over what a user wrote. A key that does not exist, or a value of the wrong type, is kept as a
`Problem` and left out of the settings, so that the rest still counts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from awaitlens.settings import Settings, Version
from awaitlens.spelling import did_you_mean
from awaitlens.targets import (
    Release,
    async_tests,
    installed_release,
    lower_bound,
    required_python,
    required_release,
)

Table = Mapping[str, Any]

_NOTHING: Table = MappingProxyType({})
HINTS = ("threads", "switches", "blocking", "atomic", "colour")
SEVERITIES = ("error", "warning", "information", "hint", "off")
DECIDING = frozenset({"pyproject.toml", ".venv", "venv"})
"""What a folder must hold for its settings to be others than those of the folder above."""
_NEWEST_PYTHON, _OLDEST_PYTHON = (3, 14), (3, 8)


class Problem(NamedTuple):
    """Something in a configuration that was not understood. `key` is dotted; `words` say what is wrong, and what is near."""

    path: str
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}: {self.key}: {self.words}" if self.key else f"{self.path}: {self.words}"


class _Wrong(ValueError):
    """A value of the wrong kind; the message says what is wanted."""


class Configuration:
    """Settings by folder. Files are read again only when their modification time or size changed.

    `editor` holds what an editor sent, under the keys of `[tool.awaitlens]`; it outweighs the files.
    `known` names all pitfalls and laws, so that a misspelt one can be told; leave it empty to accept any name.
    """

    def __init__(self, editor: Table = _NOTHING, known: frozenset[str] = frozenset()) -> None:
        self.editor = editor
        self.known = known
        self._files: dict[str, tuple[tuple[int, int], _File]] = {}
        self._folders: dict[str, Settings] = {}
        self._editor_problems: tuple[Problem, ...] = ()

    def settings_for(self, path: str) -> Settings:
        """The settings of a file, or of a folder (its path ends in a slash). Kept until `refresh`."""
        folder = os.path.dirname(path)
        if (settings := self._folders.get(folder)) is None:
            settings = self._folders[folder] = self._inherit_or_decide(os.path.abspath(folder))
        return settings

    def refresh(self) -> None:
        """Look at the files again: call this when a pyproject.toml or an environment changed."""
        self._folders.clear()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was not understood in the files read so far, and in what the editor sent."""
        found = [problem for _, file in self._files.values() for problem in file.problems]
        return (*found, *self._editor_problems)

    def _inherit_or_decide(self, folder: str) -> Settings:
        """A folder with nothing of its own to say has the settings of the folder above."""
        above = os.path.dirname(folder)
        if above == folder or any(os.path.exists(f"{folder}/{name}") for name in DECIDING):
            return self._decide(folder)
        return self.settings_for(above.rstrip("/") + "/")

    def _decide(self, folder: str) -> Settings:
        files = [file for file in map(self._read, _files_above(folder)) if file is not None]
        own = next((file for file in files if file.own is not None), None)
        project = next((file for file in files if file.project), own)
        changes = dict(own.changes) if own else {}
        editor, self._editor_problems = understand(self.editor, "editor settings", self.known)
        changes.update(editor)
        root = os.path.dirname(own.path) if own else folder
        return _with_targets(replace(Settings(), **changes, root=root), project, folder)

    def _read(self, path: str) -> _File | None:
        try:
            status = os.stat(path)
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._files.get(path)
        if kept is None or kept[0] != stamp:
            kept = self._files[path] = (stamp, _read_file(path, self.known))
        return kept[1]


class _File(NamedTuple):
    """One pyproject.toml: its own table (None where it has none), what it changes, and the whole for the targets."""

    path: str
    own: Table | None = None
    changes: Table = _NOTHING
    whole: Table = _NOTHING
    problems: tuple[Problem, ...] = ()

    @property
    def project(self) -> bool:
        return "project" in self.whole or "poetry" in _table(self.whole, "tool")


def understand(
    table: Table, path: str, known: frozenset[str] = frozenset()
) -> tuple[Table, tuple[Problem, ...]]:
    """Read the keys of `[tool.awaitlens]` as fields of Settings. `path` says in problems where they stood."""
    changes: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in table.items():
        field_name = key.replace("-", "_")
        read = _READERS.get(field_name)
        if read is None:
            problems.append(Problem(path, key, f"there is no such key{did_you_mean(key, _KEYS)}"))
            continue
        try:
            changes[field_name] = read(value)
        except _Wrong as wrong:
            problems.append(Problem(path, key, str(wrong)))
            continue
        problems.extend(_unknown_names(path, key, changes[field_name], known))
    return changes, tuple(problems)


def _unknown_names(path: str, key: str, value: Any, known: frozenset[str]) -> list[Problem]:
    if not known:
        return []
    named: Iterable[str] = ()
    if key in ("select", "ignore"):
        named = sorted(value)
    elif key == "severity":
        named = [name for name, _ in value]
    elif key.replace("_", "-") == "per-file-ignores":
        named = sorted({name for _, names in value for name in names})
    return [
        Problem(path, key, f"there is no pitfall or law called {name!r}{did_you_mean(name, known)}")
        for name in named
        if name not in known and name != "ALL"
    ]


def _files_above(folder: str) -> list[str]:
    """Where a pyproject.toml may lie for this folder, nearest first."""
    found = [os.path.join(folder, "pyproject.toml")]
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        found.append(os.path.join(folder, "pyproject.toml"))
    return found


def _read_file(path: str, known: frozenset[str]) -> _File:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        whole = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return _File(path, problems=(Problem(path, "", f"cannot be read: {error}"),))
    own = _table(whole, "tool").get("awaitlens")
    if own is None:
        return _File(path, whole=whole)
    if not isinstance(own, dict):
        return _File(path, whole=whole, problems=(Problem(path, "tool.awaitlens", "must be a table"),))
    changes, problems = understand(own, path, known)
    return _File(
        path, own, changes, whole, tuple(p._replace(key=f"tool.awaitlens.{p.key}") for p in problems)
    )


def _with_targets(settings: Settings, project: _File | None, folder: str) -> Settings:
    """Fill in the versions that the user left open: the oldest Python promised, the packages installed or required."""
    whole = project.whole if project else {}
    root = os.path.dirname(project.path) if project else folder
    python = settings.python or required_python(whole)
    if python is not None:
        python = min(max(python, _OLDEST_PYTHON), _NEWEST_PYTHON)
    django: Version | None = settings.django
    if django is None and (release := _release("django", root, whole)):
        django = release[:2]
    asgiref = settings.asgiref or _release("asgiref", root, whole)
    tests = async_tests(root, whole)
    return replace(settings, python=python, django=django, asgiref=asgiref, async_tests=tests)


def _release(package: str, root: str, whole: Table) -> Release | None:
    return installed_release(package, root) or required_release(package, whole)


def _table(table: Table, key: str) -> Table:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


# --- readers of values ------------------------------------------------------------------------------------


def _version(value: Any) -> Version:
    release = lower_bound(f"=={value}") if isinstance(value, (str, float)) else None
    if release is None:
        raise _Wrong(f'must be a version such as "3.12", not {value!r}')
    return release[:2]


def _full_version(value: Any) -> Release:
    release = lower_bound(f"=={value}") if isinstance(value, (str, float)) else None
    if release is None:
        raise _Wrong(f'must be a version such as "3.8.1", not {value!r}')
    return release


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise _Wrong(f"must be a list of strings, not {value!r}")
    return tuple(value)


def _names(value: Any) -> frozenset[str]:
    return frozenset(_strings(value))


def _hints(value: Any) -> frozenset[str]:
    names = _strings(value)
    for name in names:
        if name not in HINTS:
            raise _Wrong(
                f"there is no hint called {name!r}{did_you_mean(name, HINTS)}; there are {', '.join(HINTS)}"
            )
    return frozenset(names)


def _severities(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise _Wrong(f"must be a table of pitfalls and severities, not {value!r}")
    for name, severity in value.items():
        if severity not in SEVERITIES:
            raise _Wrong(f"{name} must be one of {', '.join(SEVERITIES)}, not {severity!r}")
    return tuple(sorted(value.items()))


def _ignores_by_file(value: Any) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(value, dict):
        raise _Wrong(f"must be a table of patterns and lists of names, not {value!r}")
    return tuple((pattern, _names(names)) for pattern, names in value.items())


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"must be a string, not {value!r}")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"must be true or false, not {value!r}")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "python": _version,
    "django": _version,
    "asgiref": _full_version,
    "select": _names,
    "ignore": _names,
    "severity": _severities,
    "blocking": _names,
    "not_blocking": _names,
    "exclude": _strings,
    "per_file_ignores": _ignores_by_file,
    "show_possible": _truth,
    "hints": _hints,
    "ascii_hints": _truth,
    "code_lens": _truth,
    "semantic_tokens": _truth,
    "interpreter": _text,
}
_KEYS = tuple(name.replace("_", "-") for name in _READERS)
