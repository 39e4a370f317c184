"""Failures that nobody sees: where an exception is caught only to be passed over."""

from __future__ import annotations

from awaitlens.program.facts import Attribute, Context, Facts, Name, Term, last_name
from awaitlens.source import Span

_BROAD = frozenset(("Exception", "BaseException", "AttributeError", "KeyError", "TypeError"))


def is_passed_over(facts: Facts, span: Span) -> bool:
    """Whether what fails there is suppressed, or caught by a handler that does nothing."""
    around = (c for c in facts.contexts if c.body_span.contains(span.line, span.column))
    return any(_suppresses(context, facts) or _is_caught(context, facts) for context in around)


def _suppresses(context: Context, facts: Facts) -> bool:
    calls = (facts.call_of(term) for term in context.terms if context.kind == "with")
    return any(
        call is not None
        and last_name(call.callee) == "suppress"
        and any(_is_broad(argument.value) for argument in call.arguments)
        for call in calls
    )


def _is_caught(context: Context, facts: Facts) -> bool:
    """Whether the handlers right behind a `try` have one for it that only passes."""
    if context.kind != "try":
        return False
    behind = (c for c in facts.contexts if c.parent == context.parent and c.span > context.body_span)
    for handler in behind:
        if handler.kind != "except":
            return False
        if not handler.terms or any(map(_is_broad, handler.terms)):
            return facts.slice(handler.body_span).strip() == "pass"
    return False


def _is_broad(term: Term) -> bool:
    return (
        isinstance(term, (Name, Attribute)) and (term.id if isinstance(term, Name) else term.attr) in _BROAD
    )
