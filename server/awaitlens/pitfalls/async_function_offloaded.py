"""A worker thread has nothing to do for an async function.

`to_thread(f)` calls `f` in another thread and hands back what it returns. Of an async function that is a coroutine which
has not begun, and nobody awaits it. `sync_to_async` refuses it with TypeError (asgiref 3.3.2 and newer). An async function
belongs on the loop; just await it.

## Bad

```python
import asyncio


async def load(shelf): ...


async def books(shelf):
    return await asyncio.to_thread(load, shelf)
#                                  ^^^^ load() is async: a thread only makes its coroutine, and none of its code runs
```

## Good

```python
import asyncio


async def load(shelf): ...


async def books(shelf):
    return await load(shelf)
```

## Bad: in an executor

```python
import asyncio


class Shelf:
    async def load(self, row): ...

    async def books(self):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.load, 3)
#                                        ^^^^^^^^^ load() is async: a thread only makes its coroutine
```

## Good: in an executor

```python
import asyncio


class Shelf:
    async def load(self, row): ...

    async def books(self):
        loop = asyncio.get_running_loop()
        await self.load(3)
```

## Bad: adapted for nothing

```python
from asgiref.sync import sync_to_async


async def load(shelf): ...


async def books(shelf):
    return await sync_to_async(load)(shelf)
#                              ^^^^ load() is async already: sync_to_async() takes sync functions only
```

## Good: adapted for nothing

```python
from asgiref.sync import sync_to_async


async def load(shelf): ...


async def books(shelf):
    return await load(shelf)
```

## Fine

```python
import asyncio


def read(shelf): ...


async def load(shelf): ...


async def books(shelf):
    await asyncio.to_thread(read, shelf)
    await asyncio.to_thread(asyncio.run, load(shelf))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.handed import offloaded
from awaitlens.program.view import View
from awaitlens.rewrite import unwrap_offloaded

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"handing"}

_ADAPTERS = ("asgiref.", "channels.")


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for handed in offloaded(facts, view):
        message = (
            f"{handed.function}() is async: a thread only makes its coroutine, and none of its code runs"
        )
        if handed.taker.name.startswith(_ADAPTERS):
            message = f"{handed.function}() is async already: {handed.api}() takes sync functions only"
        data = (("call", str(handed.call.number)),)
        yield Finding(handed.argument.span, message, handed.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = unwrap_offloaded(facts, facts.calls[int(finding.value("call"))], finding.span)
    return Patch("Await the function itself", "review", edits) if edits else None
