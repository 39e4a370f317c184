"""A coroutine is what the function gives when it is called.

`asyncio.run`, `create_task` and `gather` take coroutines. An `async def` without the parentheses is only a function, and
they refuse it. (TypeError; ValueError from asyncio.run up to Python 3.13)

## Bad

```python
import asyncio


async def serve():
    await asyncio.sleep(1)


async def main():
    task = asyncio.create_task(serve)
#                              ^^^^^ `serve` is a function: asyncio.create_task() takes the coroutine that serve() gives
    await task


asyncio.run(main)
#           ^^^^ `main` is a function: asyncio.run() takes the coroutine that main() gives
```

## Good

```python
import asyncio


async def serve():
    await asyncio.sleep(1)


async def main():
    task = asyncio.create_task(serve())
    await task


asyncio.run(main())
```

## Fine

Some take the function and call it themselves.

```python
import asyncio

from asgiref.sync import async_to_sync


async def serve(): ...


def main(make):
    async_to_sync(serve)()
    asyncio.run(make)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import takes_nothing, uncalled
from awaitlens.program.view import View
from awaitlens.rewrite import replace

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in uncalled(facts, view):
        name = facts.slice(found.argument.span).rpartition("=")[2]
        taker = " ".join(facts.slice(found.call.callee_span).split())
        message = f"{quoted(name)} is a function: {taker}() takes the coroutine that {name}() gives"
        yield Finding(found.argument.span, message, found.target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    for found in uncalled(facts, view):
        if found.argument.span == finding.span and takes_nothing(found.target, view):
            return Patch("Call it", "review", replace(facts, finding.span, f"{facts.slice(finding.span)}()"))
    return None
