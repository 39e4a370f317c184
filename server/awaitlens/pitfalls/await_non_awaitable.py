"""Only awaitables can be awaited: the call is made first, then `await` fails.

`await time.sleep(1)` reads like async code. Python calls `time.sleep(1)`, which blocks the loop for a second and gives
back None, and then `await None` raises TypeError. An `await` does not make a function async; the function must be.
`await client.close` without the call fails as well: a function is none. (Python 3.7-3.15)

## Bad

```python
import time


async def notify(ready, send_email):
    while not ready():
        await time.sleep(0.01)
#       ^^^^^^^^^^^^^^^^^^^^^^ time.sleep() blocks first, and then await raises TypeError: it gives no awaitable
    await send_email()
```

## Good

```python
import asyncio
import time


async def notify(ready, send_email):
    while not ready():
        await asyncio.sleep(0.01)
    await send_email()
```

## Bad: a function of your own

```python
def total(prices):
    return sum(prices) + 0


def log(price):
    print(price)


async def checkout(cart):
    await log(total(cart))
#   ^^^^^^^^^^^^^^^^^^^^^^ await raises TypeError: log() gives no awaitable
```

## Good: a function of your own

```python
def total(prices):
    return sum(prices) + 0


def log(price):
    print(price)


async def checkout(cart):
    log(total(cart))
```

## Fine

A plain function may well hand out something to await.

```python
import asyncio


def later(job):
    return asyncio.ensure_future(job)


class Base:
    def close(self):
        raise NotImplementedError

    async def stop(self, job):
        await later(job)
        await self.close()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Attribute, Call, Facts, Name, Suspension
from awaitlens.program.summaries import spelled
from awaitlens.program.tasks import takes_nothing
from awaitlens.program.terms import dotted
from awaitlens.program.values import Function
from awaitlens.program.view import View
from awaitlens.rewrite import drop_await, replace, replace_callee

law = Law.ONE_COLOUR
severity = "error"
default = True
needs = {"await"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for suspension in facts.suspensions:
        call = facts.call_of(suspension.operand)
        if suspension.kind == "await" and call is not None:
            yield from _found(suspension, call, facts, view)
        elif suspension.kind == "await":
            yield from _uncalled(suspension, facts, view)


def _found(suspension: Suspension, call: Call, facts: Facts, view: View) -> Iterator[Finding]:
    confidence = view.gives_no_awaitable(call)
    if confidence is None:
        return
    name = spelled(view.target(call).name, call, facts)
    message = f"await raises TypeError: {name}() gives no awaitable"
    if view.would_block(call):
        message = f"{name}() blocks first, and then await raises TypeError: it gives no awaitable"
    yield Finding(suspension.span, message, confidence)


def _uncalled(suspension: Suspension, facts: Facts, view: View) -> Iterator[Finding]:
    """`await client.close`, and no call of it."""
    if not isinstance(suspension.operand, (Name, Attribute)):
        return
    found = view.infer(suspension.operand, suspension.scope, suspension.span)
    if isinstance(found.value, Function) and not found.value.wrapped:
        message = f"await raises TypeError: {dotted(suspension.operand)} is a function, and is not called"
        yield Finding(suspension.span, message, found.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    suspension = next(s for s in facts.suspensions if s.span == finding.span)
    call = facts.call_of(suspension.operand)
    if call is None:
        target = view.callable(suspension.operand, suspension.scope, suspension.span)
        if target.colour == "async" and takes_nothing(target, view):
            called = replace(facts, suspension.span, f"{facts.slice(suspension.span)}()")
            yield Patch("Call it", "review", called)
        return
    if view.target(call).name == "time.sleep":
        yield Patch("Use asyncio.sleep", "review", replace_callee(facts, call, "‹asyncio.sleep›"))
    edits = drop_await(facts, suspension.span)
    if edits and not view.would_block(call):
        yield Patch("Drop await", "review", edits)
