"""Paths through a flow: which events can follow which, where a local's value comes from, which locks are held.

Every search is bounded: a search visits each pair of event and stage once, so it is linear in the function's length.
Nothing found within the bounds means "not proved", never "a race".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import count

from awaitlens.program.flow.model import NOWHERE, Event, Flow, Place, Value
from awaitlens.source import Span

MOST_SEARCHES = 250
"""How many paths are searched in one function; what is asked beyond that is left unproved."""

MOST_PROOFS = 40
"""How often the explorer is set to work on one function."""

MOST_CHAINS = 12
"""How many ways a value may have come about are looked at; the rest are left unproved."""

_MOST_SHAPES = 2_000
_SHAPES: dict[tuple[tuple[Event, ...], frozenset[int], frozenset[int]], int] = {}
_NUMBERS = count()


Judge = Callable[[Event], bool]


class Graph:
    """The control flow of one function, as seen by someone who knows what suspends and what is a lock.

    `suspends` says of a suspension event whether it may really hand over control; `is_lock` says of the event that
    takes a manager, or gives it back, whether that keeps other tasks out.
    """

    def __init__(self, flow: Flow, suspends: Judge, is_lock: Judge) -> None:
        self.flow = flow
        self.events = flow.events
        self.judges: tuple[Judge, ...] = (suspends, is_lock)
        self.searches_left = MOST_SEARCHES
        self.proofs_left = MOST_PROOFS
        self.locks = frozenset(
            number
            for number, event in enumerate(flow.events)
            if event.kind in ("acquire", "release") and event.place is not None and is_lock(event)
        )
        self.suspensions = frozenset(
            number
            for number, event in enumerate(flow.events)
            if event.kind == "suspend" and not self._belongs_to_lock(number) and suspends(event)
        )

    @cached_property
    def shape(self) -> int:
        """A number that graphs share which differ in nothing but where their events stand in the text."""
        events = tuple([event._replace(span=NOWHERE) for event in self.events])
        if len(_SHAPES) >= _MOST_SHAPES:
            _SHAPES.clear()
        return _SHAPES.setdefault((events, self.locks, self.suspensions), next(_NUMBERS))

    def again(self, *judges: Judge) -> Graph:
        """The same graph with judges and budgets of its own; what is known of the paths is shared."""
        _ = self.reachable, self.checks
        other = Graph.__new__(Graph)
        other.__dict__.update(
            self.__dict__, judges=judges, searches_left=MOST_SEARCHES, proofs_left=MOST_PROOFS
        )
        return other

    def forget_judges(self) -> Graph:
        """This graph, to be kept for longer than those who have judged: they know the program as it was then."""
        self.judges = ()
        return self

    def of(self, flow: Flow) -> Graph:
        """The same function, some of its events written otherwise."""
        return Graph(flow, *self.judges)

    def _belongs_to_lock(self, number: int) -> bool:
        """Entering a free lock does not suspend, and leaving one never does; a taken one is the explorer's to know."""
        name = self.events[number].name
        if name == "async with exit":
            return number - 1 in self.locks
        following = number + 1
        return following in self.locks and self.events[following].kind == "acquire"

    def successors(self, number: int) -> tuple[int, ...]:
        event = self.events[number]
        if event.kind == "end":
            return ()
        if event.kind == "jump":
            return (event.target,)
        if event.kind in ("test", "fork", "iterate"):
            return (number + 1, event.target)
        return (number + 1,)

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        found: list[list[int]] = [[] for _ in self.events]
        for number in range(len(self.events)):
            for successor in self.successors(number):
                found[successor].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def reachable(self) -> frozenset[int]:
        return frozenset(self._reached([0])) if self.events else frozenset()

    def _reached(self, starts: Iterable[int]) -> set[int]:
        waiting, seen = list(starts), set(starts)
        while waiting:
            for successor in self.successors(waiting.pop()):
                if successor not in seen:
                    seen.add(successor)
                    waiting.append(successor)
        return seen

    def definitions(self, name: str, at: int) -> list[int]:
        """The bindings of a local whose value may still be in it when event `at` begins."""
        waiting, seen, found = list(self.predecessors[at]), set(self.predecessors[at]), []
        while waiting:
            number = waiting.pop()
            event = self.events[number]
            if event.kind == "bind" and event.name == name:
                found.append(number)
                continue
            fresh = [before for before in self.predecessors[number] if before not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return sorted(found)

    @cached_property
    def checks(self) -> tuple[tuple[Place, tuple[int, ...]], ...]:
        """The places that tests ask about, each with the way from the read to the test."""
        found = []
        for number, event in enumerate(self.events):
            if event.kind == "test":
                for chain in self.origins(event.value, number):
                    place = self.events[chain[0]].place
                    if place is not None:
                        found.append((place, chain))
        return tuple(found)

    def origins(self, value: Value, at: int) -> Iterator[tuple[int, ...]]:
        """Each way a value rests on a read: (read, binding, ..., at), in the order the value travels."""
        waiting: deque[tuple[Value, tuple[int, ...]]] = deque([(value, (at,))])
        for _ in range(MOST_CHAINS):
            if not waiting:
                return
            current, chain = waiting.popleft()
            for part in leaves(current):
                if part.kind == "read":
                    yield (part.event, *chain)
                elif part.kind == "local":
                    waiting.extend(
                        (self.events[number].value, (number, *chain))
                        for number in self.definitions(part.text, chain[0])
                        if number not in chain
                    )

    def path_across(self, chain: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shortest path along a chain of origins on which control is handed over after the read.

        The value must not be replaced on its way: no other binding of the local that carries it, no second read.
        """
        self.searches_left -= 1
        if self.searches_left < 0:
            return None
        start = (chain[0], 0, False)
        came: dict[tuple[int, int, bool], tuple[int, int, bool] | None] = {start: None}
        waiting = deque([start])
        while waiting:
            state = waiting.popleft()
            number, stage, crossed = state
            if stage == len(chain) - 1:
                if crossed:
                    return _back(came, state)
                continue
            for successor in self.successors(number):
                following = self._advance(successor, stage, crossed, chain)
                if following is not None and following not in came:
                    came[following] = state
                    waiting.append(following)
        return None

    def _advance(
        self, number: int, stage: int, crossed: bool, chain: tuple[int, ...]
    ) -> tuple[int, int, bool] | None:
        if number == chain[stage + 1]:
            return (number, stage + 1, crossed)
        event, carrier = self.events[number], self.events[chain[stage]]
        if number == chain[stage] or (event.kind == carrier.kind == "bind" and event.name == carrier.name):
            return None
        crossed = crossed or number in self.suspensions or (number in self.locks and event.kind == "acquire")
        return (number, stage, crossed)

    def path(self, start: int, goals: Callable[[int], bool]) -> tuple[int, ...] | None:
        """The shortest path from an event to one that is a goal."""
        came: dict[tuple[int, int, bool], tuple[int, int, bool] | None] = {(start, 0, False): None}
        waiting = deque([(start, 0, False)])
        while waiting:
            state = waiting.popleft()
            if goals(state[0]):
                return _back(came, state)
            for successor in self.successors(state[0]):
                following = (successor, 0, False)
                if following not in came:
                    came[following] = state
                    waiting.append(following)
        return None

    def round_of(self, head: int) -> frozenset[int]:
        """The events between taking one element at a loop's head and asking for the next one."""
        # Who comes anew, from an outer loop, comes by the event before the head: each round jumps to the head itself.
        after = self._reached_without({head, head - 1, self.events[head].target}, head + 1)
        before = {number for number in after if head in self.successors(number)}
        waiting = list(before)
        while waiting:
            fresh = [n for n in self.predecessors[waiting.pop()] if n in after and n not in before]
            before.update(fresh)
            waiting.extend(fresh)
        return frozenset(before)

    def _reached_without(self, barred: set[int], start: int) -> set[int]:
        waiting, seen = [start], {start}
        while waiting:
            for successor in self.successors(waiting.pop()):
                if successor not in seen and successor not in barred:
                    seen.add(successor)
                    waiting.append(successor)
        return seen

    def is_guarded(self, number: int) -> bool:
        """Whether every way to an event holds a lock there."""
        path = self.path(0, lambda goal: goal == number) or ()
        held = [self.events[n] for n in path if n in self.locks]
        taken = [event.place for event in held if event.kind == "acquire"]
        return any(taken.count(p) > sum(e.kind == "release" and e.place == p for e in held) for p in taken)

    def is_inside_loop(self, head: int, span: Span) -> bool:
        """Whether a stretch of text lies among the events of one round of a loop."""
        spans = [self.events[n].span for n in self.round_of(head)]
        return any(each == span for each in spans)

    def lock_at_both_ends(self, path: tuple[int, ...]) -> str:
        """The lock that is given back on the path and taken again, so that it is held at its start and at its end."""
        released = [n for n in path if n in self.locks and self.events[n].kind == "release"]
        for number in released:
            place = self.events[number].place
            later = path[path.index(number) :]
            if place is not None and any(
                n in self.locks and self.events[n].kind == "acquire" and self.events[n].place == place
                for n in later
            ):
                return place.text
        return ""

    def whole(self, middle: tuple[int, ...]) -> tuple[int, ...] | None:
        """A path through the whole function that runs along `middle`: the shortest way there and the shortest way out."""
        begun = self.begun(middle)
        after = self.path(middle[-1], lambda number: self.events[number].kind == "end")
        return None if begun is None or after is None else (*begun, *after[1:])

    def begun(self, middle: tuple[int, ...]) -> tuple[int, ...] | None:
        """A path from the function's first event that runs along `middle` to its end."""
        before = self.path(0, lambda number: number == middle[0])
        return None if before is None else (*before, *middle[1:])


def leaves(value: Value) -> Iterator[Value]:
    """The reads and locals an expression is made of."""
    if value.kind in ("read", "local"):
        yield value
    for part in value.parts:
        yield from leaves(part)


def _back(
    came: dict[tuple[int, int, bool], tuple[int, int, bool] | None], state: tuple[int, int, bool]
) -> tuple[int, ...]:
    path, current = [], state
    while current is not None:
        path.append(current[0])
        previous = came[current]
        if previous is None:
            break
        current = previous
    return tuple(reversed(path))
