"""Which functions become async when one of them does, and which calls must then be awaited.

The answer is given only where every mention of each function in the program is understood: a call that resolves to it,
its definition, an import. Everything else (handed over uncalled, overridden, decorated, called on an object nothing is
known of, called where nothing can be awaited) ends the search without one.
"""

from __future__ import annotations

import io
import tokenize
from typing import NamedTuple

from awaitlens.program import members, protocols
from awaitlens.program.facts import Call, Facts, Name, Other, Scope, last_name
from awaitlens.program.handed import AWAITS_ARGUMENT
from awaitlens.program.index import Mention
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.values import Class
from awaitlens.program.view import View

_MOST = 30
"""Functions in one wave; beyond that it is no repair but a project."""

_HARMLESS = frozenset({"staticmethod", "classmethod"})
Key = tuple[str, str]


class Place(NamedTuple):
    """A function of the program: its file, its block's first line and facts, its scope there."""

    file: FileFacts
    line: int
    facts: Facts
    scope: Scope

    @property
    def key(self) -> Key:
        return self.file.path, qualname(self.facts, self.scope)


class Caller(NamedTuple):
    """A call of a function of the wave, and the function (or module) it stands in; `done` where its value is awaited."""

    where: Place
    call: Call
    done: bool


class Wave(NamedTuple):
    """The functions that become async, the first one first, and all calls of them."""

    functions: tuple[Place, ...]
    calls: tuple[Caller, ...]


class _Lost(Exception):
    """Some mention is not understood."""


def reach(view: View, facts: Facts, scope: Scope) -> Wave | None:
    """What follows when the plain function `scope` of the view's block becomes async; None where that cannot be told."""
    start = _place(view.file, facts, scope)
    functions: dict[Key, Place] = {}
    calls: list[Caller] = []
    queue = [start] if start else []
    try:
        while queue:
            place = queue.pop(0)
            if place.key in functions:
                continue
            _check(view, place)
            functions[place.key] = place
            for caller in _callers(view, place):
                calls.append(caller)
                if (
                    not caller.done
                    and caller.where.scope.kind == "function"
                    and not caller.where.scope.is_async
                ):
                    queue.append(caller.where)
    except _Lost:
        return None
    return Wave(tuple(functions.values()), tuple(calls)) if functions and len(functions) <= _MOST else None


def _place(file: FileFacts, facts: Facts, scope: Scope) -> Place | None:
    """Where a scope stands; None if a block of the same text stands elsewhere in the file, too."""
    lines = [line for line, other in file.blocks if other is facts]
    return Place(file, lines[0], facts, scope) if len(lines) == 1 else None


def _check(view: View, place: Place) -> None:
    """Raise _Lost unless the function may change its colour and every mention of it is a call, a definition or an import."""
    scope = place.scope
    here = view.of(place.file, place.facts)
    is_special = scope.name.startswith(("__", "test_", "setUp", "tearDown"))
    if scope.kind != "function" or scope.is_async or scope.is_generator or is_special or place.facts.repaired:
        raise _Lost
    if any(name not in _HARMLESS for name in here.decorator_names(scope.number)) or _is_shared(view, place):
        raise _Lost
    for file in view.program.index.spelling(scope.name):
        for _, facts in file.mentioning(scope.name):
            renamed = any(item.symbol == scope.name != item.name for item in facts.imports)
            if renamed or _mentions(facts, scope.name) > _explained(facts, scope.name):
                raise _Lost
    for mention in view.program.index.given(scope.name):
        if _target(view, mention) in (place.key, None) and not _awaits(view, mention):
            raise _Lost


def _is_shared(view: View, place: Place) -> bool:
    """Whether a method stands in for one of a base class, or a subclass has one in its place."""
    owner = place.key[1].rpartition(".")[0]
    if not view.of(place.file, place.facts).owner_of(place.scope.number):
        return False
    names, cls = view.program.names, Class(f"{place.file.module}.{owner}", place.file.path, owner)
    name = place.scope.name
    if not protocols.closed(names, cls) or any(
        protocols.defines(names, base, name) or (not base.path and base.name != "object")
        for base in members.lineage(names, cls)[1:]
    ):
        return True
    others = (each for each in view.program.index.defined(name) if each.scope.kind == "function")
    return any(
        cls in members.lineage(names, Class(f"{each.file.module}.{inside}", each.file.path, inside))
        for each in others
        if (inside := qualname(each.facts, each.scope).rpartition(".")[0]) and inside in each.file.members
        if (each.file.path, inside) != (place.file.path, owner)
    )


def _mentions(facts: Facts, name: str) -> int:
    """How often the name stands in the code of a block."""
    if name not in facts.text:
        return 0
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(facts.text).readline))
    except (tokenize.TokenError, SyntaxError):
        raise _Lost from None
    return sum(1 for token in tokens if token.type == tokenize.NAME and token.string == name)


def _explained(facts: Facts, name: str) -> int:
    defined = sum(1 for scope in facts.scopes if scope.name == name and scope.kind == "function")
    called = sum(1 for call in facts.calls if last_name(call.callee) == name)
    given = sum(1 for call in facts.calls for argument in call.arguments if last_name(argument.value) == name)
    imported = sum(1 for item in facts.imports if name in (item.symbol, item.name))
    return defined + called + given + imported


def _callers(view: View, place: Place) -> list[Caller]:
    found = []
    for mention in view.program.index.called(place.scope.name):
        target = _target(view, mention)
        if target is None:
            raise _Lost
        if target == place.key:
            found.append(_caller(view, mention))
    return found


def _target(view: View, mention: Mention) -> Key | None:
    """The function of the program that is called or handed over, ("", "") for another thing; None if it is not known."""
    here = view.of(mention.file, mention.facts)
    if mention.argument < 0:
        found, unknown = here.target(mention.call), here.is_unknown(mention.call)
    else:
        argument = mention.call.arguments[mention.argument]
        found = here.callable(argument.value, mention.call.scope, mention.call.span)
        unknown = not here.infer(argument.value, mention.call.scope, mention.call.span)
    return None if unknown or found.confidence == "possible" else (found.path, found.qualname)


def _awaits(view: View, mention: Mention) -> bool:
    """Whether the function is handed to what awaits its value."""
    return view.of(mention.file, mention.facts).target(mention.call).name in AWAITS_ARGUMENT


def _caller(view: View, mention: Mention) -> Caller:
    facts, call = mention.facts, mention.call
    where = _place(mention.file, facts, facts.scopes[call.scope])
    here = view.of(mention.file, facts)
    if where is None or call.usage.kind in ("default", "decorator", "annotation", "base"):
        raise _Lost
    around = list(facts.enclosing(call.context))
    if any(each.kind == "comprehension" and each.names == ("generator",) for each in around):
        raise _Lost
    outer = facts.calls[call.usage.call] if call.usage.kind == "argument" else None
    done = call.usage.kind == "awaited" or (outer is not None and here.target(outer).name in AWAITS_ARGUMENT)
    runs_here = any(each.kind == "if" and _is_main(each.terms) for each in around)
    if where.scope.kind not in ("function", "module") or (
        where.scope.kind == "module" and not (done or runs_here)
    ):
        raise _Lost
    return Caller(where, call, done)


def _is_main(terms: tuple[object, ...]) -> bool:
    """`if __name__ == "__main__":`"""
    return any(isinstance(term, Other) and Name("__name__") in term.parts for term in terms)
