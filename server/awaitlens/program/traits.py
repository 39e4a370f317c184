"""What a block has in it, in words: by these a pitfall says where alone it can be found.

- the kinds of its suspension points and of the constructs in it: "await", "async with", "with", "except", "while", ...
  (facts.py lists them);
- what becomes of the values of its calls: "dropped", "assigned", ...; of attributes and items: "write", "augmented";
- "def" where a function is not async, "decorator" where one has one, "dunder" where one is called like __aenter__;
- "handing" where something is called that takes a function, however it is given;
- "flow" where a function suspends and touches something that may be shared;
- what its async functions wait for when something in them blocks by itself: "file", "http", ... (blocking.py); and
  "unawaited" where a call gives a coroutine that is not awaited on the spot;
- the dotted canonical names of what it calls, however they are imported, and their packages: "asyncio.gather", "asyncio.".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge.concurrency import takers
from awaitlens.program.awaitables import unawaited_calls
from awaitlens.program.blocking import DIRECT, blocked
from awaitlens.program.facts import Facts

if TYPE_CHECKING:
    from awaitlens.program.view import View

KINDS = frozenset(
    {"await", "async for", "async with", "async comprehension", "with", "for", "while", "if", "try", "except",
     "finally", "comprehension", "dropped", "tested", "assigned", "argument", "element", "starred", "write",
     "augmented", "decorator", "def", "dunder", "handing", "flow", "unawaited", *DIRECT}
)  # fmt: skip
"""The words that are no names: one that is not here is a slip of the pen."""


def traits(facts: Facts, view: View) -> frozenset[str]:
    """The words for one block."""
    words = {suspension.kind for suspension in facts.suspensions}
    words.update([context.kind for context in facts.contexts])
    words.update([call.usage.kind for call in facts.calls])
    words.update([access.kind for access in facts.accesses])
    if facts.flows:
        words.add("flow")
    for scope in facts.scopes:
        if scope.kind == "function" and not scope.is_async:
            words.add("def")
        if scope.decorators:
            words.add("decorator")
        if scope.name.startswith("__"):
            words.add("dunder")
    if view.once(unawaited_calls, facts):
        words.add("unawaited")
    words.update([found.row.category for found in view.once(blocked, facts)])
    names = {view.target(call).name for call in facts.calls}
    words.update(names, [name.partition(".")[0] + "." for name in names])
    if not takers().isdisjoint([name.rpartition(".")[2] for name in names]):
        words.add("handing")
    return frozenset(words)
