"""A workspace checked, with what is known from the last time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from awaitlens.index.cache import Cache, digest, packed_text, tool_digest
from awaitlens.index.outside import folders_of, installed, unchanged
from awaitlens.index.packing import Malformed, pack_findings, unpack_findings
from awaitlens.index.record import FileState, Record
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource
from awaitlens.workspace import reason_to_skip

if TYPE_CHECKING:
    from awaitlens.index.check import CheckedFiles
    from awaitlens.pitfall import Finding, Patch

SettingsFor = Callable[[str], Settings]
Progress = Callable[[str, int, int], None]

_MARK = "awaitlens:"
_FRESH = 2_000_000_000
"""Nanoseconds: a file written a moment ago may be written again without a new time."""


class Sources(Mapping[str, Source]):
    """The sources of files, each read when it is asked for; empty where the file is gone."""

    def __init__(self, paths: Sequence[str], read: Mapping[str, Source]) -> None:
        self._paths = dict.fromkeys(paths)
        self._read = dict(read)

    def __getitem__(self, path: str) -> Source:
        found = self._read.get(path)
        if found is None:
            if path not in self._paths:
                raise KeyError(path)
            try:
                found = Source.from_bytes(path, Path(path).read_bytes())
            except (OSError, UndecodableSource):
                found = Source(path, "")
            self._read[path] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class Workspace:
    """Files of a workspace and their findings, from the last time where those still hold.

    `unreadable` gives reasons by path; `skipped` the files that were left out for what they hold.
    """

    def __init__(
        self, paths: Sequence[str], named: frozenset[str], settings_for: SettingsFor, cache: Cache
    ) -> None:
        self._paths = paths
        self._named = named
        self._settings_for = settings_for
        self._cache = cache
        self._files: CheckedFiles | None = None
        self.unreadable: dict[str, str] = {}
        self.skipped: list[tuple[str, str]] = []
        self.sources = Sources((), {})
        settings = sorted({digest(*_canonical(settings_for(path))) for path in paths})
        self._folders = folders_of(paths, settings_for)
        self._key = digest(
            tool_digest(),
            installed(self._folders),
            *settings,
            os.path.commonpath(paths),
            sorted(named & set(paths)),
        )

    def check(self, progress: Progress) -> None:
        """Work out the findings of all files: those that rest on something new, if there is a record."""
        packed = self._cache.read(self._key)
        record = Record.unpacked(packed) if packed is not None else None
        if record is None or not unchanged(record.outside) or not self._brought_up_to_date(record, progress):
            self._check_all(progress)

    def may_say(self, path: str) -> bool:
        """Whether there is anything to say about the file: findings, or comments about findings."""
        return path in self._record.findings or self._record.files[path].marked

    def findings(self, path: str) -> tuple[Finding, ...]:
        try:
            return unpack_findings(self._record.findings.get(path, ()))
        except Malformed:
            return self._checked().findings(path)

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        return self._checked().patches(path, finding)

    def _checked(self) -> CheckedFiles:
        from awaitlens.index.check import CheckedFiles

        if self._files is None:
            self._files = CheckedFiles(self.sources, self._settings_for, package_folders=self._folders)
        return self._files

    # --- everything --------------------------------------------------------------------------------------------

    def _check_all(self, progress: Progress) -> None:
        started = time.time_ns()
        sources, states = {}, {}
        for number, path in enumerate(self._paths):
            progress("reading", number, len(self._paths))
            read = self._read(path, started)
            if read is not None:
                source, states[path] = read
                if not states[path].skipped:
                    sources[path] = source
        self.sources = Sources(tuple(sources), sources)
        self._files = None
        self._note_skipped(states)
        checked = self._checked()
        checked.check(tuple(sources), lambda done, total: progress("checking", done, total))
        self._record = _record_of(checked, states)
        if not self.unreadable:
            self._cache.write(
                self._key, self._record.packed(), {p: packed_text(s.text) for p, s in sources.items()}
            )

    def _read(self, path: str, started: int) -> tuple[Source, FileState] | None:
        """A file and its state; None if it cannot be read."""
        try:
            status = Path(path).stat()
            data = Path(path).read_bytes()
            source = Source.from_bytes(path, data)
        except UndecodableSource as error:
            self.unreadable[path] = str(error).removeprefix(f"{path}: ")
            return None
        except OSError as error:
            self.unreadable[path] = error.strerror or str(error)
            return None
        modified = status.st_mtime_ns if status.st_mtime_ns < started - _FRESH else 0
        skipped = reason_to_skip(source.text) if path not in self._named else ""
        content = blake2b(data, digest_size=8).digest()
        return source, FileState(modified, status.st_size, content, skipped, _MARK in source.text)

    def _note_skipped(self, states: Mapping[str, FileState]) -> None:
        self.skipped = [(path, state.skipped) for path, state in states.items() if state.skipped]

    # --- what is new -------------------------------------------------------------------------------------------

    def _brought_up_to_date(self, record: Record, progress: Progress) -> bool:
        """Look again at what rests on files that changed. False where that is not enough."""
        if record.files.keys() != set(self._paths):
            return False
        touched = [path for path, state in record.files.items() if not _is_untouched(path, state)]
        started = time.time_ns()
        states, read = dict(record.files), {}
        for path in touched:
            found = self._read(path, started)
            if found is None or found[1].skipped != record.files[path].skipped:
                return False
            states[path] = found[1]
            if found[1].content != record.files[path].content:
                read[path] = found[0]
        self.sources = Sources([path for path, state in states.items() if not state.skipped], read)
        self._note_skipped(states)
        self._record = record._replace(files=states)
        if read and not self._look_again(read, progress):
            return False
        if touched:
            new = {path: packed_text(source.text) for path, source in read.items()}
            self._cache.write(self._key, self._record.packed(), new)
        return True

    def _look_again(self, changed: Mapping[str, Source], progress: Progress) -> bool:
        from awaitlens.index.changes import change_between, to_do

        changes = {}
        for path, source in changed.items():
            before = self._cache.text(self._key, path)
            if before is None:
                return False
            changes[path] = change_between(before, source.text)
        again = to_do(self._record, changes, _Texts(self.sources))
        if again is None or len(again) > len(self._paths) // 2:
            return False
        checked = self._checked()
        checked.check(sorted(again), lambda done, total: progress("checking", done, total))
        self._record = _renewed(self._record, checked, again)
        return True


class _Texts(Mapping[str, str]):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __getitem__(self, path: str) -> str:
        return self._sources[path].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def _record_of(checked: CheckedFiles, states: dict[str, FileState]) -> Record:
    found = {path: pack_findings(findings) for path, findings in checked.found.items() if findings}
    edges = {path: sorted(targets) for path, targets in checked.edges.items()}
    return Record(states, found, edges, checked.read, checked.outside, frozenset(checked.asked))


def _renewed(record: Record, checked: CheckedFiles, again: set[str]) -> Record:
    """The record after some files were looked at again. What led where is only added to: that is on the safe side."""
    found = {path: packed for path, packed in record.findings.items() if path not in again}
    found.update((path, pack_findings(f)) for path, f in checked.found.items() if f)
    read = {path: paths for path, paths in record.read.items() if path not in again}
    edges = dict(record.edges)
    for path, targets in checked.edges.items():
        edges[path] = sorted({*edges.get(path, ()), *targets})
    return record._replace(
        findings=found,
        edges=edges,
        read={**read, **checked.read},
        outside={**record.outside, **checked.outside},
        asked=record.asked | checked.asked,
    )


def _is_untouched(path: str, state: FileState) -> bool:
    try:
        status = Path(path).stat()
    except OSError:
        return False
    return state.modified == status.st_mtime_ns and state.size == status.st_size


def _canonical(settings: Settings) -> Iterator[str]:
    """The settings as text that is the same in every process."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        yield repr(sorted(value)) if isinstance(value, frozenset) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return repr([_plain(sorted(part) if isinstance(part, frozenset) else part) for part in value])
    return repr(value)
