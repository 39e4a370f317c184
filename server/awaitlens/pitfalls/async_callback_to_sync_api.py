"""A sync caller calls your async function, gets a coroutine, and throws it away.

A thread, a done callback, `atexit`, `map`: they call what you give them and expect it to be done when it returns. An
async function returns at once, with a coroutine that nobody awaits. No function can be both sync and async. (Python
3.7-3.15; asyncio's debug mode raises TypeError for some of them)

## Bad

```python
import threading


async def watch(folder): ...


def start(folder):
    threading.Thread(target=watch, args=(folder,)).start()
#                    ^^^^^^^^^^^^ Thread() calls watch() and never awaits it: none of its code runs
```

## Good

Give it a sync function that runs the coroutine. In a thread of its own that may be `asyncio.run`.

```python
import asyncio
import threading


async def watch(folder): ...


def start(folder):
    threading.Thread(target=lambda: asyncio.run(watch(folder))).start()
```

## Bad: a callback on the loop

```python
import asyncio


async def retry(job): ...


async def main(job):
    loop = asyncio.get_running_loop()
    loop.call_later(5, retry, job)
#                      ^^^^^ call_later() calls retry() and never awaits it: none of its code runs
```

## Fine

```python
import asyncio
import threading


async def retry(job): ...


async def main(job):
    loop = asyncio.get_running_loop()
    loop.call_later(5, lambda: asyncio.ensure_future(retry(job)))
    threading.Thread(target=asyncio.run, args=(retry(job),)).start()
    await asyncio.gather(*map(retry, [job]))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import callback
from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Facts
from awaitlens.program.view import View

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True

# What these make of an async function may still be awaited: map() gives coroutines to whoever takes them.
_MAY_BE_AWAITED = frozenset({"map", "asyncio.to_thread", "asyncio.AbstractEventLoop.run_in_executor"})
_OFFLOADERS = (
    "asgiref.sync.",
    "channels.db.",
    "anyio.to_thread.",
    "trio.to_thread.",
    "starlette.concurrency.",
    "homeassistant.",
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        if call.arguments:
            yield from _found(call, view)


def _found(call: Call, view: View) -> Iterator[Finding]:
    target = view.target(call)
    taker = callback(target.name) if target.name and not target.path else None
    if (
        taker is None
        or taker.coroutines != "lost"
        or target.name in _MAY_BE_AWAITED
        or target.name.startswith(_OFFLOADERS)
    ):
        return
    given = call.argument(taker.position, taker.keyword)
    if given is None:
        return
    function = view.callable(given.value, call.scope, call.span)
    if function.colour == "async" and function.confidence != "possible":
        api, name = target.name.rpartition(".")[2], function.name.rpartition(".")[2]
        yield Finding(
            given.span,
            f"{api}() calls {name}() and never awaits it: none of its code runs",
            target.confidence,
        )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Give it a sync function that starts the coroutine:\n\nlambda: asyncio.create_task(f())    on the loop's thread\nlambda: asyncio.run(f())            in a thread of its own"
    return Patch("Give it a sync function that starts the coroutine", "show", advice=advice)
