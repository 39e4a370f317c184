"""When the body of a generator function runs: not when it is called, but when somebody asks for its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitlens.program import results
from awaitlens.program.facts import (
    Attribute,
    Call,
    Comprehension,
    Context,
    Facts,
    Name,
    Result,
    Term,
    Usage,
)
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.values import External, Function

if TYPE_CHECKING:
    from awaitlens.program.names import Names

CONSUMERS = frozenset(
    {"next", "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all",
     "collections.deque", "collections.Counter"}
)  # fmt: skip
"""What asks its first argument for values before it returns."""


def is_put_off(call: Call, facts: Facts) -> bool:
    """Whether the call stands in a generator expression that is only made here: kept in a name that nobody here asks for
    values, or returned."""
    return call.context >= 0 and any(
        outer.kind == "comprehension" and outer.names == ("generator",) and _is_kept(outer, facts)
        for outer in facts.enclosing(call.context)
    )


def _is_kept(generator: Context, facts: Facts) -> bool:
    start = generator.span[:2]
    for jump in facts.jumps:
        if jump.kind == "return" and _is_generator(jump.value) and jump.span[:2] <= start < jump.span[2:]:
            return True
    kept = (
        binding.name
        for binding in facts.bindings
        if binding.kind == "assign"
        and _is_generator(binding.value)
        and binding.span.line == generator.span.line
    )
    name = next(kept, "")
    return bool(name) and not any(use.name == name and _is_asked(use.usage, facts) for use in facts.uses)


def _is_generator(term: Term) -> bool:
    return isinstance(term, Comprehension) and term.kind == "generator"


def runs(function: Function, call: Call, names: Names, facts: Facts) -> bool:
    """Whether the generator that this call gives is asked for values in the same expression or statement."""
    if call.usage.kind == "entered":
        return _is_manager(function, names)
    return _is_asked(call.usage, facts)


def _is_asked(usage: Usage, facts: Facts) -> bool:
    """Whether what becomes of a generator asks it for values."""
    if usage.kind in ("iterated", "starred"):
        return True
    if usage.kind != "argument" or usage.name != "0":
        return False
    consumer = facts.calls[usage.call].callee
    return (isinstance(consumer, Name) and consumer.id in CONSUMERS) or (
        isinstance(consumer, Attribute) and consumer.attr in ("join", "extend")
    )


def applied(call: Call, facts: Facts) -> Iterator[Term]:
    """The functions that a consumer calls before it returns: f of `list(map(f, rows))` and `sorted(rows, key=f)`."""
    key = call.keyword("key")
    if key is not None:
        yield key
    given = facts.call_of(call.arguments[0].value)
    if given is not None and given.arguments and given.callee in (Name("map"), Name("filter")):
        yield given.arguments[0].value


def _is_manager(function: Function, names: Names) -> bool:
    file, facts, scope = results.located(names, function)
    if file is None or facts is None or scope is None:
        return False
    return results.context_manager_colour(names, file, facts, scope) == "sync"


def behind(
    term: Term, names: Names, file: FileFacts, facts: Facts, scope: int, passed: frozenset[int] = frozenset()
) -> Function | None:
    """The generator function whose generator a term stands for: `rows` after `rows = read(path)`, `self.rows` likewise.

    `passed` are the numbers of the calls on the way here: `rows = iter(rows)` leads back to itself.
    """
    if isinstance(term, Result):
        call = facts.calls[term.call]
        value = names.callee(call.number, file, facts).value
        if not isinstance(value, Function):
            inner = _iterated(value, call) if call.number not in passed else None
            return behind(inner, names, file, facts, call.scope, passed | {call.number}) if inner else None
        _, _, found = results.located(names, value)
        return value if found is not None and found.is_generator and not found.is_async else None
    if isinstance(term, Name):
        bound = [b for b in facts.bindings if b.name == term.id and b.scope == scope]
        if len(bound) == 1 and isinstance(bound[0].value, Result):
            return behind(bound[0].value, names, file, facts, scope, passed)
    if isinstance(term, Attribute) and isinstance(term.value, Name):
        return _held(term.attr, class_of_self(facts, scope, term.value.id), names, file)
    return None


def _iterated(value: object, call: Call) -> Term | None:
    """`iter(rows)` is asked for the values of `rows`."""
    is_iter = isinstance(value, External) and value.name == "iter" and len(call.arguments) == 1
    return call.arguments[0].value if is_iter else None


def _held(attribute: str, owner: str, names: Names, file: FileFacts) -> Function | None:
    """The generator that the class's methods assign to an attribute, if it is one and the same everywhere."""
    assigned = file.attributes.get(owner, {}).get(attribute, [])
    if len(assigned) != 1 or not isinstance(assigned[0].access.value, Result):
        return None
    facts = file.facts(assigned[0].block)
    names.memory.rests_on(file.path, id(facts))
    return behind(assigned[0].access.value, names, file, facts, assigned[0].access.scope)
