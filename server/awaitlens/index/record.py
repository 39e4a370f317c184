"""What a check leaves for the next one, and which files the next one must look at again.

The findings of a file rest on its text, on the files its imports lead to, on the files those lead to, and on the names
that are defined anywhere. A file that changed is looked at again, and so is every file it can be reached from by imports;
unless nothing that others see of it has changed. When files came or went, or a name whose callers were asked for is
called in other places, everything is looked at again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, NamedTuple


class FileState(NamedTuple):
    """A file as it was checked: `modified` is 0 where the time says nothing yet. `skipped` says why it was left out."""

    modified: int
    size: int
    content: bytes
    skipped: str = ""
    marked: bool = False


class Record(NamedTuple):
    """`findings` holds packed findings of the files that have any; `edges` the files that a file's imports led to, and
    `read` those in which code was read for its findings. `outside` are the files of packages that were read, each with its
    time and size."""

    files: dict[str, FileState]
    findings: dict[str, Any]
    edges: dict[str, list[str]]
    read: dict[str, list[str]]
    outside: dict[str, Any]
    asked: frozenset[str]

    def packed(self) -> Any:
        files = {path: tuple(state) for path, state in self.files.items()}
        return (files, self.findings, self.edges, self.read, self.outside, sorted(self.asked))

    @classmethod
    def unpacked(cls, value: Any) -> Record | None:
        try:
            files, findings, edges, read, outside, asked = value
            states = {path: FileState(*state) for path, state in files.items()}
            return cls(states, findings, edges, read, outside, frozenset(asked))
        except (TypeError, ValueError, AttributeError):
            return None

    def proving_with(self, changed: Container[str]) -> set[str]:
        """The files with a finding whose proof names lines of one of these: lines move."""
        return {
            path
            for path, findings in self.findings.items()
            if any(where in changed for finding in findings for _, _, where, _ in finding[3])
        }

    def reading(self, changed: Container[str]) -> set[str]:
        """The files whose findings rest on what stands in the functions of one of these."""
        return {path for path, read in self.read.items() if any(where in changed for where in read)}

    def reached_from(self, changed: Iterable[str]) -> set[str]:
        """The files whose imports lead to one of these, directly or not; these included."""
        backwards: dict[str, list[str]] = {}
        for path, targets in self.edges.items():
            for target in targets:
                backwards.setdefault(target, []).append(path)
        found: set[str] = set()
        waiting = list(changed)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting.extend(backwards.get(path, ()))
        return found
