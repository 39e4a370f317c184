"""One thread runs one event loop, and it is running already.

`asyncio.run()` starts a loop and runs it to the end. Inside an `async def` there is a loop already: it is the one that
called you. A second one in the same thread cannot run: RuntimeError, and the coroutine you passed is never awaited.
asgiref's `async_to_sync` refuses for the same reason. (Python 3.7-3.15, asgiref 3.2-3.13)

## Bad

```python
import asyncio


async def fetch(site): ...


async def refresh(sites):
    for site in sites:
        asyncio.run(fetch(site))
#       ^^^^^^^^^^^^^^^^^^^^^^^^ asyncio.run() raises RuntimeError here: the event loop is running already
```

## Good

You are in async code: await it.

```python
import asyncio


async def fetch(site): ...


async def refresh(sites):
    for site in sites:
        await fetch(site)
```

## Bad: async_to_sync

```python
from asgiref.sync import async_to_sync


async def fetch(site, depth=1): ...


async def refresh(site):
    return async_to_sync(fetch)(site, depth=2)
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ async_to_sync() raises RuntimeError here: the event loop is running already
```

## Good: async_to_sync

```python
from asgiref.sync import async_to_sync


async def fetch(site, depth=1): ...


async def refresh(site):
    return await fetch(site, depth=2)
```

## Fine

Sync code has no loop of its own yet, and a worker thread neither.

```python
import asyncio


async def fetch(site): ...


def main(site):
    asyncio.run(fetch(site))


async def check(site):
    await asyncio.to_thread(main, site)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Facts
from awaitlens.program.values import External
from awaitlens.program.view import View
from awaitlens.rewrite import await_with_callee, replace

law = Law.ONE_COLOUR
severity = "error"
default = True

_ADAPTER = "asgiref.sync.async_to_sync"
_RUNS = {
    "asyncio.run": "asyncio.run",
    "asyncio.Runner.run": "Runner.run",
    "asyncio.AbstractEventLoop.run_until_complete": "run_until_complete",
    "asyncio.AbstractEventLoop.run_forever": "run_forever",
    _ADAPTER: "async_to_sync",
}
needs = _RUNS.keys()


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            target = view.target(call)
            if target.name in _RUNS and not _only_adapts(call, view):
                message = (
                    f"{_RUNS[target.name]}() raises RuntimeError here: the event loop is running already"
                )
                yield Finding(call.span, message, target.confidence)


def _only_adapts(call: Call, view: View) -> bool:
    """`async_to_sync(f)` makes a function; only calling that runs a loop, there or by the name it was given."""
    return view.infer(call.callee, call.scope, call.span).value == External(_ADAPTER)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = facts.call_at(finding.span)
    adapter = facts.call_of(call.callee) if call is not None else None
    if call is None or (adapter is None and (not call.arguments or view.target(call).name == _ADAPTER)):
        return None
    if adapter is not None and adapter.arguments:
        edits = await_with_callee(facts, call, facts.slice(adapter.arguments[0].span))
    else:
        inner = facts.slice(call.arguments[0].span)
        edits = (
            replace(facts, call.span, f"await {inner}")
            if call.usage.kind in ("dropped", "assigned", "returned")
            else None
        )
    return Patch("Await it", "review", edits) if edits else None
