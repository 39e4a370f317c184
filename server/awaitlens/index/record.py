"""What a check leaves for the next one, and which files the next one must look at again.

The findings of a file rest on its text, on the files its imports lead to, on the files those lead to, and on the names
that are defined anywhere. A file that changed is looked at again. Where no name can mean anything else (equal outlines),
so is who read the code that changed, or asked what one of its functions comes to; otherwise every file it can be reached
from by imports, unless nothing that others see of it has changed. When files came or went, or a name whose callers were
asked for is called in other places where it may mean what was asked about, everything is looked at again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
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

    `files` holds the fields of each file's FileState; `findings` the packed findings of the files that have any, as the
    settings leave them; `repairs` for each of a file's findings the first repair, packed, once somebody has asked; `briefs`
    the pitfalls in short, packed. `outside` are the files of packages that were read, each with its time and size.
    `version` is a name for the Grounds that belong to it.
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
    for its findings, `chains` the functions of which it was asked what they come to, `runs` by function those that it runs
    and the files read for that; `asked` are the names whose callers somebody asked for, each with the file that they may
    mean something in ("" for any). Functions are written as `function_key` does."""

    version: bytes
    edges: dict[str, list[str]]
    read: dict[str, list[str]]
    chains: dict[str, list[str]]
    runs: dict[str, list[str]]
    asked: frozenset[tuple[str, str]]

    def packed(self) -> Any:
        return (*self[:-1], sorted(self.asked))

    @classmethod
    def unpacked(cls, value: Any) -> Grounds | None:
        try:
            grounds = cls(*value)
            return grounds._replace(asked=frozenset((name, path) for name, path in grounds.asked))
        except (TypeError, ValueError):
            return None

    def with_those_of(self, checked: CheckedFiles, version: bytes) -> Grounds:
        """These and what else was noted. What led where is only added to: that is on the safe side."""
        return Grounds(
            version,
            _merged(self.edges, checked.edges),
            _merged(self.read, checked.read),
            _merged(self.chains, checked.chains),
            _merged(self.runs, checked.runs),
            self.asked | checked.asked,
        )

    def without(self, paths: Container[str]) -> Grounds:
        """What is left when these files are looked at again."""
        read = {path: read for path, read in self.read.items() if path not in paths}
        chains = {path: asked for path, asked in self.chains.items() if path not in paths}
        return self._replace(read=read, chains=chains)

    def reading(self, changed: Container[str]) -> set[str]:
        """The files whose findings rest on what stands in the functions of one of these."""
        return {path for path, read in self.read.items() if any(where in changed for where in read)}

    def reached_from(self, changed: Iterable[str]) -> set[str]:
        """The files whose imports lead to one of these, directly or not; these included."""
        return _closed(changed, self.edges)

    def running(self, functions: Iterable[str]) -> set[str]:
        """The files whose findings rest on what one of these functions comes to."""
        stirred = _closed(functions, self.runs)
        return {path for path, asked in self.chains.items() if not stirred.isdisjoint(asked)}


def function_key(path: str, qualname: str) -> str:
    """A function as one text; with a name of "" the file as a whole."""
    return f"{qualname}@{path}"


def _merged(known: Mapping[str, Iterable[str]], news: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    found = dict(known)
    for name, targets in news.items():
        found[name] = sorted({*found.get(name, ()), *targets})
    return found  # type: ignore[return-value]


def _closed(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """These, and all from which edges lead to one of them."""
    backwards: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            backwards.setdefault(target, []).append(source)
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(backwards.get(each, ()))
    return found
