"""What findings rest on, written down so that a later check knows whom a change concerns.

Files are numbers, those of the catalogue; functions and questions are numbers of their own. What is looked at again or not
is a unit: one block of a file, or the repairs of all its findings (REPAIRS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from awaitlens.index.record import REPAIRS
from awaitlens.program.memory import Asked

if TYPE_CHECKING:
    from awaitlens.program.values import Class

Sets = dict[int, Sequence[int]]
_BITS = 21


class Unit(NamedTuple):
    file: int
    block: int


class Notes(NamedTuple):
    """What is noted while files are checked: `read` are by unit the files in which code was read for its findings, that of its
    own block aside, `chains` the functions of which it was asked what they come to, `asked` what was asked of all files;
    `runs` are by function those that it runs and the files read for that. Functions are written as `function_key` does,
    units as `unit_key` does."""

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
        self._questions: list[tuple[Any, str, int]] = [tuple(question) for question in questions]
        self._read, self._chains, self._asked, self._runs = (
            dict[int, Sequence[int]](each) for each in (read, chains, asked, runs)
        )
        self._forgotten: tuple[Sets, Sets, Sets] = {}, {}, {}
        self._is_longer = False

    @property
    def is_new(self) -> bool:
        """Whether there is anything in them that must be kept anew."""
        known = zip((self._read, self._chains, self._asked), self._forgotten)
        return self._is_longer or any(
            tuple(now.get(unit, ())) != tuple(before) for now, old in known for unit, before in old.items()
        )

    def packed(self) -> Any:
        return (
            *(self._functions, self._questions, self._read, self._chains, self._asked),
            self._runs,
        )

    # --- whom a change concerns --------------------------------------------------------------------------------

    def reading(self, changed: Set[int]) -> set[Unit]:
        """The units that rest on what stands in the functions of one of these files."""
        return _resting(self._read, changed)

    def running(self, functions: Iterable[str], files: Set[int] = frozenset()) -> set[Unit]:
        """The units that rest on what one of these functions, or any of these files, comes to; functions are written as
        `function_name` does."""
        wanted = set(functions)
        if not wanted and not files:
            return set()
        known = (
            number
            for number, name in enumerate(self._functions)
            if name.rpartition(";")[2] in wanted or (files and int(name.rpartition("@")[2]) in files)
        )
        return _resting(self._chains, _closed(known, self._runs))

    def questions(self) -> Iterator[tuple[int, Any, str, int]]:
        """What was asked of all files: the number of the question, the kind of mention, the name, and the file that it may
        mean something in (-1 for any)."""
        return ((number, *question) for number, question in enumerate(self._questions))

    def asking(self, questions: Set[int]) -> set[Unit]:
        """The units for which one of these was asked."""
        return _resting(self._asked, questions)

    # --- changes -----------------------------------------------------------------------------------------------

    def forget(self, units: Iterable[Unit], files: Set[int]) -> None:
        """These units, and all of these files, are looked at again. What functions run is only added to: that is on the safe
        side."""
        gone = [unit.file << _BITS | unit.block for unit in units]
        for notes, forgotten in zip((self._read, self._chains, self._asked), self._forgotten):
            of_files = [number for number in notes if number >> _BITS in files] if files else []
            for number in {*of_files, *gone} & notes.keys():
                forgotten.setdefault(number, notes.pop(number))

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

        def unit(key: str) -> int:
            block, _, path = key.partition("@")
            return numbers[path] << _BITS | int(block)

        read = (
            (unit(key), (numbers[each] for each in to if each in numbers)) for key, to in notes.read.items()
        )
        chains = ((unit(key), map(function, keys)) for key, keys in notes.chains.items())
        asked = ((unit(key), map(question, each)) for key, each in notes.asked.items())
        runs = ((function(key), map(function, keys)) for key, keys in notes.runs.items())
        sets = zip((self._read, self._chains, self._asked), (read, chains, asked), self._forgotten)
        for known, news, forgotten in sets:
            for number in _merge(known, news):
                forgotten.setdefault(number, ())
        self._is_longer |= bool(_merge(self._runs, runs))


def unit_key(path: str, block: int) -> str:
    """A unit as one text."""
    return f"{block}@{path}"


def _resting(notes: Sets, changed: Set[int]) -> set[Unit]:
    """The units for which one of these is noted."""
    found = (unit for unit, noted in notes.items() if not changed.isdisjoint(noted)) if changed else ()
    return {Unit(number >> _BITS, number & REPAIRS) for number in found}


def function_key(path: str, qualname: str, receiver: Class | None = None) -> str:
    """A function as one text, with the class of the object that it runs on, where that makes a difference; with a name of ""
    the file as a whole."""
    cls = f"{receiver.name.replace('@', '')};" if receiver else ""
    return f"{cls}{qualname}@{path}"


def function_name(file: int, qualname: str) -> str:
    """The same where the file has a number."""
    return f"{qualname}@{file}"


def _merge(known: Sets, news: Iterable[tuple[int, Iterable[int]]]) -> list[int]:
    """Add what is new. To what anything was added."""
    longer = []
    for number, others in news:
        before = known.get(number, ())
        found = {*before, *others}
        if len(found) > len(before):
            known[number] = sorted(found)
            longer.append(number)
    return longer


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
