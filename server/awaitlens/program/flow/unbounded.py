"""Queues that are never full: `put` into one that was made without a maxsize waits for nothing.

CPython 3.8-3.14: Queue.put waits only while full(), and where maxsize <= 0 the queue never is. A queue is known here by
all that its function, its class or its module is seen to put in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import (
    UNKNOWN,
    Attribute,
    Call,
    Constant,
    Display,
    Facts,
    Item,
    Iterated,
    Name,
    Term,
    Unpacked,
    last_name,
)

if TYPE_CHECKING:
    from awaitlens.program.view import View

_QUEUES = frozenset(("asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue"))
_COPIES = frozenset(("list", "tuple", "set", "frozenset", "sorted"))
_CONTAINERS = frozenset(("list", "dict", "set", "deque", "OrderedDict", "WeakSet", "WeakValueDictionary"))
_VIEWS = frozenset(("values", "items", "copy"))
_ADD_ONE = frozenset(("add", "append", "appendleft"))
_ADD_SOME = frozenset(("update", "extend", "insert", "setdefault"))
_FARTHEST = 4
"""Through how many places a queue is followed back to where it was made."""


class _Given(NamedTuple):
    """A value, and the function that gives it."""

    term: Term
    facts: Facts
    scope: int


def puts_at_once(call: Call, facts: Facts, view: View) -> bool:
    """Whether a call puts something into a queue that is never full."""
    callee = call.callee
    if not isinstance(callee, Attribute) or callee.attr != "put":
        return False
    return _is_unbounded(_Given(callee.value, facts, call.scope), view, _FARTHEST)


def _is_unbounded(queue: _Given, view: View, far: int) -> bool:
    call = queue.facts.call_of(queue.term)
    if call is not None:
        made = view.of(view.file, queue.facts).target(call).name in _QUEUES
        return made and all(_is_no_bound(argument.value) for argument in call.arguments)
    known = [each for each in _origins(queue, view) if each.term != Constant(None)] if far else []
    return bool(known) and all(_is_unbounded(each, view, far - 1) for each in known)


def _is_no_bound(term: Term) -> bool:
    return isinstance(term, Constant) and isinstance(term.value, int) and term.value <= 0


def _origins(value: _Given, view: View) -> Iterator[_Given]:
    """All that a name or an attribute is seen to be given, or that is put into the container a loop goes over."""
    term = value.term
    if isinstance(term, Unpacked) and isinstance(term.value, Iterated):
        call = value.facts.call_of(term.value.value)
        is_item = call is not None and last_name(call.callee) == "items" and term.position == 1
        return _elements(value._replace(term=term.value.value), view) if is_item else iter(())
    if isinstance(term, Iterated):
        return _elements(value._replace(term=term.value), view)
    return _written(value, view)


def _elements(value: _Given, view: View) -> Iterator[_Given]:
    place = value._replace(term=_container(value.term, value.facts))
    for given in _written(place, view):
        if not _is_empty(given):
            yield given._replace(term=UNKNOWN)
    for block in _blocks(place, view):
        yield from _put_in(place.term, block)


def _container(term: Term, facts: Facts) -> Term:
    """What a copy is taken of, or a view."""
    call = facts.call_of(term)
    if call is None:
        return term
    if isinstance(call.callee, Name) and call.callee.id in _COPIES and len(call.arguments) == 1:
        return _container(call.arguments[0].value, facts)
    if isinstance(call.callee, Attribute) and call.callee.attr in _VIEWS:
        return call.callee.value
    return UNKNOWN


def _is_empty(given: _Given) -> bool:
    """Whether a container begins with nothing in it: `[]`, `set()`."""
    call = given.facts.call_of(given.term)
    if call is None:
        return isinstance(given.term, Display) and not given.term.elements
    return last_name(call.callee) in _CONTAINERS and not call.arguments


def _put_in(container: Term, block: Facts) -> Iterator[_Given]:
    for call in block.calls:
        callee = call.callee
        if (
            isinstance(callee, Attribute)
            and callee.value == container
            and callee.attr in _ADD_ONE | _ADD_SOME
        ):
            one = callee.attr in _ADD_ONE and call.arguments
            yield _Given(call.arguments[0].value if one else UNKNOWN, block, call.scope)
    for access in block.accesses:
        if isinstance(access.place, Item) and access.place.value == container and access.kind != "delete":
            yield _Given(access.value, block, access.scope)


def _written(place: _Given, view: View) -> Iterator[_Given]:
    if isinstance(place.term, Name):
        return _bound(place.term.id, place, view)
    return _assigned(place, view)


def _assigned(place: _Given, view: View) -> Iterator[_Given]:
    for block in _blocks(place, view):
        for access in block.accesses:
            if access.place == place.term and access.kind != "delete":
                yield _Given(access.value, block, access.scope)


def _bound(name: str, place: _Given, view: View) -> Iterator[_Given]:
    """What a name is given in the innermost function that binds it; in the module where none does."""
    scope = place.scope
    while scope > 0:
        if here := list(_bound_in(name, place.facts, scope)):
            return iter(here)
        scope = place.facts.scopes[scope].parent
    return (each for block in _blocks(place, view) for each in _bound_in(name, block, 0))


def _bound_in(name: str, facts: Facts, scope: int) -> Iterator[_Given]:
    if any(parameter.name == name for parameter in facts.scopes[scope].parameters):
        yield _Given(UNKNOWN, facts, scope)
    for binding in facts.bindings:
        is_there = binding.scope == scope or (scope == 0 and name in facts.scopes[binding.scope].global_names)
        if binding.name == name and is_there and binding.kind not in ("annotation", "delete"):
            yield _Given(binding.value if binding.kind != "augmented" else UNKNOWN, facts, binding.scope)


def _blocks(place: _Given, view: View) -> Iterable[Facts]:
    """Where a place is told of: its class for what `self` has, its module for a name; nowhere for anything else."""
    term = place.term
    if isinstance(term, Attribute) and term.value == Name("self") and place.facts.owner:
        return (block for _, block in view.class_blocks(place.facts.owner, term.attr))
    if isinstance(term, Name):
        return (block for _, block in view.module_blocks(term.id))
    return ()
