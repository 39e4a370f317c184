"""Async functions that are handed to a caller which calls them and awaits nothing, and sync ones where one awaits.

A function may be handed over by its name, through `functools.partial`, or as a lambda whose value is a coroutine.
Calls whose value may still be awaited piece by piece (`map`, `itertools.starmap`, an executor's `map`) are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge.concurrency import Callback, callback, takers
from awaitlens.program.asked import asks_for_kind
from awaitlens.program.facts import Argument, Attribute, Call, Facts, Lambda, Name, Result, Term
from awaitlens.program.listeners import awaits_argument
from awaitlens.program.summaries import spelled
from awaitlens.program.view import Target, View

# What these make of an async function may still be awaited by whoever takes their values.
_MAY_BE_AWAITED = frozenset({"map", "itertools.starmap", "functools.reduce", "iter", "concurrent.futures.Executor.map",
                             "concurrent.futures.ProcessPoolExecutor.map"})  # fmt: skip
_OFFLOADERS = frozenset(
    {"asyncio.to_thread", "asyncio.AbstractEventLoop.run_in_executor", "asgiref.sync.sync_to_async",
     "asgiref.sync.SyncToAsync", "channels.db.database_sync_to_async", "channels.db.DatabaseSyncToAsync",
     "anyio.to_thread.run_sync", "anyio.to_process.run_sync", "trio.to_thread.run_sync",
     "starlette.concurrency.run_in_threadpool", "homeassistant.core.HomeAssistant.async_add_executor_job"}
)  # fmt: skip
"""Calls by which async code sends a sync function to a worker and awaits its value."""

_NEED_ASYNC = frozenset(
    {"asgiref.sync.async_to_sync", "asgiref.sync.AsyncToSync", "anyio.run", "anyio.from_thread.run", "trio.run",
     "trio.from_thread.run", "contextlib.AsyncExitStack.push_async_callback"}
)  # fmt: skip
"""Calls that await what the function they are given returns."""

_NEED_COROUTINE = frozenset(
    {"asyncio.run", "asyncio.create_task", "asyncio.Runner.run", "asyncio.TaskGroup.create_task",
     "asyncio.AbstractEventLoop.create_task", "asyncio.AbstractEventLoop.run_until_complete",
     "asyncio.run_coroutine_threadsafe", "asyncio.ensure_future", "asyncio.wait_for", "asyncio.shield"}
)  # fmt: skip
"""Calls whose first argument is awaited."""
_NEED_COROUTINE_NAMES = frozenset(name.rpartition(".")[2] for name in _NEED_COROUTINE)


AWAITS_ARGUMENT = _NEED_ASYNC | _NEED_COROUTINE | {"asyncio.gather"}
"""Calls that await what they are given, or what it returns."""


class Handed(NamedTuple):
    """A function given to a call: `api` and `function` as the user would say them, `taker` what is known of the call."""

    call: Call
    argument: Argument
    api: str
    function: str
    taker: Callback
    confidence: Confidence


def lost_callbacks(facts: Facts, view: View) -> Iterator[Handed]:
    """Async functions given to sync callers, which drop the coroutines they get."""
    for handed in view.once(_handed_async, facts):
        if handed.taker.name not in _OFFLOADERS | _MAY_BE_AWAITED:
            yield handed


def offloaded(facts: Facts, view: View) -> Iterator[Handed]:
    """Async functions that async code sends to a worker thread."""
    return (handed for handed in view.once(_handed_async, facts) if handed.taker.name in _OFFLOADERS)


def _handed_async(facts: Facts, view: View) -> Iterator[Handed]:
    for call, argument, taker, api in _given(facts, view):
        if taker.coroutines != "lost":
            continue
        name, confidence = _async_function(argument.value, call, facts, view)
        if name and confidence != "possible":
            sure = weakest(confidence, view.target(call).confidence)
            yield Handed(call, argument, api, name, taker, sure)


def _given(facts: Facts, view: View) -> Iterator[tuple[Call, Argument, Callback, str]]:
    for call in facts.calls:
        # Of `sync_to_async(f)(g)`, only the inner call is one of sync_to_async.
        if (
            not call.arguments
            or isinstance(call.callee, Result)
            or not view.may_be_named(call.callee, takers().__contains__)
        ):
            continue
        target = view.target(call)
        taker = callback(target.name) if target.name and not target.path else None
        if taker is None:
            continue
        argument = call.argument(taker.position, taker.keyword)
        if argument is not None:
            yield call, argument, taker, _said(call, target, facts)


def _said(call: Call, target: Target, facts: Facts) -> str:
    """A callee as the user writes it, `loop.call_later`; only its last name where it hangs on a longer expression."""
    text = spelled(target.name, call, facts)
    return text if "(" not in text and "[" not in text else text.rpartition(".")[2]


def _async_function(term: Term, call: Call, facts: Facts, view: View) -> tuple[str, Confidence]:
    """The name of what gives a coroutine when the term is called; "" when nothing surely does."""
    if isinstance(term, Lambda):
        returned = [jump.value for jump in facts.jumps if jump.scope == term.scope and jump.kind == "return"]
        inner = facts.call_of(returned[0]) if len(returned) == 1 else None
        target = view.target(inner) if inner is not None else None
        if inner is None or target is None or target.colour != "async" or facts.scopes[term.scope].is_async:
            return "", "possible"
        return target.name.rpartition(".")[2], target.confidence
    target = view.callable(term, call.scope, call.span)
    if target.colour != "async" or asks_for_kind(term, facts, call.scope):
        return "", "possible"
    return target.name.rpartition(".")[2], target.confidence


# --- sync where async is expected ---------------------------------------------------------------------------


def sync_where_async(facts: Facts, view: View) -> Iterator[tuple[Call, Argument, str, str, Confidence]]:
    """Sync functions, or their values, given to what awaits: (call, argument, api, function, how surely)."""
    for call in facts.calls:
        if not call.arguments or isinstance(call.callee, Result) or not _may_be_given_sync(call, view):
            continue
        target = view.target(call)
        api = _said(call, target, facts)
        for given, function, confidence in _sync_arguments(call, target, facts, view):
            yield call, given, api, function, confidence


def _may_be_given_sync(call: Call, view: View) -> bool:
    """Whether one of the arguments may be a sync function, or the value of one that is awaited: a cheap question before
    `target`."""
    if any(_may_be_plain(argument.value, view) for argument in call.arguments):
        return True
    takes = isinstance(call.arguments[0].value, Result)
    return takes and view.may_be_named(call.callee, _NEED_COROUTINE_NAMES.__contains__)


def _sync_arguments(
    call: Call, target: Target, facts: Facts, view: View
) -> Iterator[tuple[Argument, str, Confidence]]:
    first = call.arguments[0]
    if target.path:
        for given in call.arguments:
            function = _plain_function(given.value, call, facts, view)
            if function is not None and awaits_argument(view, target, call, given):
                yield given, function.name.rpartition(".")[2], weakest(target.confidence, function.confidence)
    elif target.name in _NEED_ASYNC and not first.keyword:
        function = _plain_function(first.value, call, facts, view)
        if function is not None:
            yield first, function.name.rpartition(".")[2], function.confidence
    elif target.name in _NEED_COROUTINE and not first.keyword and isinstance(first.value, Result):
        inner = facts.calls[first.value.call]
        confidence = view.gives_no_awaitable(inner)
        if confidence is not None:
            yield first, view.target(inner).name.rpartition(".")[2], confidence


def _may_be_plain(term: Term, view: View) -> bool:
    """Whether the term may stand for a function that is not async. Most arguments are variables and literals."""
    if not isinstance(term, (Name, Attribute)):
        return False
    if isinstance(term, Name) and term.id not in view.file.imports and term.id not in view.file.globals:
        return False
    return view.may_be_named(term, view.is_plain_somewhere)


def _plain_function(term: Term, call: Call, facts: Facts, view: View) -> Target | None:
    """The function a name stands for, if what it gives surely cannot be awaited."""
    if not _may_be_plain(term, view) or asks_for_kind(term, facts, call.scope):
        return None
    found = view.callable(term, call.scope, call.span)
    return found if view.never_awaitable(found) else None
