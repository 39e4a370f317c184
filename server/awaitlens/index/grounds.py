"""What findings rest on, written down so that a later check knows whom a change concerns.

Files are numbers, those of the catalogue; functions and questions are numbers of their own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from awaitlens.program.memory import Asked

Sets = dict[int, Sequence[int]]


class Notes(NamedTuple):
    """What is noted while files are checked, by their paths: `read` are the files in which code was read for its findings, `chains` the functions of which it was asked what they come to, `asked`
    what was asked of all files; `runs` are by function those that it runs and the files read for that. Functions are
    written as `function_key` does."""

    read: dict[str, set[str]]
    chains: dict[str, set[str]]
    asked: dict[str, set[Asked]]
    runs: dict[str, set[str]]

    @classmethod
    def none(cls) -> Notes:
        return cls({}, {}, {}, {})

    def add(self, others: Sequence[Mapping[str, Iterable[Any]]]) -> None:
        for known, news in zip(self, others):
            for name, each in news.items():
                known.setdefault(name, set()).update(each)  # type: ignore[attr-defined]


class Grounds:
    """The same with numbers, of all files."""

    def __init__(self, packed: Any = ((), (), {}, {}, {}, {})) -> None:
        """Raises TypeError or ValueError for what was not packed here."""
        functions, questions, read, chains, asked, runs = packed
        self._functions: list[str] = list(functions)
        self._questions = [tuple(question) for question in questions]
        self._read, self._chains, self._asked, self._runs = (
            dict[int, Sequence[int]](each) for each in (read, chains, asked, runs)
        )

    def packed(self) -> Any:
        return (
            *(self._functions, self._questions, self._read, self._chains, self._asked),
            self._runs,
        )

    # --- whom a change concerns --------------------------------------------------------------------------------

    def reading(self, changed: Container[int]) -> set[int]:
        """The files whose findings rest on what stands in the functions of one of these."""
        return {file for file, read in self._read.items() if any(where in changed for where in read)}

    def running(self, functions: Iterable[str], files: Container[int] = ()) -> set[int]:
        """The files whose findings rest on what one of these functions, or any of these files, comes to; functions are written
        as `function_name` does."""
        wanted = set(functions)
        known = (
            number
            for number, name in enumerate(self._functions)
            if name in wanted or (files and int(name.rpartition("@")[2]) in files)
        )
        stirred = _closed(known, self._runs)
        return {file for file, asked in self._chains.items() if not stirred.isdisjoint(asked)}

    def questions(self) -> Iterator[tuple[int, str, str, int]]:
        """What was asked of all files: the number of the question, the kind of mention, the name, and the file that it may
        mean something in (-1 for any)."""
        return ((number, *question) for number, question in enumerate(self._questions))

    def asking(self, questions: Container[int]) -> set[int]:
        """The files for whose findings one of these was asked."""
        return {file for file, asked in self._asked.items() if any(each in questions for each in asked)}

    # --- changes -----------------------------------------------------------------------------------------------

    def forget(self, files: Iterable[int]) -> None:
        """These are looked at again. What functions run is only added to: that is on the safe side."""
        for file in files:
            for notes in (self._read, self._chains, self._asked):
                notes.pop(file, None)

    def add(self, notes: Notes, numbers: Mapping[str, int]) -> None:
        """What else was noted; what lies outside the files with numbers does not count."""
        functions = {name: number for number, name in enumerate(self._functions)}

        def function(key: str) -> int:
            qualname, _, path = key.partition("@")
            name = function_name(numbers.get(path, -1), qualname)
            known = functions.get(name)
            if known is None:
                known = functions[name] = len(self._functions)
                self._functions.append(name)
            return known

        known_questions = {question: number for number, question in enumerate(self._questions)}

        def question(asked: Asked) -> int:
            kind, name, target = asked
            found = (kind, name, numbers.get(target, -1))
            known = known_questions.get(found)
            if known is None:
                known = known_questions[found] = len(self._questions)
                self._questions.append(found)
            return known

        inside = {
            path: [numbers[other] for other in read if other in numbers] for path, read in notes.read.items()
        }
        _merge(self._read, ((numbers[path], read) for path, read in inside.items()))
        _merge(self._chains, ((numbers[p], map(function, keys)) for p, keys in notes.chains.items()))
        _merge(self._asked, ((numbers[p], map(question, asked)) for p, asked in notes.asked.items()))
        _merge(self._runs, ((function(key), map(function, keys)) for key, keys in notes.runs.items()))


def function_key(path: str, qualname: str) -> str:
    """A function as one text; with a name of "" the file as a whole."""
    return f"{qualname}@{path}"


def function_name(file: int, qualname: str) -> str:
    """The same where the file has a number."""
    return f"{qualname}@{file}"


def _merge(known: Sets, news: Iterable[tuple[int, Iterable[int]]]) -> None:
    for number, others in news:
        found = {*known.get(number, ()), *others}
        if found:
            known[number] = sorted(found)


def _closed(start: Iterable[int], edges: Mapping[int, Iterable[int]]) -> set[int]:
    """These, and all from which edges lead to one of them."""
    backwards: dict[int, list[int]] = {}
    for source, targets in edges.items():
        for target in targets:
            backwards.setdefault(target, []).append(source)
    found: set[int] = set()
    waiting = list(start)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(backwards.get(each, ()))
    return found
