"""With `return_exceptions=True` errors are results, and nobody looks at these.

`asyncio.gather` raises the first error it meets. With `return_exceptions=True` it raises none and returns them among the
results. Who throws the results away throws the errors away: no traceback, no log line. (Python 3.7-3.15)

## Bad

```python
import asyncio


async def charge(customer): ...


async def monthly(customers):
    await asyncio.gather(*[charge(c) for c in customers], return_exceptions=True)
#         ^^^^^^^^^^^^^^ the errors are among the results of gather(), and nobody looks at them
```

## Good

```python
import asyncio


async def charge(customer): ...


async def monthly(customers):
    await asyncio.gather(*[charge(c) for c in customers])
```

## Fine

Tasks that were cancelled end with an error that everybody expects; clean-up goes on whatever fails.

```python
import asyncio


async def charge(customer): ...


async def monthly(customers):
    results = await asyncio.gather(*[charge(c) for c in customers], return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            print(result)


async def stop(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def leave(clients, running):
    await asyncio.gather(*[client.close() for client in clients], return_exceptions=True)
    await asyncio.gather(*running, return_exceptions=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Constant, Facts
from awaitlens.program.handlers import raised_after
from awaitlens.program.tasks import cancels, starts_work
from awaitlens.program.view import View
from awaitlens.rewrite import remove_keyword

law = Law.HOLD_YOUR_TASKS
severity = "warning"
default = True
needs = {"asyncio.gather"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for suspension in facts.suspensions:
        call = facts.call_of(suspension.operand)
        if call is None or suspension.kind != "await" or suspension.usage.kind != "dropped":
            continue
        quiet = call.keyword("return_exceptions") == Constant(True) and not cancels(facts, call.scope)
        tidying = raised_after(facts, suspension.context, suspension.span.end_line)
        if quiet and not tidying and starts_work(call, facts) and view.target(call).name == "asyncio.gather":
            message = "the errors are among the results of gather(), and nobody looks at them"
            yield Finding(call.callee_span, message, view.target(call).confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.callee_span == finding.span)
    edits = remove_keyword(facts, call, "return_exceptions")
    return Patch("Let the first error out", "review", edits) if edits else None
