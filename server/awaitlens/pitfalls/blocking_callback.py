"""A callback runs on the event loop's thread: while it works, nothing else does.

`call_soon`, `call_later` and `add_done_callback` take plain functions, and so do Protocol classes. Plain does not mean
elsewhere: the loop calls them itself, between two steps of your tasks. A callback that waits makes the loop wait.

## Bad

```python
import asyncio
import time


def beep():
    time.sleep(1)


async def main():
    asyncio.get_running_loop().call_later(5, beep)
#                                            ^^^^ beep() blocks the event loop, which runs it: beep > time.sleep
    await asyncio.sleep(60)
```

## Good

```python
import asyncio
import time


def beep():
    time.sleep(1)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(5, lambda: loop.run_in_executor(None, beep))
    await asyncio.sleep(60)
```

## Bad: a protocol

```python
import asyncio
import requests


class Relay(asyncio.Protocol):
    def data_received(self, data):
        requests.post("https://log.example", data)
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ requests.post() blocks the event loop: asyncio calls data_received() there
```

## Fine

A callback that only takes notes is what callbacks are for. What a thread or a pool calls may block.

```python
import asyncio
import threading
import time


def beep():
    time.sleep(1)


async def main(pool):
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(5, stop.set)
    pool.submit(beep).add_done_callback(lambda future: beep())
    threading.Timer(5, beep).start()
    await stop.wait()


class Relay(asyncio.Protocol):
    def data_received(self, data):
        self.waiting = data
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Step
from awaitlens.program.blocking import DIRECT, SLEEP, blocked_in, handed, reached, runs_on_loop
from awaitlens.program.facts import Facts
from awaitlens.program.testfiles import is_test
from awaitlens.program.view import View

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
everywhere = True
needs = {"handing", "def"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if is_test(view):
        return
    for call in facts.calls:
        found = handed(call, facts, view)
        if found is not None:
            trail = tuple(Step(*step) for step in found.proof)
            yield Finding(found.span, found.message, found.confidence, trail)
    for function in facts.functions():
        caller = runs_on_loop(function, view)
        if not caller:
            continue
        why = f"{caller} {function.name}() there"
        for blocked in blocked_in(function, facts, view, DIRECT | SLEEP):
            yield Finding(blocked.span, f"{blocked.name} blocks the event loop: {why}", blocked.confidence)
        for call in facts.calls_in(function.number):
            way = reached(call, function, facts, view)
            if way is not None:
                trail = tuple(Step(*step) for step in way.proof)
                yield Finding(call.span, f"{way.message}; {why}", way.confidence, trail)
