"""Many files checked as one program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from awaitlens.engine import findings, patches
from awaitlens.index.packing import from_bytes, pack_findings, to_bytes, unpack_findings
from awaitlens.index.processes import processes_for, share_out
from awaitlens.pitfall import Finding, Patch
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.program import Program, module_name
from awaitlens.settings import Settings
from awaitlens.source import Source

log = logging.getLogger("awaitlens")

SettingsFor = Callable[[str], Settings]
Progress = Callable[[int, int], None]

_PER_PROCESS = 1_000_000
"""Characters that are worth a process of their own: a second of work."""
_PER_JOB = 200_000
_HELD = 6_000_000
"""Characters that may be held parsed before everything is forgotten: some 150 MB."""


class CheckedFiles:
    """The findings of files, worked out at once; their repairs, when they are asked for."""

    def __init__(self, sources: Mapping[str, Source], settings_for: SettingsFor) -> None:
        self._sources = sources
        self.program = program_of(sources, settings_for)
        self._found: dict[str, tuple[Finding, ...]] = {}

    def findings(self, path: str) -> tuple[Finding, ...]:
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = findings(self.program, path)
        return found

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        return patches(self.program, self._sources[path], finding)

    def check(self, paths: Sequence[str], progress: Progress = lambda done, total: None) -> None:
        """Work out the findings of these files, in as many processes as they deserve."""
        size = sum(len(self._sources[path].text) for path in paths)
        processes = processes_for(size, _PER_PROCESS)
        jobs = list(_jobs(paths, self._sources))
        done = 0
        for number, result in share_out(partial(self._check_job, jobs), len(jobs), processes):
            self._take(result)
            done += len(jobs[number])
            progress(done, len(paths))

    def _check_job(self, jobs: Sequence[Sequence[str]], number: int) -> bytes:
        with _Messages() as messages:
            found = [(path, pack_findings(findings(self.program, path))) for path in jobs[number]]
        self._stay_small()
        return to_bytes((found, messages.told))

    def _take(self, result: bytes) -> None:
        found, messages = from_bytes(result)
        for path, packed in found:
            self._found[path] = unpack_findings(packed)
        for message in messages:
            log.error("%s", message)

    def _stay_small(self) -> None:
        files = [file for file in self.program.files.values() if isinstance(file, FileOnDemand)]
        if sum(file.read_so_far for file in files) > _HELD:
            self.program.forget()
            for file in files:
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


def program_of(sources: Mapping[str, Source], settings_for: SettingsFor) -> Program:
    """A program that reads of each file what it needs."""
    packages = {path.rpartition("/")[0] for path in sources if path.endswith("/__init__.py")}
    files = (
        FileOnDemand(path, module_name(path, packages), partial(_text, source))
        for path, source in sources.items()
    )
    return Program(files, settings_for)


def _text(source: Source) -> str:
    return source.text


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
