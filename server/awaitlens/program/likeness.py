"""What an edit inside a call leaves alone: most keystrokes change an argument, and no name means anything else for it."""

from __future__ import annotations

from awaitlens.program.facts import Call, Context, Facts
from awaitlens.program.narrowing import narrowings


def changed_calls(old: Facts, new: Facts) -> frozenset[int] | None:
    """The numbers of the calls in which two blocks differ, and of the calls that are given their values.

    None where the blocks differ in more: in what a name, an attribute or the caller gets. Where a number is given, the
    outlines of the two are equal, and every other call means what it meant.
    """
    if (
        old.scopes != new.scopes
        or old.bindings != new.bindings
        or old.imports != new.imports
        or old.jumps != new.jumps
        or old.accesses != new.accesses
        or len(old.calls) != len(new.calls)
        or old.owner != new.owner
        or [s.scope for s in old.suspensions] != [s.scope for s in new.suspensions]
        or _tested(old) != _tested(new)
    ):
        return None
    changed: set[int] = set()
    for before, after in zip(old.calls, new.calls):
        if (
            before.callee != after.callee
            or before.arguments != after.arguments
            or before.usage != after.usage
        ) and not (_note(old, before, changed) and _note(new, after, changed)):
            return None
    return frozenset(changed)


def _tested(facts: Facts) -> list[object]:
    """What tests say of names: an `or` for an `and` changes no call."""
    return [(name, test.kinds) for name, tests in narrowings(facts).items() for test in tests]


def _note(facts: Facts, call: Call, changed: set[int]) -> bool:
    """Note the call and those that it is an argument of; False if something is kept of what the last of them gives."""
    changed.add(call.number)
    while call.usage.kind == "argument" and call.usage.call >= 0:
        call = facts.calls[call.usage.call]
        changed.add(call.number)
    return call.usage.kind == "dropped"


def same_constructs(old: Facts, new: Facts) -> bool:
    """Whether the constructs of two blocks hold each other alike, and begin and end on the same lines."""
    return [*map(_place, old.contexts)] == [*map(_place, new.contexts)]


def _place(context: Context) -> tuple[object, ...]:
    return (
        context.kind,
        context.parent,
        context.scope,
        context.terms,
        context.span[:3],
        context.body_span[:3],
    )
