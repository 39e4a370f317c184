"""What findings rest on, written down so that a later check knows whom a change concerns.

Files are numbers, those of the catalogue; functions and questions are numbers of their own. What is looked at again or not
is a unit: one block of a file, or the repairs of all its findings (REPAIRS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from awaitlens.index.record import REPAIRS
from awaitlens.index.sets import Sets
from awaitlens.program.memory import Asked

if TYPE_CHECKING:
    from awaitlens.program.values import Class

T = TypeVar("T")
_BITS = 21
_MANY = 2_000


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

    def __init__(self, packed: Any = ("", (), *(((b"",) * 3,) * 4)), since: Any = None) -> None:
        """`since` is what another one said of what came later. Raises TypeError or ValueError for what was not packed here."""
        functions, questions, *sets = packed
        more, asked_since, *sets_since = since or ((), (), *({} for _ in sets))
        self._questions_packed = len(questions)
        self._functions: list[str] = [*functions.splitlines(), *more]
        self._functions_packed = len(self._functions) - len(more)
        self._questions: list[tuple[Any, str, int]] = [tuple(each) for each in (*questions, *asked_since)]
        self._read, self._chains, self._asked, self._runs = map(Sets, sets, sets_since)
        self._by_unit = self._read, self._chains, self._asked
        self._forgotten: tuple[dict[int, Sequence[int]], ...] = {}, {}, {}
        self._is_longer = False

    @property
    def is_new(self) -> bool:
        """Whether there is anything in them that must be kept anew."""
        return self._is_longer or any(
            tuple(now[unit]) != tuple(before)
            for now, old in zip(self._by_unit, self._forgotten)
            for unit, before in old.items()
        )

    @property
    def is_long(self) -> bool:
        """Whether so much came since they were packed that they had better be packed anew."""
        return sum(len(each.anew) for each in (*self._by_unit, self._runs)) > _MANY

    def since(self) -> Any:
        """What came since they were packed."""
        sets = (each.anew for each in (*self._by_unit, self._runs))
        return self._functions[self._functions_packed :], self._questions[self._questions_packed :], *sets

    def packed(self) -> Any:
        sets = (each.packed() for each in (*self._by_unit, self._runs))
        return ("\n".join(self._functions), self._questions, *sets)

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
        known = {
            number
            for number, name in enumerate(self._functions)
            if name.rpartition(";")[2] in wanted or (files and int(name.rpartition("@")[2]) in files)
        }
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
        for notes, forgotten in zip(self._by_unit, self._forgotten):
            of_files = [notes.between(number << _BITS, number + 1 << _BITS) for number in files]
            for number in set(gone).union(*of_files):
                if before := notes[number]:
                    forgotten.setdefault(number, before)
                    notes[number] = ()

    def add(self, notes: Notes, numbers: Mapping[str, int]) -> None:
        """What else was noted; what lies outside the files with numbers does not count."""
        functions, questions = _Numbered(self._functions), _Numbered(self._questions)

        def function(key: str) -> int:
            qualname, _, path = key.partition("@")
            return functions.number(function_name(numbers.get(path, -1), qualname))

        def question(asked: Asked) -> int:
            kind, name, target = asked
            return questions.number((kind, name, numbers.get(target, -1)))

        def unit(key: str) -> int:
            block, _, path = key.partition("@")
            return numbers[path] << _BITS | int(block)

        read = (
            (unit(key), (numbers[each] for each in to if each in numbers)) for key, to in notes.read.items()
        )
        chains = ((unit(key), map(function, keys)) for key, keys in notes.chains.items())
        asked = ((unit(key), map(question, each)) for key, each in notes.asked.items())
        runs = ((function(key), map(function, keys)) for key, keys in notes.runs.items())
        for known, news, forgotten in zip(self._by_unit, (read, chains, asked), self._forgotten):
            for number in _merge(known, news):
                forgotten.setdefault(number, ())
        self._is_longer |= bool(_merge(self._runs, runs))


class _Numbered(Generic[T]):
    """A list of values in which each has its place for a number."""

    def __init__(self, values: list[T]) -> None:
        self._values = values
        self._numbers = {value: number for number, value in enumerate(values)}

    def number(self, value: T) -> int:
        """That of the value, which goes to the end of the list if it is new."""
        known = self._numbers.setdefault(value, len(self._values))
        if known == len(self._values):
            self._values.append(value)
        return known


def unit_key(path: str, block: int) -> str:
    """A unit as one text."""
    return f"{block}@{path}"


def _resting(notes: Sets, changed: Set[int]) -> set[Unit]:
    """The units for which one of these is noted."""
    return {Unit(number >> _BITS, number & REPAIRS) for number in notes.holding(changed)}


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
        before = known[number]
        found = {*before, *others}
        if len(found) > len(before):
            known[number] = found
            longer.append(number)
    return longer


def _closed(start: Set[int], edges: Sets) -> set[int]:
    """These, and all from which edges lead to one of them."""
    found, reached = set[int](), set(start)
    while reached:
        found |= reached
        reached = edges.holding(reached) - found
    return found
