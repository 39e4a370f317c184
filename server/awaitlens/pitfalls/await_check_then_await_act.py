"""Asking first and acting then leaves a gap.

The answer of `aexists()` is true when it is given. By the time the row is created, another task, or another process,
may have created it too. No lock of this process closes that gap; the database can.

## Bad

```python
async def subscribe(email):
    if not await Subscriber.objects.filter(email=email).aexists():
        #  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ another task can create the row
        await Subscriber.objects.acreate(email=email)
```

## Good: one question to the database

With a unique constraint on `email`, the second one to come gets the row of the first. (Django 4.1+)

```python
async def subscribe(email):
    await Subscriber.objects.aget_or_create(email=email)
```

## Fine: another table

```python
async def close(room):
    if not await Guest.objects.filter(room=room).aexists():
        await Notice.objects.acreate(room=room)
```

## Fine: looking only

```python
async def is_free(email):
    if not await Subscriber.objects.filter(email=email).aexists():
        return True
    return False
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step, quoted
from awaitlens.program.facts import Attribute, Context, Facts, Name, Result, Suspension, Term
from awaitlens.program.flow.miniatures import created_twice
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"if"}

_ASKS = frozenset(("aexists", "acount"))
_MAKES = frozenset(("acreate", "abulk_create"))


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for asked in facts.suspensions:
        model = _model(facts, asked.operand, _ASKS)
        branch = _branch_if_not(facts, asked) if model else None
        for made in facts.suspensions if branch is not None else ():
            inside = any(context is branch for context in facts.enclosing(made.context))
            if inside and _model(facts, made.operand, _MAKES) == model:
                steps = (
                    Step(asked.span, "asks: there is none", lane="task 1"),
                    Step(asked.span, "asks: there is none", lane="task 2"),
                    Step(made.span, "creates one", lane="task 1"),
                    Step(made.span, "creates another", lane="task 2"),
                )
                message = f"another task can create the row of {quoted(model)} between this question and the create that follows"
                function, words = (
                    facts.scopes[asked.scope].name,
                    (facts.slice(asked.span), facts.slice(made.span)),
                )
                yield Finding(asked.span, message, "likely", steps, created_twice(function, *words).data)
                break


def _model(facts: Facts, operand: Term, names: frozenset[str]) -> str:
    """The name at the root of `Model.objects.filter().aexists()`; "" for other calls."""
    callee = facts.calls[operand.call].callee if isinstance(operand, Result) else operand
    if not isinstance(operand, Result) or not isinstance(callee, Attribute) or callee.attr not in names:
        return ""
    while not isinstance(callee, Name):
        if isinstance(callee, Result):
            callee = facts.calls[callee.call].callee
        elif isinstance(callee, Attribute):
            callee = callee.value
        else:
            return ""
    return callee.id


def _branch_if_not(facts: Facts, asked: Suspension) -> Context | None:
    """The `if not` in whose header the question stands."""
    for context in facts.contexts:
        header = context.span
        if context.kind == "if" and context.scope == asked.scope and header.overlaps(asked.span):
            before = facts.slice(Span(header.line, header.column, asked.span.line, asked.span.column))
            return context if before.split()[-1:] == ["not"] else None
    return None


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Put a unique constraint on the row and use aget_or_create(): the database lets one of them win."
    return Patch("Let the database decide", "show", advice=advice)
