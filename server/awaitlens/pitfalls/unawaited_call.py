"""A coroutine that nobody awaits never runs.

Calling an `async def` function runs none of its code. It builds a coroutine object, which runs when it is awaited or
made a task. Thrown away, it does nothing; all you may see is a RuntimeWarning, "coroutine ... was never awaited", when
the object is collected. (Python 3.7-3.15)

## Bad

```python
async def save(order): ...


async def checkout(order):
    save(order)
#   ^^^^^^^^^^^ save() is never awaited
    return "paid"
```

## Good

```python
async def save(order): ...


async def checkout(order):
    await save(order)
    return "paid"
```

## Bad: a method

```python
import asyncio


class Connection:
    async def close(self): ...

    async def restart(self):
        self.close()
#       ^^^^^^^^^^^^ self.close() is never awaited
        asyncio.sleep(1)
#       ^^^^^^^^^^^^^^^^ asyncio.sleep() is never awaited
```

## Good: a method

```python
import asyncio


class Connection:
    async def close(self): ...

    async def restart(self):
        await self.close()
        await asyncio.sleep(1)
```

## Bad: a plain function

A plain `def` cannot await. It has to become async, and so has whoever calls it.

```python
async def save(order): ...


def pay(order):
    save(order)
#   ^^^^^^^^^^^ save() is never awaited
    return "paid"


async def checkout(order):
    return pay(order)
```

## Good: a plain function

```python
async def save(order): ...


async def pay(order):
    await save(order)
    return "paid"


async def checkout(order):
    return await pay(order)
```

## Fine

Someone else may await it: the caller, a task, a group.

```python
import asyncio


async def save(order): ...


def later(order):
    return save(order)


async def checkout(orders):
    task = asyncio.create_task(save(orders[0]))
    await asyncio.gather(task, save(orders[1]))
    await later(orders[2])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import is_expected_to_fail, unawaited_calls
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression, made_async

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True
needs = {"unawaited"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call, target in view.once(unawaited_calls, facts):
        if call.usage.final.kind == "dropped" and not is_expected_to_fail(call, facts):
            name = spelled(target.name, call, facts)
            yield Finding(call.span, f"{name}() is never awaited: none of its code runs", target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    if edits:
        return Patch("Add await", "review", edits)
    call = facts.call_at(finding.span)
    return made_async(facts, view, facts.scopes[call.scope], finding.span) if call else None
