"""Loops of coroutines that neither end nor suspend."""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Context,
    Facts,
    Name,
    Other,
    Scope,
    Term,
    last_name,
)
from awaitlens.program.view import View

_LEAVES = frozenset({"break", "return", "raise", "yield", "yield from"})
_GIVES_OUT = frozenset({"get_nowait", "pop", "popleft", "popitem", "__next__", "__anext__", "send", "throw"})
"""Methods that say by an exception that there is nothing left."""
_ENDS_PROGRAM = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort", "os.execv", "os.execve"})


def endless_loops(function: Scope, facts: Facts, view: View) -> Iterator[tuple[Context, str]]:
    """The `while` loops of an async function that keep the thread for good, and why they do, in words."""
    for loop in facts.contexts:
        if loop.scope != function.number or loop.kind != "while" or _lets_go(loop, facts):
            continue
        calls = [call for call in facts.calls_in(function.number) if loop in facts.enclosing(call.context)]
        test = loop.terms[0]
        if isinstance(test, Constant) and test.value:
            if not any(_may_raise_on_purpose(call, view) for call in calls):
                yield loop, "and it has no end"
        elif not calls and not _writes(loop, facts) and _place(test):
            yield loop, f"so no task can change {_place(test)}"


def _lets_go(loop: Context, facts: Facts) -> bool:
    """Whether something in the loop suspends, leaves it, or leaves the function."""
    suspends = any(loop in facts.enclosing(suspension.context) for suspension in facts.suspensions)
    jumps = (jump for jump in facts.jumps if jump.kind in _LEAVES)
    return suspends or any(loop in facts.enclosing(jump.context) for jump in jumps)


def _may_raise_on_purpose(call: Call, view: View) -> bool:
    """Whether the call ends the loop by an exception that is meant: `next`, `get_nowait`, `sys.exit`, or one unknown."""
    target = view.target(call)
    if target.name in _ENDS_PROGRAM or target.name == "next" or last_name(call.callee) in _GIVES_OUT:
        return True
    if target.path:
        return view.of_definition(target, _raises) is not False
    return target.colour == "unknown" and not _harmless(call)


def _raises(facts: Facts, scope: Scope) -> bool:
    return any(jump.kind == "raise" and jump.scope == scope.number for jump in facts.jumps)


def _harmless(call: Call) -> bool:
    return isinstance(call.callee, Attribute) and call.callee.attr in (
        "append",
        "set",
        "info",
        "debug",
        "warning",
    )


def _writes(loop: Context, facts: Facts) -> bool:
    contexts = [binding.context for binding in facts.bindings] + [access.context for access in facts.accesses]
    return any(loop in facts.enclosing(context) for context in contexts)


def _place(test: Term) -> str:
    """The variable that the test looks at; "" for anything else."""
    if isinstance(test, Other) and test.kind == "Not":
        test = test.parts[0]
    if isinstance(test, Name):
        return test.id
    if isinstance(test, Attribute) and isinstance(test.value, Name):
        return f"{test.value.id}.{test.attr}"
    return ""
