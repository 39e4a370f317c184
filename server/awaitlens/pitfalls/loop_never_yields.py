"""A loop without an await never lets go of the event loop.

Control changes hands at `await`, and nowhere else. An endless loop that does not await keeps the thread for good: no timer
fires, no other task runs, and nothing can cancel this one.

## Bad

```python
import asyncio


async def watch(sensor, alarm):
    while True:
#   ^^^^^^^^^^ This loop never gives the event loop back: nothing in it awaits, and it has no end
        if sensor.value > 10:
            alarm.set()
```

## Good

`asyncio.sleep(0)` lets the others have one turn. A real pause, or an event to wait for, is better still.

```python
import asyncio


async def watch(sensor, alarm):
    while True:
        await asyncio.sleep(0)
        if sensor.value > 10:
            alarm.set()
```

## Bad: waiting for a flag

```python
class Worker:
    ready = False

    async def start(self):
        while not self.ready:
#       ^^^^^^^^^^^^^^^^^^^^ This loop never gives the event loop back: nothing in it awaits, so no task can change self.ready
            pass
```

## Good: waiting for a flag

```python
import asyncio


class Worker:
    ready = False

    async def start(self):
        while not self.ready:
            await asyncio.sleep(0)
            pass
```

## Fine

A loop that ends by itself holds the thread only as long as it works. One that awaits, or yields, gives it back.

```python
async def read(stream, lines):
    while True:
        line = await stream.readline()
        if not line:
            break
        lines.append(line)
    while True:
        if not lines:
            return
        lines.pop()


async def numbers():
    number = 0
    while True:
        yield number
        number += 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.endless import endless_loops
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import insert_statement_before

law = Law.NEVER_BLOCK_THE_LOOP
severity = "error"
default = True
needs = {"while"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for function in facts.async_functions():
        for loop, reason in endless_loops(function, facts, view):
            message = f"This loop never gives the event loop back: nothing in it awaits, {reason}"
            yield Finding(loop.span, message)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    loop = next(context for context in facts.contexts if context.span == finding.span)
    edits = insert_statement_before(facts, loop.body_span, "await ‹asyncio.sleep›(0)")
    return Patch("Let the others run with asyncio.sleep(0)", "review", edits) if edits else None
