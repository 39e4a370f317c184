"""A coroutine can be awaited once; the second time raises.

A coroutine object runs from its first `await` to its end, and then it is spent: "cannot reuse already awaited
coroutine". A task keeps its result, so it can be awaited as often as you like. (Python 3.7-3.15)

## Bad

```python
async def load(pk): ...


async def compare(pk):
    loading = load(pk)
    print(await loading)
    return await loading
#          ^^^^^^^^^^^^^ `loading` is awaited a second time: it is a coroutine, and those run once
```

## Good

```python
import asyncio


async def load(pk): ...


async def compare(pk):
    loading = asyncio.create_task(load(pk))
    print(await loading)
    return await loading
```

## Bad: in a loop

```python
async def load(pk): ...


async def poll(pk):
    loading = load(pk)
    while True:
        print(await loading)
#             ^^^^^^^^^^^^^ `loading` is awaited in every turn of the loop: it is a coroutine, and those run once
```

## Fine

```python
import asyncio


async def load(pk): ...


async def compare(pk, again, retries):
    task = asyncio.create_task(load(pk))
    await task
    await task
    loading = load(pk)
    if again:
        await loading
    else:
        return await loading
    loading = load(pk)
    for _ in retries:
        await loading
        loading = load(pk)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.awaitables import awaited_again, held_by, is_unawaited
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import wrap_expression

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
needs = {"assigned"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        binding = held_by(call, facts)
        if binding is None or not facts.scopes[call.scope].is_async:
            continue
        target = view.target(call)
        if not is_unawaited(target) or target.colour != "async":
            continue
        for suspension, turns in awaited_again(binding, facts):
            how = "in every turn of the loop" if turns else "a second time"
            message = f"{quoted(binding.name)} is awaited {how}: it is a coroutine, and those run once"
            yield Finding(suspension.span, message, target.confidence, data=(("call", str(call.number)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    if "second" not in finding.message:
        return None
    call = facts.calls[int(finding.value("call"))]
    edits = wrap_expression(facts, call.span, "‹asyncio.create_task›")
    return Patch("Make it a task", "review", edits) if edits else None
