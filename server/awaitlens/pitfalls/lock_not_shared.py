"""A lock of one's own locks nobody out.

Each call makes a new lock, takes it, and finds it free. A lock must live where everybody who needs it finds the same
one: beside the state it guards.

## Bad

```python
import asyncio


async def save(order):
    lock = asyncio.Lock()
    async with lock:
        #      ^^^^ each call makes a lock of its own
        await store(order)
```

## Bad: made on the spot

```python
import asyncio


async def save(order):
    async with asyncio.Lock():
        #      ^^^^^^^^^^^^^^ each call makes a lock of its own
        await store(order)
```

## Good

```python
import asyncio


lock = asyncio.Lock()


async def save(order):
    async with lock:
        await store(order)
```

## Fine: a function that hands out the lock of all

```python
import asyncio

_lock = None


def _get_lock():
    global _lock
    if _lock is None:
        _lock = asyncio.Lock()
    return _lock


async def save(order):
    async with _get_lock():
        await store(order)
```

## Fine: the tasks it starts share it

```python
import asyncio


async def save_all(orders):
    limit = asyncio.Semaphore(10)

    async def save(order):
        async with limit:
            await store(order)

    await asyncio.gather(*[save(order) for order in orders])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import lock
from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Facts, Result
from awaitlens.program.view import View
from awaitlens.rewrite.expressions import replace
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "error"
default = True
needs = {"async with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        at = _entered(facts, call) if facts.scopes[call.scope].kind == "function" else None
        if at is not None and _makes_lock(call, view):
            yield Finding(at, _MESSAGE, "certain")


def _entered(facts: Facts, call: Call) -> Span | None:
    """Where the call's value is entered, if nothing else is ever done with it."""
    if call.usage.kind == "async entered":
        return call.span
    if call.usage.kind != "assigned" or not call.usage.name.isidentifier():
        return None
    uses = [use for use in facts.uses if use.name == call.usage.name and use.scope == call.scope]
    entered = bool(uses) and all(use.usage.kind == "async entered" for use in uses)
    return uses[0].span if entered and _is_own(facts, call) else None


_MESSAGE = "each call makes a lock of its own, so it keeps nobody out"


def _makes_lock(call: Call, view: View) -> bool:
    kind = lock(view.target(call).name)
    return (
        kind is not None
        and kind.kind in ("lock", "semaphore")
        and kind.family in ("asyncio", "anyio", "trio")
    )


def _is_own(facts: Facts, call: Call) -> bool:
    """Whether the name is bound once, to this value and no other, and no function within can reach it."""
    name = call.usage.name
    bound = [b for b in facts.bindings if b.name == name and b.scope == call.scope]
    inner = (s for s in facts.scopes if s.number != call.scope and facts.is_within(s.number, call.scope))
    here = facts.scopes[call.scope]
    own = name not in here.global_names | here.nonlocal_names
    alone = len(bound) == 1 and bound[0].value == Result(call.number)
    return own and alone and not any(name in scope.reads for scope in inner)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next((call for call in facts.calls if call.span == finding.span), None)
    name = view.target(call).name if call is not None else ""
    # Before Python 3.10 a lock of asyncio that is made at import belongs to a loop that never runs.
    early = (view.settings.python or (3, 14)) < (3, 10) and name.startswith("asyncio.")
    if call is None or call.arguments or early:
        return None
    edits = replace(facts, call.span, f"‹lock = {name}()›")
    return Patch("Keep one lock for all calls", "review", edits)
