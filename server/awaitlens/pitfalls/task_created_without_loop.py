"""A task needs a running loop, and while a module is imported none runs.

`asyncio.create_task` puts the task on the loop that runs right now. At module level, or in a constructor that is called
there, no loop runs yet: "RuntimeError: no running event loop", and the coroutine is never awaited. (Python 3.7-3.15)

## Bad

```python
import asyncio


class Cache:
    def __init__(self):
        self.sweeper = asyncio.create_task(self.sweep())
#                      ^^^^^^^^^^^^^^^^^^^ no event loop runs here: Cache() is called at module level

    async def sweep(self): ...


cache = Cache()
```

## Good

Start it where a loop runs.

```python
import asyncio


class Cache:
    async def start(self):
        self.sweeper = asyncio.create_task(self.sweep())

    async def sweep(self): ...


cache = Cache()
```

## Fine

```python
import asyncio


class Cache:
    def __init__(self):
        self.sweeper = asyncio.create_task(self.sweep())

    async def sweep(self): ...


async def main():
    cache = Cache()
    await cache.sweeper


asyncio.run(main())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import applications
from awaitlens.pitfall import Finding, Law, Step
from awaitlens.program.facts import Call, Either, Facts, Result
from awaitlens.program.threads import Thread
from awaitlens.program.view import View

law = Law.KNOW_YOUR_THREAD
severity = "error"
default = True
everywhere = True

_NEEDS_LOOP = frozenset({"asyncio.create_task", "asyncio.get_running_loop"})
needs = _NEEDS_LOOP

_NO_LOOP: frozenset[Thread] = frozenset({"module level"})


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        scope = facts.scopes[call.scope]
        if scope.is_async or scope.kind == "lambda":
            continue
        target = view.target(call)
        guarded = any(c.kind == "try" for c in facts.enclosing(call.context)) or _is_fallback(call, facts)
        if target.name not in _NEEDS_LOOP or guarded:
            continue
        if scope.kind != "function":
            if not _is_served(view.path, view):
                message = "no event loop runs while the module is imported"
                yield Finding(call.callee_span, message, target.confidence)
            continue
        place = view.runs_only_on(call.scope, _NO_LOOP)
        if place is not None and not _is_served(place.path or view.path, view):
            owner = view.owner_of(call.scope).rpartition(".")[2] if scope.name == "__init__" else ""
            name = f"{owner or scope.name}()"
            message = f"no event loop runs here: {name} is called at module level"
            step = Step(place.span, f"{name} is called at module level", place.path)
            yield Finding(call.callee_span, message, "likely", (step,))


def _is_fallback(call: Call, facts: Facts) -> bool:
    """`loop or asyncio.get_running_loop()`: who has no loop running gives one."""
    values = [binding.value for binding in facts.bindings] + [access.value for access in facts.accesses]
    return any(isinstance(value, Either) and Result(call.number) in value.options[1:] for value in values)


def _is_served(path: str, view: View) -> bool:
    """Whether a module makes an application: a server like uvicorn imports it while its loop runs."""
    file = view.program.files.get(path)
    imported = file.imported if file is not None else ()
    return any((each.module.partition(".")[0], each.symbol) in applications() for each in imported)
