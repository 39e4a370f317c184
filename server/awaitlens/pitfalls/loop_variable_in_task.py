"""A task looks at the loop's variable when it runs, not when it is made.

The loop goes round and makes tasks. They run later, at the next await, and all of them find the variable where the
loop has left it.

## Bad

```python
import asyncio


async def fetch_all(sites):
    tasks = []
    for site in sites:

        async def fetch():
            return await client.get(site)

        tasks.append(asyncio.create_task(fetch()))
        #                                ^^^^^ fetch() reads `site` when the task runs
    return await asyncio.gather(*tasks)
```

## Good

A default is worked out when the function is made: each keeps its own.

```python
import asyncio


async def fetch_all(sites):
    tasks = []
    for site in sites:

        async def fetch(site=site):
            return await client.get(site)

        tasks.append(asyncio.create_task(fetch()))
    return await asyncio.gather(*tasks)
```

## Fine: an argument

```python
import asyncio


async def fetch_all(sites):
    async def fetch(site):
        return await client.get(site)

    return await asyncio.gather(*[asyncio.create_task(fetch(site)) for site in sites])
```

## Fine: awaited before the loop moves on

```python
import asyncio


async def fetch_all(sites):
    for site in sites:

        async def fetch():
            return await client.get(site)

        await asyncio.create_task(fetch())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Edit, Finding, Law, Patch, quoted
from awaitlens.program.facts import Call, Context, Facts, Name, Scope
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"argument"}

_STARTERS = frozenset(("create_task", "ensure_future"))


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        inner, loop = _started(facts, call), _loop(facts, call)
        if inner is None or loop is None:
            continue
        names = sorted(inner.reads & _turning(facts, loop) - _own(facts, inner))
        if names and loop.body_span.contains(*inner.span[:2]):
            message = f"{inner.name}() reads {quoted(names[0])} when the task runs: by then the loop may have moved on"
            yield Finding(call.callee_span, message, "likely", data=(("name", names[0]),))


def _started(facts: Facts, call: Call) -> Scope | None:
    """The function, defined beside the call, that a task is made of; None where it is awaited on the spot."""
    if call.usage.kind != "argument" or not isinstance(call.callee, Name):
        return None
    starter = facts.calls[call.usage.call]
    name = getattr(starter.callee, "attr", getattr(starter.callee, "id", ""))
    if name not in _STARTERS or starter.usage.kind == "awaited" or _awaited_later(facts, starter):
        return None
    return next((s for s in facts.scopes if s.parent == call.scope and s.name == call.callee.id), None)


def _awaited_later(facts: Facts, starter: Call) -> bool:
    """Whether the task has a name that is awaited: most likely in the same round."""
    name = starter.usage.name if starter.usage.kind == "assigned" else ""
    return bool(name) and any(s.operand == Name(name) for s in facts.suspensions)


def _loop(facts: Facts, call: Call) -> Context | None:
    return next((c for c in facts.enclosing(call.context) if c.kind in ("for", "async for")), None)


def _turning(facts: Facts, loop: Context) -> set[str]:
    """The names that the loop's header gives a new value each round."""
    kinds = ("for", "async for")
    return {
        b.name
        for b in facts.bindings
        if b.kind in kinds and b.scope == loop.scope and b.span.overlaps(loop.span)
    }


def _own(facts: Facts, inner: Scope) -> set[str]:
    bound = {binding.name for binding in facts.bindings if binding.scope == inner.number}
    return bound | {parameter.name for parameter in inner.parameters}


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next((call for call in facts.calls if call.callee_span == finding.span), None)
    inner = _started(facts, call) if call is not None else None
    if inner is None or inner.parameters:
        return None
    name, at = finding.value("name"), inner.name_span
    opening = Span(at.end_line, at.end_column, at.end_line, at.end_column + 2)
    if facts.slice(opening) != "()":
        return None
    return Patch(f"Let each task keep its own {quoted(name)}", "review", (Edit(opening, f"({name}={name})"),))
