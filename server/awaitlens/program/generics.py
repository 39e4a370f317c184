"""Type variables: what `T` stands for in a method of `Repository[T]`, seen from a `Repository[Row]`, and in `first(rows: list[T])`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from awaitlens.program import declared, results
from awaitlens.program.facts import (
    TYPE_PARAMETERS,
    Call,
    Display,
    Facts,
    Item,
    Iterated,
    Name,
    Scope,
    Term,
    last_name,
)
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    NOTHING,
    Class,
    Coroutine,
    Function,
    Inferred,
    Instance,
    Value,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_VARIABLES = frozenset({"typing.TypeVar", "typing_extensions.TypeVar"})
_GENERIC = frozenset({"Generic", "Protocol"})
_MANY = frozenset({"list", "List", "Sequence", "Iterable", "Iterator", "set", "Set", "Collection"})
_DEEPEST = 8


def is_variable(found: Inferred) -> bool:
    return isinstance(found.value, Instance) and found.value.cls.name in _VARIABLES


def substituted(names: Names, name: str, owner: Class, receiver: Value | None) -> Inferred:
    """What the type variable of a class stands for, seen from an object of it or of a class that inherits from it."""
    seen = Instance(receiver) if isinstance(receiver, Class) else receiver
    if not isinstance(seen, Instance) or not seen.cls.path:
        return NOT_KNOWN
    value = _arguments(names, seen, owner, _DEEPEST).get(name, NOTHING)
    return Inferred(value, "likely") if value != NOTHING else NOT_KNOWN


def by_argument(
    names: Names, function: Function, given: Inferred, call: Call, file: FileFacts, facts: Facts
) -> Inferred:
    """`given`, what a call gives, or where that is a type variable, what the call's arguments say it stands for."""
    result = given.value.result if isinstance(given.value, Coroutine) else given.value
    home, inside, scope = results.located(names, function)
    if result != NOTHING or home is None or inside is None or scope is None:
        return given
    if not isinstance(scope.returns, Name) or scope.decorators[1:]:
        return given
    if not is_variable(names.infer(scope.returns, home, inside, max(scope.parent, 0))):
        return given
    is_method = function.receiver is not None
    for number, parameter in enumerate(scope.parameters[is_method:]):
        argument = call.argument(number if parameter.kind.startswith("positional") else -1, parameter.name)
        if argument is None or parameter.annotation is None:
            continue
        value = _matched(names, parameter.annotation, scope.returns, argument.value, call, file, facts)
        if isinstance(value, Instance):
            is_coroutine = isinstance(given.value, Coroutine)
            return Inferred(Coroutine(value) if is_coroutine else value, "likely")
    return given


def _matched(
    names: Names, annotation: Term, variable: Name, given: Term, call: Call, file: FileFacts, facts: Facts
) -> Value:
    """What the variable in a parameter's annotation stands for, by what is given."""
    if annotation == variable:
        return names.infer(given, file, facts, call.scope, call.span).value
    if (
        not isinstance(annotation, Item)
        or annotation.key != variable
        or not isinstance(annotation.value, Name)
    ):
        return NOTHING
    if annotation.value.id in ("type", "Type"):
        cls = names.infer(given, file, facts, call.scope, call.span).value
        return Instance(cls) if isinstance(cls, Class) else NOTHING
    if annotation.value.id in _MANY:
        return names.infer(Iterated(given, False), file, facts, call.scope, call.span).value
    return NOTHING


def _arguments(names: Names, seen: Instance, owner: Class, depth: int) -> Mapping[str, Value]:
    """What the type variables of `owner` stand for in an object."""
    own = dict(zip(_parameters(names, seen.cls), seen.arguments))
    if (seen.cls.path, seen.cls.qualname) == (owner.path, owner.qualname):
        return own
    for base, keys, file, facts in _generic_bases(names, seen.cls) if depth else ():
        values = tuple(
            own.get(key.id, NOTHING)
            if isinstance(key, Name) and key.id in own
            else declared.read(names, key, file, facts, 0).value
            for key in keys
        )
        found = _arguments(names, Instance(base, values), owner, depth - 1)
        if found:
            return found
    return {}


def _parameters(names: Names, cls: Class) -> tuple[str, ...]:
    """The names of a class's own type variables, in order."""
    return names.memory.about_names(
        ("type parameters", cls), lambda: tuple(dict.fromkeys(_named(names, cls))), ()
    )


def _named(names: Names, cls: Class) -> Iterator[str]:
    """Those of `Generic[...]`, `Protocol[...]` or the brackets of the class; else of all its bases."""
    file, facts, scope = _header(names, cls)
    if file is None or facts is None or scope is None:
        return
    said = [base for base in scope.bases if not base.keyword and isinstance(base.value, Item)]
    generic = [
        base for base in said if isinstance(base.value, Item) and last_name(base.value.value) in _GENERIC
    ]
    for base in scope.bases:
        if base.keyword == TYPE_PARAMETERS and isinstance(base.value, Display):
            yield from (key.id for key in base.value.elements if isinstance(key, Name))
    for base in generic or said:
        for key in _keys(base.value):
            if isinstance(key, Name) and is_variable(names.infer(key, file, facts, 0)):
                yield key.id


def _header(names: Names, cls: Class) -> tuple[FileFacts | None, Facts | None, Scope | None]:
    file = names.program.files.get(cls.path)
    definition = file.definitions.get(cls.qualname) if file else None
    if file is None or definition is None:
        return None, None, None
    return file, file.facts(definition.block), file.scope(definition)


def _generic_bases(names: Names, cls: Class) -> Iterator[tuple[Class, tuple[Term, ...], FileFacts, Facts]]:
    """The bases of the program, with their arguments: those of `class Rows(Repository[Row], Base)`."""
    file, facts, scope = _header(names, cls)
    if file is None or facts is None or scope is None:
        return
    for argument in scope.bases:
        found = names.infer(argument.value, file, facts, max(scope.parent, 0), scope.name_span).value
        if isinstance(found, Class) and found.path and not argument.keyword:
            yield found, _keys(argument.value), file, facts


def _keys(term: Term) -> tuple[Term, ...]:
    if not isinstance(term, Item):
        return ()
    return term.key.elements if isinstance(term.key, Display) else (term.key,)
