"""Which method a call on the object itself runs: the one of the object's own class, which may replace what the text around
the call sees.

`Base.run` calls `self.work()`; on a `Derived` that is `Derived.work`. So what `Base.run` comes to is worked out once for
`Base`, and once more for each class that replaces something on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from awaitlens.program import members, results
from awaitlens.program.facts import Attribute, Call, Facts, Name, Result
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.reads import reads
from awaitlens.program.values import Class, Function, Inferred, Instance

if TYPE_CHECKING:
    from awaitlens.program.names import Names

Key: TypeAlias = tuple[str, str] | tuple[str, str, Class]
"""A function of the program: its file's path and its qualname, and the class of the object where that makes a difference."""

_SUPER = "super()"


def key_of(names: Names, function: Function) -> Key:
    """The function as it runs on the object it is bound to."""
    key = function.path, function.qualname
    cls = function.receiver.cls if isinstance(function.receiver, Instance) else function.receiver
    owner = key[1].rpartition(".")[0]
    if not isinstance(cls, Class) or not cls.path or not owner or (cls.path, cls.qualname) == (key[0], owner):
        return key
    return (*key, cls) if _is_replaced(names, key, owner, cls) else key


def seen_by(
    names: Names, callee: Inferred, call: Call, file: FileFacts, facts: Facts, receiver: Class | None
) -> Inferred:
    """What a call runs where the method around runs on an object of the class `receiver`; None is the class around it."""
    called = call.callee
    if not isinstance(called, Attribute):
        return callee
    through = called.value
    if isinstance(through, Name):
        if receiver is None or not class_of_self(facts, call.scope, through.id):
            return callee
        return members.of_class(names, receiver, called.attr, Instance(receiver)) or callee
    if not _is_super(through, facts):
        return callee
    first = facts.scopes[call.scope].parameters[:1]
    owner = class_of_self(facts, call.scope, first[0].name) if first else ""
    around = Class(f"{file.module}.{owner}", file.path, owner)
    if not owner:
        return callee
    order = members.lineage(names, receiver or around)
    behind = order[order.index(around) + 1 :] if around in order else ()
    return members.in_order(names, behind, called.attr, Instance(receiver or around)) or callee


def _is_super(term: object, facts: Facts) -> bool:
    return isinstance(term, Result) and facts.calls[term.call].callee == Name("super")


def _is_replaced(names: Names, key: tuple[str, str], owner: str, cls: Class) -> bool:
    """Whether objects of the class have methods of their own for something that the method calls on its object."""
    order = members.lineage(names, cls)
    place = next((n for n, each in enumerate(order) if (each.path, each.qualname) == (key[0], owner)), 0)
    if not place:
        return False
    called = names.memory.about_bodies(
        ("called on self", key), lambda: frozenset(_called_on_self(names, key, order[place]))
    )
    if _SUPER in called and order[place + 1 :] != members.lineage(names, order[place])[1:]:
        return True
    # One name at a time: a table of all names would read the whole class.
    files = [(names.program.files.get(each.path), each.qualname) for each in order[:place]]
    own = [file.members.get(qualname, {}) for file, qualname in files if file is not None]
    return any(name in table for table in own for name in called)


def _called_on_self(names: Names, key: tuple[str, str], cls: Class) -> Iterator[str]:
    """The names of all methods and properties that the method may run on its object, by way of others."""
    waiting, seen = [Function("", *key)], {key}
    while waiting:
        file, facts, scope = results.located(names, waiting.pop())
        if file is None or facts is None or scope is None or not scope.parameters:
            continue
        names.memory.rests_on(file.path, id(facts))
        own = Name(scope.parameters[0].name)
        terms = [call.callee for call in facts.calls_in(scope.number)]
        terms += [read.term for read in reads(names, file.path, facts) if read.scope == scope.number]
        for term in terms:
            if not isinstance(term, Attribute):
                continue
            if _is_super(term.value, facts):
                yield _SUPER
            elif term.value != own:
                continue
            yield term.attr
            found = members.of_class(names, cls, term.attr, Instance(cls)).value
            if isinstance(found, Function) and (found.path, found.qualname) not in seen:
                seen.add((found.path, found.qualname))
                waiting.append(found)
