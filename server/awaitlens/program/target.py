"""What a call calls, in the words that pitfalls use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import coroutines
from awaitlens.program.facts import Attribute, Term, last_name

if TYPE_CHECKING:
    from awaitlens.program.names import Names

Colour = Literal[
    "sync", "async", "async generator", "async manager", "awaitable manager", "future", "task", "unknown"
]


class Target(NamedTuple):
    """What a call calls.

    `name` is the dotted canonical name: "time.sleep", "requests.Session.get", "shop.models.Book.save", "" when unknown.
    `colour` is what calling it gives: "async" a coroutine that must be awaited, "future" or "task" something awaitable
    that runs already, "async generator", "async manager" something for `async with` alone, "awaitable manager" something for `await` or
    `async with`, "sync" anything else, "unknown". A call of sync_to_async(f) or async_to_sync(f) has the adapter's name,
    the adapted colour, and the place of f. `path` and `qualname` say
    where the function stands if it is the program's own. `confidence` says how surely the names resolved.
    """

    name: str
    colour: Colour
    path: str
    qualname: str
    confidence: Confidence


UNKNOWN_TARGET = Target("", "unknown", "", "", "possible")

_COLOURS: dict[str, Colour] = {
    "coroutine": "async",
    "future": "future",
    "task": "task",
    "async context manager": "async manager",
    "awaitable context manager": "awaitable manager",
    "async iterator": "async generator",
    "sync": "sync",
}


def external_target(name: str, names: Names, confidence: Confidence) -> Target:
    """A call of something outside the program: what it gives, as far as the tables or else the installed packages tell."""
    kind = coroutines.kind(name)
    if kind == "unknown" and (kind := names.described(name).kind) != "unknown":
        confidence = weakest(confidence, "likely")
    return Target(name, _COLOURS.get(kind, "unknown"), "", "", confidence)


def unless_plain(target: Target) -> Target:
    """What a plain function calls: for a library that had no coroutines once, the program may be of that time."""
    return target._replace(confidence="possible") if coroutines.was_plain(target.name) else target


def target_by_name(callee: Term) -> Target | None:
    """What is called where only the words tell: a task is created by a loop that is called one, wherever it comes from."""
    if isinstance(callee, Attribute) and callee.attr == "create_task":
        owner = last_name(callee.value)
        if owner == "loop" or owner.endswith("_loop"):
            return Target("asyncio.AbstractEventLoop.create_task", "sync", "", "", "likely")
    return None
