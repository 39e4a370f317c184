"""`async with` asks for an async context manager, and this one is none.

`async with` awaits `__aenter__` and `__aexit__`. A file, a `threading.Lock`, a class with `__enter__` alone have nothing
to await there, and Python says so when the statement is reached. (AttributeError up to Python 3.10, TypeError since 3.11)

## Bad

```python
import contextlib


@contextlib.contextmanager
def timed(label):
    print(label)
    yield
    print("done")


async def checkout(pay):
    async with timed("checkout"):
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `async with` fails here: timed() is entered by plain `with` alone
        await pay()
```

## Good

```python
import contextlib


@contextlib.contextmanager
def timed(label):
    print(label)
    yield
    print("done")


async def checkout(pay):
    with timed("checkout"):
        await pay()
```

## Bad: a lock for threads

A `threading.Lock` stops the whole loop when it is taken. What is wanted is an `asyncio.Lock`.

```python
import threading


class Till:
    def __init__(self):
        self.lock = threading.Lock()

    async def pay(self, charge):
        async with self.lock:
#       ^^^^^^^^^^^^^^^^^^^^ `async with` fails here: a threading.Lock is entered by plain `with` alone
            await charge()
```

## Fine

```python
import asyncio
import contextlib


@contextlib.asynccontextmanager
async def timed(label):
    yield label


async def checkout(pay, lock: asyncio.Lock):
    async with timed("checkout"), lock, contextlib.aclosing(pay()):
        with contextlib.suppress(KeyError):
            await pay()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import lock
from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.protocols import wrongly_entered
from awaitlens.program.view import View
from awaitlens.rewrite import async_with_to_with

law = Law.ONE_COLOUR
severity = "error"
default = True
needs = {"async with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in wrongly_entered(facts, view, "async with"):
        message = f"`async with` fails here: {found.what} is entered by plain `with` alone"
        locks = [lock(view.type_of(term, found.context.scope, found.span)) for term in found.context.terms]
        yield Finding(found.span, message, found.confidence, data=(("lock", "yes"),) if any(locks) else ())


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    if finding.value("lock"):
        return Patch(
            "Make it an asyncio.Lock", "show", advice="asyncio.Lock()    # for the tasks of one loop"
        )
    edits = async_with_to_with(facts, finding.span)
    return Patch("Use plain `with`", "review", edits) if edits else None
