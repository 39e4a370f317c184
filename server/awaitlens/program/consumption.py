"""What becomes of a value that is awaited, entered, iterated, indexed or taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge import types
from awaitlens.program import members, results
from awaitlens.program.facts import Constant, Item, Iterated, Other
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

_SLICED = frozenset({"list", "tuple", "collections.abc.Sequence", "django.db.models.QuerySet"})
_NAMED = frozenset({"typing.NamedTuple", "typing_extensions.NamedTuple"})
_NO_CLASSES = (".Union", ".Optional", ".Annotated")


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
        # An alias such as `Either = Union[A, B]` is no class.
        return NOT_KNOWN if inner.name.endswith(_NO_CLASSES) else value
    if isinstance(inner, Instance) and not inner.arguments and isinstance(term, Item):
        place = term.key.value if isinstance(term.key, Constant) else None
        field = _field(names, value, inner.cls, place) if type(place) is int and inner.cls.path else NOT_KNOWN
        return field or _looked_up(names, value)
    if not isinstance(inner, Instance) or not inner.arguments:
        return NOT_KNOWN
    if isinstance(term, Item) and isinstance(term.key, Other) and term.key.kind == "Slice":
        return value if inner.cls.name in _SLICED else NOT_KNOWN
    name = inner.cls.name
    if name == "tuple" and isinstance(term, Item) and len(set(inner.arguments)) > 1:
        place = term.key.value if isinstance(term.key, Constant) else None
        return unpacked(names, value, place) if type(place) is int and place >= 0 else NOT_KNOWN
    if name in _SEQUENCES_OF_FIRST or (name == "tuple" and len(set(inner.arguments)) == 1):
        return value.holding(inner.arguments[0])
    if name in ("dict", "collections.abc.Mapping", "collections.defaultdict"):
        wanted = -1 if isinstance(term, Item) else 0
        return (
            value.holding(inner.arguments[wanted]) if len(inner.arguments) == 2 or wanted == -1 else NOT_KNOWN
        )
    return NOT_KNOWN


def _looked_up(names: Names, value: Inferred) -> Inferred:
    """What an object with `__getitem__` gives: `client["shop"]`."""
    assert isinstance(value.value, Instance)
    cls = value.value.cls
    if not cls.path:
        known = types.returns(f"{cls.name}.__getitem__")
        return value.holding(Instance(Class(known))) if known else NOT_KNOWN
    found = members.of_class(names, cls, "__getitem__", value.value)
    return results.function_called(names, found.value) if isinstance(found.value, Function) else NOT_KNOWN


def divided(value: Inferred) -> Inferred:
    """`value / other`, where `/` joins paths."""
    inner = value.value
    known = types.returns(f"{inner.cls.name}.__truediv__") if isinstance(inner, Instance) else None
    return value.holding(Instance(Class(known))) if known else NOT_KNOWN


def unpacked(names: Names, value: Inferred, position: int) -> Inferred:
    """One of the elements that a value is taken apart into; -1 stands for those that a starred name gets."""
    inner = value.value
    if not isinstance(inner, Instance):
        return NOT_KNOWN
    if inner.cls.path:
        return _field(names, value, inner.cls, position)
    is_tuple = inner.cls.name == "tuple"
    if is_tuple and 0 <= position < len(inner.arguments):
        return value.holding(inner.arguments[position])
    if len(inner.arguments) != 1 or not (is_tuple or inner.cls.name in _SEQUENCES_OF_FIRST):
        return NOT_KNOWN
    return value.holding(inner.arguments[0] if position >= 0 else Instance(Class("list"), inner.arguments))


def _field(names: Names, value: Inferred, cls: Class, position: int) -> Inferred:
    """An element of a NamedTuple, by the annotation of its field."""
    file = names.program.files.get(cls.path)
    if file is None or not any(base.name in _NAMED for base in members.bases(names, cls)):
        return NOT_KNOWN
    fields = [
        m for bound in file.members.get(cls.qualname, {}).values() for m in bound if m.binding.annotation
    ]
    if not 0 <= position < len(fields):
        return NOT_KNOWN
    field = fields[position]
    return names.bound(field.binding, file, file.facts(field.block)).because_of(value.confidence)
