"""Many files checked as one program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from awaitlens.engine import findings, patches
from awaitlens.index.outside import States, read_packages, states
from awaitlens.index.packing import from_bytes, pack_findings, to_bytes, unpack_findings
from awaitlens.index.processes import processes_for, share_out
from awaitlens.index.record import function_key
from awaitlens.index.relevance import Words
from awaitlens.pitfall import Brief, Finding, Patch
from awaitlens.pitfalls import pitfalls
from awaitlens.program.callgraph import Key
from awaitlens.program.memory import Ground
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.program import Program, module_name
from awaitlens.selection import reported
from awaitlens.settings import Settings
from awaitlens.source import Source

log = logging.getLogger("awaitlens")

SettingsFor = Callable[[str], Settings]
Progress = Callable[[int, int], None]
ReadFile = Callable[[str], str | None]

_PER_PROCESS = 1_000_000
"""Characters that are worth a process of their own: a second of work."""
_PER_JOB = 200_000
_JOBS_UNTIL_WEIGHED = 4
_WORTH_WORDS = 8
"""A check of one file in so many, or of more, is worth reading all of them for."""
_HELD = 3_000_000
"""Characters that may be held parsed before they are given back: some 150 MB a process."""


class CheckedFiles:
    """The findings of files, worked out at once; their repairs, when they are asked for.

    `edges`, `read`, `chains`, `runs` and `asked` are what Grounds wants to know.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        settings_for: SettingsFor,
        read_file: ReadFile = lambda path: None,
        package_folders: Sequence[str] = (),
    ) -> None:
        """`read_file` gives the text of a file that is imported and not among the sources, None where there is none;
        `package_folders` hold what is installed."""
        self._sources = sources
        self._settings_for = settings_for
        self._words: Words | None = None
        self.program = _program_of(sources, settings_for, read_file)
        self.program.packages = read_packages(package_folders)
        self.outside: States = {}
        self.found: dict[str, tuple[Finding, ...]] = {}
        self.edges: dict[str, set[str]] = {}
        self.read: dict[str, list[str]] = {}
        self.chains: dict[str, list[str]] = {}
        self.runs: dict[str, list[str]] = {}
        self._told: set[Key] = set()
        self.asked: set[tuple[str, str]] = set()

    def may_say(self, path: str) -> bool:
        """Whether there may be anything to say about the file."""
        return True

    def findings(self, path: str) -> tuple[Finding, ...]:
        found = self.found.get(path)
        if found is None:
            found = self.found[path] = self._work_out(path)
        return found

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
        known = self.read.get(path, ()), self.chains.get(path, ())
        self._note(path, grounds)
        for notes, before in zip((self.read, self.chains), known):
            notes[path] = sorted({*notes[path], *before})
        self._take_notes(self.program.edges, states(self.program.packages), _pairs(self.program.index.asked))
        self.runs.update(self._new_runs())
        return made

    def check(self, paths: Sequence[str], progress: Progress = lambda done, total: None) -> None:
        """Work out the findings of these files, in as many processes as they deserve."""
        size = sum(len(self._sources[path].text) for path in paths)
        jobs = list(_jobs(paths, self._sources))
        self._prepare(len(paths))
        done = 0
        processes = processes_for(size, _PER_PROCESS)
        for number, result in share_out(partial(self._check_job, jobs), len(jobs), processes):
            self._take(result)
            done += len(jobs[number])
            progress(done, len(paths))

    def _prepare(self, checked: int) -> None:
        """What every process needs is worked out once, before there are several.

        The words are found in the texts of all files: that pays only where many of them are checked.
        """
        if checked * _WORTH_WORDS > len(self._sources):
            self._words = Words(self.program)
        pitfalls()

    def _check_job(self, jobs: Sequence[Sequence[str]], number: int) -> bytes:
        with _Messages() as messages:
            found = [(path, pack_findings(self._work_out(path))) for path in jobs[number]]
        edges = {path: list(targets) for path, targets in self.program.edges.items()}
        read = {path: self.read[path] for path in jobs[number] if self.read.get(path)}
        chains = {path: self.chains[path] for path in jobs[number] if self.chains.get(path)}
        outside = states(self.program.packages)
        notes = edges, outside, _pairs(self.program.index.asked), read, chains, dict(self._new_runs())
        result = to_bytes((found, notes, messages.told))
        self.program.edges.clear()
        if self._words and number % _JOBS_UNTIL_WEIGHED == 0:
            self._give_back(path for job in jobs[: number + 1] for path in job)
            self._stay_small()
        return result

    def _work_out(self, path: str) -> tuple[Finding, ...]:
        memory, file = self.program.names.memory, self.program.files[path]
        blocks = self._words.looked_at(file) if self._words else None
        found, grounds = memory.recorded(lambda: findings(self.program, path, blocks))
        self._note(path, grounds)
        return found

    def _note(self, path: str, grounds: Iterable[Ground]) -> None:
        bases = self.program.names.memory.bases(grounds)
        self.read[path] = sorted({where for where, _ in bases if where} - {path})
        asked = (
            what for where, what in bases if not where and isinstance(what, tuple) and what[0] == "chain"
        )
        self.chains[path] = sorted({function_key(*what[2]) for what in asked})

    def _new_runs(self) -> Iterator[tuple[str, list[str]]]:
        """What functions rest on that nobody was told of yet."""
        for key, others in self.program.summaries.runs(self._told):
            self._told.add(key)
            yield function_key(*key), [function_key(*other) for other in others]

    def _take(self, result: bytes) -> None:
        found, (edges, outside, asked, read, chains, runs), messages = from_bytes(result)
        self.read.update(read)
        self.chains.update(chains)
        self.runs.update(runs)
        for path, packed in found:
            self.found[path] = unpack_findings(packed)
        self._take_notes(edges, outside, asked)
        for message in messages:
            log.error("%s", message)

    def _take_notes(
        self, edges: Mapping[str, Iterable[str]], outside: States, asked: Iterable[Sequence[str]]
    ) -> None:
        self.outside.update(outside)
        for path, targets in edges.items():
            self.edges.setdefault(path, set()).update(targets)
        self.asked.update((name, path) for name, path in asked)

    def _give_back(self, done: Iterable[str]) -> None:
        """Release what nobody will ask for again here: the files to which only files of jobs lead that somebody has taken."""
        held = [file.path for file in self._held()]
        for path in self.program.reach.closed_among(done, held):
            self._release(path)

    def _stay_small(self) -> None:
        """Should the rest grow too large all the same, it is parsed anew when it is needed; what names mean stays known."""
        held = self._held()
        if sum(file.read_so_far for file in held) > _HELD:
            for file in held:
                self._release(file.path)

    def _held(self) -> list[FileOnDemand]:
        files = self.program.files.values()
        return [file for file in files if isinstance(file, FileOnDemand) and file.read_so_far]

    def _release(self, path: str) -> None:
        file = self.program.files[path]
        if isinstance(file, FileOnDemand):
            self.program.names.memory.release_file(path)
            file.release()


class _RecordingProgram(Program):
    """Notes which file's imports led to which files."""

    def __init__(
        self,
        files: Iterable[FileFacts],
        settings_for: SettingsFor,
        load: Callable[[str], FileFacts | None] = lambda path: None,
    ) -> None:
        self.edges: dict[str, set[str]] = {}
        super().__init__(files, settings_for, load=load)

    def find_module(self, module: str, level: int, file: FileFacts) -> str | None:
        return self._noted(file, super().find_module(module, level, file))

    def find_submodule(self, package: FileFacts, name: str) -> str | None:
        return self._noted(package, super().find_submodule(package, name))

    def _noted(self, file: FileFacts, found: str | None) -> str | None:
        if found is not None:
            self.edges.setdefault(file.path, set()).add(found)
        return found


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
    sources: Mapping[str, Source], settings_for: SettingsFor, read_file: ReadFile
) -> _RecordingProgram:
    """A program that reads of each file what it needs."""
    packages = {path.rpartition("/")[0] for path in sources if path.endswith("/__init__.py")}
    files = (
        FileOnDemand(path, module_name(path, packages), partial(_text, sources, path)) for path in sources
    )
    return _RecordingProgram(files, settings_for, load=partial(_imported, read_file))


def _imported(read_file: ReadFile, path: str) -> FileFacts | None:
    """A file that nobody asked to check, read because a checked one imports it."""
    text = read_file(path)
    if text is None:
        return None
    directory, _, _ = path.rpartition("/")
    packages = {directory} if read_file(f"{directory}/__init__.py") is not None else set()
    return FileOnDemand(path, module_name(path, packages), lambda: text)


def _pairs(asked: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    return [(name, path) for name, paths in asked.items() for path in paths]


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
