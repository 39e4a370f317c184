"""asyncio.wait takes a collection of tasks, not coroutines and not functions.

A coroutine among them raises TypeError on Python 3.11 and newer; a function that was not called raises on every version.
A single task is no collection. And no order is promised between the members of a set. What has to happen first must be awaited first.

## Bad

```python
import asyncio


async def create_user_account(): ...


async def send_created_email(): ...


async def sign_up():
    await asyncio.wait({create_user_account(), send_created_email()})
#                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ asyncio.wait() takes tasks, and these are coroutines: Python 3.11 and newer refuse them
```

## Good

The email must not leave before the account is there: one await after the other.

```python
import asyncio


async def create_user_account(): ...


async def send_created_email(): ...


async def sign_up():
    await create_user_account()
    await send_created_email()
```

## Bad: functions, not calls

```python
import asyncio


async def run(): ...


async def notify(): ...


async def main():
    done, pending = await asyncio.wait({run, notify})
#                                      ^^^^^^^^^^^^^ asyncio.wait() takes tasks, and these are functions
    print(len(done))
```

## Good: functions, not calls

```python
import asyncio


async def run(): ...


async def notify(): ...


async def main():
    done, pending = await asyncio.wait({asyncio.create_task(run()), asyncio.create_task(notify())})
    print(len(done))
```

## Fine

```python
import asyncio


async def fetch(site): ...


async def main(sites):
    await asyncio.wait([asyncio.create_task(fetch(site)) for site in sites])
    await asyncio.gather(*[fetch(site) for site in sites])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import misfit
from awaitlens.program.view import View
from awaitlens.rewrite import replace
from awaitlens.rewrite.displays import await_in_order, element_texts, wrap_elements

law = Law.HOLD_YOUR_TASKS
severity = "error"
default = True
everywhere = True
needs = {"asyncio.wait"}

_REFUSED = {"coroutines": ": Python 3.11 and newer refuse them"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        given = call.argument(0, "fs")
        if given is None or view.target(call).name != "asyncio.wait":
            continue
        kind = misfit(given.value, call, view)
        if kind == "one":
            yield Finding(given.span, "asyncio.wait() takes a collection of tasks, and this is one")
        elif kind:
            message = f"asyncio.wait() takes tasks, and these are {kind}{_REFUSED.get(kind, '')}"
            yield Finding(given.span, message, data=(("kind", kind), ("call", str(call.number))))


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    if not finding.data:
        yield Patch("Make it a list", "safe", replace(facts, finding.span, f"[{facts.slice(finding.span)}]"))
        return
    call = facts.calls[int(finding.value("call"))]
    waiting = next((s for s in facts.suspensions if facts.call_of(s.operand) == call), None)
    if finding.value("kind") == "coroutines" and (waiting or call).usage.kind == "dropped":
        in_order = await_in_order(facts, call.span, finding.span)
        if in_order:
            yield Patch("Await them in order", "review", in_order)
    functions = element_texts(facts, finding.span) if finding.value("kind") == "functions" else ()
    as_tasks = wrap_elements(facts, finding.span, "‹asyncio.create_task›", functions)
    if as_tasks:
        yield Patch("Make tasks of them", "review", as_tasks)
