"""A timeout strikes at an await, and here is none.

`asyncio.timeout` cancels the task when the time is over, and a cancellation arrives at a point of suspension. Code that
never awaits runs to its end, however long it takes. (asyncio 3.11-3.15, async_timeout, anyio, trio)

## Bad

```python
import asyncio


async def resize(image):
    async with asyncio.timeout(5):
#              ^^^^^^^^^^^^^^^^^^ nothing is awaited in here, so the timeout cannot strike
        image.resize(640, 480)
```

## Good

```python
import asyncio


async def resize(image):
    async with asyncio.timeout(5):
        await asyncio.to_thread(image.resize, 640, 480)
```

## Fine

```python
import asyncio
from contextlib import asynccontextmanager


async def resize(image):
    async with asyncio.timeout(5):
        async for part in image:
            part.resize(640, 480)


@asynccontextmanager
async def limited():
    async with asyncio.timeout(5):
        yield
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import unlimited
from awaitlens.program.view import View

law = Law.LET_CANCELLATION_THROUGH
severity = "warning"
default = True
needs = {"with", "async with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for _, call in unlimited(facts, view):
        message = "nothing is awaited in here, so the timeout cannot strike"
        yield Finding(call.span, message, view.target(call).confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    advice = "Await what takes long, for instance in a thread: await asyncio.to_thread(f, ...)"
    return Patch("Give it something to interrupt", "show", advice=advice)
