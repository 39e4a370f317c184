"""Many lines of which an edit replaces a few, at the cost of a few."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import overload

_CHUNK = 128


class Lines(Sequence[str]):
    """Lines that never change, in chunks: what an edit does not touch is shared between the lines before and after.

    To copy the ten thousand lines of a large file into a new tuple takes longer than to parse the block that was edited.
    Even a chunk is not touched while one line is being typed: it stands aside, in the place of the one in its chunk.
    """

    __slots__ = ("_aside", "_chunks", "_length", "_starts")

    def __init__(self, chunks: list[tuple[str, ...]]) -> None:
        self._chunks = chunks
        *self._starts, self._length = accumulate(map(len, chunks), initial=0)
        self._aside: tuple[int, str] | None = None

    @classmethod
    def of(cls, lines: Sequence[str]) -> Lines:
        return cls(_cut(lines))

    def replaced(self, start: int, stop: int, lines: Sequence[str]) -> Lines:
        """The lines with others in the place of those from `start` up to `stop`; positions behind the end are the end."""
        start, stop = min(start, self._length), min(stop, self._length)
        if stop - start == len(lines) == 1 and (self._aside is None or self._aside[0] == start):
            return self._with_aside(start, lines[0])
        if self._aside is not None:
            return self._settled().replaced(start, stop, lines)
        return self._with_replaced(start, stop, lines)

    def _with_aside(self, number: int, line: str) -> Lines:
        later = Lines.__new__(Lines)
        later._chunks, later._starts, later._length = self._chunks, self._starts, self._length
        later._aside = number, line
        return later

    def _settled(self) -> Lines:
        """The same lines, with none aside."""
        if self._aside is None:
            return self
        number, line = self._aside
        return self._with_replaced(number, number + 1, [line])

    def _with_replaced(self, start: int, stop: int, lines: Sequence[str]) -> Lines:
        first, last = self._chunk_of(start), self._chunk_of(max(stop - 1, start))
        touched = list(chain.from_iterable(self._chunks[first : last + 1]))
        base = self._starts[first] if self._starts else 0
        touched[start - base : stop - base] = lines
        return Lines([*self._chunks[:first], *_cut(touched), *self._chunks[last + 1 :]])

    def _chunk_of(self, line: int) -> int:
        return max(bisect_right(self._starts, line) - 1, 0)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._settled()._chunks)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            start, stop, step = at.indices(self._length)
            return tuple(self[line] for line in range(start, stop, step))
        line = at + self._length if at < 0 else at
        if not 0 <= line < self._length:
            raise IndexError(at)
        if self._aside is not None and line == self._aside[0]:
            return self._aside[1]
        chunk = self._chunk_of(line)
        return self._chunks[chunk][line - self._starts[chunk]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lines) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def _cut(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Chunks of even size; none is empty, and none larger than twice a chunk."""
    if len(lines) <= 2 * _CHUNK:
        return [tuple(lines)] if lines else []
    return [tuple(lines[at : at + _CHUNK]) for at in range(0, len(lines), _CHUNK)]
