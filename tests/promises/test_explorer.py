"""A finding is a proof: small programs are run for real, in every order, and must lose what the explorer says they lose."""

from __future__ import annotations

import ast
import itertools
import textwrap
from collections.abc import Callable, Generator
from types import coroutine
from typing import Any, NamedTuple

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from awaitlens.program.flow.explorer import Explorer, Proof
from awaitlens.program.flow.explorer import Run as Way
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place
from awaitlens.program.flow.trace import trace
from awaitlens.source import Span

LEAVES = st.sampled_from(
    [
        "a = s.n",
        "b = s.n",
        "b = a + 1",
        "await tick()",
        "await tick()",
        "s.n = a + 1",
        "s.n = b + 2",
        "s.n += 1",
        "s.n += await tick()",
        "s.n = await tick() + s.n",
        "a = s.n; s.n = a + 1",
    ]
)
SUITES = st.lists(LEAVES, min_size=1, max_size=4)


def _nested(head: str, suite: list[str]) -> str:
    return head + "".join("\n    " + line for line in suite)


STATEMENTS = LEAVES | SUITES.map(lambda suite: _nested("async with lock:", suite))
BODIES = st.lists(STATEMENTS, min_size=1, max_size=5).map("\n".join)


class Lock:
    """What asyncio.Lock does for two tasks: whoever finds it taken waits, whoever finds it free goes on at once."""

    def __init__(self) -> None:
        self.taken = False

    async def __aenter__(self) -> None:
        while self.taken:
            await _turn("blocked")
        self.taken = True

    async def __aexit__(self, *_: object) -> None:
        self.taken = False


class Shared:
    def __init__(self, n: int) -> None:
        self.n = n


@coroutine
def _turn(why: str) -> Generator[str, None, None]:
    yield why


async def tick() -> int:
    await _turn("tick")
    return 1


def function(body: str) -> str:
    return "async def f():\n    a = b = 0\n" + textwrap.indent(body, "    ") + "\n"


class Run(NamedTuple):
    """Two tasks after some turns: who has not ended yet, whether the last turn was in vain, what `s.n` is."""

    left: frozenset[int]
    in_vain: bool
    total: int


def run(space: dict[str, Any], schedule: tuple[int, ...], start: int) -> Run:
    shared, left, said, in_vain = Shared(start), {0, 1}, ["", ""], False
    space.update(s=shared, lock=Lock())
    tasks = [space["f"](), space["f"]()]
    for turn in schedule:
        try:
            before, said[turn] = said[turn], tasks[turn].send(None)
            in_vain = before == said[turn] == "blocked"
        except StopIteration:
            left.discard(turn)
            in_vain = False
    for task in tasks:
        task.close()
    return Run(frozenset(left), in_vain, shared.n)


def happens(code: str) -> bool:
    """Whether some order of running leaves what no serial order leaves. What began with another number than those that the
    bodies write shows an update that was lost where zero would look alike."""
    return any(every - serial for serial, every in (outcomes(code, start) for start in (0, 41)))


def outcomes(code: str, start: int) -> tuple[set[int], set[int]]:
    """What serial orders leave, and what all orders leave, where `s.n` began as `start`."""
    space: dict[str, Any] = {"tick": tick}
    exec(code, space)
    serial, every = set(), set()
    waiting: list[tuple[int, ...]] = [()]
    while waiting:
        schedule = waiting.pop()
        state = run(space, schedule, start)
        if not state.left:
            every.add(state.total)
            if sum(a != b for a, b in itertools.pairwise(schedule)) == 1:
                serial.add(state.total)
        elif not state.in_vain:
            waiting.extend((*schedule, turn) for turn in state.left)
    return serial, every


def proofs(code: str) -> list[Proof]:
    """The explorer's proofs for each write of `s.n` and each way its value came about."""
    node = ast.parse(code).body[0]
    assert isinstance(node, ast.AsyncFunctionDef)
    flow = trace(node, 0, lambda node: Span(0, 0, 0, 0))
    if flow is None:
        return []
    is_lock: Callable[[Event], bool] = lambda event: event.place == Place("lock")  # noqa: E731
    graph = Graph(flow, lambda event: True, is_lock)
    found = []
    for number, event in enumerate(flow.events):
        if event.kind == "write" and event.place == Place("s", (".n",)):
            path = graph.whole((number,))
            way = Way(graph, path, number) if path else None
            proof = Explorer(way, way, event.place).prove() if way else None
            found.extend([proof] if proof else [])
    return found


def _is_small(body: str) -> bool:
    """Few enough turns to try them all."""
    return 0 < body.count("tick") <= 3 and "s.n" in body


@settings(max_examples=150, deadline=None)
@example("s.n += 1\na = s.n\nasync with lock:\n    s.n = b + 2\n    await tick()\n    s.n = a + 1")
@given(BODIES)
def test_what_is_proved_happens(body: str) -> None:
    code = function(body)
    assume(_is_small(body))
    if proofs(code):
        assert happens(code), "the explorer saw a race that no order of running shows"


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_what_happens_is_proved(body: str) -> None:
    """Programs without branches hide nothing: the explorer misses no race in them."""
    code = function(body)
    assume(_is_small(body))
    if not proofs(code):
        assert not happens(code)


@settings(max_examples=50, deadline=None)
@given(SUITES)
def test_what_one_lock_guards_is_safe(suite: list[str]) -> None:
    assert not proofs(function(_nested("async with lock:", suite)))
