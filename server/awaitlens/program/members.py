"""Attributes of values: methods through the classes of the program and the known ones outside, in method order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitlens.knowledge import coroutines, types
from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.blocking import blocking_call
from awaitlens.program import declared, results
from awaitlens.program.facts import Attribute, Binding, Facts, Name, Scope
from awaitlens.program.modules import Assigned, FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    Class,
    External,
    Function,
    Inferred,
    Instance,
    Module,
    Value,
    join,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_MODEL = "django.db.models.Model"
_MANAGER = "django.db.models.Manager"

_BARE = frozenset(
    {
        "object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "typing_extensions.Generic",
        "typing_extensions.Protocol",
    }
)
"""Bases that bring no attributes: what a class does not have itself is not theirs."""


def attribute(names: Names, owner: Inferred, name: str) -> Inferred:
    """`owner.name`."""
    value = owner.value
    if isinstance(value, Module):
        found = names.module_member(value, name)
    elif isinstance(value, External):
        found = _of_external(names, value, name)
    elif isinstance(value, Instance):
        found = of_instance(names, value, name)
    elif isinstance(value, Class):
        found = of_class(names, value, name, value)
    else:
        return NOT_KNOWN
    return found.because_of(owner.confidence)


def of_instance(names: Names, instance: Instance, name: str) -> Inferred:
    """An attribute of an object: what its classes define, else what their methods assign to `self`."""
    key = ("attribute", instance, name)
    return names.memory.about_names(key, lambda: _of_instance(names, instance, name), NOT_KNOWN)


def _of_instance(names: Names, instance: Instance, name: str) -> Inferred:
    found = of_class(names, instance.cls, name, instance)
    if found and not isinstance(found.value, External):
        return _accessed(names, found, instance)
    assigned = _assigned(names, instance.cls, name)
    return assigned or found


def _accessed(names: Names, found: Inferred, instance: Instance) -> Inferred:
    """A property gives what calling its function gives: of an `async def` a coroutine. Anything else is as it is."""
    function = found.value
    if isinstance(function, Function) and results.is_property(names, function):
        return results.function_called(names, function).because_of(found.confidence)
    return found


def of_class(names: Names, cls: Class, name: str, receiver: Value) -> Inferred:
    """A name looked up in a class and its bases, as seen through `receiver` (the class itself, or an instance)."""
    return in_order(names, lineage(names, cls), name, receiver)


def in_order(names: Names, classes: Iterable[Class], name: str, receiver: Value) -> Inferred:
    """A name as the first of these classes has it that has it."""
    guess = NOT_KNOWN
    for base in classes:
        if not base.path:
            found = _of_external_class(names, base, name, receiver)
            if found and _is_documented(found):
                return found
            guess = guess or found
            continue
        file = names.program.files.get(base.path)
        members = file.members.get(base.qualname, {}).get(name) if file else None
        if file and members:
            return join([_member(names, file, m.block, m.binding, receiver) for m in members[-2:]])
    return guess


def _is_documented(found: Inferred) -> bool:
    """Whether knowledge says anything of an attribute of a class outside the program."""
    if not isinstance(found.value, External):
        return True
    name = found.value.name
    return (
        coroutines.kind(name) != "unknown"
        or coroutines.is_listed(name)
        or types.returns(name) is not None
        or blocking_call(name) is not None
    )


def _member(names: Names, file: FileFacts, block: int, binding: Binding, receiver: Value) -> Inferred:
    found = names.bound(binding, file, file.facts(block), receiver)
    if isinstance(found.value, Function):
        return found.holding(found.value._replace(receiver=receiver))
    return found


def _of_external_class(names: Names, cls: Class, name: str, receiver: Value) -> Inferred:
    if cls.name == _MODEL and name in ("objects", "_default_manager", "_base_manager"):
        model = receiver.cls if isinstance(receiver, Instance) else receiver
        assert isinstance(model, Class)
        return Inferred(Instance(Class(_MANAGER), (Instance(model),)))
    if cls.name in _BARE:
        return NOT_KNOWN
    found = _external(f"{cls.name}.{name}")
    given = types.returns(f"{cls.name}.__getattr__") if not _is_documented(found) else None
    return Inferred(Instance(Class(given)), "likely") if given and name[:1] != "_" else found


def _of_external(names: Names, owner: External, name: str) -> Inferred:
    """An attribute of something outside: a known class's, or by Django's convention a model's manager."""
    cls = Class(owner.name)
    if types.is_class(owner.name):
        return of_class(names, cls, name, cls)
    if name == "objects" and owner.name.rpartition(".")[0].endswith("models"):
        return Inferred(Instance(Class(_MANAGER), (Instance(cls),)), "likely")
    return _external(f"{owner.name}.{name}")


def _external(name: str) -> Inferred:
    known = types.attribute(name)
    return Inferred(Instance(Class(known)) if known else External(canonical(name)))


def _assigned(names: Names, cls: Class, name: str) -> Inferred:
    for base in lineage(names, cls):
        file = names.program.files.get(base.path) if base.path else None
        if file is None:
            continue
        assigned = file.attributes.get(base.qualname, {}).get(name, ())
        noted = _noted(names, file, base, name)
        if noted or noted.is_various:
            return noted
        found = [_value_of(names, file, a) for a in assigned[:6]]
        if found:
            return join([f for f in found if not _is_none(f)] or found)
    return NOT_KNOWN


def _value_of(names: Names, file: FileFacts, assigned: Assigned) -> Inferred:
    facts = file.facts(assigned.block)
    return names.infer(assigned.access.value, file, facts, assigned.access.scope, assigned.access.span)


def _noted(names: Names, file: FileFacts, cls: Class, name: str) -> Inferred:
    """`self.x: T = ...` in a method."""
    for assigned in file.attributes.get(cls.qualname, {}).get(name, ()):
        facts = file.facts(assigned.block)
        place = assigned.access.place
        receiver = (
            place.value.id if isinstance(place, Attribute) and isinstance(place.value, Name) else "self"
        )
        for binding in facts.bindings:
            if binding.name == f"{receiver}.{name}" and binding.annotation is not None:
                return declared.read(names, binding.annotation, file, facts, binding.scope).because_of(
                    "likely"
                )
    return NOT_KNOWN


def _is_none(found: Inferred) -> bool:
    return isinstance(found.value, Instance) and found.value.cls.name == "NoneType"


def lineage(names: Names, cls: Class) -> tuple[Class, ...]:
    """The class and its bases in method resolution order; bases outside the program follow knowledge's hierarchy."""
    return names.memory.about_names(("lineage", cls), lambda: _lineage(names, cls), (cls,))


def _lineage(names: Names, cls: Class) -> tuple[Class, ...]:
    parents = tuple(base for base in bases(names, cls) if base.name != cls.name)
    return (cls, *_merged([*(lineage(names, parent) for parent in parents), parents]))[:64]


def _merged(orders: list[tuple[Class, ...]]) -> Iterator[Class]:
    """The classes in Python's method resolution order (C3): none before a class that inherits from it.

    Where the bases contradict each other Python refuses the class; then the first base in line goes first.
    """
    while orders := [order for order in orders if order]:
        later = {cls.name for order in orders for cls in order[1:]}
        head = next((order[0] for order in orders if order[0].name not in later), orders[0][0])
        yield head
        orders = [tuple(cls for cls in order if cls.name != head.name) for order in orders]


def _written(names: Names, cls: Class) -> tuple[FileFacts, Facts, Scope] | None:
    """Where the class is written, if that is in the program."""
    file = names.program.files.get(cls.path) if cls.path else None
    definition = file.definitions.get(cls.qualname) if file else None
    if file is None or definition is None:
        return None
    return file, file.facts(definition.block), file.scope(definition)


def bases(names: Names, cls: Class) -> Iterator[Class]:
    """The direct bases of a class."""
    if not cls.path:
        yield from (Class(name) for name in types.bases(cls.name))
        return
    written = _written(names, cls)
    if written is None:
        return
    file, facts, scope = written
    for argument in scope.bases:
        if argument.keyword:
            continue
        found = names.infer(argument.value, file, facts, max(scope.parent, 0), scope.name_span).value
        if isinstance(found, Class):
            yield found
        elif isinstance(found, External):
            yield Class(found.name)


def is_kept_by_metaclass(names: Names, cls: Class) -> bool:
    """Whether a metaclass of the program answers for calls of the class: mostly with one object for all who ask."""
    for file, facts, scope in filter(None, (_written(names, each) for each in lineage(names, cls))):
        for argument in scope.bases:
            if argument.keyword == "metaclass":
                found = names.infer(argument.value, file, facts, max(scope.parent, 0), scope.name_span).value
                made = of_class(names, found, "__call__", found).value if isinstance(found, Class) else None
                return isinstance(made, Function)
    return False


def has_unknown_base(names: Names, cls: Class) -> bool:
    """Whether some base could not be resolved, so that an attribute not found may still be there."""
    for current in lineage(names, cls):
        written = _written(names, current)
        if written is None:
            continue
        _, _, scope = written
        declared = sum(1 for argument in scope.bases if not argument.keyword)
        if declared > sum(1 for _ in bases(names, current)):
            return True
    return False
