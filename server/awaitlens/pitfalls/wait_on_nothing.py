"""asyncio.wait() of an empty collection raises.

`asyncio.gather()` of nothing gives an empty list. `asyncio.wait()` of nothing raises ValueError (3.8 to 3.14). A collection
that is filtered, or out of which finished tasks are taken, is empty now and then: mostly when everything went well.

## Bad

```python
import asyncio


async def finish(tasks):
    pending = [task for task in tasks if not task.done()]
    await asyncio.wait(pending, timeout=3)
#                      ^^^^^^^ `pending` may be empty here: asyncio.wait() of nothing raises ValueError
```

## Good

```python
import asyncio


async def finish(tasks):
    pending = [task for task in tasks if not task.done()]
    if pending:
        await asyncio.wait(pending, timeout=3)
```

## Bad: tasks that leave the set when they are done

```python
import asyncio


class Server:
    def __init__(self):
        self.tasks = set()

    def serve(self, book):
        task = asyncio.create_task(book.read())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self):
        await asyncio.wait(self.tasks)
#                          ^^^^^^^^^^ self.tasks may be empty here: asyncio.wait() of nothing raises ValueError
```

## Good: tasks that leave the set when they are done

```python
import asyncio


class Server:
    def __init__(self):
        self.tasks = set()

    def serve(self, book):
        task = asyncio.create_task(book.read())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self):
        if self.tasks:
            await asyncio.wait(self.tasks)
```

## Fine

```python
import asyncio


async def finish(tasks):
    pending = {task for task in tasks if not task.done()}
    if not pending:
        return
    await asyncio.wait(pending)


async def first(sites, fetch):
    tasks = [asyncio.create_task(fetch(site)) for site in sites]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*[task for task in tasks if not task.done()])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.emptiness import may_be_empty
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.statements import put_under_header

law = Law.HOLD_YOUR_TASKS
severity = "warning"
default = True
needs = {"asyncio.wait"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        given = call.argument(0, "fs") if call.usage.kind == "awaited" else None
        if given is None or view.target(call).name != "asyncio.wait":
            continue
        if may_be_empty(given, call, facts, view):
            text = facts.slice(given.span) if "\n" not in facts.slice(given.span) else "this"
            name = f"`{text}`" if text.isidentifier() else text
            words = f"{name} may be empty here: asyncio.wait() of nothing raises ValueError"
            yield Finding(given.span, words, "likely", data=(("call", str(call.number)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = facts.calls[int(finding.value("call"))]
    waiting = next((s for s in facts.suspensions if facts.call_of(s.operand) == call), None)
    text = facts.slice(finding.span)
    if waiting is None or waiting.usage.kind != "dropped" or not text.replace(".", "_").isidentifier():
        return None
    edits = put_under_header(facts, waiting.span, waiting.span, f"if {text}:")
    return Patch("Wait if there is something to wait for", "safe", edits) if edits else None
