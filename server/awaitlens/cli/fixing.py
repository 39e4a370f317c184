"""Applying repairs to files: what fits together in one pass, then check again, until nothing is left to repair."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import tempfile
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awaitlens.pitfall import Edit, Patch
from awaitlens.source import Source

_PASSES = 10
"""Each pass repairs what the one before uncovered or had to postpone. Fixes converge in two or three."""

_DEFINITION = re.compile(r"\w+ = [^\n]+\n")
_UNDER_LOCK = re.compile(r"\s*(async with [^\n]+:)\s*")

Sources = Mapping[str, Source]
PatchesOf = Callable[[Sources], Iterable[tuple[str, Patch]]]


class NotWritten(Exception):
    """A repaired file was left as it was. The message says why."""


@dataclass(slots=True)
class Repaired:
    """Sources after the repairs, how many patches went in, and those that were refused: they would break a file."""

    sources: dict[str, Source]
    applied: int = 0
    refused: set[tuple[str, Patch]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A patch for a finding in `path`, with its edits by the file they change."""

    path: str
    patch: Patch
    edits: Mapping[str, Sequence[Edit]]


def repair(sources: Sources, patches_of: PatchesOf) -> Repaired:
    """Apply patches until none is left. `patches_of(sources)` checks and yields (path of the finding, patch)."""
    state = Repaired(dict(sources))
    for _ in range(_PASSES):
        accepted = _fitting(state, patches_of(state.sources))
        while accepted and not _apply(state, accepted):
            bad = [fit for fit in accepted if not _parse_after(state, [fit])] or accepted[1:]
            state.refused.update((fit.path, fit.patch) for fit in bad)
            accepted = [fit for fit in accepted if fit not in bad]
        if not accepted:
            break
        state.applied += len(accepted)
    return state


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap. Line feeds in new text become what the file uses."""
    source = Source("", text)
    newline = "\r\n" if "\r\n" in text else "\n" if "\n" in text or "\r" not in text else "\r"
    spans = sorted(
        {(source.offset(*e.span[:2]), source.offset(*e.span[2:]), e.text) for e in edits}, reverse=True
    )
    for start, end, new in spans:
        new = new.replace("\r\n", "\n").replace("\n", newline)
        text = text[:start] + new + text[end:]
    return text


def write(source: Source, before: Source) -> None:
    """Write a repaired file in one step, in its encoding and with its permissions; links stay links.

    Raises NotWritten when the file changed meanwhile, its encoding cannot hold the new text, or the disk refuses.
    """
    path = str(Path(source.path).resolve())
    try:
        data = Path(path).read_bytes()
        if Source.from_bytes(source.path, data).text != before.text:
            raise NotWritten("it changed while it was checked")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        _replace(path, source.text.encode(encoding))
    except (OSError, ValueError, SyntaxError) as error:
        raise NotWritten(str(error)) from error


def _replace(path: str, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=Path(path).parent, prefix=f".{Path(path).name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        shutil.copymode(path, temporary)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _apply(state: Repaired, fitting: Sequence[_Fitting]) -> bool:
    """Apply patches if every file they touch still parses; otherwise change nothing."""
    changed = _parse_after(state, fitting)
    for path, text in changed.items():
        state.sources[path] = Source(path, text)
    return bool(changed)


def _parse_after(state: Repaired, fitting: Sequence[_Fitting]) -> dict[str, str]:
    """The texts that the patches change, by path; empty when one of them would not parse."""
    by_path: dict[str, list[Edit]] = {}
    for fit in fitting:
        for path, edits in fit.edits.items():
            by_path.setdefault(path, []).extend(edits)
    changed = {path: applied(state.sources[path].text, edits) for path, edits in by_path.items()}
    return changed if all(parses(text) for text in changed.values()) else {}


def _fitting(state: Repaired, patches: Iterable[tuple[str, Patch]]) -> list[_Fitting]:
    """The patches whose edits touch nothing that an earlier one touches. Equal edits, such as an import, are one."""
    taken: dict[str, list[Edit]] = {}
    accepted = []
    for path, patch in patches:
        edits: dict[str, list[Edit]] = {}
        for edit in patch.edits:
            edits.setdefault(edit.path or path, []).append(edit._replace(path=""))
        if not edits or not edits.keys() <= state.sources.keys() or (path, patch) in state.refused:
            continue
        if any(_collides(e, t) for p, of_file in edits.items() for e in of_file for t in taken.get(p, ())):
            continue
        for p, of_file in edits.items():
            taken.setdefault(p, []).extend(of_file)
        accepted.append(_Fitting(path, patch, edits))
    return accepted


def _collides(edit: Edit, other: Edit) -> bool:
    if edit == other:
        # One line goes under one new header, not under two.
        return edit.text.isspace()
    return edit.span.overlaps(other.span) or _define_alike(edit, other) or _lock_alike(edit, other)


def _lock_alike(edit: Edit, other: Edit) -> bool:
    """Whether two patches take the same lock. Either may hold it around a call to what the other puts under it: the next
    pass sees whether one does."""
    locks = [match.group(1) if (match := _UNDER_LOCK.match(each.text)) else "" for each in (edit, other)]
    return bool(locks[0]) and locks[0] == locks[1]


def _define_alike(edit: Edit, other: Edit) -> bool:
    """Whether two patches put the same definition at the top level of a file: one is enough, and the next pass finds it."""
    at_top = edit.span.column == other.span.column == 0
    return at_top and edit.text == other.text and _DEFINITION.match(edit.text) is not None


def parses(text: str) -> bool:
    """Whether this Python can parse the text."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
