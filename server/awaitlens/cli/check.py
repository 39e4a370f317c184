"""`check`: find the pitfalls in files and folders, report or repair them."""

# Paths are strings, as everywhere on the way to a check.
# ruff: noqa: PTH100, PTH109, PTH110
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitlens.cli.arguments import CouldNotRun, Options
from awaitlens.cli.checking import (
    CheckedProgram,
    Reading,
    SettingsFor,
    check_sources,
    check_workspace,
    read_sources,
)
from awaitlens.cli.job import Job
from awaitlens.configuration import Configuration
from awaitlens.pitfalls import names as pitfall_names
from awaitlens.present.places import shown_path
from awaitlens.present.report import Told
from awaitlens.present.terminal import ProgressBar
from awaitlens.selection import selectors
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource
from awaitlens.spelling import did_you_mean
from awaitlens.workspace import Files, Skipped

if TYPE_CHECKING:
    from awaitlens.index.cache import Cache

_MANY = 50
"""Files from which on a cache is worth its keep."""


def check(options: Options) -> int:
    """Run the command. Raises CouldNotRun for what the user must put right first."""
    names = selectors(pitfall_names())
    _refuse_nonsense(options, names)
    if not options.watch:
        return _check(options, names)
    from awaitlens.cli.watching import watch

    return watch(options, lambda: _check(options, names))


def _check(options: Options, names: frozenset[str]) -> int:
    from awaitlens.cli.failures import Failures

    configuration = Configuration(known=names)
    job = Job(options, _settings_for(configuration, options), os.getcwd())
    with ProgressBar(sys.stderr) as progress, Failures() as failures:
        reading = _read(job, progress)
        for problem in configuration.problems:
            raise CouldNotRun(str(problem))
        incomplete = _complain(reading, job)
        try:
            mends = options.fix or options.diff or options.add_ignores
            status = _mend(job, reading) if mends else _report(job, reading)
        finally:
            if reading.workspace is not None:
                reading.workspace.keep()
    status = 2 if failures.messages else max(status, incomplete)
    return status if options.watch else options.leave(status)


def _mend(job: Job, reading: Reading) -> int:
    from awaitlens.cli.mending import mend

    return mend(job, reading.sources)


def _report(job: Job, reading: Reading) -> int:
    program = reading.workspace or _checker(job.options)(reading.sources, job.settings_for)
    found = job.found(reading.sources, program)
    if job.options.update_baseline:
        return _update_baseline(job.options, found)
    told = job.with_patches(job.new(found), program)
    job.write(told, len(reading.sources))
    return 1 if told else 0


def _checker(options: Options) -> Callable[[Mapping[str, Source], SettingsFor], CheckedProgram]:
    if not options.deep:
        return check_sources
    from awaitlens.cli.deep import check_deeply

    return check_deeply


def _refuse_nonsense(options: Options, names: frozenset[str]) -> None:
    for name in (*options.select, *options.ignore):
        if name not in names:
            raise CouldNotRun(f"there is no pitfall or law called {name!r}{did_you_mean(name, names)}")
    for path in options.paths:
        if path != "-" and not os.path.exists(path):
            raise CouldNotRun(f"there is no file or folder {path}")
    if options.update_baseline and not options.baseline:
        raise CouldNotRun("--update-baseline needs --baseline FILE")
    if _reads_stdin(options) and len(options.paths) > 1:
        raise CouldNotRun("standard input is checked alone; leave the other paths out")


def _settings_for(configuration: Configuration, options: Options) -> SettingsFor:
    """Settings of a path, with what the command line says on top: --select replaces, --ignore adds."""
    if not options.select and not options.ignore:
        return configuration.settings_for
    known: dict[Settings, Settings] = {}

    def settings_for(path: str) -> Settings:
        settings = configuration.settings_for(path)
        if settings not in known:
            select = frozenset(options.select) or settings.select
            known[settings] = replace(
                settings, select=select, ignore=settings.ignore | frozenset(options.ignore)
            )
        return known[settings]

    return settings_for


def _read(job: Job, progress: ProgressBar) -> Reading:
    """Read all files that belong; their settings too, so that problems in those show before any finding."""
    options = job.options
    if _reads_stdin(options):
        reading = _read_stdin(options)
    else:
        from awaitlens.index.cache import NoCache, default_cache
        from awaitlens.index.walk import files_found

        cache = NoCache() if options.no_cache else default_cache()
        files = files_found(options.paths or ["."], job.settings_for, cache)
        named = frozenset(os.path.abspath(path) for path in options.paths)
        reading = _read_files(job, files, named, cache, progress)
        if options.show_skipped:
            _list_skipped((*files.skipped, *(Skipped(*s) for s in reading.skipped)), job.folder)
    for path in reading.sources if reading.workspace is None else ():
        job.settings_for(path)
    return reading


def _read_files(
    job: Job, files: Files, named: frozenset[str], cache: Cache, progress: ProgressBar
) -> Reading:
    """The files, and of many files what is found in them: the same files are mostly checked again and again."""
    options = job.options
    repairs = options.fix or options.diff or options.add_ignores
    few = len(files.stamps) < _MANY and not (options.watch and files.stamps)
    if repairs or options.deep or options.no_cache or few:
        return read_sources(files.stamps, named, progress)
    return check_workspace(files, named, job.settings_for, cache, progress)


def _reads_stdin(options: Options) -> bool:
    return options.stdin_filename is not None or "-" in options.paths


def _read_stdin(options: Options) -> Reading:
    path = os.path.abspath(options.stdin_filename or "stdin.py")
    try:
        return Reading({path: Source.from_bytes(path, sys.stdin.buffer.read())}, {}, ())
    except UndecodableSource as error:
        raise CouldNotRun(str(error)) from error


def _complain(reading: Reading, job: Job) -> int:
    """Say which files could not be read: 2 when one of them was named outright, otherwise 0."""
    named = {os.path.abspath(path) for path in job.options.paths}
    for path, reason in reading.unreadable.items():
        print(f"awaitlens: {shown_path(path, job.folder)} cannot be read: {reason}", file=sys.stderr)
    return 2 if named & reading.unreadable.keys() else 0


def _list_skipped(skipped: Sequence[Skipped], folder: str) -> None:
    for path, reason in sorted(skipped):
        print(f"left out: {shown_path(path, folder)}: {reason}", file=sys.stderr)


def _update_baseline(options: Options, told: Sequence[Told]) -> int:
    from awaitlens.cli.baseline import write_baseline

    path = options.baseline or ""
    write_baseline(path, told)
    print(f"{path} now holds {len(told)} finding{'' if len(told) == 1 else 's'}.", file=sys.stderr)
    return 0
