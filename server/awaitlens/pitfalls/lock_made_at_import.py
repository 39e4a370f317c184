"""Before Python 3.10, a lock made at import belongs to the event loop of the import.

Before Python 3.10 a lock, an event or a queue of asyncio asks for the event loop when it is made. At import that is not
the one that `asyncio.run()` starts later. As long as nobody has to wait nothing shows; the first task that does gets
"RuntimeError: ... attached to a different loop". (Python 3.8 and 3.9; since 3.10 they take the loop they are first
waited for in.)

## Bad

```toml
[tool.awaitlens]
python = "3.8"
```

```python
import asyncio

lock = asyncio.Lock()
#      ^^^^^^^^^^^^^^ before Python 3.10 this belongs to the event loop of the import


async def save(order):
    async with lock:
        await store(order)
```

## Bad: a decorator makes it

```toml
[tool.awaitlens]
python = "3.9"
```

```python
import asyncio


def one_at_a_time(function):
    lock = asyncio.Lock()
    #      ^^^^^^^^^^^^^^ before Python 3.10 this belongs to the event loop of the import

    async def wrapper(*args):
        async with lock:
            return await function(*args)

    return wrapper


@one_at_a_time
async def save(order):
    await store(order)
```

## Fine: made where a loop runs

```toml
[tool.awaitlens]
python = "3.8"
```

```python
import asyncio


class Shop:
    def __init__(self):
        self.lock = asyncio.Lock()


async def main():
    shop = Shop()
```

## Fine: Python 3.10 and later

```toml
[tool.awaitlens]
python = "3.10"
```

```python
import asyncio

lock = asyncio.Lock()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Facts, Name, Result, Term
from awaitlens.program.view import View

law = Law.KNOW_YOUR_THREAD
severity = "warning"
default = True
everywhere = True
needs = {"asyncio."}

_BOUND = frozenset(
    f"asyncio.{name}"
    for name in (
        *("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore"),
        *("Queue", "PriorityQueue", "LifoQueue"),
    )
)
_MESSAGE = (
    "before Python 3.10 this belongs to the event loop of the import, and asyncio.run() starts another one"
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if (view.settings.python or (3, 14)) >= (3, 10):
        return
    for call in facts.calls:
        if _runs_at_import(call, facts, view) and view.target(call).name in _BOUND:
            yield Finding(call.span, _MESSAGE, "likely")


def _runs_at_import(call: Call, facts: Facts, view: View) -> bool:
    """Whether the call stands in a module or class, or in a function that decorates something of the module."""
    scope = facts.scopes[call.scope]
    if scope.kind in ("module", "class"):
        return True
    if scope.kind != "function" or scope.is_async or scope.parent > 0 or facts.owner:
        return False
    return any(
        _names(decorator, block) == scope.name
        for _, block in view.module_blocks(scope.name)
        for each in block.functions()
        for decorator in each.decorators
    )


def _names(decorator: Term, block: Facts) -> str:
    """The name of the function that a decorator is, or is the result of."""
    called = block.calls[decorator.call].callee if isinstance(decorator, Result) else decorator
    return called.id if isinstance(called, Name) else ""


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Make it when it is first needed, in a coroutine, or in a table by loop; or ask for Python 3.10 and later."
    return Patch("Make it where a loop runs", "show", advice=advice)
