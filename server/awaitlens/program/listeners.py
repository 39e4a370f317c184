"""Functions of the program that await what they were given to call: now, or later in a method of the same class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitlens.program.facts import Argument, Attribute, Call, Facts, Iterated, Name, Parameter, Scope, Term
from awaitlens.program.modules import FileFacts, class_of_self, qualname
from awaitlens.program.view import Target, View

if TYPE_CHECKING:
    from awaitlens.program.program import Program

_COLLECTORS = ("append", "add")


def awaits_argument(view: View, target: Target, call: Call, argument: Argument) -> bool:
    """Whether the called function of the program awaits every call of what it gets as this argument, and there is one."""
    file = view.program.files.get(target.path)
    definition = file.definitions.get(target.qualname) if file else None
    if file is not None and definition is not None and file.scope(definition).kind == "class":
        definition = file.definitions.get(f"{target.qualname}.__init__")
    if file is None or definition is None:
        return False
    facts, scope = file.facts(definition.block), file.scope(definition)
    parameter = _parameter(facts, scope, call, argument)
    if parameter is None:
        return False
    path, name = file.path, qualname(facts, scope)
    return view.program.names.memory.about_bodies(
        ("awaits", path, name, parameter), lambda: _awaits(view.program, path, name, parameter)
    )


def _awaits(program: Program, path: str, name: str, parameter: str) -> bool:
    file = program.files[path]
    definition = file.definitions[name]
    facts, scope = file.facts(definition.block), file.scope(definition)
    program.names.memory.rests_on(path, id(facts))
    for attribute in _kept_as(facts, scope, parameter):
        program.names.memory.rests_on(path, attribute)
    if _goes_elsewhere(file, facts, scope, parameter):
        return False
    calls = list(_calls_of(file, facts, scope, parameter))
    return bool(calls) and all(each.usage.kind == "awaited" for each in calls)


def _parameter(facts: Facts, scope: Scope, call: Call, argument: Argument) -> str | None:
    if argument.keyword:
        return argument.keyword if any(p.name == argument.keyword for p in scope.parameters) else None
    plain: list[Parameter] = [p for p in scope.parameters if p.kind.startswith("positional")]
    if facts.scopes[scope.parent].kind == "class":
        plain = plain[1:]
    position = call.positional.index(argument)
    unpacked = any(each.keyword == "*" for each in call.arguments)
    return plain[position].name if position < len(plain) and not unpacked and not scope.decorators else None


def _calls_of(file: FileFacts, facts: Facts, scope: Scope, name: str) -> Iterator[Call]:
    """The calls of a parameter, and of what it is kept as in the object."""
    for call in facts.calls:
        if call.callee == Name(name) and facts.is_within(call.scope, scope.number):
            yield call
    owner = qualname(facts, facts.scopes[scope.parent])
    for attribute in _kept_as(facts, scope, name):
        for _, other in file.mentioning(attribute):
            yield from _calls_of_attribute(other, owner, attribute)


def _goes_elsewhere(file: FileFacts, facts: Facts, scope: Scope, name: str) -> bool:
    """Whether the parameter, or what it is kept as, is asked what it is, wrapped, or handed on: then both may be taken."""
    if any(b.value == Name(name) for b in facts.bindings if facts.is_within(b.scope, scope.number)):
        return True
    for call in facts.calls:
        keeps = isinstance(call.callee, Attribute) and call.callee.attr in _COLLECTORS
        given = any(argument.value == Name(name) for argument in call.arguments)
        if given and not keeps and facts.is_within(call.scope, scope.number):
            return True
    return any(
        isinstance(argument.value, Attribute) and argument.value.attr == attribute and not _is_copied(call)
        for attribute in set(_kept_as(facts, scope, name))
        for _, other in file.mentioning(attribute)
        for call in other.calls
        for argument in call.arguments
    )


def _is_copied(call: Call) -> bool:
    return isinstance(call.callee, Name) and call.callee.id in ("list", "tuple", "set")


def _kept_as(facts: Facts, scope: Scope, name: str) -> Iterator[str]:
    """The attributes of `self` that hold the parameter: assigned, or as an element of a list or set."""
    for access in facts.accesses:
        if access.scope == scope.number and access.kind == "write" and access.value == Name(name):
            place = access.place
            if isinstance(place, Attribute) and isinstance(place.value, Name):
                yield place.attr
    for call in facts.calls_in(scope.number):
        if isinstance(call.callee, Attribute) and call.callee.attr in _COLLECTORS:
            kept = call.callee.value
            if isinstance(kept, Attribute) and [each.value for each in call.arguments] == [Name(name)]:
                yield kept.attr


def _calls_of_attribute(facts: Facts, owner: str, attribute: str) -> Iterator[Call]:
    for call in facts.calls:
        callee = call.callee
        if isinstance(callee, Name):
            bound = [b.value for b in facts.bindings if b.scope == call.scope and b.name == callee.id]
            if len(bound) == 1 and _is_element_of(bound[0], attribute, facts, owner, call.scope):
                yield call
        elif _is_own(callee, attribute, facts, owner, call.scope):
            yield call


def _is_element_of(term: Term, attribute: str, facts: Facts, owner: str, scope: int) -> bool:
    if not isinstance(term, Iterated):
        return False
    copy = facts.call_of(term.value)
    whole = copy.arguments[0].value if copy is not None and len(copy.arguments) == 1 else term.value
    return _is_own(whole, attribute, facts, owner, scope)


def _is_own(term: Term, attribute: str, facts: Facts, owner: str, scope: int) -> bool:
    """`self.attribute` in a method of the class `owner`."""
    return (
        isinstance(term, Attribute)
        and term.attr == attribute
        and isinstance(term.value, Name)
        and class_of_self(facts, scope, term.value.id) == owner
    )
