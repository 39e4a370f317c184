"""asyncio.gather takes awaitables one by one, not a list of them.

`asyncio.gather(*jobs)`: the star hands over the elements. Without it gather gets one argument, which is no awaitable,
and raises TypeError. `asyncio.wait` is the one that takes a collection. (Python 3.7-3.15)

## Bad

```python
import asyncio


async def fetch(site): ...


async def main(sites):
    jobs = [fetch(site) for site in sites]
    await asyncio.gather(jobs)
#                        ^^^^ gather() takes awaitables one by one, and this is one collection of them
    return await asyncio.gather([fetch("a"), fetch("b")])
#                               ^^^^^^^^^^^^^^^^^^^^^^^^ gather() takes awaitables one by one, and this is one collection of them
```

## Good

```python
import asyncio


async def fetch(site): ...


async def main(sites):
    jobs = [fetch(site) for site in sites]
    await asyncio.gather(*jobs)
    return await asyncio.gather(*[fetch("a"), fetch("b")])
```

## Bad: a generator

```python
import asyncio


async def fetch(site): ...


async def main(sites):
    return await asyncio.gather(fetch(site) for site in sites)
#                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ gather() takes awaitables one by one
```

## Good: a generator

```python
import asyncio


async def fetch(site): ...


async def main(sites):
    return await asyncio.gather(*(fetch(site) for site in sites))
```

## Fine

```python
import asyncio


async def fetch(site): ...


async def main(sites, job):
    await asyncio.gather(*[fetch(site) for site in sites])
    await asyncio.gather(job)
    await asyncio.gather(fetch("a"))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Edit, Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import packed
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.HOLD_YOUR_TASKS
severity = "error"
default = True
everywhere = True
needs = {"asyncio.gather"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for _, argument, confidence in packed(facts, view):
        message = "gather() takes awaitables one by one, and this is one collection of them"
        yield Finding(argument.span, message, confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    line, column, end_line, end_column = finding.span
    text = facts.slice(finding.span)
    if " async for " in text:
        return None
    start = Edit(Span(line, column, line, column), "*")
    call = next(call for call, argument, _ in packed(facts, view) if argument.span == finding.span)
    if call.span[2:] != finding.span[2:]:
        return Patch("Hand over its elements", "safe", (start,))
    inside = Edit(Span(line, column + 1, line, column + 1), "*(")
    closing = Edit(Span(end_line, end_column - 1, end_line, end_column - 1), ")")
    return Patch("Hand over its elements", "safe", (inside, closing))
