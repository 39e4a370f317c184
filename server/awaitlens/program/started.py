"""How a coroutine is started, as its module shows: for the program's loop to run it, as a task of its own, or by whoever awaits it."""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.program.facts import Attribute, Call, Constant, Facts, Name, Scope, Term, last_name
from awaitlens.program.view import View
from awaitlens.source import Span

_RUNNERS = frozenset({"run", "run_until_complete", "run_sync", "asyncio_run"})
_STARTERS = frozenset(
    {"create_task", "ensure_future", "start_soon", "call_soon_threadsafe", "run_coroutine_threadsafe"}
)
_SETTING_OFF = _STARTERS | {"gather", "call_soon", "call_later"}


def runs_alone(span: Span, function: Scope, facts: Facts, view: View) -> bool:
    """Whether the place is passed before the first await of the coroutine that the program's loop is started for, or of what
    a web application does before it takes requests.

    There the loop has nothing else to do, and nobody is kept waiting.
    """
    if any(s.scope == function.number and s.span[2:] <= span[:2] for s in facts.suspensions):
        return False
    earlier = (c for c in facts.calls_in(function.number) if c.span[:2] < span[:2])
    if any(last_name(call.callee) in _SETTING_OFF for call in earlier):
        return False
    if any(j.kind == "yield" and j.scope == function.number and j.span[:2] < span[:2] for j in facts.jumps):
        return False
    return _all_given_to(_RUNNERS, function, view) or _starts_up(function, facts, view)


def _starts_up(function: Scope, facts: Facts, view: View) -> bool:
    """Whether the function is an application's `lifespan=`, or its `@app.on_event("startup")`."""
    decorators = [call for each in function.decorators if (call := facts.call_of(each)) is not None]
    if any(last_name(c.callee) == "on_event" and _is_given(c, 0, Constant("startup")) for c in decorators):
        return True
    name = Name(function.name)
    return any(
        argument.keyword == "lifespan" and argument.value == name
        for _, block in view.module_blocks(function.name)
        for call in block.calls
        for argument in call.arguments
    )


def _is_given(call: Call, position: int, value: Term) -> bool:
    argument = call.argument(position)
    return argument is not None and argument.value == value


def is_task(function: Scope, view: View) -> bool:
    """Whether the coroutine is only ever made for a task of its own: nobody goes on when it ends."""
    return _all_given_to(_STARTERS, function, view)


def _all_given_to(takers: frozenset[str], function: Scope, view: View) -> bool:
    """Whether the module calls the function, and each time gives the coroutine to one of the takers."""
    found = [_taker(call, facts) in takers for facts, call in _calls(function, view)]
    return bool(found) and all(found)


def _calls(function: Scope, view: View) -> Iterator[tuple[Facts, Call]]:
    for _, facts in view.module_blocks(function.name):
        for call in facts.calls:
            if call.callee in (Name(function.name), Attribute(Name("self"), function.name)):
                yield facts, call


def _taker(call: Call, facts: Facts) -> str:
    return last_name(facts.calls[call.usage.call].callee) if call.usage.kind == "argument" else ""
