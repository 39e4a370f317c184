"""A task that nobody holds can vanish before it is done.

The event loop keeps only a weak reference to a task. If the program keeps none either, the garbage collector may take
the task in the middle of its work: "Task was destroyed but it is pending!". And when it fails, nobody hears of it
until then. (asyncio, Python 3.8-3.15)

## Bad

```python
import asyncio


async def handle(request):
    asyncio.create_task(send_receipt(request.user))
#   ^^^^^^^^^^^^^^^^^^^ nobody keeps the task
    return "thank you"


async def send_receipt(user): ...
```

## Good

Keep it in a set as long as it runs.

```python
import asyncio


background_tasks = set()


async def handle(request):
    task = asyncio.create_task(send_receipt(request.user))
    background_tasks.add(task)
    task.add_done_callback(background_tasks.discard)
    return "thank you"


async def send_receipt(user): ...
```

## Bad: from another thread

`run_coroutine_threadsafe` gives a future that takes the error along. Who drops the future drops the error, and the loop
logs nothing, in debug mode neither.

```python
import asyncio


def on_message(text, loop):
    asyncio.run_coroutine_threadsafe(store(text), loop)
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nobody looks at the future: if store() fails, its error is lost without a word


async def store(text):
    await database.insert(text)
```

## Good: from another thread

```python
import asyncio


def on_message(text, loop):
    future = asyncio.run_coroutine_threadsafe(store(text), loop)
    future.result(timeout=10)


async def store(text):
    await database.insert(text)
```

## Fine

A task group holds its tasks, and waits for them.

```python
import asyncio


async def handle(request):
    async with asyncio.TaskGroup() as group:
        group.create_task(send_receipt(request.user))
    task = asyncio.create_task(send_receipt(request.user))
    await task


def on_paid(user, loop):
    asyncio.run_coroutine_threadsafe(send_receipt(user), loop)


async def send_receipt(user):
    try:
        await post(user)
    except Exception:
        await asyncio.gather(*user.tasks, return_exceptions=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import may_fail
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression, keep_task

law = Law.HOLD_YOUR_TASKS
severity = "warning"
default = True
everywhere = True

_LOST = "nobody keeps the task: it may be garbage collected before it is done, and its errors go unseen until then"
_MESSAGES = {
    "asyncio.create_task": _LOST,
    "asyncio.ensure_future": _LOST,
    "asyncio.AbstractEventLoop.create_task": _LOST,
    "asyncio.gather": "nobody awaits gather(): its tasks run on unwatched, and their errors are lost",
}
_FROM_THREAD = "asyncio.run_coroutine_threadsafe"
needs = _MESSAGES.keys() | {_FROM_THREAD}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        if call.usage.kind == "dropped":
            target = view.target(call)
            if target.name in _MESSAGES:
                yield Finding(call.callee_span, _MESSAGES[target.name], target.confidence)
            elif target.name == _FROM_THREAD and (name := may_fail(call, facts, view)):
                message = f"nobody looks at the future: if {name}() fails, its error is lost without a word"
                yield Finding(call.callee_span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.callee_span == finding.span)
    name = view.target(call).name
    if name == _FROM_THREAD:
        advice = "Wait for future.result() in this thread, or give the future a callback that looks at its exception()."
        return Patch("Look at how it ends", "show", advice=advice)
    if name == "asyncio.gather":
        awaited = await_expression(facts, call.span)
        return Patch("Add await", "review", awaited) if awaited else None
    edits = keep_task(facts, call)
    return Patch("Keep the task until it is done", "review", edits) if edits else None
