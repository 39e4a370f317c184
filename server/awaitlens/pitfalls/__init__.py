"""Every pitfall there is. The folder is the registry: one module, one pitfall, nothing else to touch.

A module's docstring is its lesson (lesson.py says how it is read). Its names `law`, `severity`, `default` and `detect`
must be there, `everywhere`, `needs` and `fix` may be.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType, ModuleType
from typing import Any, get_args

from awaitlens.pitfall import Law, Pitfall, Severity


class MalformedPitfall(ImportError):
    """A module of this folder that is no pitfall. The message names the module and what is wrong with it."""


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of all pitfalls, sorted. None of them is imported: together they take longer than a check with nothing to
    do."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in modules if not name.startswith("_")))


@lru_cache(maxsize=1)
def pitfalls() -> Mapping[str, Pitfall]:
    """All pitfalls by name, sorted. Raises MalformedPitfall for a module that cannot be read as one."""
    return MappingProxyType({name: _recalled.get(name) or _imported(name) for name in names()})


@cache
def _imported(name: str) -> Pitfall:
    return pitfall(_module(name))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


class _Recalled(Pitfall):
    """A pitfall whose module is imported once more is asked of it than where it may be. It was read as a pitfall before: its
    lesson is not read again to look for it."""

    __slots__ = ()

    def __init__(self, name: str, law: str, severity: Severity, *rest: Any) -> None:
        default, everywhere, needs = rest
        values = (name, Law[law], severity, default, everywhere, frozenset(needs))
        for slot, value in zip(_IN_SHORT, values):
            object.__setattr__(self, slot, value)

    lesson = property(lambda self: _imported(self.name).lesson)
    detect = property(lambda self: _module(self.name).detect)
    fix = property(lambda self: getattr(_module(self.name), "fix", None))


_IN_SHORT = ("name", "law", "severity", "default", "everywhere", "needs")
_recalled: dict[str, Pitfall] = {}


def in_short() -> list[tuple[Any, ...]]:
    """What `recall` wants to know of all pitfalls, as plain values."""
    return [
        (each.name, each.law.name, each.severity, each.default, each.everywhere, sorted(each.needs))
        for each in pitfalls().values()
    ]


def recall(known: Iterable[Sequence[Any]]) -> None:
    """What `in_short` said in another process, of the same pitfalls: they need not be imported before they are looked for.
    Raises TypeError, ValueError or KeyError for what it did not say."""
    _recalled.update((each[0], _Recalled(*each)) for each in known)


def pitfall(module: ModuleType) -> Pitfall:
    """A module read as a pitfall. Raises MalformedPitfall."""
    from awaitlens.lesson import MalformedLesson, parse_lesson
    from awaitlens.program.traits import KINDS

    _require(isinstance(getattr(module, "law", None), Law), module, "`law` must be a Law")
    _require(getattr(module, "severity", None) in get_args(Severity), module, "`severity` must be a Severity")
    _require(isinstance(getattr(module, "default", None), bool), module, "`default` must be True or False")
    _require(
        isinstance(getattr(module, "everywhere", False), bool), module, "`everywhere` must be True or False"
    )
    needs = frozenset(getattr(module, "needs", ()))
    odd = next((word for word in needs if "." not in word and word not in KINDS), "")
    _require(not odd, module, f"`needs` holds {odd!r}, which traits.py does not know")
    _require(callable(getattr(module, "detect", None)), module, "`detect` must be a function")
    _require(callable(getattr(module, "fix", len)), module, "`fix` must be a function")
    try:
        lesson = parse_lesson(module.__doc__)
    except MalformedLesson as error:
        raise MalformedPitfall(f"{module.__name__}: {error}", name=module.__name__) from error
    return Pitfall(
        name=module.__name__.rpartition(".")[2].replace("_", "-"),
        law=module.law,
        severity=module.severity,
        default=module.default,
        everywhere=getattr(module, "everywhere", False),
        needs=needs,
        lesson=lesson,
        detect=module.detect,
        fix=getattr(module, "fix", None),
    )


def _require(holds: bool, module: ModuleType, complaint: str) -> None:
    if not holds:
        raise MalformedPitfall(f"{module.__name__}: {complaint}", name=module.__name__)
