"""What a function does to places that outlive the call, as plain values.

A `Flow` is the function written as a list of events in the order Python evaluates them: reads and writes of places,
local names that carry what was read, suspension points, locks taken and given back, tests. Control flow is
kept as jumps between event numbers, so a path through the function is a path through numbers. All values are
tuples that compare by value and hold no tree.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from awaitlens.source import Span

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
NOWHERE = Span(0, 0, 0, 0)


class Place(NamedTuple):
    """Something that can be read and written: `stats["alive"]` has root "stats" and path ("['alive']",).

    A lock may be told by the call that gives it: `self.lock_for(key)` has path (".lock_for", "(key)").
    """

    root: str
    path: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.root + "".join(self.path)

    @property
    def names(self) -> frozenset[str]:
        """The names whose values decide which place is meant: the root, and the keys that are not literals."""
        keys = (part for part in self.path if part[0] in "[(" and part[1] not in "'\"")
        return frozenset([self.root]).union(*(_IDENTIFIER.findall(key) for key in keys))

    def covers(self, other: Place) -> bool:
        """Whether `other` is this place or lies in it."""
        return self.root == other.root and self.path == other.path[: len(self.path)]


def anyhow(place: Place) -> Place:
    """The place with every key that is no literal replaced by any key: another function may mean the same one."""
    return Place(place.root, tuple(map(_any_key, place.path)))


def _any_key(part: str) -> str:
    if part[0] == "." or part[1] in "'\"-0123456789)":
        return part
    return f"{part[0]}*{part[-1]}"


class Value(NamedTuple):
    """How a value came about.

    kind is "read" (of event number `event`), "local" (`text` is its name), "constant" (`text` is its source), "+" or
    "-", "call" (`text` names the callee), "awaited" (event is the suspension), "computed" for any other expression,
    "is None", "is not None", "in", "not in", "not" for tests, "unknown" where nothing is known.
    """

    kind: str
    text: str = ""
    event: int = -1
    parts: tuple[Value, ...] = ()

    @property
    def is_awaited(self) -> bool:
        """Whether a suspension lies within the expression itself."""
        return self.kind == "awaited" or any(part.is_awaited for part in self.parts)


UNKNOWN = Value("unknown")


class Event(NamedTuple):
    """One thing that happens.

    kind is
    - "read": of `place`
    - "write": of `place`; `name` is "assign", "augmented", "mutate", "stored" (by an awaited call of a store), "delete"
      (fails where there is nothing) or "discard" (does not); `value` what is written
    - "bind": the local `name` gets `value`
    - "suspend": `name` is "await", "async for", "async with", "async with exit", "async comprehension" or "yield"; `value` what
      is awaited where that may get or set a value for the function (`helpers`)
    - "acquire", "release": of the manager at `place`; `name` is "with" or "async with"
    - "iterate": a `for` over `place` takes its next element, or goes to `target` at the end; `name` is the method that
      gives the elements ("items"), "" for the container itself
    - "test": goes on when `value` is true, to `target` when it is false
    - "fork": goes on or to `target`, nobody can tell
    - "jump": goes to `target`
    - "end": leaves the function; `name` is "return" or "raise"
    """

    kind: str
    place: Place | None = None
    name: str = ""
    value: Value = UNKNOWN
    target: int = -1
    span: Span = NOWHERE


class Flow(NamedTuple):
    """One function: its number in `Facts.scopes`, its parameters and local names, its events.

    `complete` is false where the function was longer than the tracer's bound: its tail is missing then, and nothing may
    be claimed about it.
    """

    scope: int
    parameters: tuple[str, ...]
    local_names: frozenset[str]
    events: tuple[Event, ...]
    complete: bool
