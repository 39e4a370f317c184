"""shield protects a task that nobody holds.

`await asyncio.shield(save())` makes a task of `save()`. When the one who awaits is cancelled, the task goes on, and from
then on only the event loop knows of it, by a weak reference: it may vanish before it is done, and its errors are lost.
Keep the task yourself and shield that. (asyncio, Python 3.8-3.15)

## Bad

```python
import asyncio


async def save(order): ...


async def checkout(order):
    await asyncio.shield(save(order))
#                        ^^^^^^^^^^^ after a cancellation nobody holds the task that shield() makes of save()
```

## Good

```python
import asyncio


saving = set()


async def save(order): ...


async def checkout(order):
    task = asyncio.create_task(save(order))
    saving.add(task)
    task.add_done_callback(saving.discard)
    await asyncio.shield(task)
```

## Fine

```python
import asyncio


async def save(order): ...


class Shop:
    async def checkout(self, order):
        self.task = asyncio.create_task(save(order))
        await asyncio.shield(self.task)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View

law = Law.HOLD_YOUR_TASKS
severity = "information"
default = True
needs = {"asyncio.shield"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        given = call.argument(0, "arg")
        inner = facts.call_of(given.value) if given else None
        if given is None or inner is None or view.target(call).name != "asyncio.shield":
            continue
        target = view.target(inner)
        if target.colour == "async" and target.confidence != "possible":
            name = spelled(target.name, inner, facts)
            message = f"after a cancellation nobody holds the task that shield() makes of {name}()"
            yield Finding(inner.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    made = f"task = asyncio.create_task({facts.slice(finding.span)})"
    advice = f"{made}\nbackground_tasks.add(task)\ntask.add_done_callback(background_tasks.discard)"
    return Patch("Keep the task", "show", advice=advice)
