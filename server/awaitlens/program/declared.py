"""Annotations to values: what an object annotated so is an instance of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge import types
from awaitlens.knowledge.concurrency import injecting_annotations
from awaitlens.program import generics
from awaitlens.program.facts import Constant, Display, Facts, Item, Name, Other, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    NOTHING,
    Alias,
    Class,
    Coroutine,
    External,
    Inferred,
    Instance,
    Value,
    join,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names


_WRAPPERS = frozenset(
    {"Optional", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "Mapped", "SkipValidation"}
)
_COROUTINES = frozenset({"Awaitable", "Coroutine"})
"""An Awaitable may be a task or future as well, which runs whether or not somebody awaits it."""
_COLLECTIONS = {
    "list": "list",
    "set": "set",
    "frozenset": "frozenset",
    "tuple": "tuple",
    "dict": "dict",
    "List": "list",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Dict": "dict",
    "DefaultDict": "collections.defaultdict",
    "Deque": "collections.deque",
    "Sequence": "collections.abc.Sequence",
    "Iterable": "collections.abc.Iterable",
    "Iterator": "collections.abc.Iterator",
    "Collection": "collections.abc.Collection",
    "Mapping": "collections.abc.Mapping",
    "MutableMapping": "collections.abc.Mapping",
    "AsyncIterator": "collections.abc.AsyncIterator",
    "AsyncIterable": "collections.abc.AsyncIterable",
    "AsyncGenerator": "collections.abc.AsyncGenerator",
    "Generator": "collections.abc.Generator",
}
_ALIASED = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("Optional", "Union", "Annotated")
)
_BUILTIN_TYPES = frozenset(
    {"str", "int", "float", "bytes", "bool", "list", "dict", "set", "tuple", "frozenset"}
)
_TYPING = ("typing.", "typing_extensions.", "collections.abc.")


def read(
    names: Names, term: Term, file: FileFacts, facts: Facts, scope: int, receiver: Value | None = None
) -> Inferred:
    """The value of an object annotated with `term`; `receiver` is what `Self` stands for."""
    if isinstance(term, Item):
        return _subscripted(names, term, file, facts, scope, receiver)
    if isinstance(term, Other) and term.kind == "BitOr":
        options = [
            read(names, part, file, facts, scope, receiver) for part in term.parts if not _is_none(part)
        ]
        return join(options) if options else NOT_KNOWN
    if isinstance(term, Constant):
        return Inferred(Instance(Class("NoneType"))) if term.value is None else NOT_KNOWN
    found = names.infer(term, file, facts, scope)
    if isinstance(term, Name) and receiver is not None and (not found or generics.is_variable(found)):
        owner = ".".join(facts.owner)
        return generics.substituted(
            names, term.id, Class(f"{file.module}.{owner}", file.path, owner), receiver
        )
    return _plain(found, receiver)


def gathered(found: Inferred, kind: str) -> Inferred:
    """A parameter by the annotation of its values: `*rows: Row` is a tuple of them, `**rows: Row` a dict."""
    if kind == "*":
        return Inferred(Instance(Class("tuple"), (found.value,)), "likely")
    if kind == "**":
        return Inferred(Instance(Class("dict"), (Instance(Class("str")), found.value)), "likely")
    return found


def alias(names: Names, term: Item | Other, file: FileFacts, facts: Facts, scope: int) -> Inferred:
    """What `Optional[Row]`, `Annotated[Row, ...]` or `Row | None` stands for where it is no annotation but a value."""
    if isinstance(term, Item):
        generic = names.infer(term.value, file, facts, scope).value
        if not isinstance(generic, External) or generic.name not in _ALIASED:
            return NOT_KNOWN
    elif not all(_is_none(part) or _is_type(names, part, file, facts, scope) for part in term.parts):
        return NOT_KNOWN
    found = read(names, term, file, facts, scope)
    return found.holding(Alias(found.value)) if found else NOT_KNOWN


def _is_type(names: Names, term: Term, file: FileFacts, facts: Facts, scope: int) -> bool:
    found = names.infer(term, file, facts, scope).value
    return isinstance(found, (Class, Alias)) or (
        isinstance(found, External) and (found.name in _BUILTIN_TYPES or types.is_class(found.name))
    )


def _plain(found: Inferred, receiver: Value | None) -> Inferred:
    value = found.value
    if isinstance(value, Class):
        return found.holding(Instance(value))
    if isinstance(value, Alias):
        return found.holding(value.declared)
    if not isinstance(value, External):
        return NOT_KNOWN
    module, _, name = value.name.rpartition(".")
    if name == "Self" and module.startswith("typing"):
        made = Instance(receiver) if isinstance(receiver, Class) else receiver
        return found.holding(made) if isinstance(made, Instance) else NOT_KNOWN
    if f"{module}." in _TYPING:
        return found.holding(Instance(Class(_COLLECTIONS[name]))) if name in _COLLECTIONS else NOT_KNOWN
    return found.holding(Instance(Class(value.name)))


def _subscripted(
    names: Names, term: Item, file: FileFacts, facts: Facts, scope: int, receiver: Value | None
) -> Inferred:
    generic = names.infer(term.value, file, facts, scope).value
    keys = term.key.elements if isinstance(term.key, Display) else (term.key,)
    name = generic.name.rpartition(".")[2] if isinstance(generic, (External, Class)) else ""
    is_typing = isinstance(generic, External) and (
        "." not in generic.name or generic.name.startswith((*_TYPING, "sqlalchemy.orm.Mapped"))
    )

    def first(position: int = 0) -> Inferred:
        return read(names, keys[position], file, facts, scope, receiver) if keys else NOT_KNOWN

    if name == "Union" and is_typing:
        options = [first(i) for i, key in enumerate(keys) if not _is_none(key)]
        return join(options) if options else NOT_KNOWN
    is_injected = isinstance(generic, External) and generic.name in injecting_annotations()
    if is_injected or (name in _WRAPPERS and is_typing):
        return first()
    if name in _COROUTINES and is_typing:
        inner = first(len(keys) - 1)
        return Inferred(Coroutine(inner.value), "certain" if name == "Coroutine" else "possible")
    if name in ("Type", "type") and is_typing:
        inner = first()
        return inner.holding(inner.value.cls) if isinstance(inner.value, Instance) else NOT_KNOWN
    if name == "Callable" and is_typing and len(keys) == 2:
        return Inferred(Instance(Class("collections.abc.Callable"), (_element(first(1)),)))
    arguments = tuple(_element(first(i)) for i, key in enumerate(keys) if not _is_ellipsis(key))
    if is_typing and name in _COLLECTIONS:
        return Inferred(Instance(Class(_COLLECTIONS[name]), arguments))
    if isinstance(generic, External) and not generic.name.startswith("typing"):
        return Inferred(Instance(Class(generic.name), arguments))
    return Inferred(Instance(generic, arguments)) if isinstance(generic, Class) else NOT_KNOWN


def _element(found: Inferred) -> Value:
    """What a collection holds. It has one confidence for all of it: an element that may be a task is not known."""
    unsure = isinstance(found.value, Coroutine) and found.confidence == "possible"
    return NOTHING if unsure else found.value


def _is_none(term: Term) -> bool:
    return isinstance(term, Constant) and term.value is None


def _is_ellipsis(term: Term) -> bool:
    return isinstance(term, Constant) and term.value is Ellipsis
