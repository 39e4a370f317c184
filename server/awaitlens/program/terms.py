"""An expression reduced to what can be asked about it: a name, an attribute, the result of a call, a constant.

`Other` stands for the rest and keeps its parts.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias


class Name(NamedTuple):
    """A bare name: `cache`."""

    id: str


class Attribute(NamedTuple):
    """`value.attr`."""

    value: Term
    attr: str


class Item(NamedTuple):
    """`value[key]`."""

    value: Term
    key: Term


class Result(NamedTuple):
    """What a call evaluates to; `call` is its number in `Facts.calls`."""

    call: int


class Awaited(NamedTuple):
    """`await value`; `suspension` is its number in `Facts.suspensions`."""

    value: Term
    suspension: int


class Constant(NamedTuple):
    """A literal; `value` is None, a bool, a number, a string, bytes or Ellipsis."""

    value: Any


class Display(NamedTuple):
    """`[a, b]`, `(a, b)`, `{a, b}`, `{k: v}`: kind is "list", "tuple", "set" or "dict" (values only, keys in `keys`)."""

    kind: str
    elements: tuple[Term, ...]
    keys: tuple[Term, ...] = ()


class Comprehension(NamedTuple):
    """`[element for ...]`: kind is "list", "set", "dict" (element is the value) or "generator"."""

    kind: str
    element: Term
    iterable: Term
    is_async: bool


class Lambda(NamedTuple):
    """A lambda, a nested function or a class; `scope` is its number in `Facts.scopes`."""

    scope: int


class Starred(NamedTuple):
    """`*value`."""

    value: Term


class Either(NamedTuple):
    """`a if c else b`, `a or b`, `a and b`: evaluates to one of `options`."""

    options: tuple[Term, ...]


class Unpacked(NamedTuple):
    """One element of an unpacked value: `a, b = value` binds b to Unpacked(value, 1). -1 stands for a starred name."""

    value: Term
    position: int


class Entered(NamedTuple):
    """What `with value as x` or `async with value as x` binds to x."""

    value: Term
    is_async: bool


class Iterated(NamedTuple):
    """What `for x in value` or `async for x in value` binds to x."""

    value: Term
    is_async: bool


class Other(NamedTuple):
    """Any other expression: `kind` is the name of its `ast` class, such as "BinOp", "JoinedStr", "Compare.IsNot"."""

    kind: str
    parts: tuple[Term, ...] = ()


Term: TypeAlias = (
    Name
    | Attribute
    | Item
    | Result
    | Awaited
    | Constant
    | Display
    | Comprehension
    | Lambda
    | Starred
    | Either
    | Unpacked
    | Entered
    | Iterated
    | Other
)

UNKNOWN = Other("Unknown")


def dotted(term: Term) -> str:
    """`a.b.c` as it is written; "" for what is no chain of names."""
    if isinstance(term, Name):
        return term.id
    owner = dotted(term.value) if isinstance(term, Attribute) else ""
    return f"{owner}.{term.attr}" if owner and isinstance(term, Attribute) else ""
