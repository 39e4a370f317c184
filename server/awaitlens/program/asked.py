"""Where a function asks what kind of thing a value is: past that question, its declared type says too little."""

from __future__ import annotations

from awaitlens.program.facts import Attribute, Call, Facts, Name, Term, last_name
from awaitlens.program.narrowing import is_narrowed

_QUESTIONS = frozenset(
    {"isinstance", "issubclass", "hasattr", "callable", "isawaitable", "iscoroutine", "iscoroutinefunction",
     "isasyncgen", "isasyncgenfunction", "isfuture", "is_async_callable", "is_coroutine_callable", "type"}
)  # fmt: skip


def asks_for_kind(term: Term, facts: Facts, scope: int) -> bool:
    """Whether a function asks, itself or around it, of what kind the value of a name or dotted name is."""
    return isinstance(term, (Name, Attribute)) and any(
        call.arguments
        and call.arguments[0].value == term
        and last_name(call.callee) in _QUESTIONS
        and facts.is_within(scope, call.scope)
        for call in facts.calls
    )


def asks_for_callee(call: Call, facts: Facts) -> bool:
    """Whether the function asks of what kind it is what this call calls, or the object whose method that is."""
    owner = call.callee.value if isinstance(call.callee, Attribute) else call.callee
    asks = asks_for_kind(owner, facts, call.scope) or asks_for_kind(call.callee, facts, call.scope)
    return asks and not is_narrowed(facts, call.scope, owner, call.span)
