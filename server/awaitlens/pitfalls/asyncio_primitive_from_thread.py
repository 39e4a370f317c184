"""asyncio's events, queues and futures are not for other threads.

`event.set()` from a worker thread marks the event and schedules whoever waits for it, behind the loop's back: the loop
sleeps on, and nobody wakes it. `loop.call_soon_threadsafe(event.set)` does the same on the loop's own thread. Of the
objects of `threading` and `queue`, every thread may use any. (Python 3.7-3.15)

## Bad

```python
import asyncio


class Import:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()

    def read(self, path):
        self.done.set()
#       ^^^^^^^^^^^^^ read() runs on a worker thread, and self.done belongs to the event loop's thread

    async def run(self, path):
        await asyncio.gather(asyncio.to_thread(self.read, path), self.done.wait())
```

## Good

```python
import asyncio


class Import:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()

    def read(self, path):
        self.loop.call_soon_threadsafe(self.done.set)

    async def run(self, path):
        await asyncio.gather(asyncio.to_thread(self.read, path), self.done.wait())
```

## Fine

```python
import asyncio
import queue
import threading


class Import:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.stopped = threading.Event()
        self.lines = queue.Queue()

    def finish(self):
        self.done.set()

    def read(self, path):
        self.stopped.set()
        self.lines.put_nowait(path)
        self.loop.call_soon_threadsafe(self.finish)

    async def run(self, path):
        await asyncio.to_thread(self.read, path)
        self.finish()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.crossings import loop_at_hand, primitive_calls
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import through

law = Law.KNOW_YOUR_THREAD
severity = "error"
default = True
everywhere = True
needs = {"def"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in primitive_calls(facts, view):
        function = f"{facts.scopes[found.call.scope].name}()"
        owner = facts.slice(found.call.callee_span).rpartition(".")[0]
        message = f"{function} {found.where}, and {owner} belongs to the event loop's thread"
        done = f"calls {facts.slice(found.call.callee_span)}()"
        trail = tuple(Step(*step) for step in found.proof(function, done))
        yield Finding(found.call.callee_span, message, found.confidence, trail)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.callee_span == finding.span)
    loop = loop_at_hand(call, facts, view)
    edits = through(facts, call, loop) if loop else None
    if edits:
        return Patch("Hand it to the loop's thread", "review", edits)
    callee = facts.slice(finding.span)
    return Patch("Hand it to the loop's thread", "show", advice=f"loop.call_soon_threadsafe({callee})")
