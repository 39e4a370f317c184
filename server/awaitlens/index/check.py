"""Many files checked as one program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from awaitlens.engine import block_findings, patches
from awaitlens.index.catalogue import Catalogue
from awaitlens.index.grounds import Notes, function_key, unit_key
from awaitlens.index.outside import States, read_packages, roots_of, states
from awaitlens.index.packing import from_bytes, pack_findings, to_bytes, unpack_findings
from awaitlens.index.record import REPAIRS
from awaitlens.pitfall import Brief, Finding, Patch
from awaitlens.pitfalls import pitfalls
from awaitlens.program.catalogue import Unopened
from awaitlens.program.memory import Asked, Ground
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import Blocks, FileOnDemand
from awaitlens.program.program import Program, module_name
from awaitlens.selection import reported
from awaitlens.settings import Settings
from awaitlens.source import Source

if TYPE_CHECKING:
    from awaitlens.index.relevance import Words

log = logging.getLogger("awaitlens")

SettingsFor = Callable[[str], Settings]
Progress = Callable[[int, int], None]
ReadFile = Callable[[str], str | None]
Found = Mapping[int, tuple[Finding, ...]]
"""What is found in a file by the numbers of its blocks, counted from their first lines."""

_PER_PROCESS = 1_000_000
"""Characters that are worth a process of their own: a second of work."""
_PER_JOB = 200_000
_JOBS_UNTIL_WEIGHED = 2
"""Of one process: it may well be another that does every second job."""
_WORTH_WORDS = 8
"""A check of one file in so many, or of more, is worth reading all of them for."""
_HELD = 2_000_000
"""Characters that may be held parsed before they are given back: some 70 MB a process."""


class CheckedFiles:
    """The findings of files, worked out at once; their repairs, when they are asked for. `notes` say what they rest on."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        settings_for: SettingsFor,
        read_file: ReadFile = lambda path: None,
        package_folders: Sequence[str] = (),
        catalogue: Catalogue | None = None,
    ) -> None:
        """`read_file` gives the text of a file that is imported and not among the sources, None where there is none;
        `package_folders` hold what is installed; `catalogue` tells what the sources say."""
        self._sources = sources
        self._settings_for = settings_for
        self._words: Words | None = None
        self._catalogue = catalogue
        self.program = _program_of(sources, cache(settings_for), read_file, catalogue)
        self.program.packages = read_packages(package_folders)
        self.outside: States = {}
        self.found: dict[str, Found] = {}
        self.notes = Notes.none()
        self._fresh = Notes.none()
        self._told = 0
        self._known: Mapping[str, tuple[Container[int], Found]] = {}
        self._jobs_done = 0

    def may_say(self, path: str) -> bool:
        """Whether there may be anything to say about the file."""
        return True

    def findings(self, path: str) -> tuple[Finding, ...]:
        """In the file's coordinates, in the order they stand in."""
        found = self.found.get(path)
        if found is None:
            found = self.found[path] = self._work_out(path)
        blocks = self.program.files[path].blocks if found else ()
        lines = {number: blocks.line(number) for number in found} if isinstance(blocks, Blocks) else {}
        placed = (each.shifted(lines[number]) for number in found for each in found[number])
        return tuple(sorted(placed, key=lambda finding: (finding.span, finding.pitfall)))

    def reported(self, path: str) -> tuple[Finding, ...]:
        """What the settings leave of the findings, unused suppressions added."""
        return reported(self._sources[path], self.findings(path), self._settings_for(path), pitfalls())

    def brief(self, pitfall: str) -> Brief | None:
        """The pitfall of that name in short; None for what is none."""
        known = pitfalls().get(pitfall)
        return known.brief if known else None

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        """The repairs of a finding, best first."""
        memory = self.program.names.memory
        made, grounds = memory.recorded(lambda: patches(self.program, self._sources[path], finding))
        self._note(path, REPAIRS, grounds)
        self._take_notes(self._new_notes(), states(self.program.packages))
        return made

    def check(
        self,
        paths: Sequence[str],
        progress: Progress = lambda done, total: None,
        known: Mapping[str, tuple[Container[int], Found]] = MappingProxyType({}),
    ) -> None:
        """Work out the findings of these files, in as many processes as they deserve. Of those in `known` only the blocks of
        these numbers; what is found in the others is given."""
        self._known = known
        size = sum(len(self._sources[path].text) for path in paths)
        jobs = list(_jobs(paths, self._sources))
        self._prepare(len(paths))
        done = 0
        for number, result in self._results(jobs, size):
            self._take(result)
            done += len(jobs[number])
            progress(done, len(paths))

    def _results(self, jobs: Sequence[Sequence[str]], size: int) -> Iterator[tuple[int, bytes]]:
        if len(jobs) == 1:
            return iter([(0, self._check_job(jobs, 0))])
        from awaitlens.index.processes import processes_for, share_out

        if self._catalogue is not None:
            self._catalogue.read_all()
        return share_out(partial(self._check_job, jobs), len(jobs), processes_for(size, _PER_PROCESS))

    def _prepare(self, checked: int) -> None:
        """What every process needs is worked out once, before there are several.

        The words are found in the texts of all files: that pays only where many of them are checked.
        """
        if checked * _WORTH_WORDS > len(self._sources):
            from awaitlens.index.relevance import Words

            self._words = Words(self.program)
        pitfalls()

    def _check_job(self, jobs: Sequence[Sequence[str]], number: int) -> bytes:
        with _Messages() as messages:
            found = [
                (path, [(n, pack_findings(each)) for n, each in self._work_out(path).items()])
                for path in jobs[number]
            ]
        result = to_bytes((found, self._new_notes(), states(self.program.packages), messages.told))
        self._jobs_done += 1
        if self._words and self._jobs_done % _JOBS_UNTIL_WEIGHED == 0:
            self._give_back(path for job in jobs[: number + 1] for path in job)
        return result

    def _work_out(self, path: str) -> Found:
        memory, file = self.program.names.memory, self.program.files[path]
        wanted, found = self._known.get(path, (None, {}))
        worth = self._words.looked_at(file) if self._words else range(len(file.blocks))
        found = dict(found)
        for number in worth:
            if wanted is None or number in wanted:
                facts = file.facts(number)
                told, grounds = memory.recorded(partial(block_findings, self.program, file, facts))
                self._note(path, number, grounds, id(facts))
                if told:
                    found[number] = told
        return found

    def _note(self, path: str, block: int, grounds: frozenset[Ground], own: int = 0) -> None:
        """What the findings of a block rest on, beside its facts with the identity `own`; or the repairs."""
        if not grounds:
            return
        bases, notes, unit = self.program.names.memory.bases(grounds), self._fresh, unit_key(path, block)
        chains = (what for _, what in bases if isinstance(what, tuple) and what[0] == "chain")
        read = {where for where, what in bases if where and (where != path or what != own)}
        notes.read.setdefault(unit, set()).update(read)
        notes.asked.setdefault(unit, set()).update(what for _, what in bases if isinstance(what, Asked))
        notes.chains.setdefault(unit, set()).update(function_key(*what[2]) for what in chains)

    def _new_notes(self) -> list[dict[str, list[Any]]]:
        """What is noted and was not handed on yet."""
        for key, others in self.program.summaries.runs(self._told):
            self._told += 1
            runs = self._fresh.runs.setdefault(function_key(*key), set())
            runs.update(function_key(*other) for other in others)
        found = [{name: list(each) for name, each in notes.items() if each} for notes in self._fresh]
        self._fresh = Notes.none()
        return found

    def _take(self, result: bytes) -> None:
        found, notes, outside, messages = from_bytes(result)
        for path, packed in found:
            self.found[path] = {number: unpack_findings(each) for number, each in packed}
        self._take_notes(notes, outside)
        for message in messages:
            log.error("%s", message)

    def _take_notes(self, notes: Sequence[Mapping[str, Iterable[Any]]], outside: States) -> None:
        self.outside.update(outside)
        self.notes.add(notes)

    def _give_back(self, done: Iterable[str]) -> None:
        """Release what nobody will ask for again here: the files to which only files of jobs lead that somebody has taken.

        Should the rest grow too large all the same, it is parsed anew when it is needed; what names mean stays known.
        """
        files = self.program.files.values()
        held = {file.path: file for file in files if isinstance(file, FileOnDemand) and file.is_read}
        for path in self.program.reach.closed_among(done, [*held]):
            self._release(held.pop(path))
        parsed = [file for file in held.values() if file.read_so_far]
        if sum(file.read_so_far for file in parsed) > _HELD:
            for file in parsed:
                self._release(file)

    def _release(self, file: FileOnDemand) -> None:
        self.program.names.memory.release_file(file.path)
        file.release()


class _Messages(logging.Handler):
    """What is logged in a process of its own, to be said where somebody listens."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def __enter__(self) -> _Messages:
        self._others, log.handlers = log.handlers, [self]
        self._propagated, log.propagate = log.propagate, False
        return self

    def __exit__(self, *_: object) -> None:
        log.handlers, log.propagate = self._others, self._propagated

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.told.append(record.getMessage() + (f": {error!r}" if error else ""))


def _program_of(
    sources: Mapping[str, Source],
    settings_for: SettingsFor,
    read_file: ReadFile,
    catalogue: Catalogue | None,
) -> Program:
    """A program that reads of each file what it needs."""
    load = partial(_imported, read_file)
    if catalogue is not None:
        unopened = Unopened(
            catalogue, lambda path, module: FileOnDemand(path, module, partial(_text, sources, path))
        )
        return Program(unopened, settings_for, roots_of(sources), load, catalogue=catalogue)
    packages = {path.rpartition("/")[0] for path in sources if path.endswith("/__init__.py")}
    files = (
        FileOnDemand(path, module_name(path, packages), partial(_text, sources, path)) for path in sources
    )
    return Program(files, settings_for, roots_of(sources), load)


def _imported(read_file: ReadFile, path: str) -> FileFacts | None:
    """A file that nobody asked to check, read because a checked one imports it."""
    text = read_file(path)
    if text is None:
        return None
    directory, _, _ = path.rpartition("/")
    packages = {directory} if read_file(f"{directory}/__init__.py") is not None else set()
    return FileOnDemand(path, module_name(path, packages), lambda: text)


def _text(sources: Mapping[str, Source], path: str) -> str:
    return sources[path].text


def _jobs(paths: Sequence[str], sources: Mapping[str, Source]) -> Iterator[list[str]]:
    """Neighbours together: they ask for the same files."""
    job: list[str] = []
    size = 0
    for path in paths:
        job.append(path)
        size += len(sources[path].text)
        if size >= _PER_JOB:
            yield job
            job, size = [], 0
    if job:
        yield job
