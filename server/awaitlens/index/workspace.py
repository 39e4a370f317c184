"""A workspace checked, with what is known from the last time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awaitlens.index.cache import Cache, digest, packed_text, tool_digest
from awaitlens.index.outside import folders_of, installed, unchanged
from awaitlens.index.packing import Malformed, pack_findings, pack_patch, unpack_findings, unpack_patch
from awaitlens.index.record import FileState, Grounds, Record
from awaitlens.pitfall import Brief, Law
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource
from awaitlens.workspace import Files, reason_to_skip

if TYPE_CHECKING:
    from awaitlens.index.check import CheckedFiles
    from awaitlens.pitfall import Finding, Patch

SettingsFor = Callable[[str], Settings]
Progress = Callable[[str, int, int], None]

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

    `unreadable` gives reasons by path; `skipped` the files that were left out for what they hold. What is new is kept for
    the next time by `keep`.
    """

    def __init__(self, files: Files, named: frozenset[str], settings_for: SettingsFor, cache: Cache) -> None:
        """`named` are the files and folders that were named outright."""
        self._stamps = files.stamps
        self._named = named
        self._settings_for = settings_for
        self._cache = cache
        self._checked_files: CheckedFiles | None = None
        self._grounds: Grounds | None = None
        self._new_texts: Mapping[str, Source] = {}
        self._is_new = False
        self.unreadable: dict[str, str] = {}
        self.skipped: list[tuple[str, str]] = []
        self.sources = Sources((), {})
        settings = {digest(*_canonical(settings_for(folder))) for folder in files.deciding}
        self._folders = folders_of(files.deciding, settings_for)
        self._key = digest(
            tool_digest(),
            installed(self._folders),
            *sorted(settings),
            os.path.commonpath([min(files.stamps), max(files.stamps)]),
            sorted(named & files.stamps.keys()),
        )

    def check(self, progress: Progress) -> None:
        """Work out the findings of all files: those that rest on something new, if there is a record."""
        packed = self._cache.read(self._key, "found")
        record = Record.unpacked(packed) if packed is not None else None
        if record is None or not unchanged(record.outside) or not self._brought_up_to_date(record, progress):
            self._check_all(progress)

    def may_say(self, path: str) -> bool:
        """Whether there is anything to say about the file."""
        return path in self._record.findings

    def reported(self, path: str) -> tuple[Finding, ...]:
        """What the settings leave of the findings of the file, unused suppressions added."""
        try:
            return unpack_findings(self._record.findings.get(path, ()))
        except Malformed:
            return self._checked().reported(path)

    def brief(self, pitfall: str) -> Brief | None:
        known = self._record.briefs.get(pitfall)
        return Brief(Law[known[0]], *known[1:]) if known else None

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        """The first repair of a finding, if there is one."""
        found = self.reported(path)
        packed = self._record.repairs.get(path)
        if packed is None or len(packed) != len(found):
            packed = self._record.repairs[path] = [self._first_patch(path, each) for each in found]
            self._is_new = True
        first = packed[found.index(finding)]
        return (unpack_patch(first),) if first else ()

    def _first_patch(self, path: str, finding: Finding) -> Any:
        patches = self._checked().patches(path, finding)
        return pack_patch(patches[0]) if patches else None

    def keep(self) -> None:
        """Write down what is new, for the next time."""
        if not self._is_new or self.unreadable:
            return
        parts: dict[str, Any] = {"found": self._record}
        if self._checked_files is not None:
            grounds = self._known_grounds()
            if grounds is None:
                return
            grounds = grounds.with_those_of(self._checked_files, os.urandom(8))
            self._record.outside.update(self._checked_files.outside)
            parts = {
                "found": self._record._replace(version=grounds.version),
                "grounds": grounds.packed(),
            }
        new = {path: packed_text(source.text) for path, source in self._new_texts.items()}
        self._cache.write(self._key, parts, new)

    def _checked(self) -> CheckedFiles:
        from awaitlens.index.check import CheckedFiles

        if self._checked_files is None:
            self._checked_files = CheckedFiles(
                self.sources, self._settings_for, package_folders=self._folders
            )
        return self._checked_files

    def _known_grounds(self) -> Grounds | None:
        """What the findings of the record rest on; None where another process has overtaken it."""
        if self._grounds is None:
            packed = self._cache.read(self._key, "grounds")
            self._grounds = Grounds.unpacked(packed) if packed is not None else None
            if self._grounds is not None and self._grounds.version != self._record.version:
                self._grounds = None
        return self._grounds

    # --- everything --------------------------------------------------------------------------------------------

    def _check_all(self, progress: Progress) -> None:
        started = time.time_ns()
        sources: dict[str, Source] = {}
        states: dict[str, tuple[Any, ...]] = {}
        for number, path in enumerate(self._stamps):
            progress("reading", number, len(self._stamps))
            read = self._read(path, started)
            if read is not None:
                source, states[path] = read
                if not read[1].skipped:
                    sources[path] = source
        self.sources = Sources(tuple(sources), sources)
        self._checked_files = None
        self._record = Record(b"", states, {}, {}, {}, {})
        self._grounds = Grounds(b"", {}, {}, {}, {}, frozenset())
        self._note_skipped()
        self._new_texts = sources
        self._look_at(sources, progress)

    def _look_at(self, paths: Collection[str], progress: Progress) -> None:
        """Work out what is found in these files, in place of what was found there before."""
        checked = self._checked()
        checked.check(sorted(paths), lambda done, total: progress("checking", done, total))
        record = self._record
        for path in paths:
            record.findings.pop(path, None)
            record.repairs.pop(path, None)
            reported = checked.reported(path)
            if reported:
                record.findings[path] = pack_findings(reported)
            for name in {finding.pitfall for finding in reported} - record.briefs.keys():
                brief = checked.brief(name)
                record.briefs[name] = (brief.law.name, *brief[1:]) if brief else ()
        self._is_new = True

    def _read(self, path: str, started: int) -> tuple[Source, FileState] | None:
        """A file and its state; None if it cannot be read."""
        modified, size = self._stamps[path]
        try:
            data = Path(path).read_bytes()
            source = Source.from_bytes(path, data)
        except UndecodableSource as error:
            self.unreadable[path] = str(error).removeprefix(f"{path}: ")
            return None
        except OSError as error:
            self.unreadable[path] = error.strerror or str(error)
            return None
        skipped = reason_to_skip(source.text) if path not in self._named else ""
        content = blake2b(data, digest_size=8).digest()
        return source, FileState(modified if modified < started - _FRESH else 0, size, content, skipped)

    def _note_skipped(self) -> None:
        self.skipped = [(path, skipped) for path, (*_, skipped) in self._record.files.items() if skipped]

    # --- what is new -------------------------------------------------------------------------------------------

    def _brought_up_to_date(self, record: Record, progress: Progress) -> bool:
        """Look again at what rests on files that changed. False where that is not enough."""
        if record.files.keys() != self._stamps.keys():
            return False
        started = time.time_ns()
        read = {}
        for path, stamp in self._stamps.items():
            state = record.files[path]
            if state[:2] == stamp:
                continue
            state = FileState(*state)
            found = self._read(path, started)
            if found is None or found[1].skipped != state.skipped:
                return False
            record.files[path] = found[1]
            self._is_new = True
            if found[1].content != state.content:
                read[path] = found[0]
        self.sources = Sources([path for path, (*_, skipped) in record.files.items() if not skipped], read)
        self._record = record
        self._note_skipped()
        return not read or self._look_again(read, progress)

    def _look_again(self, changed: Mapping[str, Source], progress: Progress) -> bool:
        from awaitlens.index.changes import change_between, to_do

        grounds = self._known_grounds()
        if grounds is None:
            return False
        changes = {}
        for path, source in changed.items():
            before = self._cache.text(self._key, path)
            if before is None:
                return False
            changes[path] = change_between(before, source.text)
        again = to_do(self._record, grounds, changes, _Texts(self.sources), self._leads)
        if again is None or len(again) > len(self._stamps) // 2:
            return False
        self._new_texts = dict(changed)
        self._grounds = grounds.without(again)
        self._look_at(again, progress)
        return True

    def _leads(self, source: str, target: str) -> bool:
        return self._checked().program.reach.leads(source, target)


class _Texts(Mapping[str, str]):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __getitem__(self, path: str) -> str:
        return self._sources[path].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def _canonical(settings: Settings) -> Iterator[str]:
    """The settings as text that is the same in every process."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        yield repr(sorted(value)) if isinstance(value, frozenset) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return repr([_plain(sorted(part) if isinstance(part, frozenset) else part) for part in value])
    return repr(value)
