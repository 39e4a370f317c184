"""What a call surely gives: enough to say that its value cannot be awaited."""

from __future__ import annotations

from awaitlens.program.facts import UNKNOWN, Facts, Other, Scope

NEVER_AWAITABLE = frozenset(
    {"NoneType", "str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple", "frozenset",
     "django.db.models.QuerySet", "requests.Response"}
)  # fmt: skip
"""Classes whose instances have no `__await__`."""

GIVES_NONE = frozenset({"time.sleep", "print", "random.seed", "gc.collect", "sys.exit"})
"""External functions that give nothing (CPython 3.8-3.15)."""


def gives_nothing(facts: Facts, scope: Scope) -> bool:
    """Whether a function surely gives None: a body that does something and never returns a value.

    A body that only raises, or does nothing at all, is a place for somebody else's code.
    """
    if scope.is_async or scope.is_generator or scope.kind != "function" or scope.decorators:
        return False
    jumps = [jump for jump in facts.jumps if jump.scope == scope.number]
    if any(
        jump.kind == "return" and jump.value is not UNKNOWN and not _is_none(jump.value) for jump in jumps
    ):
        return False
    if any(jump.kind == "raise" for jump in jumps):
        return False
    calls = any(call.scope == scope.number for call in facts.calls)
    writes = any(access.scope == scope.number for access in facts.accesses)
    return (calls or writes) and scope.returns is None


def _is_none(value: object) -> bool:
    return isinstance(value, tuple) and not isinstance(value, Other) and value == (None,)
