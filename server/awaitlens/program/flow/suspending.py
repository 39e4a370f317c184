"""Whether an await really hands control over: a coroutine that awaits nothing runs to its end at once.

(CPython 3.7-3.15: awaiting a coroutine steps into it; only what it awaits in the end can suspend.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program.facts import Call, Facts, Result, Scope, Suspension, Term
from awaitlens.program.flow.model import Event, Flow
from awaitlens.program.flow.unbounded import puts_at_once

if TYPE_CHECKING:
    from awaitlens.program.view import View

# Entered and left without waiting: they set and clear a timer (CPython 3.11-3.15; async_timeout 3-5).
_TIMERS = frozenset(
    {"asyncio.timeout", "asyncio.timeout_at", "asyncio.timeouts.timeout", "async_timeout.timeout"}
)


def may_suspend(event: Event) -> bool:
    """A first look, without asking the program: a yield hands control to the caller, not to the event loop."""
    return event.name != "yield"


def really_suspends(flow: Flow, facts: Facts, view: View, event: Event) -> bool:
    """A second look: false for `await f()` where the program shows that f has nothing in it to wait for, for
    a put into a queue that is never full, and for a timer."""
    if not may_suspend(event):
        return False
    kind = event.name.removesuffix(" exit")  # both are told of the manager's span
    here = (s for s in facts.suspensions if s.span == event.span and s.scope == flow.scope)
    found = next((s for s in here if s.kind == kind), None)
    return found is None or not never_waits(found, facts, view)


def never_waits(suspension: Suspension, facts: Facts, view: View) -> bool:
    """Whether a suspension point surely hands control to nobody: it awaits a function with nothing to wait for, puts
    something into a queue that is never full, or sets a timer."""
    if suspension.kind == "async with":
        return is_timer(suspension.operand, facts, view)
    call = _awaited_call(suspension, facts) if suspension.kind == "await" else None
    return call is not None and (_runs_through(call, view) or puts_at_once(call, facts, view))


def is_timer(manager: Term, facts: Facts, view: View) -> bool:
    """Whether what an `async with` enters and leaves is a timeout, which lets nobody else run by itself."""
    call = facts.call_of(manager)
    return call is not None and view.target(call).name in _TIMERS


def _awaited_call(suspension: Suspension, facts: Facts) -> Call | None:
    return facts.calls[suspension.operand.call] if isinstance(suspension.operand, Result) else None


def _runs_through(call: Call, view: View) -> bool:
    """Whether the call is one of an own coroutine function without a single suspension point."""
    target = view.target(call)
    if not target.path or target.confidence != "certain" or target.colour != "async":
        return False
    return bool(view.of_definition(target, _has_nothing_to_wait_for))


def _has_nothing_to_wait_for(facts: Facts, scope: Scope) -> bool:
    undecorated = scope.is_async and not scope.decorators and not scope.is_generator
    return undecorated and not _is_stub(facts, scope.number) and not _suspends(facts, scope.number)


def _suspends(facts: Facts, scope: int) -> bool:
    return any(suspension.scope == scope for suspension in facts.suspensions)


def _is_stub(facts: Facts, scope: int) -> bool:
    """A body that does nothing stands for one that other code, or another class, will fill in."""
    busy = {call.scope for call in facts.calls} | {access.scope for access in facts.accesses}
    busy |= {binding.scope for binding in facts.bindings if binding.kind != "parameter"}
    return scope not in busy | {jump.scope for jump in facts.jumps if jump.kind != "raise"}
