"""A workspace checked, with what is known from the last time."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awaitlens.index.cache import Cache, Written, content_digest, digest, packed_text, tool_digest
from awaitlens.index.outside import folders_of, installed, roots_of, unchanged
from awaitlens.index.packing import Malformed, pack_findings, pack_patch, unpack_findings, unpack_patch
from awaitlens.index.record import REPAIRS, Blocks, FileState, Record, Stirred, anew, proving_with, with_anew
from awaitlens.pitfall import Brief, Law
from awaitlens.pitfalls import in_short, recall
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource
from awaitlens.workspace import Files, reason_to_skip

if TYPE_CHECKING:
    from awaitlens.index.catalogue import Catalogue
    from awaitlens.index.check import CheckedFiles
    from awaitlens.index.grounds import Grounds
    from awaitlens.pitfall import Finding, Patch

SettingsFor = Callable[[str], Settings]
Progress = Callable[[str, int, int], None]

_FRESH = 2_000_000_000
"""Nanoseconds: a file written a moment ago may be written again without a new time."""
_MANY = 200
"""Rows that are written beside a part of the record before it is written whole again."""


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
        self._catalogue: Catalogue | None = None
        self._grounds: Grounds | None = None
        self._states: dict[str, tuple[Any, ...]] | None = None
        self._blocks: Blocks | None = None
        self._new_texts: dict[str, bytes | None] = {}
        self._whole: dict[str, Mapping[str, Any]] = {}
        self._reported: dict[str, tuple[Finding, ...]] = {}
        self._is_new = False
        self.unreadable: dict[str, str] = {}
        self.sources = Sources((), {})
        settings = {digest(*_canonical(settings_for(folder))) for folder in files.deciding}
        self._folders = folders_of(files.deciding, settings_for)
        self._key = digest(
            tool_digest(),
            installed(self._folders),
            *sorted(settings),
            *roots_of(files.stamps),
            sorted(named & files.stamps.keys()),
        )

    def check(self, progress: Progress) -> None:
        """Work out the findings of all files: those that rest on something new, if there is a record."""
        packed = self._cache.value(self._key, "found")
        record = Record.unpacked(packed) if packed is not None else None
        if record is None or not unchanged(record.outside):
            self._check_all(progress)
        elif record.stamps == _digest_of(self._stamps):
            self._record = record
            self.sources = Sources([path for path in self._stamps if path not in record.skipped], {})
        elif not self._bring_up_to_date(record, progress):
            self._check_all(progress)

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        return tuple(self._record.skipped.items())

    def may_say(self, path: str) -> bool:
        """Whether there is anything to say about the file."""
        return path in self._record.findings

    def reported(self, path: str) -> tuple[Finding, ...]:
        """What the settings leave of the findings of the file, unused suppressions added."""
        if path not in self._reported:
            try:
                self._reported[path] = unpack_findings(self._record.findings.get(path, ()))
            except Malformed:
                self._reported[path] = self._checked().reported(path)
        return self._reported[path]

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

    def _checked(self) -> CheckedFiles:
        from awaitlens.index.check import CheckedFiles

        if self._checked_files is None:
            if self._record.version:
                self._recall()
            self._checked_files = CheckedFiles(
                self.sources, self._settings_for, package_folders=self._folders, catalogue=self._catalogue
            )
        return self._checked_files

    def _recall(self) -> bool:
        """Read what the record rests on. False where that is not there."""
        from awaitlens.index.catalogue import Catalogue
        from awaitlens.index.grounds import Grounds

        if self._catalogue is None:
            catalogue, grounds = (self._cache.value(self._key, name) for name in ("catalogue", "grounds"))
            if catalogue is None or grounds is None:
                return False
            paths, modules, targets = catalogue
            self._catalogue = Catalogue(paths, modules, targets, partial(self._cache.names, self._key))
            self._grounds = Grounds(grounds, self._cache.value(self._key, "grounds since"))
            recall(self._cache.value(self._key, "pitfalls") or ())
        return True

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
        self._checked_files = self._catalogue = self._grounds = None
        self._states = states
        self._record = Record(b"", b"", _skipped(states), {}, {}, {}, {})
        self._whole.clear()
        self._blocks = {}
        self._look_at(Stirred(set(sources), set()), progress)

    def _look_at(self, stirred: Stirred, progress: Progress) -> None:
        """Work out what is found there, in place of what was found before."""
        checked, record, blocks = self._checked(), self._record, self._blocks
        self._reported.clear()
        assert blocks is not None
        numbers: dict[str, set[int]] = {}
        for path, number in stirred.blocks:
            numbers.setdefault(path, set()).add(number)
        known = {path: (wanted, _beside(wanted, blocks.get(path, {}))) for path, wanted in numbers.items()}
        paths = sorted({*stirred.files, *(path for path, wanted in numbers.items() if wanted != {REPAIRS})})
        checked.check(paths, lambda done, total: progress("checking", done, total), known)
        for path in numbers:
            record.repairs.pop(path, None)
        for path in paths:
            blocks.pop(path, None)
            if checked.found[path]:
                found = checked.found[path].items()
                blocks[path] = {number: pack_findings(each) for number, each in found}
            record.forget(path)
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
        content = content_digest(data)
        return source, FileState(modified if modified < started - _FRESH else 0, size, content, skipped)

    # --- what is new -------------------------------------------------------------------------------------------

    def _bring_up_to_date(self, record: Record, progress: Progress) -> bool:
        """Look again at what rests on files that changed, came or went. False where everything is to be looked at."""
        states = self._table("files")
        known = dict(states or ())
        read = self._read_changed(known)
        if states is None or read is None or len(read) > len(self._stamps) // 2:
            return False
        self._record, self._states = record._replace(skipped=_skipped(known)), known
        self._is_new = True
        sources = {path: source for path, source in read.items() if source is not None}
        self.sources = Sources([path for path in self._stamps if path not in self._record.skipped], sources)
        return not read or self._look_again(read, states, progress)

    def _read_changed(self, states: dict[str, tuple[Any, ...]]) -> dict[str, Source | None] | None:
        """The files whose text is another than in these states, which become those of now; None for one that is not checked
        any more. None for all if one cannot be read."""
        started = time.time_ns()
        found: dict[str, Source | None] = dict.fromkeys(p for p in states if p not in self._stamps)
        for path, stamp in self._stamps.items():
            state = states.get(path)
            if state is None or state[:2] != stamp:
                read = self._read(path, started)
                if read is None:
                    return None
                source, states[path] = read
                if state is None or state[2:] != read[1][2:]:
                    found[path] = None if read[1].skipped else source
        for path in [path for path in states if path not in self._stamps]:
            del states[path]
        return found

    def _look_again(
        self, changed: Mapping[str, Source | None], before: Mapping[str, tuple[Any, ...]], progress: Progress
    ) -> bool:
        from awaitlens.index.recheck import Recheck, Text

        if not self._recall():
            return False
        assert self._catalogue is not None and self._grounds is not None
        texts = {}
        for path, source in changed.items():
            old = self._cache.text(self._key, path) if path in before and not before[path][3] else None
            if old is None and path in self._catalogue.numbers:
                return False
            if source is not None or old is not None:
                texts[path] = Text(old, source.text if source is not None else None)
        known = self._table("blocks")
        if known is None:
            return False
        blocks = self._blocks = {path: dict(found) for path, found in known.items()}
        stirred = Recheck(self._catalogue, self._grounds, texts).stirred(self._checked().program)
        proving = proving_with({p: found for p, found in blocks.items() if p not in stirred.files}, texts)
        stirred.blocks.update(unit for unit in proving if unit[0] in self._catalogue.numbers)
        if len({*stirred.files, *(path for path, _ in stirred.blocks)}) > len(self._stamps) // 2:
            return False
        for path, text in texts.items():
            self._new_texts[path] = None if text.after is None else packed_text(text.after)
            if text.after is None:
                self._record.forget(path)
                blocks.pop(path, None)
        self._look_at(stirred, progress)
        return True

    def _table(self, name: str) -> dict[str, Any] | None:
        """A part of the record that grows row by row, by path: as it was written whole, and what was written since."""
        whole = self._cache.value(self._key, name)
        if whole is None:
            return None
        self._whole[name] = whole
        return with_anew(whole, self._cache.value(self._key, f"{name} since") or {})

    # --- for the next time -------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Write down what is new, for the next time."""
        if self._is_new and not self.unreadable:
            before = self._record.version
            values: dict[str, Any] = {}
            if not before:
                self._make_grounds()
                values["pitfalls"] = in_short()
            checked, version = self._checked_files, os.urandom(8)
            if checked is not None and self._catalogue is not None and self._grounds is not None:
                self._grounds.add(checked.notes, self._catalogue.numbers)
                self._record.outside.update(checked.outside)
                if not before or self._grounds.is_long:
                    values.update({"grounds": self._grounds.packed(), "grounds since": None})
                elif self._grounds.is_new:
                    values["grounds since"] = self._grounds.since()
                if self._catalogue.is_led_anew:
                    values["catalogue"] = self._catalogue.packed()
            if self._states is not None:
                settled = all(modified for modified, *_ in self._states.values())
                stamps = _digest_of(self._stamps) if settled else b""
                self._record = self._record._replace(stamps=stamps)
                values.update(self._rows("files", self._states))
            if self._blocks is not None:
                values.update(self._rows("blocks", self._blocks))
            values["found"] = self._record._replace(version=version)
            lists = self._catalogue.packed_lists() if self._catalogue is not None else {}
            self._cache.write(self._key, before, version, Written(values, self._new_texts, lists))
        self._cache.close()

    def _rows(self, name: str, now: Mapping[str, Any]) -> dict[str, Any]:
        """What to write of such a part."""
        since = anew(self._whole[name], now) if name in self._whole else None
        if since is None or len(since) > _MANY:
            return {name: now, f"{name} since": None}
        return {f"{name} since": since}

    def _make_grounds(self) -> None:
        """Everything was looked at: what that rests on."""
        from awaitlens.index.catalogue import made_of
        from awaitlens.index.grounds import Grounds

        program = self._checked().program
        texts = {path: source.text for path, source in self.sources.items()}
        modules = [program.files[path].module for path in texts]
        self._catalogue = made_of(texts.values(), tuple(texts), modules, program.reach.targets())
        self._grounds = Grounds()
        self._new_texts.update((path, packed_text(text)) for path, text in texts.items())


def _skipped(states: Mapping[str, tuple[Any, ...]]) -> dict[str, str]:
    return {path: skipped for path, (*_, skipped) in states.items() if skipped}


def _digest_of(stamps: Mapping[str, tuple[int, int]]) -> bytes:
    """Differs when files came, went or changed."""
    numbers = array("q", chain.from_iterable(stamps.values()))
    return digest("\0".join(stamps).encode("utf-8", "surrogatepass"), numbers.tobytes())


def _beside(wanted: Container[int], packed: Mapping[int, Any]) -> dict[int, tuple[Finding, ...]]:
    """What was found in the other blocks of a file."""
    return {number: unpack_findings(found) for number, found in packed.items() if number not in wanted}


def _canonical(settings: Settings) -> Iterator[str]:
    """The settings as text that is the same in every process."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        yield repr(sorted(value)) if isinstance(value, frozenset) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return repr([_plain(sorted(part) if isinstance(part, frozenset) else part) for part in value])
    return repr(value)
