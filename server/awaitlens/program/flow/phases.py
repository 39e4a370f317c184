"""What part of an object's or a program's life a function is, as its name says: its beginning, its end, or once in it.

Whoever begins something mostly has it for himself, and so has whoever ends it: others do not use it yet, or no more.
"""

from __future__ import annotations

from awaitlens.confidence import Confidence
from awaitlens.program.facts import Attribute, Facts, Name, Scope, Term, last_name
from awaitlens.source import Span

_RUN_ONCE = frozenset(
    (
        *("__aenter__", "__aexit__", "__anext__", "__aiter__", "__await__", "__asynccontextmanager__"),
        *("asyncSetUp", "asyncTearDown", "main", "added_to_hass", "will_remove_from_hass"),
    )
)
"""Home Assistant calls the last two once for each entity."""
_RUN_ONCE_STARTS = (
    *("test_", "setup", "set_up", "init", "start", "stop", "close", "aclose", "shutdown", "run", "migrate"),
    *("login", "launch", "logout", "disconnect", "cleanup", "teardown", "tear_down", "dispose", "terminate"),
    *("finalize", "exit", "serve"),
)
_RUN_ONCE_WORDS = ("locked", "startup", "shutdown")
_ENDINGS = (
    *("close", "aclose", "shutdown", "stop", "disconnect", "cleanup", "clean_up", "teardown", "tear_down"),
    *("dispose", "terminate", "finalize", "exit", "__aexit__", "asyncTearDown", "test_"),
)
_BEGINNINGS = ("setup", "set_up", "init", "start", "__aenter__", "__asynccontextmanager__", "asyncSetUp")
_WHOLE_ENDINGS = frozenset(
    (
        *("aclose", "cleanup", "clean_up", "teardown", "tear_down", "asyncTearDown", "dispose", "destroy"),
        *("terminate", "finalize", "exit"),
    )
)
"""Not "close" and "stop": they are called while tasks are running, and the object is often opened again."""
_OPENINGS = ("connect", "open")
_SETS_UP = ("setup", "init", "initialize", "initialise")
_RUNS = ("run", "serve", "main")
_OF_THE_PROGRAM = ("start", "stop", "setup", "init", "shutdown")


def plain_name(scope: Scope) -> str:
    """What a function is called, without the signs of being private, async or told of it: "setup" for `_async_setup`,
    "start" for `on_start`. Other events, such as `on_disconnect`, come for one of many objects."""
    if scope.name.startswith("__"):
        return scope.name
    name = scope.name.lstrip("_").removeprefix("async_")
    told_of = name.removeprefix("on_")
    return told_of if told_of.startswith(_OF_THE_PROGRAM) else name


def runs_once(scope: Scope) -> bool:
    name = plain_name(scope)
    return (
        name in _RUN_ONCE
        or name.startswith(_RUN_ONCE_STARTS)
        or any(word in name for word in _RUN_ONCE_WORDS)
    )


def opens(scope: Scope) -> bool:
    """Whether a function opens its own object."""
    return _is_about_itself(scope) and plain_name(scope).split("_")[0] in _OPENINGS


def _is_about_itself(scope: Scope) -> bool:
    """Whether a method needs to be told nothing. Whoever opens or closes one of several is told which."""
    own, needed = scope.parameters[:1], (p for p in scope.parameters[1:] if p.default is None)
    return bool(own) and own[0].name == "self" and all(p.kind in ("*", "**") for p in needed)


def ends(scope: Scope) -> bool:
    """Whether a function ends an object's life, or runs when nothing new is started any more."""
    return plain_name(scope).startswith(_ENDINGS)


def ends_itself(scope: Scope) -> bool:
    """Whether a function ends the life of its own object, not that of one of several."""
    return ends(scope) and _is_about_itself(scope)


def _ends_all(scope: Scope) -> bool:
    """Whether a function ends its object's life as a whole: its tasks are mostly torn down before. `cleanup_expired` is
    no such end, nor is what is told which of several to end."""
    if scope.name == "__aexit__":
        return True
    return plain_name(scope).removesuffix("_all") in _WHOLE_ENDINGS and _is_about_itself(scope)


def is_after_yield(facts: Facts, scope: Scope, span: Span) -> bool:
    """Whether code stands behind the `yield` of an async context manager: there the life of what it lends ends."""
    managing = any(_is_manager(decorator) for decorator in scope.decorators)
    yields = (jump.span for jump in facts.jumps if jump.kind == "yield" and jump.scope == scope.number)
    return managing and any((y.end_line, y.end_column) <= (span.line, span.column) for y in yields)


def _is_manager(decorator: Term) -> bool:
    return isinstance(decorator, (Attribute, Name)) and last_name(decorator) == "asynccontextmanager"


def begins(scope: Scope) -> bool:
    """Whether a function begins an object's life."""
    return plain_name(scope).startswith(_BEGINNINGS) or opens(scope)


def lives_on(scope: Scope) -> Confidence:
    """How surely others still use an object when a function takes something of it away: not yet, where that sets it up;
    no more, where it ran them all, or ends the object as a whole, or the program."""
    name = plain_name(scope)
    sets_up = any(part.endswith(_SETS_UP) for part in name.split("_"))
    is_over = name.startswith(_RUNS) or "shutdown" in name or _ends_all(scope)
    return "possible" if sets_up or is_over or begins(scope) else "likely"
