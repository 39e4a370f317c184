"""A thread is given a function, not the result of calling it.

In `to_thread(load())` Python calls `load()` first, here, on the event loop's thread. What the thread gets to call is the value
that came back. The loop was blocked, and the thread has nothing to do.

## Bad

```python
import asyncio
import time


def load(path):
    time.sleep(1)
    return {"path": path}


async def page(path):
    return await asyncio.to_thread(load(path))
#                                  ^^^^^^^^^^ load() runs here, on the event loop: to_thread() gets its result, not the function
```

## Good

```python
import asyncio
import time


def load(path):
    time.sleep(1)
    return {"path": path}


async def page(path):
    return await asyncio.to_thread(load, path)
```

## Bad: sync_to_async

```python
from asgiref.sync import sync_to_async
from shop.models import Book


async def page(price):
    return await sync_to_async(Book.objects.get(price=price))()
#                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Book.objects.get() runs here, on the event loop: sync_to_async() gets its result, not the function
```

## Good: sync_to_async

```python
from asgiref.sync import sync_to_async
from shop.models import Book


async def page(price):
    return await sync_to_async(Book.objects.get)(price=price)
```

## Fine

A call may give a function: `partial`, a factory, a lambda.

```python
import asyncio
from functools import partial


def loader(path):
    def load():
        return open(path).read()

    return load


async def page(path, choose):
    await asyncio.to_thread(partial(print, path))
    await asyncio.to_thread(loader(path))
    await asyncio.to_thread(choose(path))
    return await asyncio.to_thread(lambda: print(path))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import gives_no_function, is_eager
from awaitlens.program.callgraph import spelled
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import unwrap_eager_adapter, unwrap_eager_call

law = Law.NEVER_BLOCK_THE_LOOP
severity = "error"
default = True
needs = {"argument"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            if not is_eager(call, facts, view):
                continue
            confidence = gives_no_function(call, view)
            if confidence is not None:
                taker = view.target(facts.calls[call.usage.call]).name.rpartition(".")[2]
                name = spelled(view.target(call).name, call, facts)
                message = (
                    f"{name}() runs here, on the event loop: {taker}() gets its result, not the function"
                )
                yield Finding(call.span, message, confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = facts.call_at(finding.span)
    if call is None:
        return None
    adapter = finding.message.endswith("sync_to_async() gets its result, not the function")
    edits = (unwrap_eager_adapter if adapter else unwrap_eager_call)(facts, call)
    return Patch("Hand the function over, uncalled", "review", edits) if edits else None
