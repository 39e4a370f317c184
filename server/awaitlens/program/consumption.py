"""What becomes of a value that is awaited, entered, iterated, indexed or taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge import types
from awaitlens.program import members, results
from awaitlens.program.facts import Call, Facts, Item, Iterated
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    Class,
    Coroutine,
    External,
    Function,
    Inferred,
    Instance,
    Manager,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_RUNNING = frozenset({"asyncio.Task", "asyncio.Future", "concurrent.futures.Future"})
_SEQUENCES_OF_FIRST = frozenset(
    {
        "list",
        "set",
        "frozenset",
        "collections.deque",
        "collections.abc.Iterable",
        "collections.abc.Iterator",
        "collections.abc.Sequence",
        "collections.abc.Collection",
        "collections.abc.AsyncIterator",
        "collections.abc.AsyncIterable",
        "collections.abc.AsyncGenerator",
        "collections.abc.Generator",
        "types.GeneratorType",
        "types.AsyncGeneratorType",
        "django.db.models.QuerySet",
        "asyncio.Queue",
    }
)

_HOLDERS = {
    "sorted": "list",
    "list": "list",
    "set": "set",
    "frozenset": "frozenset",
    "iter": "collections.abc.Iterator",
    "reversed": "collections.abc.Iterator",
}
"""Builtins that give the elements they are given, in what they give them."""
_CHOOSERS = frozenset({"next", "min", "max"})


def awaited(value: Inferred) -> Inferred:
    """`await value`."""
    if isinstance(value.value, Coroutine) or (isinstance(value.value, Manager) and value.value.is_async):
        return value.holding(value.value.result)
    if isinstance(value.value, Instance) and value.value.cls.name in _RUNNING and value.value.arguments:
        return value.holding(value.value.arguments[0])
    return NOT_KNOWN


def entered(names: Names, value: Inferred, is_async: bool) -> Inferred:
    """What `with value as x` binds."""
    if isinstance(value.value, Manager):
        return value.holding(value.value.result)
    if not isinstance(value.value, Instance):
        return NOT_KNOWN
    method = "__aenter__" if is_async else "__enter__"
    known = types.returns(f"{value.value.cls.name}.{method}")
    if known:
        return value.holding(Instance(Class(known)))
    found = members.of_class(names, value.value.cls, method, value.value)
    if isinstance(found.value, Function):
        result = results.returned(names, found.value)
        return result if result else NOT_KNOWN
    return value.because_of("likely") if not value.value.cls.path else NOT_KNOWN


def element(names: Names, value: Inferred, term: Iterated | Item) -> Inferred:
    """What iterating or indexing the value gives."""
    inner = value.value
    if isinstance(inner, (Class, External)) and isinstance(term, Item):
        # An alias such as `Either = Union[A, B]` is no class; what stands behind it is not followed.
        return NOT_KNOWN if inner.name in ("typing.Union", "typing.Optional") else value
    if not isinstance(inner, Instance) or not inner.arguments:
        return NOT_KNOWN
    name = inner.cls.name
    if name in _SEQUENCES_OF_FIRST or (name == "tuple" and len(set(inner.arguments)) == 1):
        return value.holding(inner.arguments[0])
    if name in ("dict", "collections.abc.Mapping", "collections.defaultdict"):
        wanted = -1 if isinstance(term, Item) else 0
        return (
            value.holding(inner.arguments[wanted]) if len(inner.arguments) == 2 or wanted == -1 else NOT_KNOWN
        )
    return NOT_KNOWN


def passed_on(names: Names, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    """What a builtin gives that passes on the elements of what it is given: `sorted(rows)`, `next(rows)`."""
    name = callee.value.name if isinstance(callee.value, External) else ""
    if name not in _HOLDERS and name not in _CHOOSERS and name != "enumerate":
        return NOT_KNOWN
    positional = call.positional
    if not positional or positional[0].keyword or (len(positional) > 1 and name in ("min", "max")):
        return NOT_KNOWN
    found = names.infer(Iterated(positional[0].value, False), file, facts, call.scope, call.span)
    if not isinstance(found.value, Instance):
        return NOT_KNOWN
    if name in _CHOOSERS:
        return found.because_of("likely" if len(call.arguments) > 1 else "certain")
    if name == "enumerate":
        row = Instance(Class("tuple"), (Instance(Class("int")), found.value))
        return found.holding(Instance(Class("collections.abc.Iterator"), (row,)))
    return found.holding(Instance(Class(_HOLDERS[name]), (found.value,)))


def divided(value: Inferred) -> Inferred:
    """`value / other`, where `/` joins paths."""
    inner = value.value
    known = types.returns(f"{inner.cls.name}.__truediv__") if isinstance(inner, Instance) else None
    return value.holding(Instance(Class(known))) if known else NOT_KNOWN


def unpacked(value: Inferred, position: int) -> Inferred:
    inner = value.value
    if isinstance(inner, Instance) and inner.cls.name == "tuple" and 0 <= position < len(inner.arguments):
        return value.holding(inner.arguments[position])
    return NOT_KNOWN
