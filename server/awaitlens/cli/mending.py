"""`check --fix` and `check --diff`: repair, show or write what changed, and report what is left."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff

from awaitlens.cli.checking import check_sources
from awaitlens.cli.fixing import NotWritten, Repaired, Sources, repair, write
from awaitlens.cli.job import Job
from awaitlens.pitfall import Patch, Safety
from awaitlens.present.places import shown_path
from awaitlens.present.styled import Line
from awaitlens.present.terminal import write_lines
from awaitlens.source import Source, split_lines
from awaitlens.suppression import UNUSED, ignore_edit


def mend(job: Job, sources: Mapping[str, Source]) -> int:
    """Repair what may be repaired. 1 when findings are left, with --diff when there would be changes."""
    patches_of = _silencing if job.options.add_ignores else _wanted
    repaired = repair(sources, lambda now: patches_of(job, now))
    changed = [path for path in sources if repaired.sources[path].text != sources[path].text]
    for path in sorted({path for path, _ in repaired.refused}):
        shown = shown_path(path, job.folder)
        print(f"awaitlens: {shown}: a fix would not parse and was left out", file=sys.stderr)
    if job.options.diff:
        for path in changed:
            shown = shown_path(path, job.folder)
            write_lines(_diff(sources[path], repaired.sources[path], shown), sys.stdout)
        return 1 if changed else 0
    if job.options.stdin_filename is not None or "-" in job.options.paths:
        return _to_stdout(job, repaired)
    failed = _write_all(job, sources, repaired, changed)
    left = _report_rest(job, repaired)
    return 2 if failed else left


def _report_rest(job: Job, repaired: Repaired) -> int:
    program = check_sources(repaired.sources, job.settings_for)
    told = job.with_patches(job.new(job.found(repaired.sources, program)), program)
    job.write(told, len(repaired.sources))
    if repaired.applied:
        done = "Ignored {} finding{}." if job.options.add_ignores else "Applied {} fix{}."
        plural = "" if repaired.applied == 1 else "s" if job.options.add_ignores else "es"
        print(done.format(repaired.applied, plural), file=sys.stderr)
    return 1 if told else 0


def _wanted(job: Job, sources: Sources) -> Iterator[tuple[str, Patch]]:
    """For each finding of the report its first repair of a safety that was asked for."""
    safeties: tuple[Safety, ...] = ("safe", "review") if job.options.unsafe_fixes else ("safe",)
    program = check_sources(sources, job.settings_for)
    for told in job.new(job.found(sources, program)):
        patches = job.patches(told.source, program, told.finding)
        patch = next((p for p in patches if p.safety in safeties and p.edits), None)
        if patch is not None:
            yield told.source.path, patch


def _silencing(job: Job, sources: Sources) -> Iterator[tuple[str, Patch]]:
    """For each finding of the report a comment that silences it. Unused suppressions are not silenced by another."""
    program = check_sources(sources, job.settings_for)
    for told in job.new(job.found(sources, program)):
        if told.finding.pitfall != UNUSED:
            edit = ignore_edit(told.source, told.finding)
            yield told.source.path, Patch(f"Ignore {told.finding.pitfall}", "safe", (edit,))


def _write_all(job: Job, before: Sources, repaired: Repaired, changed: Sequence[str]) -> bool:
    """Write the changed files; whether one could not be written. Such a file counts as it was."""
    failed = False
    for path in changed:
        try:
            write(repaired.sources[path], before[path])
        except NotWritten as error:
            print(f"awaitlens: {shown_path(path, job.folder)} was not written: {error}", file=sys.stderr)
            repaired.sources[path] = before[path]
            failed = True
    return failed


def _to_stdout(job: Job, repaired: Repaired) -> int:
    """The repaired text goes to stdout as it came in, and nothing else does."""
    for source in repaired.sources.values():
        sys.stdout.buffer.write(source.text.encode("utf-8"))
    left = job.new(job.found(repaired.sources, check_sources(repaired.sources, job.settings_for)))
    return 1 if left else 0


def _diff(before: Source, after: Source, shown: str) -> list[Line]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    old, new = split_lines(before.text), split_lines(after.text)
    lines: list[Line] = []
    for text in unified_diff(old, new, shown, shown):
        lines.append([(text.rstrip("\r\n"), styles.get(text[:1], ""))])
        if not text.endswith(("\n", "\r")):
            lines.append([("\\ No newline at end of file", "")])
    return lines
