"""time.sleep stops the whole event loop, not just this task.

The loop runs every task of the program, one at a time, on one thread. A task gives the loop back when it awaits
something. `time.sleep` does not await: it keeps the thread, and every other task waits as long as this one sleeps.

## Bad

```python
import time


async def poll(client):
    while not await client.ready():
        time.sleep(0.5)
#       ^^^^^^^^^^^^^^^ time.sleep blocks the event loop
```

## Good

`asyncio.sleep` gives the loop back and asks to be woken up later. The others run in the meantime.

```python
import asyncio
import time


async def poll(client):
    while not await client.ready():
        await asyncio.sleep(0.5)
```

## Fine

A worker thread may sleep: it is not the loop's thread.

```python
import asyncio
import time


def wait_for_printer():
    time.sleep(5)


async def print_report():
    await asyncio.to_thread(wait_for_printer)
    await asyncio.to_thread(time.sleep, 1)
    await asyncio.to_thread(lambda: time.sleep(1))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import is_eager
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import await_with_callee

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = {"time.sleep"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            target = view.target(call)
            if target.name != "time.sleep" or view.blocking(call) is None:
                continue
            if not is_eager(call, facts, view):
                message = (
                    f"time.sleep blocks the event loop: while {function.name}() sleeps, no other task runs"
                )
                yield Finding(call.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.span == finding.span)
    edits = await_with_callee(facts, call, "‹asyncio.sleep›")
    return Patch("Use await asyncio.sleep", "review", edits) if edits else None
