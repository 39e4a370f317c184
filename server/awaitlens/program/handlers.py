"""What an `except` clause does with a cancellation that arrives in the code it guards.

asyncio throws CancelledError in at a suspension point. Since Python 3.8 it derives from BaseException.
"""

from __future__ import annotations

from typing import Literal

from awaitlens.program.facts import UNKNOWN, Attribute, Context, Display, Facts, Name, last_name
from awaitlens.program.terms import dotted
from awaitlens.program.view import View

_CANCELLED = frozenset({"asyncio.CancelledError", "concurrent.futures.CancelledError"})
_LOOPS = frozenset({"while", "for", "async for"})


def catches_cancellation(
    facts: Facts, view: View, handler: Context
) -> Literal["cancellation", "everything", ""]:
    """Whether the clause names CancelledError, catches it together with everything else, or lets it pass."""
    types = handler.terms[0]
    if types == UNKNOWN:
        return "everything"
    each = types.elements if isinstance(types, Display) else (types,)
    names = {view.name_of(part, handler.scope) for part in each}
    if names & _CANCELLED:
        return "cancellation"
    return "everything" if "BaseException" in names else ""


def guarded(facts: Facts, handler: Context) -> Context:
    """The body of the try statement that the clause belongs to."""
    earlier: list[Context] = list(facts.contexts[: handler.number])
    for context in reversed(earlier):
        if context.kind == "try" and context.parent == handler.parent:
            found: Context = context
            return found
    raise ValueError("an except clause without a try")


def suspends(facts: Facts, outer: Context) -> bool:
    """Whether a suspension point stands in the construct, so that a cancellation can arrive there."""
    return any(outer in facts.enclosing(suspension.context) for suspension in facts.suspensions)


def passes_on(facts: Facts, handler: Context) -> bool:
    """Whether the clause raises, hands the exception to somebody, or ends a task that this function cancelled itself.

    `self.error = error` hands it to whoever reads it there.
    """
    if _raises(facts, handler) or raised_around(facts, handler) or _raised_later(facts, handler):
        return True
    if _given_back(facts, handler):
        return True
    if any(
        isinstance(c.callee, Attribute) and "cancel" in c.callee.attr for c in facts.calls_in(handler.scope)
    ):
        return True
    caught = Name(handler.names[0])
    if any(kept.value == caught and handler in facts.enclosing(kept.context) for kept in facts.accesses):
        return True
    calls = [call for call in facts.calls if handler in facts.enclosing(call.context)]
    return bool(caught.id) and any(argument.value == caught for call in calls for argument in call.arguments)


def is_meant(facts: Facts, view: View, attempt: Context) -> bool:
    """Whether a cancellation is no call to stop: the wait is to last to the end, or another method cancels what is awaited."""
    return _waits_to_the_end(facts, attempt) or _is_cancelled_elsewhere(facts, view, attempt)


def _waits_to_the_end(facts: Facts, attempt: Context) -> bool:
    """`while not task.done(): try: await shield(task)`."""
    loops = [outer for outer in facts.enclosing(attempt.parent) if outer.kind == "while"]
    asked = {
        call.callee.value
        for call in facts.calls_in(attempt.scope)
        if isinstance(call.callee, Attribute) and call.callee.attr == "done"
        if any(loop.span.contains(*call.span[:2]) for loop in loops)
    }
    shields = (c for c in facts.calls_in(attempt.scope) if last_name(c.callee) == "shield" and c.arguments)
    return any(c.arguments[0].value in asked and attempt in facts.enclosing(c.context) for c in shields)


def _is_cancelled_elsewhere(facts: Facts, view: View, attempt: Context) -> bool:
    """`await self._running` here, `self._running.cancel()` in another method."""
    for suspension in facts.suspensions:
        place = suspension.operand
        if isinstance(place, Attribute) and attempt in facts.enclosing(suspension.context):
            view.program.names.memory.rests_on(view.path, place.attr)
            if f"{dotted(place)}.cancel(" in view.file.text:
                return True
    return False


def _raises(facts: Facts, clause: Context) -> bool:
    return any(jump.kind == "raise" and clause in facts.enclosing(jump.context) for jump in facts.jumps)


def raised_around(facts: Facts, inner: Context) -> bool:
    """Whether the construct stands in an except clause that raises in the end: the tidying up after an error."""
    return raised_after(facts, inner.parent, inner.body_span.end_line)


def raised_after(facts: Facts, context: int, line: int) -> bool:
    """Whether an except clause around the context raises below the line."""
    around = [outer for outer in facts.enclosing(context) if outer.kind == "except"]
    later = [j for j in facts.jumps if j.kind == "raise" and j.span.line > line]
    return any(_clause(facts, jump.context) in around for jump in later)


def _clause(facts: Facts, context: int) -> Context | None:
    """The nearest except clause around."""
    return next((outer for outer in facts.enclosing(context) if outer.kind == "except"), None)


def _raised_later(facts: Facts, handler: Context) -> bool:
    """Whether the clause makes a note of the cancellation, and the function raises after it, or returns the note."""
    end = handler.body_span.end_line
    notes = {b.name for b in facts.bindings if b.kind == "assign" and handler in facts.enclosing(b.context)}
    later = [j for j in facts.jumps if j.scope == handler.scope and j.span.line > end]
    told = (j for j in later if j.kind == "return" and last_name(j.value) in notes)
    return bool(notes) and (any(j.kind == "raise" for j in later) or any(told))


def _given_back(facts: Facts, handler: Context) -> bool:
    """Whether the function returns what the clause caught, at once or from a local: its caller sees to it."""
    caught = Name(handler.names[0])
    kept = {
        Name(b.name) for b in facts.bindings if b.value == caught and handler in facts.enclosing(b.context)
    }
    returned = [j.value for j in facts.jumps if j.kind == "return" and j.scope == handler.scope]
    given = [
        part for value in returned for part in (value.elements if isinstance(value, Display) else (value,))
    ]
    return bool(caught.id) and any(part == caught or part in kept for part in given)


def leaves(facts: Facts, handler: Context) -> bool:
    """Whether the function ends, or a loop around does, once the clause is done."""
    if not any(outer.kind in _LOOPS for outer in facts.enclosing(handler.parent)):
        return True
    return any(j.kind in ("return", "break") and handler in facts.enclosing(j.context) for j in facts.jumps)


def reraises(facts: Facts, handler: Context) -> bool:
    """Whether the clause ends by raising what it caught."""
    caught = (UNKNOWN, Name(handler.names[0])) if handler.names[0] else (UNKNOWN,)
    return any(j.kind == "raise" and j.context == handler.number and j.value in caught for j in facts.jumps)


def sees_cancellation(facts: Facts, view: View, attempt: Context) -> bool:
    """Whether a `finally` or a clause for cancellations belongs to the try statement, or to one around it."""
    around = {attempt, *(outer for outer in facts.enclosing(attempt.parent) if outer.kind == "try")}
    clauses = (c for c in facts.contexts if c.kind in ("except", "finally") and guarded(facts, c) in around)
    return any(c.kind == "finally" or catches_cancellation(facts, view, c) for c in clauses)
