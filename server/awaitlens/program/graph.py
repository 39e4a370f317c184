"""What leads to what in a graph: sets of nodes as the bits of one integer each. Nodes are numbers from 0."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

_FEW = 6
"""Nodes that are followed one by one, before it pays to work out all of them at once."""


class Graph:
    """Answers what is reached from a node, and from where a node is reached, itself included. `targets` are the numbers
    that each node leads to."""

    def __init__(self, targets: Sequence[Sequence[int]]) -> None:
        self.targets = targets
        self._followed: dict[int, int] = {}

    def leads(self, source: int, target: int) -> bool:
        """Whether the one reaches the other; a node that is not in the graph reaches nothing."""
        return bool(self.leading_to(target) >> source & 1)

    def leading_to(self, target: int) -> int:
        """From where a node is reached, if it is in the graph."""
        if target >= len(self.targets):
            return 0
        found = self._followed.get(target)
        if found is None:
            few = len(self._followed) < _FEW and "backwards" not in self.__dict__
            found = _followed(target, self._sources) if few else self.backwards[target]
            self._followed[target] = found
        return found

    @cached_property
    def forwards(self) -> Sequence[int]:
        """What each node reaches."""
        return _closed(self._groups, self.targets)

    @cached_property
    def backwards(self) -> Sequence[int]:
        """From where each node is reached."""
        return _closed(self._groups[::-1], self._sources)

    @cached_property
    def _sources(self) -> list[list[int]]:
        return _reversed(self.targets)

    @cached_property
    def _groups(self) -> list[list[int]]:
        return _mutual(self.targets)


def _followed(start: int, targets: Sequence[Sequence[int]]) -> int:
    """What one node reaches, itself included, as bits."""
    seen = bytearray(len(targets))
    seen[start] = 1
    waiting = [start]
    while waiting:
        for target in targets[waiting.pop()]:
            if not seen[target]:
                seen[target] = 1
                waiting.append(target)
    return int(seen[::-1].translate(_DIGITS), 2)


_DIGITS = b"01" + bytes(range(2, 256))


def _reversed(targets: Sequence[Sequence[int]]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in targets]
    for source, reached in enumerate(targets):
        for target in reached:
            found[target].append(source)
    return found


def _closed(groups: list[list[int]], targets: Sequence[Sequence[int]]) -> list[int]:
    """What each node reaches, itself included, as bits. No group reaches a later one."""
    reached = [0] * len(targets)
    for group in groups:
        bits = 0
        for node in group:
            bits |= 1 << node
            for target in targets[node]:
                bits |= reached[target]
        for node in group:
            reached[node] = bits
    return reached


def _mutual(targets: Sequence[Sequence[int]]) -> list[list[int]]:
    """The groups of nodes that all reach each other, none before one that it reaches (Tarjan's algorithm)."""
    order = [-1] * len(targets)
    lowest = [0] * len(targets)
    open_nodes: list[int] = []
    is_open = bytearray(len(targets))
    groups: list[list[int]] = []
    count = 0
    for start in range(len(targets)):
        if order[start] >= 0:
            continue
        work = [(start, iter(targets[start]))]
        order[start] = lowest[start] = count
        count += 1
        open_nodes.append(start)
        is_open[start] = True
        while work:
            node, rest = work[-1]
            for target in rest:
                if order[target] < 0:
                    order[target] = lowest[target] = count
                    count += 1
                    open_nodes.append(target)
                    is_open[target] = True
                    work.append((target, iter(targets[target])))
                    break
                if is_open[target]:
                    lowest[node] = min(lowest[node], order[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    group: list[int] = []
                    while not group or group[-1] != node:
                        group.append(open_nodes.pop())
                        is_open[group[-1]] = False
                    groups.append(group)
    return groups
