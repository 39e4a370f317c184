"""What others can see of a block: if it stays equal through an edit, no name elsewhere changes its meaning."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import Any

from awaitlens.program.facts import (
    Access,
    Attribute,
    Awaited,
    Binding,
    Constant,
    Facts,
    Item,
    Jump,
    Lambda,
    Name,
    Result,
    Scope,
    Term,
)
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.narrowing import narrowed_at, narrowings

_BUILTINS = frozenset(dir(builtins))
Outline = tuple[Any, ...]


def outline(facts: Facts, file: FileFacts | None = None) -> Outline:
    """A value that differs whenever a name, a signature, an inferred type or a class member may.

    With the `file` that the block lies in, values that rest on a name which nothing there defines are all the same: such
    are most words while they are being typed.
    """
    jumps = [jump for jump in facts.jumps if _tells(facts, jump)]
    writes = [access for access in facts.accesses if access.kind == "write" and _is_of_self(facts, access)]
    telling = _telling(facts, [*((j.scope, j.value) for j in jumps), *((w.scope, w.value) for w in writes)])

    def value(scope: int, term: Term) -> Any:
        if file is not None and _stands_for_nothing(facts, term, scope, file):
            return None
        return shape(facts, term)

    def is_visible(scope: int, name: str) -> bool:
        return _is_public(facts, scope, name) or (scope, name) in telling

    visible = [b for b in facts.bindings if is_visible(b.scope, b.name)]
    signing = _signing(facts) if any(each.scope for each in facts.imports) else ()
    imports = [i for i in facts.imports if is_visible(i.scope, i.name) or i.name in signing]
    return (
        facts.owner,
        tuple(_scope(facts, scope) for scope in facts.scopes),
        tuple(
            (b.name, b.kind, value(b.scope, b.value), shape(facts, b.annotation), b.scope) for b in visible
        ),
        tuple((i.name, i.module, i.symbol, i.level, i.scope) for i in imports),
        tuple((shape(facts, w.place), value(w.scope, w.value), w.scope) for w in writes),
        tuple((j.kind, j.scope, value(j.scope, j.value)) for j in jumps),
        _tested(facts, telling, [*jumps, *writes, *visible]),
    )


def _tested(
    facts: Facts, telling: set[tuple[int, str]], places: Sequence[Jump | Access | Binding]
) -> Outline:
    """What tests say of the names on which the values at these places depend."""
    table = narrowings(facts)
    said = [
        (number, name, narrowed_at(facts, table, scope, name, place.span))
        for scope, name in sorted(telling.intersection(table))
        for number, place in enumerate(places)
        if place.scope == scope
    ]
    return tuple((number, name, shape(facts, test.kinds)) for number, name, test in said if test)


def _is_of_self(facts: Facts, access: Access) -> bool:
    """Whether an attribute of the class around is written: others see the values of no other place."""
    place = access.place
    if not isinstance(place, Attribute) or not isinstance(place.value, Name):
        return False
    return bool(class_of_self(facts, access.scope, place.value.id))


def _stands_for_nothing(facts: Facts, term: Term, scope: int, file: FileFacts) -> bool:
    """Whether the value of a term rests on a name that nothing defines."""
    while not isinstance(term, Name):
        if isinstance(term, Result):
            term = facts.calls[term.call].callee
        elif isinstance(term, (Attribute, Awaited, Item)):
            term = term.value
        else:
            return False
    return not _is_defined(facts, term.id, scope, file)


def _is_defined(facts: Facts, name: str, scope: int, file: FileFacts) -> bool:
    while scope >= 0:
        around = facts.scopes[scope]
        if any(binding.name == name and binding.scope == scope for binding in facts.bindings):
            return True
        if any(parameter.name == name for parameter in around.parameters):
            return True
        scope = around.parent
    return (
        name in _BUILTINS
        or name in file.globals
        or name in file.imports
        or "*" in file.imports
        or name in file.members.get(".".join(facts.owner), ())
    )


def _tells(facts: Facts, jump: Jump) -> bool:
    """Whether others see in the value of a return or yield what a call gives: where no annotation says it, and where a
    decorator returns the function that it makes."""
    scope = facts.scopes[jump.scope]
    if jump.kind == "return":
        return scope.returns is None or _is_inner_function(facts, jump)
    return jump.kind == "yield" and scope.returns is None and bool(scope.decorators)


def _is_inner_function(facts: Facts, jump: Jump) -> bool:
    return isinstance(jump.value, Name) and any(
        b.scope == jump.scope and b.name == jump.value.id and isinstance(b.value, Lambda)
        for b in facts.bindings
    )


def _telling(facts: Facts, values: list[tuple[int, Term]]) -> set[tuple[int, str]]:
    """The local names, by scope, on which what is returned or kept in an attribute depends."""
    tests = narrowings(facts)
    telling: set[tuple[int, str]] = set()
    waiting = [(scope, name) for scope, value in values for name in _names(facts, value)]
    while waiting:
        scope, name = waiting.pop()
        if (scope, name) in telling:
            continue
        telling.add((scope, name))
        bound = [b for b in facts.bindings if b.name == name and b.scope == scope]
        waiting.extend((scope, other) for b in bound for other in _names(facts, b.value))
        waiting.extend(
            (scope, kind) for test in tests.get((scope, name), ()) for kind in _names(facts, test.kinds)
        )
        if not bound and facts.scopes[scope].parent >= 0:
            waiting.append((facts.scopes[scope].parent, name))
    return telling


def _signing(facts: Facts) -> set[str]:
    """The names in the signatures of what is defined inside of functions and classes."""
    found = set[str]()
    for scope in facts.scopes:
        if scope.parent > 0:
            annotations = tuple(parameter.annotation for parameter in scope.parameters)
            bases = tuple(base.value for base in scope.bases)
            found.update(_names(facts, (*annotations, *scope.decorators, *bases, scope.returns)))
    return found


def _names(facts: Facts, term: object) -> Iterator[str]:
    if isinstance(term, Name):
        yield term.id
    elif isinstance(term, Result):
        call = facts.calls[term.call]
        yield from _names(facts, call.callee)
        for argument in call.arguments:
            yield from _names(facts, argument.value)
    elif isinstance(term, tuple) and not isinstance(term, Constant):
        for part in term:
            yield from _names(facts, part)


def _is_public(facts: Facts, scope: int, name: str) -> bool:
    return facts.scopes[scope].kind in ("module", "class") or _is_global(facts, scope, name)


def _is_global(facts: Facts, scope: int, name: str) -> bool:
    return name in facts.scopes[scope].global_names


def _scope(facts: Facts, scope: Scope) -> Outline:
    parameters = tuple((p.name, p.kind, shape(facts, p.annotation)) for p in scope.parameters)
    decorators = tuple(shape(facts, d) for d in scope.decorators)
    bases = tuple((b.keyword, shape(facts, b.value)) for b in scope.bases)
    own = (scope.kind, scope.qualname, scope.parent, scope.is_async, scope.is_generator, scope.directives)
    outer = (scope.global_names, scope.nonlocal_names)
    return (
        *own,
        *outer,
        parameters,
        decorators,
        bases,
        shape(facts, scope.returns),
        _entering(facts, scope),
    )


def _entering(facts: Facts, scope: Scope) -> Outline:
    """Of a method that `with` or `for` calls, what decides whether others may use the statement: does it raise, does it wait."""
    if scope.name not in ("__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__", "__aiter__"):
        return ()
    jumps = tuple(jump.kind for jump in facts.jumps if jump.scope == scope.number)
    return jumps, any(suspension.scope == scope.number for suspension in facts.suspensions)


def shape(facts: Facts, term: Term | tuple[Any, ...] | None) -> Any:
    """A term with calls written out instead of numbered: numbers change when a call is typed before them."""
    if isinstance(term, Result):
        call = facts.calls[term.call]
        return ("call", shape(facts, call.callee), tuple(shape(facts, a.value) for a in call.arguments[:3]))
    if isinstance(term, Lambda):
        return ("scope", term.scope)
    if isinstance(term, tuple):
        return (
            type(term).__name__,
            *(shape(facts, part) if isinstance(part, tuple) else part for part in term),
        )
    return term
