"""A variable that ends with its function does not keep a task.

`task = asyncio.create_task(f())` looks as if the task were kept. But nobody reads the variable, and it goes when the
function returns; from then on the event loop has a weak reference to the task and nobody a strong one. The garbage
collector may take it, and nobody looks at its errors. (asyncio, Python 3.8-3.15)

## Bad

```python
import asyncio


async def send_receipt(user): ...


async def handle(request):
    task = asyncio.create_task(send_receipt(request.user))
#          ^^^^^^^^^^^^^^^^^^^ nobody keeps the task once handle() is done: `task` is never used
    return "thank you"
```

## Good

```python
import asyncio

background_tasks = set()


async def send_receipt(user): ...


async def handle(request):
    task = asyncio.create_task(send_receipt(request.user))
    background_tasks.add(task)
    task.add_done_callback(background_tasks.discard)
    return "thank you"
```

## Fine

```python
import asyncio


async def send_receipt(user): ...


async def handle(request):
    task = asyncio.create_task(send_receipt(request.user))
    await request.finish()


def start(request):
    task = asyncio.create_task(send_receipt(request.user))
    return task
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.awaitables import held_by, uses_of
from awaitlens.program.facts import Facts
from awaitlens.program.tasks import ends_with_function
from awaitlens.program.view import View

law = Law.HOLD_YOUR_TASKS
severity = "warning"
default = True
everywhere = True

_SPAWNERS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"}
)
needs = _SPAWNERS


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call in facts.calls:
        binding = held_by(call, facts)
        if binding is None or uses_of(binding, facts) or not ends_with_function(binding, facts):
            continue
        target = view.target(call)
        if target.name in _SPAWNERS:
            name = facts.scopes[call.scope].name
            message = f"nobody keeps the task once {name}() is done: {quoted(binding.name)} is never used"
            yield Finding(call.callee_span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = next(call for call in facts.calls if call.callee_span == finding.span)
    binding = held_by(call, facts)
    name = binding.name if binding else "task"
    advice = f"background_tasks.add({name})\n{name}.add_done_callback(background_tasks.discard)"
    return Patch("Keep the task until it is done", "show", advice=advice)
