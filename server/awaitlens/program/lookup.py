"""The tables of a file that is read on demand: each entry is looked for when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from awaitlens.program.modules import Definition, FileFacts

if TYPE_CHECKING:
    from awaitlens.program.ondemand import FileOnDemand

T = TypeVar("T")


class Table(Mapping[str, T]):
    """A table of a file, whose entries are looked for when they are asked for."""

    def __init__(
        self,
        file: FileOnDemand,
        of: Callable[[FileFacts], Mapping[str, Any]],
        candidates: Callable[..., Iterable[int]],
    ) -> None:
        self._file = file
        self._of = of
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
        return iter(dict.fromkeys(k for n in blocks.every() for k in self._of(blocks.part(n, self._file))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_for(self, key: str) -> T | None:
        raise NotImplementedError

    def _entries(self, key: str, numbers: Iterable[int]) -> Iterator[Any]:
        blocks = self._file.blocks
        for number in numbers:
            found = self._of(blocks.part(number, self._file)).get(key)
            if found is not None:
                yield found


class Lists(Table[list[T]]):
    def _look_for(self, key: str) -> list[T] | None:
        return [each for found in self._entries(key, self._candidates(key)) for each in found] or None


class Definitions(Table[Definition]):
    def _look_for(self, key: str) -> Definition | None:
        return max(self._entries(key, self._candidates(key)), default=None)


class ByClass(Table[Mapping[str, list[T]]]):
    """Tables of names by class. Whether a class has any is not known before one is asked for."""

    def _look_for(self, key: str) -> Mapping[str, list[T]]:
        return OfClass(
            self._file, lambda part: self._of(part).get(key, {}), lambda name: self._candidates(key, name)
        )


class OfClass(Lists[T]):
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()
