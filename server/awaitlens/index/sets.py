"""Sets of numbers, each under a number of its own: many, of which a check reads few and changes fewer.

They are kept as arrays, so that reading them back makes no object for each, and whoever holds a number is found by a search
through bytes.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

_FEW = 16


class Sets:
    """Sets by key. Keys are below 2 ** 64, members below 2 ** 32; a set without members is none."""

    def __init__(self, packed: Any = (b"", b"", b""), anew: Any = ()) -> None:
        """`anew` are sets in place of those that were packed. Raises TypeError or ValueError for what was not packed here."""
        keys, ends, self._members = packed
        self._keys, self._ends = array("Q", keys), array("I", ends)
        self.anew: dict[int, Sequence[int]] = dict(anew)
        """Sets in place of those that were packed; () for one that is gone."""
        if len(self._keys) != len(self._ends) or len(self._members) != 4 * (self._ends or (0,))[-1]:
            raise ValueError("sets that do not fit together")

    def __getitem__(self, key: int) -> Sequence[int]:
        """The members, sorted; () where there are none."""
        found = self.anew.get(key)
        if found is None:
            place = bisect_left(self._keys, key)
            found = self._at(place) if self._keys[place : place + 1] == array("Q", (key,)) else ()
        return found

    def __setitem__(self, key: int, members: Iterable[int]) -> None:
        self.anew[key] = sorted(members)

    def __iter__(self) -> Iterator[int]:
        """The keys of all sets."""
        yield from (key for key in self._keys if key not in self.anew)
        yield from (key for key, members in self.anew.items() if members)

    def between(self, low: int, high: int) -> set[int]:
        """The keys in range(low, high) that have a set."""
        packed = self._keys[bisect_left(self._keys, low) : bisect_left(self._keys, high)]
        return {key for key in (*packed, *self.anew) if low <= key < high and self[key]}

    def holding(self, numbers: Set[int]) -> set[int]:
        """The keys of the sets that hold one of these numbers."""
        places = self._places_of(numbers) if len(numbers) <= _FEW else self._places_of_many(numbers)
        found = {self._keys[bisect_right(self._ends, place)] for place in places} - self.anew.keys()
        found.update(key for key, members in self.anew.items() if not numbers.isdisjoint(members))
        return found

    def packed(self) -> tuple[bytes, bytes, bytes]:
        if self.anew:
            ends, members = array("I"), array("I")
            keys = array("Q", sorted(self))
            for key in keys:
                members.extend(self[key])
                ends.append(len(members))
            return keys.tobytes(), ends.tobytes(), members.tobytes()
        return self._keys.tobytes(), self._ends.tobytes(), self._members

    def _at(self, place: int) -> Sequence[int]:
        start = self._ends[place - 1] if place else 0
        return array("I", self._members[4 * start : 4 * self._ends[place]])

    def _places_of(self, numbers: Iterable[int]) -> Iterator[int]:
        for number in numbers:
            sought = number.to_bytes(4, sys.byteorder)
            at = self._members.find(sought)
            while at >= 0:
                if at % 4 == 0:
                    yield at // 4
                at = self._members.find(sought, at + 1)

    def _places_of_many(self, numbers: Set[int]) -> Iterator[int]:
        return (place for place, number in enumerate(array("I", self._members)) if number in numbers)
