"""Only `call_soon_threadsafe` may be called from another thread.

The event loop sleeps until something wakes it. `loop.call_soon` from a worker thread puts the callback into a list the
loop may be reading, and wakes nobody: the callback runs at once, later, or never. In asyncio's debug mode it raises
"Non-thread-safe operation invoked on an event loop other than the current one". (Python 3.7-3.15)

## Bad

```python
import asyncio


class Progress:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    def copy(self, files):
        for done, _ in enumerate(files):
            self.loop.call_soon(print, done)
#           ^^^^^^^^^^^^^^^^^^^ copy() runs on a worker thread, and call_soon() is not safe there

    async def start(self, files):
        await asyncio.to_thread(self.copy, files)
```

## Good

```python
import asyncio


class Progress:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    def copy(self, files):
        for done, _ in enumerate(files):
            self.loop.call_soon_threadsafe(print, done)

    async def start(self, files):
        await asyncio.to_thread(self.copy, files)
```

## Bad: a task

```python
import asyncio
import threading


async def report(line): ...


def watch(stream, loop: asyncio.AbstractEventLoop):
    for line in stream:
        loop.create_task(report(line))
#       ^^^^^^^^^^^^^^^^ watch() runs on a new thread, and create_task() is not safe there


async def main(stream):
    loop = asyncio.get_running_loop()
    threading.Thread(target=watch, args=(stream, loop)).start()
```

## Good: a task

```python
import asyncio
import threading


async def report(line): ...


def watch(stream, loop: asyncio.AbstractEventLoop):
    for line in stream:
        asyncio.run_coroutine_threadsafe(report(line), loop)


async def main(stream):
    loop = asyncio.get_running_loop()
    threading.Thread(target=watch, args=(stream, loop)).start()
```

## Fine

On the loop's own thread, and on a thread that runs a loop of its own.

```python
import asyncio
import threading


class Server:
    def __init__(self):
        self.loop = asyncio.new_event_loop()

    def serve(self):
        self.loop.call_soon(print, "ready")
        self.loop.run_forever()

    def start(self):
        threading.Thread(target=self.serve).start()
        self.loop.call_soon_threadsafe(print, "started")


def later(loop: asyncio.AbstractEventLoop):
    loop.call_soon(print, "later")


async def main():
    later(asyncio.get_running_loop())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.crossings import loop_calls
from awaitlens.program.facts import Attribute, Facts
from awaitlens.program.view import View
from awaitlens.rewrite import to_loop_thread

law = Law.KNOW_YOUR_THREAD
severity = "error"
default = True
everywhere = True
needs = {"def"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in loop_calls(facts, view):
        function = f"{facts.scopes[found.call.scope].name}()"
        message = f"{function} {found.where}, and {found.method}() is not safe there"
        done = f"{found.method}() puts it on the loop's list"
        trail = tuple(Step(*step) for step in found.proof(function, done))
        yield Finding(found.call.callee_span, message, found.confidence, trail)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.callee_span == finding.span)
    if not isinstance(call.callee, Attribute):
        return None
    edits = to_loop_thread(facts, call)
    return Patch("Hand it to the loop's thread", "review", edits) if edits else None
