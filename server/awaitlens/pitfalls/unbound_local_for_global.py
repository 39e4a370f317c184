"""A name that a function assigns is its own from the first line on.

Without `global`, the assignment further down makes the name a local. Reading it before that raises UnboundLocalError,
whatever the module's variable of that name holds. (Python 3.7-3.15)

## Bad

```python
token = None


async def connect():
    if token is None:
    #  ^^^^^^^^^^^^^ `token` is a local here, which has no value yet
        token = make_token()
    return await client.open(token)
```

## Good

```python
token = None


async def connect():
    global token
    if token is None:
        token = make_token()
    return await client.open(token)
```

## Bad: a counter

```python
served = 0


async def serve(request):
    await answer(request)
    served += 1
    #^^^^^ `served` is a local here, which has no value yet
```

## Good

```python
served = 0


async def serve(request):
    global served
    await answer(request)
    served += 1
```

## Fine: a local that has its value first

```python
token = None


async def connect():
    token = None
    while token is None:
        token = await fetch_token()
    return token
```

## Fine: only read

```python
token = None


async def connect():
    if token is None:
        return
    await client.open(token)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Binding, Facts, Name, Other, Term
from awaitlens.program.view import View
from awaitlens.rewrite.statements import add_global
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "error"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for scope in facts.functions():
        if not scope.is_async or facts.repaired or scope.parent > 0:
            continue
        own: dict[str, list[Binding]] = {}
        for binding in facts.bindings:
            if binding.scope == scope.number and view.module_bindings(binding.name):
                own.setdefault(binding.name, []).append(binding)
        for name, bound in own.items():
            if name in scope.global_names or name in scope.nonlocal_names:
                continue
            if any(p.name == name for p in scope.parameters):
                continue
            first = min(bound, key=lambda binding: binding.span)
            at = first.span if first.kind == "augmented" else _asked_before(facts, first)
            if at is not None and all(binding.kind in ("assign", "augmented") for binding in bound):
                message = f"{quoted(name)} is a local here, which has no value yet: UnboundLocalError. `global {name}` is missing"
                yield Finding(at, message, "certain", data=(("name", name), ("scope", str(scope.number))))


def _asked_before(facts: Facts, first: Binding) -> Span | None:
    """The first `if` or `while` that asks for the name before anything gives it a value; None inside a loop."""
    for context in sorted(facts.contexts, key=lambda context: context.span):
        if context.kind not in ("if", "while") or context.scope != first.scope or context.span > first.span:
            continue
        around = [c for c in facts.enclosing(context.parent) if c.scope == first.scope]
        if not around and context.terms and _reads(context.terms[0], first.name):
            start = context.span.column + len(context.kind) + 1
            return Span(context.span.line, start, context.span.end_line, context.span.end_column)
    return None


def _reads(term: Term, name: str) -> bool:
    """Whether the name is what the test asks for first."""
    while isinstance(term, Other) and term.parts:
        term = term.parts[0]
    return term == Name(name)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    scope, name = facts.scopes[int(finding.value("scope"))], finding.value("name")
    edits = add_global(facts, scope, name)
    return Patch(f"Declare `global {name}`", "review", edits) if edits else None
