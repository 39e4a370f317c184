"""When the body of a generator function runs: not when it is called, but when somebody asks for its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program import results
from awaitlens.program.facts import Attribute, Call, Facts, Name, Result, Term
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.values import External, Function

if TYPE_CHECKING:
    from awaitlens.program.names import Names

CONSUMERS = frozenset(
    {"next", "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all",
     "collections.deque", "collections.Counter"}
)  # fmt: skip
"""What asks its first argument for values before it returns."""


def runs(function: Function, call: Call, names: Names, facts: Facts) -> bool:
    """Whether the generator that this call gives is asked for values in the same expression or statement."""
    usage = call.usage
    if usage.kind in ("iterated", "starred", "entered"):
        return usage.kind != "entered" or _is_manager(function, names)
    if usage.kind != "argument" or usage.name != "0":
        return False
    consumer = facts.calls[usage.call].callee
    return (isinstance(consumer, Name) and consumer.id in CONSUMERS) or (
        isinstance(consumer, Attribute) and consumer.attr in ("join", "extend")
    )


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
