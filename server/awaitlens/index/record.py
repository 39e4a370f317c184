"""What a check leaves for the next one, and which files the next one must look at again.

The findings of a file rest on its text, on the files its imports lead to, on the files those lead to, and on the names
that are defined anywhere. A file that changed is looked at again, and so is every file it can be reached from by imports;
unless nothing that others see of it has changed. When files came or went, or a name whose callers were asked for is
called in other places, everything is looked at again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from awaitlens.index.check import CheckedFiles


class FileState(NamedTuple):
    """A file as it was checked: `modified` is 0 where the time says nothing yet. `skipped` says why it was left out."""

    modified: int
    size: int
    content: bytes
    skipped: str = ""


class Record(NamedTuple):
    """What was found, which is all that a check with nothing to do reads.

    `files` holds the fields of each file's FileState; `findings` holds the packed findings of the files that have any, as the settings leave them; `repairs` for each of a
    file's findings the first repair, packed, once somebody has asked; `briefs` the pitfalls in short, packed. `outside` are
    the files of packages that were read, each with its time and size. `version` is a name for the Grounds that belong to it.
    """

    version: bytes
    files: dict[str, tuple[Any, ...]]
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

    def proving_with(self, changed: Container[str]) -> set[str]:
        """The files with a finding whose proof names lines of one of these: lines move."""
        return {
            path
            for path, findings in self.findings.items()
            if any(where in changed for finding in findings for _, _, where, _ in finding[3])
        }


class Grounds(NamedTuple):
    """What the findings rest on: `edges` are the files that a file's imports led to, `read` those in which code was read
    for its findings, `asked` the names whose callers somebody asked for."""

    version: bytes
    edges: dict[str, list[str]]
    read: dict[str, list[str]]
    asked: frozenset[str]

    def packed(self) -> Any:
        return (*self[:-1], sorted(self.asked))

    @classmethod
    def unpacked(cls, value: Any) -> Grounds | None:
        try:
            grounds = cls(*value)
            return grounds._replace(asked=frozenset(grounds.asked))
        except (TypeError, ValueError):
            return None

    def with_those_of(self, checked: CheckedFiles, version: bytes) -> Grounds:
        """These and what else was noted. What led where is only added to: that is on the safe side."""
        edges, read = dict(self.edges), dict(self.read)
        for known, news in ((edges, checked.edges), (read, checked.read)):
            for path, targets in news.items():
                known[path] = sorted({*known.get(path, ()), *targets})
        return Grounds(version, edges, read, self.asked | checked.asked)

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
