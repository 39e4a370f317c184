"""The tables of a file that is read on demand: each entry is looked for when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from awaitlens.program.facts import Facts
from awaitlens.program.modules import Definition

if TYPE_CHECKING:
    from awaitlens.program.ondemand import FileOnDemand

T = TypeVar("T")
Rows = Callable[[Iterable[tuple[int, Facts]]], Mapping[str, Any]]
"""Makes a table of some blocks, each with its number in the file."""


class Table(Mapping[str, T]):
    """A table of a file, whose entries are looked for when they are asked for."""

    def __init__(
        self,
        file: FileOnDemand,
        read: Rows,
        candidates: Callable[..., Iterable[int]],
    ) -> None:
        self._file = file
        self._read = read
        self._candidates = candidates
        self._known: dict[str, T | None] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._known:
            self._known[key] = self._look_for(key)
        found = self._known[key]
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        try:
            found = self._known[key]
        except KeyError:
            found = self._known[key] = self._look_for(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def forget(self) -> None:
        self._known.clear()

    def __iter__(self) -> Iterator[str]:
        blocks = self._file.blocks
        return iter(dict.fromkeys(key for number in blocks.every() for key in self._rows(number)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_for(self, key: str) -> T | None:
        raise NotImplementedError

    def _rows(self, number: int) -> Mapping[str, Any]:
        """What the table holds of one block."""
        return self._file.blocks.rows(self._read, number)

    def _entries(self, key: str, numbers: Iterable[int]) -> Iterator[Any]:
        for number in numbers:
            found = self._rows(number).get(key)
            if found is not None:
                yield found


class Lists(Table[list[T]]):
    def _look_for(self, key: str) -> list[T] | None:
        numbers = self._candidates(key)
        return [each for found in self._entries(key, numbers) for each in found] or None if numbers else None


class Definitions(Table[Definition]):
    def _look_for(self, key: str) -> Definition | None:
        numbers = self._candidates(key)
        return max(self._entries(key, numbers), default=None) if numbers else None


class ByClass(Table[Mapping[str, list[T]]]):
    """Tables of names by class. Whether a class has any is not known before one is asked for."""

    def _look_for(self, key: str) -> Mapping[str, list[T]]:
        return OfClass(self._file, self._read, lambda name: self._candidates(key, name), key)


class OfClass(Lists[T]):
    def __init__(
        self, file: FileOnDemand, read: Rows, candidates: Callable[[str], Iterable[int]], owner: str
    ) -> None:
        super().__init__(file, read, candidates)
        self._owner = owner

    def _rows(self, number: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = super()._rows(number).get(self._owner, {})
        return found
