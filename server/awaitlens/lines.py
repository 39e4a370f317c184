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
    """

    __slots__ = ("_chunks", "_length", "_starts")

    def __init__(self, chunks: list[tuple[str, ...]]) -> None:
        self._chunks = chunks
        *self._starts, self._length = accumulate(map(len, chunks), initial=0)

    @classmethod
    def of(cls, lines: Sequence[str]) -> Lines:
        return cls(_cut(lines))

    def replaced(self, start: int, stop: int, lines: Sequence[str]) -> Lines:
        """The lines with others in the place of those from `start` up to `stop`; positions behind the end are the end."""
        start, stop = min(start, self._length), min(stop, self._length)
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
        return chain.from_iterable(self._chunks)

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
