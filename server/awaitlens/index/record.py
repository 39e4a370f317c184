"""What a check leaves for the next one: what was found, and in what state the files were."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple


class FileState(NamedTuple):
    """A file as it was checked: `modified` is 0 where the time says nothing yet. `skipped` says why it was left out."""

    modified: int
    size: int
    content: bytes
    skipped: str = ""


class Record(NamedTuple):
    """What was found, which is all that a check with nothing to do reads.

    `stamps` tells whether any file came, went or changed, b"" where that must be looked up; `skipped` are the files that were
    left out, each with the reason; `findings` holds the packed findings of the files that have any, as the settings leave
    them; `repairs` for each of a file's findings the first repair, packed, once somebody has asked; `briefs` the pitfalls in
    short, packed. `outside` are the files of packages that were read, each with its time and size.
    """

    version: bytes
    stamps: bytes
    skipped: dict[str, str]
    findings: dict[str, Any]
    repairs: dict[str, Any]
    briefs: dict[str, Any]
    outside: dict[str, Any]

    @classmethod
    def unpacked(cls, value: Any) -> Record | None:
        try:
            return cls(*value)
        except TypeError:
            return None

    def forget(self, path: str) -> None:
        self.findings.pop(path, None)
        self.repairs.pop(path, None)


REPAIRS = 2**21 - 1
"""The number, among those of a file's blocks, of the repairs of what was found in it."""


class Stirred(NamedTuple):
    """What must be looked at again: all blocks of some files, and single blocks of others, by paths and numbers."""

    files: set[str]
    blocks: set[tuple[str, int]]


States = Mapping[str, tuple[Any, ...]]
"""The fields of each file's FileState."""
Blocks = dict[str, dict[int, Any]]
"""What was found in each file that anything was found in, packed, by the numbers of its blocks and counted from their first
lines: whatever the settings leave of it."""


def proving_with(blocks: Blocks, changed: Container[str]) -> Iterator[tuple[str, int]]:
    """The blocks with a finding whose proof names lines of one of these files: lines move."""
    for path, found in blocks.items():
        for number, findings in found.items():
            if any(where in changed for finding in findings for _, _, where, _ in finding[3]):
                yield path, number


def anew(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The rows that are others now; None for one that is gone."""
    return {name: now.get(name) for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def with_anew(before: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    """The rows as they are now, by what `anew` said."""
    now = {**before, **rows}
    return {name: row for name, row in now.items() if row is not None} if None in rows.values() else now
