"""Waiting for another thread or process stops the event loop, and may stop it for good.

Locks, queues and futures of `threading`, `queue` and `concurrent.futures` wait by putting the thread to sleep. If the one
you wait for needs the loop to get on, nobody ever wakes up.

## Bad

```python
import queue

jobs = queue.Queue()


async def work():
    while True:
        job = jobs.get()
#             ^^^^^^^^^^ jobs.get() blocks the event loop
        job()
```

## Good

```python
import asyncio
import queue

jobs = queue.Queue()


async def work():
    while True:
        job = await asyncio.to_thread(jobs.get)
        job()
```

## Bad: joining a thread

```python
import threading


async def convert(target):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
#   ^^^^^^^^^^^^^ thread.join() blocks the event loop
```

## Good: joining a thread

```python
import asyncio
import threading


async def convert(target):
    thread = threading.Thread(target=target)
    thread.start()
    await asyncio.to_thread(thread.join)
```

## Fine

asyncio has its own queue, event and lock. What does not wait may stay: a timeout of zero, `block=False`, the result of a
future that is done.

```python
import asyncio
import queue

jobs = queue.Queue()
later = asyncio.Queue()


async def work(pool, convert):
    first = jobs.get(block=False)
    second = jobs.get_nowait()
    third = await later.get()
    task = asyncio.create_task(convert(third))
    await asyncio.wait({task})
    future = pool.submit(print)
    if future.done():
        future.result()
    return first, second, task.result()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import THREADS, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = THREADS


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, THREADS):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
