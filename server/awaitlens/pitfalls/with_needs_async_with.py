"""What opens and closes with an await needs `async with`.

An async context manager has `__aenter__` and `__aexit__`, because it waits on the way in and on the way out: for a
connection, for a lock. Plain `with` looks for `__enter__`, does not find it, and raises. (AttributeError up to Python
3.10, TypeError since 3.11)

## Bad

```python
import aiofiles


async def report(path, lines):
    with aiofiles.open(path, "w") as file:
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ plain `with` fails here: aiofiles.open() is entered by `async with` alone
        for line in lines:
            await file.write(line)
```

## Good

```python
import aiofiles


async def report(path, lines):
    async with aiofiles.open(path, "w") as file:
        for line in lines:
            await file.write(line)
```

## Bad: await does not help

`with await lock:` was the way before Python 3.7. Python 3.9 took it away.

```python
import asyncio

lock = asyncio.Lock()


async def report(write):
    with await lock:
#   ^^^^^^^^^^^^^^^ `with await` fails since Python 3.9
        await write()
```

## Good: await does not help

```python
import asyncio

lock = asyncio.Lock()


async def report(write):
    async with lock:
        await write()
```

## Fine

Some objects answer to both, and each statement asks for its own.

```python
import asyncio
import threading


class Connection:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return None


async def report(write, count):
    with Connection(), threading.Lock():
        count()
    async with Connection(), asyncio.timeout(3):
        await write()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.protocols import awaited_locks, sync_form_taken, wrongly_entered
from awaitlens.program.testfiles import is_test
from awaitlens.program.view import View
from awaitlens.rewrite import drop_await, with_to_async_with

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in wrongly_entered(facts, view, "with"):
        message = f"plain `with` fails here: {found.what} is entered by `async with` alone"
        yield Finding(found.span, message, found.confidence)
    for found in sync_form_taken(facts, view) if not is_test(view) else ():
        message = f"plain `with` takes the sync form of {found.what}: what its async form awaits does not run"
        yield Finding(found.span, message, found.confidence)
    for context in awaited_locks(facts, view):
        message = "`with await` fails since Python 3.9: a lock is taken by `async with`"
        yield Finding(context.span, message, data=(("awaited", "lock"),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = with_to_async_with(facts, finding.span)
    if edits and finding.value("awaited"):
        suspension = next(s for s in facts.suspensions if finding.span.contains(*s.span[:2]))
        edits += drop_await(facts, suspension.span) or ()
    return Patch("Use async with", "review", edits) if edits else None
