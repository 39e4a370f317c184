"""Whether a collection may well be empty where it is used: filtered, or tasks leave it, and nobody asks."""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.program.facts import Argument, Attribute, Call, Comprehension, Facts, Name, Term
from awaitlens.program.view import View
from awaitlens.source import Span

_ASKING = frozenset({"if", "else", "while", "assert", "case"})
_TAKES = frozenset({"discard", "remove", "pop", "clear", "difference_update"})


def may_be_empty(given: Argument, call: Call, facts: Facts, view: View) -> bool:
    """Whether the argument is a collection that elements are left out of or taken from, and no test speaks of it.

    Where any test or `try` stands around, it may well be one that knows.
    """
    term = given.value
    if any(context.kind in _ASKING or context.kind == "try" for context in facts.enclosing(call.context)):
        return False
    if isinstance(term, Comprehension):
        return _has_filter(facts, given.span)
    if _is_asked(term, call.scope, facts):
        return False
    if isinstance(term, Name):
        return _is_filtered(term.id, call, facts)
    return isinstance(term, Attribute) and term.value == Name("self") and _is_emptied(term, facts, view)


def _is_filtered(name: str, call: Call, facts: Facts) -> bool:
    """Whether the name holds a comprehension with a condition, and nothing else."""
    bound = [b for b in facts.bindings if b.name == name and b.scope == call.scope]
    if len(bound) != 1 or not isinstance(bound[0].value, Comprehension) or bound[0].span > call.span:
        return False
    return _has_filter(facts, bound[0].span)


def _has_filter(facts: Facts, place: Span) -> bool:
    """Whether the comprehension that stands there, or is assigned there, leaves elements out."""
    whole = [c.body_span for c in facts.contexts if c.kind == "comprehension" and c.body_span >= place]
    text = " ".join(facts.slice(min(whole)).split()) if whole else ""
    return " if " in text.rpartition(" for ")[2] and " else " not in text.rpartition(" for ")[2]


def _is_emptied(term: Attribute, facts: Facts, view: View) -> bool:
    """Whether a method of the class takes elements out, itself or as what runs when a task is done."""
    for _, block in view.class_blocks(facts.owner, term.attr):
        for call in block.calls:
            if any(_takes(each, term) for each in (call.callee, *(a.value for a in call.arguments))):
                return True
    return False


def _takes(function: Term, term: Attribute) -> bool:
    return isinstance(function, Attribute) and function.attr in _TAKES and function.value == term


def _is_asked(term: Term, scope: int, facts: Facts) -> bool:
    """Whether a test of the function speaks of the collection."""
    tests = (c for c in facts.contexts if c.scope == scope and c.kind in ("if", "while", "assert"))
    return any(_mentions(part, term, facts) for test in tests for part in test.terms)


def _mentions(where: object, term: Term, facts: Facts) -> bool:
    return where == term or any(_mentions(part, term, facts) for part in _parts(where, facts))


def _parts(where: object, facts: Facts) -> Iterator[object]:
    call = facts.call_of(where) if isinstance(where, tuple) else None  # type: ignore[arg-type]
    if call is not None:
        yield call.callee
        yield from (argument.value for argument in call.arguments)
    elif isinstance(where, tuple):
        yield from (part for part in where if isinstance(part, tuple))
