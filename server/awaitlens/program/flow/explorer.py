"""Two tasks side by side: schedules tried until one shows an outcome that no serial order gives.

Each task runs one path of a function, both the same one or two that meet at a place. Values are symbols: `v0` is what a place holds at first, results of awaits and
parameters are a task's own, and what an expression makes of them keeps its shape. A task keeps control until it
suspends, or finds a lock taken. A test on the path must come out as it did when the task ran alone. Where a
changed value makes that uncertain the schedule proves nothing and is dropped.

A schedule is a proof when both tasks come to the end of the path and either no serial order lets both
do that, or the place holds what no serial order leaves in it. Where a run has a `witness` that is what counts: a task
must find there what it finds in no serial order.

At most MOST_SCHEDULES moments of choice are looked at, and MOST_STEPS events played, per pair of paths. What lies beyond is never a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place, anyhow
from awaitlens.program.flow.symbols import Symbol, Task, outcome_of_test

MOST_SCHEDULES = 600
MOST_STEPS = 20_000


class Move(NamedTuple):
    """What one task does at one event of its path; `seen` is the value read, written or tested."""

    task: int
    event: int
    seen: Symbol


class Proof(NamedTuple):
    """A schedule that shows a race. `turned_away` is true where no serial order lets both tasks through."""

    moves: tuple[Move, ...]
    final: Symbol
    turned_away: bool


class Run(NamedTuple):
    """What one task does: a path through a function.

    `goal` is the event that must not be reached on any other way past a test than the path's own: only such a test is
    known to turn a task away. `witness` is an event at which what the place holds is part of the outcome; -1 for none.
    `asked` is the one test that may turn a task away; -1 for any.
    """

    graph: Graph
    path: tuple[int, ...]
    goal: int
    witness: int = -1
    asked: int = -1


_Key = tuple[int, tuple[int, ...], int, int, int, int, tuple[int, ...], int, int, int, Place]
_PROOFS: dict[_Key, Proof | None] = {}
_MOST_PROOFS_KEPT = 5_000


def prove(first: Run, second: Run, place: Place) -> Proof | None:
    """What an Explorer proves of two runs. An edit that only moves a function need not have it proved again."""
    key = (first.graph.shape, *first[1:], second.graph.shape, *second[1:], place)
    if key not in _PROOFS:
        if len(_PROOFS) >= _MOST_PROOFS_KEPT:
            _PROOFS.clear()
        _PROOFS[key] = Explorer(first, second, place).prove()
    return _PROOFS[key]


class State(NamedTuple):
    """A moment of a schedule: how far each task is, what it knows, what the places hold, who holds which lock.

    `found` is what each task finds in the place at its witness."""

    tasks: tuple[Task, Task]
    store: Mapping[Place, Symbol]
    held: Mapping[Place, int]
    moves: tuple[Move, ...]
    found: tuple[Symbol, Symbol] = ((), ())


class Elsewhere(Exception):
    """A task leaves the path for another that also leads to the goal: its outcome is not known."""


class Explorer:
    """Interleaves two runs and compares what they leave in `place`.

    A serial order that would leave a path at a test that is not known to turn the task away has an outcome nobody
    knows: no proof.
    """

    def __init__(self, first: Run, second: Run, place: Place) -> None:
        self.runs = (first, second)
        self.place = place
        events = [run.graph.events[number] for run in dict.fromkeys(self.runs) for number in run.path]
        self.places = frozenset(
            [place, *(e.place for e in events if e.kind == "write" and e.place is not None)]
        )
        self.steps_left = MOST_STEPS
        alone = self._premise(0)
        self.alone = (alone, alone if first is second else self._premise(1))

    def prove(self) -> Proof | None:
        """The first schedule that shows a race, switching tasks as often as possible; None where none is found."""
        if None in self.alone:
            return None
        try:
            serial = [end for end in (self._serial(0), self._serial(1)) if end is not None]
        except Elsewhere:
            return None
        outcomes = {self._outcome(state) for state in serial}
        for state in self._interleavings():
            if not serial or self._outcome(state) not in outcomes:
                return Proof(state.moves, state.store[self.place], not serial)
        return None

    def _outcome(self, state: State) -> tuple[Symbol, ...]:
        """What the tasks leave, or, where one has a witness, what they find there."""
        has_witness = any(run.witness >= 0 for run in self.runs)
        return state.found if has_witness else (state.store[self.place],)

    def _start(self) -> State:
        return State((Task(0), Task(1)), {place: ("v0", place.text) for place in self.places}, {}, ())

    def _is_done(self, state: State, number: int) -> bool:
        return state.tasks[number].position == len(self.runs[number].path)

    def _premise(self, number: int) -> Mapping[int, Symbol] | None:
        """What each test on a path was about when its task ran alone; None when the path contradicts itself."""
        tests: dict[int, Symbol] = {}
        decided: dict[Symbol, tuple[int, bool]] = {}
        state: State | None = self._start()
        assert state is not None
        for _ in range(len(self.runs[number].path) + 1):
            state = self._run(state, number, tests, decided)
            if state is None:
                return None
            if self._is_done(state, number):
                return tests
        return None

    def _serial(self, first: int) -> State | None:
        """One task after the other; None when a test is sure to turn the second one away."""
        state: State | None = self._start()
        for task in (first, 1 - first):
            while state is not None and not self._is_done(state, task):
                before = state
                state = self._run(state, task, None, None)
                if state is not None and state.tasks[task].position == before.tasks[task].position:
                    return None
        return state

    def _interleavings(self) -> Iterator[State]:
        waiting: list[tuple[State, int]] = [(self._start(), 1)]
        for _ in range(MOST_SCHEDULES):
            if not waiting or self.steps_left < 0:
                return
            state, last = waiting.pop()
            unfinished = [task for task in (0, 1) if not self._is_done(state, task)]
            if not unfinished:
                yield state
                continue
            for task in sorted(unfinished, key=lambda task: task != last):
                following = self._run(state, task, self.alone[task], None)
                if following is not None and following.tasks[task].position > state.tasks[task].position:
                    waiting.append((following, task))

    def _run(
        self,
        state: State,
        number: int,
        premise: Mapping[int, Symbol] | dict[int, Symbol] | None,
        decided: dict[Symbol, tuple[int, bool]] | None,
    ) -> State | None:
        """Let a task run to its next suspension point, a taken lock or its end; None where a test stops the proof."""
        task, run = state.tasks[number].copy(), self.runs[number]
        store, held, moves, found = dict(state.store), dict(state.held), list(state.moves), state.found
        while task.position < len(run.path):
            event_number = run.path[task.position]
            event = run.graph.events[event_number]
            if event_number in run.graph.locks and not _lock(event, held, number):
                break
            if event.kind == "test" and not self._passes(task, event, premise, decided):
                return None
            if event_number == run.witness:
                here = task.common(store[self.place])
                found = (here, found[1]) if number == 0 else (found[0], here)
            seen = task.perform(event, event_number, store)
            moves.append(Move(number, event_number, seen))
            task.position += 1
            if event_number in run.graph.suspensions:
                break
        self.steps_left -= len(moves)
        tasks = (task, state.tasks[1]) if number == 0 else (state.tasks[0], task)
        return State(tasks, store, held, tuple(moves), found)

    def _passes(
        self,
        task: Task,
        event: Event,
        premise: Mapping[int, Symbol] | dict[int, Symbol] | None,
        decided: dict[Symbol, tuple[int, bool]] | None,
    ) -> bool:
        position, path = task.position, self.runs[task.number].path
        taken = position + 1 >= len(path) or path[position + 1] == path[position] + 1
        tested = task.value(event.value)
        if decided is not None and isinstance(premise, dict):
            premise[position] = task.common(tested)
            return _agrees(decided, premise[position], path[position], taken)
        if premise is not None:
            return premise[position] == task.common(tested)
        alone = self.alone[task.number]
        assert alone is not None
        asked = self.runs[task.number].asked
        if alone.get(position) == task.common(tested) or asked not in (-1, path[position]):
            return True
        if outcome_of_test(event.value, tested) in (None, taken):
            return True
        if not self._guards(self.runs[task.number], path[position], taken):
            raise Elsewhere
        return False

    def _guards(self, run: Run, test: int, taken: bool) -> bool:
        """Whether the test's other way never leads to the goal."""
        other = run.graph.events[test].target if taken else test + 1
        return run.graph.path(other, lambda number: number == run.goal) is None


def _agrees(decided: dict[Symbol, tuple[int, bool]], tested: Symbol, number: int, taken: bool) -> bool:
    """Whether the path answers the same question the same way; only the test of a loop may change its mind."""
    while tested[0] == "not":
        tested, taken = tested[-1], not taken
    before, answer = decided.setdefault(tested, (number, taken))
    return before == number or answer == taken


def _lock(event: Event, held: dict[Place, int], number: int) -> bool:
    """Take or give back a lock; false when another task holds it, or one that may be the same."""
    assert event.place is not None
    if event.kind == "release":
        held.pop(event.place, None)
        return True
    if any(holder != number and anyhow(lock) == anyhow(event.place) for lock, holder in held.items()):
        return False
    held[event.place] = number
    return True
