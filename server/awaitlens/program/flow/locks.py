"""What keeps other tasks out while it is held, and which expressions mean the same one.

A lock is told as a place, also where a call hands it out: `self.lock_for(key)` is the place of that text, and
`locks.setdefault(key, Lock())` the item it gives. A local that was given a lock stands for that lock.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from awaitlens.knowledge.concurrency import lock
from awaitlens.program.facts import (
    Access,
    Attribute,
    Awaited,
    Call,
    Constant,
    Facts,
    Item,
    Name,
    Result,
    Scope,
    Term,
)
from awaitlens.program.flow.emitter import Emitter, source_of
from awaitlens.program.flow.model import Event, Flow, Place, Value

if TYPE_CHECKING:
    from awaitlens.program.view import View

_WORDS = ("lock", "mutex", "semaphore", "condition", "_sem", "_cond", "limiter", "critical", "guard")
_UNLIKE = re.compile(r"(?<![a-z])(?:b|c|un)lock")
"""A block, a clock and what is unlocked keep nobody out."""
_OF_ONE_ITEM = frozenset(("get", "setdefault"))


def sounds_like_lock(text: str) -> bool:
    plain = _UNLIKE.sub("", text.lower())
    return any(word in plain for word in _WORDS)


def is_lock_type(name: str) -> bool:
    """Whether objects of that class keep others out while they are held; own classes are judged by their name."""
    known = lock(name)
    if known is not None:
        return known.kind in ("lock", "semaphore", "condition")
    return sounds_like_lock(name.rpartition(".")[2])


# --- in a flow --------------------------------------------------------------------------------------------------


def lock_place(emit: Emitter, node: ast.AST) -> Place | None:
    """The place that a `with` enters, or that is acquired; nothing of it is evaluated here."""
    place = _place(node)
    if place is None or place.path or place.root not in emit.local_names:
        return place
    given = (row[3] for row in emit.rows if row[0] == "bind" and row[2] == place.root)
    return next((origin for value in given if (origin := _origin(emit, value)) is not None), place)


def _place(node: ast.AST) -> Place | None:
    if isinstance(node, ast.Name):
        return Place(node.id)
    if isinstance(node, ast.Await):
        return _place(node.value)
    if isinstance(node, ast.Call):
        return _place_of_call(node)
    owner = _place(node.value) if isinstance(node, (ast.Attribute, ast.Subscript)) else None
    if owner is None:
        return None
    part = f".{node.attr}" if isinstance(node, ast.Attribute) else f"[{source_of(node.slice)}]"  # type: ignore[attr-defined]
    return Place(owner.root, (*owner.path, part))


def _place_of_call(node: ast.Call) -> Place | None:
    called, given = _place(node.func), [*node.args, *(keyword.value for keyword in node.keywords)]
    return _called(called, [source_of(each) for each in given]) if called is not None else None


def _called(called: Place, given: list[str]) -> Place:
    """The place that a call gives; who asks a table for one of its items gets that."""
    if called.path and called.path[-1][1:] in _OF_ONE_ITEM and given:
        return Place(called.root, (*called.path[:-1], f"[{given[0]}]"))
    told = "" if not given else given[0] if len(given) == 1 else "*"
    return Place(called.root, (*called.path, f"({told})"))


def _origin(emit: Emitter, value: Value) -> Place | None:
    """The place that a value was read from."""
    if value.kind == "call" and value.text in _OF_ONE_ITEM and value.parts:
        value = value.parts[0]
    place: Place | None = emit.rows[value.event][1] if value.kind == "read" else None
    return place


def is_lock(flow: Flow, facts: Facts, view: View, event: Event) -> bool:
    """Whether what the event takes is a lock: by type where the program tells, else by name."""
    place = event.place
    assert place is not None
    known = view.type_of(_term(place, facts, event), flow.scope)
    if known:
        return is_lock_type(known)
    words = [place.root, *(part for part in place.path if part[0] == ".")]
    return any(map(sounds_like_lock, words)) or _is_given_lock(flow, place) or _holds(facts, view, event)


def _term(place: Place, facts: Facts, event: Event) -> Term:
    """What is taken, as a term; of items the type of nothing is known."""
    call = facts.call_at(event.span) if place.path[-1:] and place.path[-1][0] in "([" else None
    if call is not None:
        return Result(call.number)
    term: Term = Name(place.root)
    for part in place.path:
        term = Attribute(term, part[1:]) if part[0] == "." else Item(term, Name("*"))
    return term


def _is_given_lock(flow: Flow, place: Place) -> bool:
    """Whether a local was given what a call hands out that is named like a lock."""
    return not place.path and any(
        event.kind == "bind" and event.name == place.root and _sounds(event.value) for event in flow.events
    )


def _sounds(value: Value) -> bool:
    inner = value.parts[0] if value.kind == "awaited" and value.parts else value
    return inner.kind == "call" and sounds_like_lock(inner.text)


def _holds(facts: Facts, view: View, event: Event) -> bool:
    """Whether the manager is a generator of the program that holds a lock while it lends control."""
    call = facts.call_at(event.span)
    return call is not None and bool(view.of_definition(view.target(call), _yields_under_lock))


def _yields_under_lock(facts: Facts, scope: Scope) -> bool:
    return any(
        jump.kind == "yield"
        and jump.scope == scope.number
        and any(locks_around(facts, jump.context, scope.number))
        for jump in facts.jumps
    )


# --- in facts ---------------------------------------------------------------------------------------------------


def locks_around(facts: Facts, context: int, scope: int) -> list[tuple[Place, int]]:
    """The locks held at a place, each with the number of its `with`, innermost first."""
    return [
        (place, around.number)
        for around in facts.enclosing(context)
        if around.kind in ("with", "async with")
        for term in around.terms
        if is_lock_term(term, facts) and (place := lock_named(term, facts, scope)) is not None
    ]


def is_locked(facts: Facts, fact: Access | Call) -> bool:
    """Whether a lock is held at a place: by a `with` around it, or acquired by hand above it in the same function."""
    if locks_around(facts, fact.context, fact.scope):
        return True
    by_hand = [
        (call.callee.value, call.callee.attr)
        for call in facts.calls_in(fact.scope)
        if isinstance(call.callee, Attribute)
        and call.span < fact.span
        and is_lock_term(call.callee.value, facts)
    ]
    taken = {owner for owner, verb in by_hand if verb == "acquire"}
    return bool(taken - {owner for owner, verb in by_hand if verb == "release"})


def is_lock_term(term: Term, facts: Facts) -> bool:
    """Whether an expression looks like a lock by the words it is made of."""
    if isinstance(term, Awaited):
        return is_lock_term(term.value, facts)
    if isinstance(term, Result):
        return is_lock_term(facts.calls[term.call].callee, facts)
    if isinstance(term, Attribute):
        return sounds_like_lock(term.attr) or is_lock_term(term.value, facts)
    if isinstance(term, Item):
        return is_lock_term(term.value, facts)
    return isinstance(term, Name) and sounds_like_lock(term.id)


def lock_named(term: Term, facts: Facts, scope: int) -> Place | None:
    """The place of a lock, with every key and argument that is no literal told as any."""
    if isinstance(term, Name):
        given = (b.value for b in facts.bindings if b.name == term.id and b.scope == scope)
        origins = (lock_named(value, facts, -1) for value in given if not isinstance(value, Name))
        return next((origin for origin in origins if origin is not None and origin.path), Place(term.id))
    if isinstance(term, Awaited):
        return lock_named(term.value, facts, scope)
    if isinstance(term, Result):
        call = facts.calls[term.call]
        called = lock_named(call.callee, facts, scope)
        return _called(called, [key_of(a.value) for a in call.arguments]) if called is not None else None
    if not isinstance(term, (Attribute, Item)):
        return None
    owner = lock_named(term.value, facts, scope)
    part = f".{term.attr}" if isinstance(term, Attribute) else f"[{key_of(term.key)}]"
    return Place(owner.root, (*owner.path, part)) if owner is not None else None


def key_of(term: Term) -> str:
    """A key or an argument as a place spells it; one that is no literal may be any."""
    return repr(term.value) if isinstance(term, Constant) else "*"
