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
#                    ^^^^^^^^^^^^ threading.Thread() calls watch() and never awaits it: none of its code runs
```

## Good

Give it a sync function that runs the coroutine. In a thread of its own that is `asyncio.run`.

```python
import asyncio
import threading


async def watch(folder): ...


def start(folder):
    threading.Thread(target=asyncio.run, args=(watch(folder),)).start()
```

## Bad: a callback on the loop

```python
import asyncio


async def retry(job): ...


async def main(job):
    loop = asyncio.get_running_loop()
    loop.call_later(5, retry, job)
#                      ^^^^^ loop.call_later() calls retry() and never awaits it: none of its code runs
    loop.call_soon(lambda: retry(job))
#                  ^^^^^^^^^^^^^^^^^^ loop.call_soon() calls retry() and never awaits it: none of its code runs
```

## Fine

`map` gives the coroutines to whoever takes its values.

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

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.handed import lost_callbacks
from awaitlens.program.view import View
from awaitlens.rewrite import run_in_own_loop

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"handing"}

_ADVICE = """Give it a sync function that starts the coroutine:

lambda: asyncio.create_task(f())    on the loop's thread; keep the task
lambda: asyncio.run(f())            in a thread of its own"""


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for handed in lost_callbacks(facts, view):
        yield Finding(
            handed.argument.span,
            f"{handed.api}() calls {handed.function}() and never awaits it: none of its code runs",
            handed.confidence,
            data=(("call", str(handed.call.number)), ("where", handed.taker.where)),
        )


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    if finding.value("where") == "new thread":
        edits = run_in_own_loop(facts, facts.calls[int(finding.value("call"))])
        if edits:
            yield Patch("Run it with asyncio.run in the thread", "review", edits)
    yield Patch("Give it a sync function that starts the coroutine", "show", advice=_ADVICE)
