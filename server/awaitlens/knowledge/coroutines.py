"""What calling an external function gives: a plain value, or something that still has to be awaited.

Sources: `kinds.tsv` is harvested with `inspect` (see tools/harvest_knowledge.py; CPython 3.10-3.13 and the newest
packages of November 2026); `kinds_by_hand.tsv` corrects it where a plain function returns an awaitable.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, cast

from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.blocking import blocking_call
from awaitlens.knowledge.tables import Grouped
from awaitlens.knowledge.types import is_class, lookups

Kind = Literal[
    "coroutine",
    "future",
    "task",
    "async context manager",
    "awaitable context manager",
    "async iterator",
    "sync",
    "unknown",
]
Colour = Literal["sync", "async", "async generator", "unknown"]
Protocol = Literal["sync", "async", "both", "neither", "unknown"]

_KINDS = Grouped("kinds_by_hand", "kinds")


@lru_cache(maxsize=16384)
def kind(name: str) -> Kind:
    """What a call of this dotted name gives.

    - "coroutine": nothing happens until it is awaited
    - "future", "task": it is under way already; awaiting it waits for the result. Dropping it loses result and errors
    - "async context manager": for `async with` alone; "awaitable context manager": for `await` or `async with`
      (aiohttp's session.get, asyncpg's pool.acquire). Dropped, both do nothing
    - "async iterator": for `async for`
    - "sync": a plain value
    - "unknown": the tables do not say
    """
    name = canonical(name)
    for candidate in lookups(name):
        owner, _, member = candidate.rpartition(".")
        found = _KINDS.get(owner or "builtins", member)
        if found == "either":
            found = "coroutine" if ".asyncio." in name else "sync"
        if found is not None:
            return cast(Kind, found)
    return "sync" if is_class(name) or blocking_call(name) is not None else "unknown"


def was_plain(name: str) -> bool:
    """Whether a coroutine of this name is a plain function in an older version that is in wide use.

    python-telegram-bot up to 13: its handlers are plain functions, and so tell which of the two a program is written for.
    """
    return name.startswith("telegram.")


def is_listed(name: str) -> bool:
    """Whether the tables have a word for the name under its own class, be it that nothing is known: `unknown: *`."""
    owner, _, member = canonical(name).rpartition(".")
    return _KINDS.get(owner or "builtins", member) is not None


def colour(name: str) -> Colour:
    """The kind in the words of functions: only coroutines are "async", only async iterators "async generator"."""
    found = kind(name)
    if found == "unknown":
        return "unknown"
    return {"coroutine": "async", "async iterator": "async generator"}.get(found, "sync")  # type: ignore[return-value]


def enters(name: str) -> Protocol:
    """Which of `with` and `async with` instances of the class support; "unknown" where neither is known of."""
    return _protocol(name, "__enter__", "__aenter__")


def iterates(name: str) -> Protocol:
    """Which of `for` and `async for` instances of the class support; "unknown" where neither is known of."""
    return _protocol(name, "__iter__", "__aiter__")


def names_of(owner: str) -> tuple[str, ...]:
    """The names a module or class has in the tables itself, inherited ones left out."""
    return tuple(_KINDS.of(canonical(owner)))


def asynchronous_names(package: str) -> frozenset[str]:
    """The last parts of the names, in a package, of what gives something to await, to enter or to iterate."""
    return _asynchronous_names().get(package, frozenset())


@lru_cache(maxsize=1)
def _asynchronous_names() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for owner in _KINDS.owners():
        names = (name for name, word in _KINDS.of(owner).items() if word not in ("sync", "unknown"))
        found.setdefault(owner.partition(".")[0], set()).update(names)
    return {package: frozenset(names) for package, names in found.items()}


@lru_cache(maxsize=1)
def plain_members() -> frozenset[str]:
    """The names that some class or module of the tables uses for something that gives a plain value."""
    return frozenset(
        name for owner in _KINDS.owners() for name, word in _KINDS.of(owner).items() if word != "coroutine"
    )


@lru_cache(maxsize=4096)
def _protocol(name: str, sync: str, asynchronous: str) -> Protocol:
    has_sync = kind(f"{name}.{sync}") != "unknown"
    has_async = kind(f"{name}.{asynchronous}") != "unknown"
    if has_sync:
        return "both" if has_async else "sync"
    return "async" if has_async else "unknown"
