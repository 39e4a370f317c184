"""What is worth saying about a place where nothing is wrong: an await, a call, a lock, a transaction.

Two or three sentences at most, and none where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from awaitlens.knowledge import concurrency
from awaitlens.present.phrase import markdown_sentence, opened, plain_sentence
from awaitlens.program.facts import Argument, Call, Constant, Context, Facts, Scope, Suspension
from awaitlens.program.flow.suspending import is_timer
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.program.sections import Switch, runs_through, switches
from awaitlens.program.summaries import Chain, certainty
from awaitlens.program.view import Colour
from awaitlens.program.window import Window, windows
from awaitlens.source import Span

_LONGEST_NAME = 60
_MOST_THREADS = 4

PLACES: dict[str, str] = {
    "loop": "on the event loop",
    "worker thread": "on a worker thread of a pool",
    "sensitive thread": "on the thread-sensitive worker, where sync code takes turns",
    "new thread": "on a thread of its own",
    "main thread": "on the main thread",
    "process": "in another process",
    "caller": "here, before the call returns",
}
_GIVES: dict[Colour, str] = {
    "async": "gives a coroutine: nothing of it runs before it is awaited or made a task",
    "task": "gives a task, which the loop has scheduled already",
    "future": "gives a future: somebody else brings its result",
    "async generator": "gives an async generator: `async for` runs it",
    "async manager": "gives something for `async with` alone",
    "awaitable manager": "gives something for `await` or `async with`",
}
_PAUSES = {
    "await": "Other tasks may run here.",
    "async for": "Other tasks may run here before each element.",
    "async with": "Other tasks may run here, on the way in and on the way out.",
    "async comprehension": "Other tasks may run here before each element.",
}


class Remark(NamedTuple):
    """Sentences about a stretch of the file."""

    span: Span
    sentences: tuple[str, ...]


def worded(remark: Remark, style: Literal["markdown", "plaintext"]) -> str:
    spell = markdown_sentence if style == "markdown" else plain_sentence
    return "\n\n".join(spell(opened(sentence)) for sentence in remark.sentences)


def remark_at(line: int, column: int, program: Program, file: FileFacts) -> Remark | None:
    """What there is to say about a position (0-based, code points); None for nothing."""
    for window in windows(program, file, line, line):
        found = _in_block(window, line - window.line, column)
        if found is not None:
            return Remark(found.span.shifted(window.line), found.sentences)
    return None


def _in_block(window: Window, line: int, column: int) -> Remark | None:
    facts = window.facts
    calls = [call for call in facts.calls if call.callee_span.contains(line, column)]
    if calls:
        call = min(calls, key=lambda c: _size(c.callee_span))
        return _remark(call.callee_span, about_call(call, window))
    for suspension in facts.suspensions:
        if suspension.kind != "async with exit" and suspension.keyword_span.contains(line, column):
            return _remark(suspension.keyword_span, _about_suspension(suspension, window))
    for scope in facts.functions():
        if scope.name_span.contains(line, column):
            return _remark(scope.name_span, _about_function(scope, window))
    for context in facts.contexts:
        if context.kind in ("with", "async with") and context.span.contains(line, column):
            return _remark(context.span, _about_lock(context, window))
    return None


def _remark(span: Span, sentences: Iterator[str]) -> Remark | None:
    said = tuple(sentences)
    return Remark(span, said) if said else None


def _size(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


def _about_function(scope: Scope, window: Window) -> Iterator[str]:
    """On which threads a function runs, as far as the program shows it."""
    for place in () if scope.is_async else window.view.runs_on(scope.number)[:_MOST_THREADS]:
        if place.confidence != "possible" and place.thread != "module level":
            yield f"Runs on {threads_name(place.thread)}, {place.words}."


def threads_name(thread: str) -> str:
    return f"the {thread}" if thread in ("event loop", "thread-sensitive worker") else f"a {thread}"


# --- calls --------------------------------------------------------------------------------------------------


def about_call(call: Call, window: Window) -> Iterator[str]:
    """Whether a call blocks, where what it is given runs, and what it gives."""
    facts, view = window.facts, window.view
    name = f"`{_short(' '.join(facts.slice(call.callee_span).split()))}()`"
    target = view.target(call)
    chain = view.blocking(call)
    if chain is not None and is_sure(chain):
        thread = "the event loop" if facts.scopes[call.scope].is_async else "the thread it runs on"
        yield from _about_chain(name, thread, chain)
    given = handed_over(call, window) or _adapted(call, window)
    if given is not None:
        yield f"`{_short(argument_text(given[0], window))}` runs {PLACES[given[1]]}."
        return
    if target.name == "django.db.transaction.atomic":
        yield "The transaction belongs to the connection of the thread that opens it; other threads are not in it."
    if target.confidence != "possible":
        yield from _about_colour(name, target.colour, call.usage.kind == "awaited")


def _about_colour(name: str, colour: Colour, awaited: bool) -> Iterator[str]:
    if awaited and colour == "async":
        yield f"{name} is async: it runs on the event loop, in this task."
    elif not awaited and colour in _GIVES:
        yield f"{name} {_GIVES[colour]}."


def argument_text(argument: Argument, window: Window) -> str:
    """An argument as it is written, without its keyword, on one line."""
    text = " ".join(window.facts.slice(argument.span).split())
    return text.partition("=")[2].strip() if argument.keyword and text.startswith(argument.keyword) else text


def _adapted(call: Call, window: Window) -> tuple[Argument, str] | None:
    """`sync_to_async(f)(x)` runs f where the adapter sends it."""
    inner = window.facts.call_of(call.callee)
    return handed_over(inner, window) if inner is not None else None


def is_sure(chain: Chain) -> bool:
    """Whether a call may be said to block: how long some take depends on what nobody can see from here."""
    row = chain.blocking
    return chain.confidence != "possible" and (row is None or certainty(row) != "possible")


def _about_chain(name: str, thread: str, chain: Chain) -> Iterator[str]:
    row = chain.blocking
    if len(chain.hops) > 1:
        yield f"{name} blocks {thread}: {' > '.join(chain.names)}."
        if row is not None:
            yield f"`{chain.names[-1]}` {row.reason}."
    elif row is not None:
        yield f"{name} blocks {thread}: it {row.reason}."
    else:
        yield f"{name} blocks {thread}."


def handed_over(call: Call, window: Window) -> tuple[Argument, str] | None:
    """The function that a call is given to run, and where that runs (a key of PLACES)."""
    target = window.view.target(call)
    taker = concurrency.callback(target.name) if target.name and not target.path else None
    if taker is None or taker.where not in PLACES or taker.where == "caller":
        return None
    argument = call.argument(taker.position, taker.keyword)
    if argument is None:
        return None
    insensitive = call.keyword("thread_sensitive") == Constant(False)
    return argument, "worker thread" if insensitive and taker.where == "sensitive thread" else taker.where


# --- suspension points and locks ------------------------------------------------------------------------------


def _about_suspension(suspension: Suspension, window: Window) -> Iterator[str]:
    facts, view = window.facts, window.view
    if suspension.kind == "async with" and is_timer(suspension.operand, facts, view):
        yield "Nobody else runs on the way in or out: a timeout strikes where something inside waits."
        return
    if runs_through(suspension, facts, view):
        yield "Nobody else runs here: what is awaited has nothing in it to wait for."
        return
    lock = concurrency.lock(view.type_of(suspension.operand, suspension.scope, suspension.span))
    if suspension.kind == "async with" and lock is not None and lock.kind == "lock":
        yield "Waits here while another task holds the lock. Inside, whoever takes it too stays out."
        return
    call = facts.call_of(suspension.operand)
    if suspension.kind == "async with" and lock is not None and lock.family == "asyncio":
        yield "Other tasks may run here, on the way in."
    elif call is not None and view.target(call).name == "asyncio.TaskGroup":
        yield "Other tasks may run on the way out: it waits for its tasks."
    else:
        yield _PAUSES[suspension.kind]
    for switch in switches(facts, view):
        if suspension.span.contains(*switch.at[:2]):
            lines = switch.read.line + window.line + 1, switch.write.line + window.line + 1
            yield f"`{place_of(switch, facts)}` was read on line {lines[0]} and is written on line {lines[1]}: it may change in between."
            return


def place_of(switch: Switch, facts: Facts) -> str:
    """The shared place as the user writes it, quotes included."""
    written = facts.slice(switch.read)
    return written if written.replace('"', "'") == switch.place else switch.place


def _about_lock(context: Context, window: Window) -> Iterator[str]:
    for term in context.terms:
        lock = concurrency.lock(window.view.type_of(term, context.scope, context.span))
        if lock is None or lock.kind != "lock":
            continue
        if context.kind == "async with":
            yield "Waits here while another task holds the lock. Inside, whoever takes it too stays out."
        elif lock.family == "threading":
            yield "Holds up its thread here while another thread has the lock."
        return


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
