"""Repairs of a call that holds up the event loop: the awaitable twin, a worker thread, or a word of advice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awaitlens.knowledge import types
from awaitlens.knowledge.blocking import BlockingCall, blocking_call
from awaitlens.pitfall import Patch
from awaitlens.program.facts import Call, Facts
from awaitlens.program.view import View
from awaitlens.rewrite.calls import wrap_in_adapter, wrap_in_call, wrap_in_executor
from awaitlens.rewrite.expressions import await_with_callee
from awaitlens.rewrite.extract import move_block_to_thread
from awaitlens.rewrite.statements import fresh_name

_THREADS = frozenset(
    {"asyncio.to_thread", "asyncio.AbstractEventLoop.run_in_executor", "asgiref.sync.sync_to_async"}
)

# A lock is given back by the thread that took it, a sqlite3 connection is used on the thread that made it (CPython
# 3.10-3.15), and what these generators do they do while they are iterated.
_BOUND_TO_THREAD = ("threading.RLock.", "threading.Lock.", "threading.Condition.", "sqlite3.")
_LAZY = frozenset({"os.walk", "os.fwalk", "glob.iglob", "concurrent.futures.as_completed"})
_OF_AN_OBJECT = re.compile(r"\w+\.\w+\.")
_KEPT_OPEN = frozenset({"entered", "iterated", "attribute"})


def off_the_loop(facts: Facts, view: View, call: Call, name: str) -> Iterator[Patch]:
    """The repairs for a call of what the tables call `name`, best first."""
    row = blocking_call(name)
    if row is None:
        return
    if call.usage.kind == "entered" and row.category != "file":
        yield whole_block_in_thread(facts, view, call)
        return
    if row.awaitable_twin and not types.is_class(row.name.rpartition(".")[0]):
        edits = await_with_callee(facts, call, f"‹{row.alternative}›")
        if edits:
            yield Patch(f"Use await {row.alternative}", "review", edits)
    if moves_to_thread(row, call):
        yield from in_thread(facts, view, call)
    if row.alternative and not row.awaitable_twin and row.alternative not in _THREADS:
        needs = f" (needs {row.package})" if row.package else ""
        yield Patch(
            f"Use {spoken(row.alternative)}",
            "show",
            advice=f"{spoken(row.alternative)}{needs} does not block.",
        )


def moves_to_thread(row: BlockingCall, call: Call) -> bool:
    """Whether a worker thread can make the call in this one's stead, as it stands."""
    is_statement = row.name.rpartition(".")[2].startswith("__")
    if is_statement or row.name.startswith(_BOUND_TO_THREAD) or row.name in _LAZY:
        return False
    return not (row.category == "file" and row.swap == "other" and call.usage.kind in _KEPT_OPEN)


def in_thread(facts: Facts, view: View, call: Call, name: str = "") -> Iterator[Patch]:
    """The call made on a worker thread; in Django's code, or where it comes to the call `name` of Django, on the thread
    that holds the database connection."""
    if name.startswith("sqlite3.") and _keeps_connection(view, call):
        advice = "sqlite3.connect(..., check_same_thread=False), and a lock around what uses the connection: else it belongs to one thread."
        yield Patch("Use the connection from threads", "show", advice=advice)
        return
    if name.startswith("django.") or view.imports_anything_from("django"):
        edits, title = wrap_in_adapter(facts, call, "‹asgiref.sync.sync_to_async›"), "Wrap in sync_to_async"
    elif (view.settings.python or (3, 10)) < (3, 9):
        edits, title = wrap_in_executor(facts, call), "Run it in the executor"
    else:
        edits, title = wrap_in_call(facts, call, "‹asyncio.to_thread›"), "Run it with asyncio.to_thread"
    if edits:
        yield Patch(title, "review", edits)


def _keeps_connection(view: View, call: Call) -> bool:
    """Whether the call comes to a connection of SQLite that an object keeps, for the thread that opened it alone."""
    chain = view.blocking(call)
    hop = chain.hops[-1] if chain is not None and chain.hops else None
    home = view.program.files.get(hop.path) if hop is not None and hop.call >= 0 else None
    if hop is None or home is None or "check_same_thread=False" in home.text:
        return False
    asked, at = view.call_of_hop(hop), view.hop_span(hop)
    if asked.usage.kind == "assigned" and "." in asked.usage.name:
        return True
    return _OF_AN_OBJECT.match(home.text.split("\n")[at.line], at.column) is not None


def whole_block_in_thread(facts: Facts, view: View, call: Call, name: str = "") -> Patch:
    """The `with` that the call stands in, moved into one function on a worker thread: what is entered is also used and
    left, and to leave it waits as well. Advice where the block must stay on the event loop's thread."""
    title, function = "Move the whole block to a worker thread", fresh_name(facts, "blocking_part")
    run, decorator = f"‹asyncio.to_thread›({function})", ""
    if name.startswith("django.") or view.imports_anything_from("django"):
        run, decorator = f"{function}()", "asgiref.sync.sync_to_async"
    elif (view.settings.python or (3, 10)) < (3, 9):
        run = f"‹asyncio.get_running_loop›().run_in_executor(None, {function})"
    stays = _talks_to_the_loop(facts, view, call)
    edits = None if stays else move_block_to_thread(facts, call.span, function, run, decorator)
    if edits:
        return Patch(title, "review", edits)
    advice = "To use it and to leave it blocks, too: make one sync function of the whole block, and run that in a thread."
    return Patch(title, "show", advice=advice)


def _talks_to_the_loop(facts: Facts, view: View, entered: Call) -> bool:
    """Whether anything in the `with` that enters the call is asyncio's, which other threads must not touch."""
    blocks = [c for c in facts.contexts if any(facts.call_of(term) == entered for term in c.terms)]
    inside = (call for call in facts.calls if any(c in blocks for c in facts.enclosing(call.context)))
    return any(view.target(call).name.startswith("asyncio.") for call in inside)


def spoken(name: str) -> str:
    """A dotted name as people say it: the methods of the running loop are the loop's."""
    return name.replace("asyncio.AbstractEventLoop.", "loop.")
