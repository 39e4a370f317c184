"""Which of a local name's bindings may hold at a place."""

from __future__ import annotations

from collections.abc import Sequence

from awaitlens.program.facts import Binding, Comprehension, Facts, Scope
from awaitlens.source import Span


def by_scope_and_name(facts: Facts) -> dict[tuple[int, str], list[Binding]]:
    found: dict[tuple[int, str], list[Binding]] = {}
    for binding in facts.bindings:
        if binding.kind != "delete":
            found.setdefault((binding.scope, binding.name), []).append(binding)
    return found


def position_of(name: str, scope: Scope) -> int:
    """Which parameter of the function the name is; -1 if it is none."""
    for number, parameter in enumerate(scope.parameters):
        if parameter.name == name:
            return number
    return -1


def reaching_at(
    bindings: Sequence[Binding], facts: Facts, at: Span | None, has_first_value: bool
) -> tuple[Sequence[Binding], bool]:
    """The bindings that may hold at a place: from the last one that surely ran before it, on; and whether one did."""
    if at is None:
        return bindings, False
    if len(bindings) == 1 and bindings[0].context < 0 and bindings[0].span[:2] < at[:2]:
        return bindings, True
    around = {context.number for context in facts.enclosing(_context_at(facts, at))} | {-1}
    if any(binding.kind == "comprehension" for binding in bindings):
        own = [b for b in bindings if b.kind == "comprehension" and b.context in around and b.span != at]
        if own:
            return own[-1:], True
        bindings = [binding for binding in bindings if binding.kind != "comprehension"]
    before = [binding for binding in bindings if binding.span[:2] < at[:2]]
    for position in range(len(before) - 1, -1, -1):
        if before[position].context in around:
            return before[position:], True
    return before or (() if has_first_value else bindings), False


def inside_of(term: Comprehension, facts: Facts, scope: int, at: Span | None) -> Span | None:
    """The end of the comprehension that starts at a place or next after it: its variables hold there, and nowhere else."""
    for context in facts.contexts:
        is_it = (
            context.kind == "comprehension" and context.scope == scope and context.terms == (term.iterable,)
        )
        if is_it and (at is None or context.span[:2] >= at[:2]):
            end = context.span[2:]
            return Span(*end, *end)
    return at


def _context_at(facts: Facts, at: Span) -> int:
    """The innermost construct whose body holds the place."""
    start, end = at[:2], at[2:]
    inside = (
        context.number
        for context in reversed(facts.contexts)
        if context.body_span[:2] <= start and end <= context.body_span[2:]
    )
    return next(inside, -1)
