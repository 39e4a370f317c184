"""Plain code that matters for where it runs: what frameworks call on the event loop, and what wakes up a loop's tasks.

Neither need name anything asynchronous, so each is looked for by signs of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from awaitlens.knowledge.concurrency import EntryPoint, entry_points
from awaitlens.program.crossings import PRIMITIVES

_KINDS = "|".join(sorted({name.split(".")[1] for name in PRIMITIVES}))
_MADE = re.compile(
    r"[ \t]*(?:\w+\.)*(\w+)[ \t]*"
    rf"(?:(?::[^=\n]*)?=[ \t]*(?:asyncio\.)?(?:{_KINDS})\("
    r"|(?::[^=\n]*)?=[^\n]*\b(?:create_task|ensure_future|create_future|open_connection)\("
    rf"|:[^=\n]*\b(?:{_KINDS})\b)"
)
_SIGN = re.compile(rf"(?:{_KINDS}|create_task|ensure_future|create_future|open_connection)\b")
WAKING = frozenset(name.rpartition(".")[2] for name in PRIMITIVES)
"""The methods that wake somebody up."""


def primitives_in(text: str) -> Iterable[str]:
    """The names by which a file may hold events, queues, futures and tasks of asyncio."""
    found = set[str]()
    if "asyncio" in text:
        for sign in _SIGN.finditer(text):
            made = _MADE.match(text, text.rfind("\n", 0, sign.start()) + 1)
            if made is not None:
                found.add(made[1])
    return found


def may_run_on_loop(text: str, packages: frozenset[str]) -> bool:
    """Whether a plain function of a block may be one that a framework of these packages calls on the loop."""
    names = _NAMED.findall("\n" + text)
    defined, decorators = {name for name, _ in names if name}, {name for _, name in names if name}
    return any(
        entry.name.rpartition(".")[2] in decorators
        if entry.how == "decorator"
        else any(entry.takes(name) for name in defined)
        for entry in _on_loop(packages)
    )


# Of a text with a line end before it: that is looked for quicker than the start of a line.
_NAMED = re.compile(r"\n[ \t]*(?:def[ \t]+(\w+)|@(?:\w+\.)*(\w+))")


FRAMEWORKS = frozenset(e.name.partition(".")[0] for e in entry_points() if e.sync_where == "loop")


@lru_cache(maxsize=256)
def _on_loop(packages: frozenset[str]) -> tuple[EntryPoint, ...]:
    plain = (e for e in entry_points() if e.sync_where == "loop" and e.how in ("decorator", "method"))
    return tuple(entry for entry in plain if entry.name.partition(".")[0] in packages)
