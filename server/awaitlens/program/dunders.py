"""Methods that Python itself calls, and what it makes of the value it gets.

It calls most of them and takes the result as it is; a few it awaits. (CPython 3.8-3.15, reference/datamodel)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.program.facts import UNKNOWN, Constant, Facts, Name, Scope
from awaitlens.program.view import View

_RAISES = "Python raises TypeError when it gets its coroutine"
_TRUE = "Python takes its coroutine for true"
_LOST = "Python drops its coroutine, and none of its code runs"

FATE: dict[str, str] = {
    **dict.fromkeys(
        ("__init__", "__len__", "__bool__", "__str__", "__repr__", "__bytes__", "__format__", "__hash__", "__index__",
         "__int__", "__float__", "__complex__", "__iter__", "__aiter__", "__await__", "__length_hint__", "__dir__",
         "__fspath__", "__buffer__"), _RAISES),
    "__contains__": _TRUE,
    "__exit__": "its coroutine is true, so every exception in the with block is swallowed",
    "__enter__": "with binds its coroutine, and none of its code runs",
    **dict.fromkeys(
        ("__del__", "__setattr__", "__delattr__", "__setitem__", "__delitem__", "__set__", "__delete__",
         "__init_subclass__", "__set_name__", "__post_init__"), _LOST),
}  # fmt: skip
"""What happens when the method is `async def`. Not listed: those whose value a caller may await (`await box[key]`)."""

AWAITED = frozenset({"__aenter__", "__aexit__", "__anext__"})


class Dunder(NamedTuple):
    """A special method of the wrong colour, and what comes of it."""

    scope: Scope
    fate: str


def async_dunders(facts: Facts, view: View) -> Iterator[Dunder]:
    """Special methods written with `async def` that Python calls and does not await."""
    for scope in facts.functions():
        if (
            not scope.is_async
            or scope.name not in FATE
            or not view.owner_of(scope.number)
            or scope.decorators
        ):
            continue
        if scope.name == "__aiter__" and scope.is_generator:
            continue
        if scope.name in ("__init__", "__post_init__") and not view.is_plain_class(scope.number):
            # `async def __new__` or a metaclass may await it.
            continue
        fate = FATE[scope.name]
        if scope.is_generator and scope.name in ("__iter__", "__await__"):
            fate = "Python raises TypeError when it gets an async generator"
        yield Dunder(scope, fate)


def sync_dunders(facts: Facts, view: View) -> Iterator[Dunder]:
    """`__aenter__`, `__aexit__` and `__anext__` written with plain `def` that surely give nothing to await."""
    for scope in facts.functions():
        if (
            scope.name in AWAITED
            and not scope.is_async
            and not scope.decorators
            and view.owner_of(scope.number)
        ):
            fate = _plain_value(facts, scope, view)
            if fate:
                yield Dunder(scope, fate)


def _plain_value(facts: Facts, scope: Scope, view: View) -> str:
    """What the method gives, in words; "" when it may be something to await."""
    if scope.is_generator:
        return "a generator"
    returned = [j for j in facts.jumps if j.scope == scope.number and j.kind == "return"]
    if not returned:
        works = any(c.scope == scope.number for c in facts.calls) or any(
            a.scope == scope.number for a in facts.accesses
        )
        raises = any(j.scope == scope.number and j.kind == "raise" for j in facts.jumps)
        return "None" if works and not raises else ""
    itself = Name(scope.parameters[0].name) if scope.parameters else None
    if all(jump.value == itself for jump in returned):
        return "" if view.has_method(scope.number, "__await__") else "the object itself"
    plain = all(jump.value is UNKNOWN or isinstance(jump.value, Constant) for jump in returned)
    return "a plain value" if plain else ""
