"""Calls that belong to an event loop's thread and are made on another one.

A loop, its tasks, futures, events and queues may only be touched on the loop's own thread; `call_soon_threadsafe` and
`run_coroutine_threadsafe` are the doors. (asyncio, CPython 3.7-3.15)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Attribute, Call, Facts, Name, Term, last_name
from awaitlens.program.threads import OFF_THE_LOOP, RunsOn
from awaitlens.program.view import View
from awaitlens.source import Span

_LOOP = "asyncio.AbstractEventLoop."
LOOP_METHODS = frozenset(
    {"call_soon", "call_later", "call_at", "create_task", "add_reader", "add_writer", "stop"}
)
_TELLING = frozenset({"call_soon", "call_later", "call_at"})
PRIMITIVES = frozenset(
    {"asyncio.Event.set", "asyncio.Event.clear", "asyncio.Queue.put_nowait", "asyncio.Queue.get_nowait",
     "asyncio.Future.set_result", "asyncio.Future.set_exception", "asyncio.Future.cancel", "asyncio.Task.cancel",
     "asyncio.Task.set_result", "asyncio.Condition.notify", "asyncio.Condition.notify_all", "asyncio.Lock.release",
     "asyncio.Semaphore.release", "asyncio.BoundedSemaphore.release", "asyncio.LifoQueue.put_nowait",
     "asyncio.PriorityQueue.put_nowait", "asyncio.StreamWriter.close", "asyncio.StreamWriter.write",
     "asyncio.WriteTransport.write", "asyncio.BaseTransport.close", "tornado.queues.Queue.put_nowait",
     "tornado.locks.Event.set"}
)  # fmt: skip
_RUN_A_LOOP = frozenset(
    {"asyncio.run", "asyncio.new_event_loop", "asyncio.Runner", "asyncio.set_event_loop", "asyncio.get_running_loop",
     "asyncio.AbstractEventLoop.run_forever", "asyncio.AbstractEventLoop.run_until_complete"}
)  # fmt: skip
_RUNNERS = frozenset({"run_forever", "run_until_complete"})


class Crossing(NamedTuple):
    """A call on the wrong thread: `method` of the loop or object; `where` ends a sentence about the function.

    `reason` is what brings the function there; None for what Python calls by itself.
    """

    call: Call
    method: str
    where: str
    reason: RunsOn | None
    confidence: Confidence

    def proof(self, function: str, done: str) -> Iterator[tuple[Span, str, str, str]]:
        """Spans, words, paths and lanes: how the function gets to that thread, what it does there, what the loop misses."""
        if self.reason is not None:
            yield self.reason.span, f"{function} is {self.reason.words}", self.reason.path, ""
            yield self.call.span, done, "", self.reason.thread
            yield self.call.span, "may sleep on: nobody wakes it", "", "event loop"


def loop_calls(facts: Facts, view: View) -> Iterator[Crossing]:
    """Methods of an event loop, called off its thread."""
    for call in facts.calls:
        method = last_name(call.callee)
        if method in LOOP_METHODS and isinstance(call.callee, Attribute):
            yield from _crossing(call, method, _of_a_loop(call, call.callee, view), facts, view)


def _of_a_loop(call: Call, callee: Attribute, view: View) -> Confidence:
    target = view.target(call)
    if target.name == _LOOP + callee.attr and view.type_of(callee.value, call.scope, call.span):
        return target.confidence
    by_name = last_name(callee.value) in ("loop", "_loop") and callee.attr in _TELLING
    return "likely" if by_name and view.is_unknown(call) else "possible"


def primitive_calls(facts: Facts, view: View) -> Iterator[Crossing]:
    """Methods of asyncio's events, queues, futures and tasks that wake somebody up, called off the loop's thread."""
    for call in facts.calls:
        if isinstance(call.callee, Attribute) and not facts.scopes[call.scope].is_async:
            target = view.target(call)
            if target.name in PRIMITIVES:
                yield from _crossing(call, target.name, target.confidence, facts, view)


def _crossing(
    call: Call, method: str, confidence: Confidence, facts: Facts, view: View
) -> Iterator[Crossing]:
    scope = facts.scopes[call.scope]
    if (
        confidence == "possible"
        or scope.kind != "function"
        or scope.is_async
        or _runs_a_loop(call, facts, view)
        or _is_handed_over_beside(call, facts)
    ):
        return
    if scope.name == "__del__" and view.owner_of(call.scope):
        yield Crossing(call, method, "may run on any thread", None, "likely")
        return
    reason = view.runs_only_on(call.scope, OFF_THE_LOOP)
    if reason is not None:
        confidence = weakest(confidence, reason.confidence)
        yield Crossing(call, method, f"runs on a {reason.thread}", reason, confidence)


def _runs_a_loop(call: Call, facts: Facts, view: View) -> bool:
    """Whether the function has a loop on its own thread; get_running_loop() raises where there is none."""
    return any(
        last_name(other.callee) in _RUNNERS or view.target(other).name in _RUN_A_LOOP
        for other in facts.calls_in(call.scope)
    )


def _is_handed_over_beside(call: Call, facts: Facts) -> bool:
    """`loop.call_soon_threadsafe(jobs.put_nowait, job) if loop else jobs.put_nowait(job)`: it knows when there is no loop yet."""
    doors = (c for c in facts.calls_in(call.scope) if last_name(c.callee) == "call_soon_threadsafe")
    return any(argument.value == call.callee for door in doors for argument in door.arguments[:1])


def loop_at_hand(call: Call, facts: Facts, view: View) -> str:
    """How the function at the call spells the event loop: a parameter, a closed-over name or an attribute; "" if it has none."""
    scope = facts.scopes[call.scope]
    names: list[Term] = [Name("loop")]
    if scope.parameters and view.owner_of(call.scope):
        receiver = Name(scope.parameters[0].name)
        names += [Attribute(receiver, "loop"), Attribute(receiver, "_loop")]
    for term in names:
        known = view.type_of(term, call.scope, call.span) == "asyncio.AbstractEventLoop"
        if isinstance(term, Name) and (known or any(p.name == "loop" for p in scope.parameters)):
            return term.id
        if isinstance(term, Attribute) and isinstance(term.value, Name) and known:
            return f"{term.value.id}.{term.attr}"
    return ""
