"""Which parameter an argument meets, and what its annotation says of the values that may come there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program import declared, members
from awaitlens.program.facts import Attribute, Call, Facts, Parameter, Scope
from awaitlens.program.giving import NEVER_AWAITABLE
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import Class, Function, Instance

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod"})


def takes_plain_value(names: Names, call: Call, argument: str, file: FileFacts, facts: Facts) -> bool:
    """Whether the annotation of the parameter rules out that it awaits its argument.

    `argument` is the keyword, or the position as text. Only functions and constructors of the program tell.
    """
    value = names.callee(call.number, file, facts).value
    constructs = isinstance(value, Class)
    if isinstance(value, Class):
        value = Function(f"{value.name}.__init__", value.path, f"{value.qualname}.__init__")
    if not isinstance(value, Function) or value.wrapped:
        return False
    home = names.program.files.get(value.path)
    definition = home.definitions.get(value.qualname) if home else None
    if home is None or definition is None:
        return False
    theirs, scope = home.facts(definition.block), home.scope(definition)
    bound = constructs or _is_bound(names, call, scope, theirs, file, facts)
    parameter = parameter_of(scope, argument, 1 if bound else 0)
    if parameter is None or parameter.annotation is None or not _is_plain(names, scope, home, theirs):
        return False
    found = declared.read(names, parameter.annotation, home, theirs, max(scope.parent, 0))
    return (
        found.confidence == "certain"
        and isinstance(found.value, Instance)
        and _is_no_awaitable(names, found.value.cls)
    )


def parameter_of(scope: Scope, argument: str, skip: int = 0) -> Parameter | None:
    """The parameter that an argument meets, after `skip` bound ones; None for what `*` and `**` take."""
    if not argument.isdecimal():
        return next((p for p in scope.parameters if p.name == argument and p.kind != "**"), None)
    places = [p for p in scope.parameters if p.kind in ("positional", "positional only")]
    position = int(argument) + skip
    return places[position] if position < len(places) else None


def _is_bound(names: Names, call: Call, scope: Scope, theirs: Facts, file: FileFacts, facts: Facts) -> bool:
    if scope.parent < 0 or theirs.scopes[scope.parent].kind != "class":
        return False
    kinds = {getattr(decorator, "id", "") for decorator in scope.decorators}
    if "staticmethod" in kinds:
        return False
    if "classmethod" in kinds or not isinstance(call.callee, Attribute):
        return True
    owner = names.infer(call.callee.value, file, facts, call.scope, call.span).value
    return not isinstance(owner, Class)


def _is_plain(names: Names, scope: Scope, file: FileFacts, facts: Facts) -> bool:
    from awaitlens.program import results

    return all(
        results.decorator_name(names, d, file, facts, scope) in _PLAIN_DECORATORS for d in scope.decorators
    )


def _is_no_awaitable(names: Names, cls: Class) -> bool:
    if not cls.path:
        return cls.name in NEVER_AWAITABLE and cls.name != "NoneType"
    lineage = members.lineage(names, cls)
    if members.has_unknown_base(names, cls) or any(c.name.startswith("typing.") for c in lineage):
        return False
    return not any(
        "__await__" in file.members.get(c.qualname, {})
        for c in lineage
        if c.path and (file := names.program.files.get(c.path)) is not None
    ) and all(c.path or c.name in _HARMLESS_BASES for c in lineage)


_HARMLESS_BASES = frozenset(
    {"object", "django.db.models.Model", "enum.Enum", "enum.IntEnum", "enum.StrEnum", "pydantic.BaseModel",
     "pydantic.main.BaseModel", "str", "int", "dict", "list", "abc.ABC", "django.db.models.utils.AltersData"}
)  # fmt: skip
"""Outside bases without `__await__`."""
