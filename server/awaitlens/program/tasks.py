"""What is given to the calls that start and await tasks, and who keeps the tasks they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.knowledge.concurrency import Spawner, spawner
from awaitlens.program.facts import (
    UNKNOWN,
    Argument,
    Attribute,
    Binding,
    Call,
    Comprehension,
    Constant,
    Context,
    Display,
    Facts,
    Name,
    Scope,
    Suspension,
    Term,
    last_name,
)
from awaitlens.program.summaries import spelled
from awaitlens.program.values import Coroutine, Instance
from awaitlens.program.view import Target, View

_TASKS = frozenset({"asyncio.Task", "asyncio.Future"})
_COLLECTIONS = frozenset({"list", "set", "tuple", "types.GeneratorType", "dict"})
_LOOPS = frozenset({"while", "for", "async for"})
# discord.py's loops take the function; Sanic's add_task() takes the coroutine or the function, and calls that itself.
_TAKE_EITHER = ("discord.", "sanic.")
_TIDYING = (
    "close",
    "stop",
    "shutdown",
    "cleanup",
    "disconnect",
    "terminate",
    "teardown",
    "unload",
    "exit",
    "cancel",
)
_RUN_THE_LOOP = frozenset({"run_forever", "run_until_complete"})
"""Where these stand the loop runs while the function waits, and holds its locals."""
_RUNNING_ALREADY = frozenset({"values", "wrap_future", "all_tasks"})
_EVERYTHING = frozenset({"Exception", "BaseException"})
TIMEOUTS = frozenset(
    {"asyncio.timeout", "asyncio.timeout_at", "async_timeout.timeout", "anyio.fail_after", "anyio.move_on_after",
     "trio.fail_after", "trio.move_on_after", "asyncio.timeouts.timeout"}
)  # fmt: skip


class Uncalled(NamedTuple):
    """An async function given where the coroutine it makes is wanted."""

    call: Call
    argument: Argument
    target: Target


def uncalled(facts: Facts, view: View) -> Iterator[Uncalled]:
    """The async functions that are given uncalled to what takes coroutines. asyncio.wait has a pitfall of its own."""
    for call in facts.calls:
        row = spawner(view.target(call).name) if call.arguments else None
        if row is None or row.takes not in ("coroutine", "coroutines") or row.name.startswith(_TAKE_EITHER):
            continue
        for argument in _started(call, row):
            if isinstance(argument.value, (Name, Attribute)):
                target = view.callable(argument.value, call.scope, call.span)
                if target.colour == "async" and target.confidence != "possible" and target.path:
                    yield Uncalled(call, argument, target)


def _started(call: Call, row: Spawner) -> tuple[Argument, ...]:
    if row.takes == "coroutines":
        return tuple(argument for argument in call.arguments if argument.keyword == "")
    found = call.argument(row.position, row.keyword)
    return (found,) if found is not None else ()


def may_fail(call: Call, facts: Facts, view: View) -> str:
    """The name of the coroutine function of the program that a call is given called, if errors come out of it; "" else."""
    inner = facts.call_of(call.arguments[0].value) if call.arguments else None
    target = view.target(inner) if inner is not None else None
    if inner is None or target is None or target.colour != "async" or not target.path:
        return ""
    return spelled(target.name, inner, facts) if view.of_definition(target, _lets_errors_out) else ""


def _lets_errors_out(facts: Facts, scope: Scope) -> bool:
    """Whether a coroutine awaits what may fail, outside of every `try` that catches all errors."""
    return any(
        suspension.scope == scope.number
        and not _gives_errors_back(suspension, facts)
        and not any(
            outer.kind == "try" and _catches_all(outer) for outer in facts.enclosing(suspension.context)
        )
        for suspension in facts.suspensions
    )


def _gives_errors_back(suspension: Suspension, facts: Facts) -> bool:
    """`await gather(*tasks, return_exceptions=True)`."""
    call = facts.call_of(suspension.operand)
    return call is not None and call.keyword("return_exceptions") == Constant(True)


def _catches_all(attempt: Context) -> bool:
    return any(each == UNKNOWN or last_name(each) in _EVERYTHING for each in attempt.terms)


def takes_nothing(target: Target, view: View) -> bool:
    """Whether the function can be called without arguments."""
    return bool(view.of_definition(target, _takes_nothing))


def _takes_nothing(facts: Facts, scope: Scope) -> bool:
    bound = 1 if scope.parent >= 0 and facts.scopes[scope.parent].kind == "class" else 0
    return all(p.default is not None or p.kind in ("*", "**") for p in scope.parameters[bound:])


def misfit(given: Term, call: Call, view: View) -> str:
    """What is wrong about what asyncio.wait is given: "coroutines" or "functions" among the elements, "one", or ""."""
    if isinstance(given, Comprehension):
        return "coroutines" if view.is_coroutine(given.element, call.scope) else ""
    if not isinstance(given, Display):
        return _misfit_by_type(given, call, view)
    for element in given.elements:
        if isinstance(element, (Name, Attribute)):
            target = view.callable(element, call.scope, call.span)
            if target.colour == "async" and target.confidence != "possible":
                return "functions"
        elif view.is_coroutine(element, call.scope):
            return "coroutines"
    return ""


def _misfit_by_type(given: Term, call: Call, view: View) -> str:
    found = view.infer(given, call.scope, call.span)
    if found.confidence != "certain":
        return ""
    value = found.value
    if isinstance(value, Coroutine) or (isinstance(value, Instance) and value.cls.name in _TASKS):
        return "one"
    if isinstance(value, Instance) and value.cls.name in ("list", "set", "tuple") and value.arguments:
        return "coroutines" if all(isinstance(a, Coroutine) for a in value.arguments) else ""
    return ""


def packed(facts: Facts, view: View) -> Iterator[tuple[Call, Argument, Confidence]]:
    """The calls of asyncio.gather that are given one collection instead of its elements."""
    for call in facts.calls:
        if len(call.positional) != 1 or call.positional[0].keyword == "*":
            continue
        argument, target = call.positional[0], view.target(call)
        if target.name != "asyncio.gather":
            continue
        if isinstance(argument.value, (Display, Comprehension)):
            yield call, argument, target.confidence
            continue
        found = view.infer(argument.value, call.scope, call.span)
        if isinstance(found.value, Instance) and found.value.cls.name in _COLLECTIONS:
            yield call, argument, found.confidence


def ends_with_function(binding: Binding, facts: Facts) -> bool:
    """Whether nothing keeps the value of a local variable beyond here: it is bound anew, or the function is done."""
    if any(c.kind in _LOOPS for c in facts.enclosing(binding.context)):
        return True
    runs = [c.span for c in facts.calls_in(binding.scope) if last_name(c.callee) in _RUN_THE_LOOP]
    waits = [s.span for s in facts.suspensions if s.scope == binding.scope]
    return not any(span[:2] > binding.span[:2] for span in runs + waits)


def cancels(facts: Facts, scope: int) -> bool:
    """Whether the function ends something itself, and so knows what it awaits the end of."""
    return any(
        "cancel" in last_name(call.callee) or last_name(call.callee) == "set_exception"
        for call in facts.calls_in(scope)
    )


def tidies_up(function: Scope) -> bool:
    """Whether a function, as its name says, ends something."""
    return any(word in function.name for word in _TIDYING)


def starts_work(gather: Call, facts: Facts) -> bool:
    """Whether the call of gather starts coroutines that do more than tidy up; awaiting what runs already is no start."""
    if tidies_up(facts.scopes[gather.scope]):
        return False
    started = [
        c for c in facts.calls if c.usage.final.kind == "argument" and c.usage.final.call == gather.number
    ]
    if any(last_name(call.callee) in _RUNNING_ALREADY for call in started):
        return False
    return bool(started) and not any(word in last_name(c.callee) for c in started for word in _TIDYING)


def unlimited(facts: Facts, view: View) -> Iterator[tuple[Context, Call]]:
    """The timeouts around code that never suspends, with the calls that make them."""
    for context in facts.contexts:
        if context.kind not in ("with", "async with") or not facts.scopes[context.scope].is_async:
            continue
        call = facts.call_of(context.terms[0]) if len(context.terms) == 1 else None
        if call is None or view.target(call).name not in TIMEOUTS:
            continue
        inside = any(
            context in facts.enclosing(s.context) and s.operand != context.terms[0] for s in facts.suspensions
        )
        yields = any(j.kind == "yield" and context in facts.enclosing(j.context) for j in facts.jumps)
        if not inside and not yields:
            yield context, call


def awaits_in(facts: Facts, kinds: frozenset[str]) -> Iterator[tuple[Suspension, Context]]:
    """The suspension points that stand in a construct of one of the kinds, with the innermost such construct."""
    for suspension in facts.suspensions:
        for context in facts.enclosing(suspension.context):
            if context.kind in kinds:
                yield suspension, context
                break
