"""A suppressed cancellation never arrives.

`contextlib.suppress(asyncio.CancelledError)` around an await swallows the cancellation of your own task, too: the loop
around goes on, and who cancelled waits in vain. `suppress(BaseException)` swallows it together with everything else.
(Python 3.8-3.15)

## Bad

```python
import asyncio
from contextlib import suppress


async def worker(queue):
    while True:
        with suppress(asyncio.CancelledError):
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ worker() suppresses its own cancellation and goes on with the loop
            job = await queue.get()
            await job.run()
```

## Good

```python
async def worker(queue):
    while True:
        job = await queue.get()
        await job.run()
```

## Fine

Who cancels a task awaits its end.

```python
import asyncio
from contextlib import suppress


async def stop(tasks):
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def read(path):
    while True:
        with suppress(FileNotFoundError):
            return await path.read_text()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Context, Facts, last_name
from awaitlens.program.handlers import raised_around, suspends
from awaitlens.program.tasks import cancels
from awaitlens.program.view import View

law = Law.LET_CANCELLATION_THROUGH
severity = "warning"
default = True
needs = {"contextlib.suppress"}

_CANCELLATION = frozenset({"asyncio.CancelledError", "concurrent.futures.CancelledError", "BaseException"})
_LOOPS = frozenset({"while", "for", "async for"})


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for context in facts.contexts:
        if (
            context.kind != "with"
            or not facts.scopes[context.scope].is_async
            or cancels(facts, context.scope)
            or raised_around(facts, context)
            or _only_waits_shielded(facts, context)
        ):
            continue
        for term in context.terms:
            call = facts.call_of(term)
            if call is not None and _suppresses(call, view) and suspends(facts, context):
                yield from _finding(call, context, facts)


def _only_waits_shielded(facts: Facts, context: Context) -> bool:
    """`while not closing.done(): with suppress(CancelledError): await shield(closing)` sees its clean-up through."""
    inside = [s for s in facts.suspensions if context in facts.enclosing(s.context)]
    calls = [facts.call_of(suspension.operand) for suspension in inside]
    return all(call is not None and last_name(call.callee) == "shield" for call in calls)


def _suppresses(call: Call, view: View) -> bool:
    if view.target(call).name != "contextlib.suppress":
        return False
    return any(view.name_of(argument.value, call.scope) in _CANCELLATION for argument in call.arguments)


def _finding(call: Call, context: Context, facts: Facts) -> Iterator[Finding]:
    name = facts.scopes[context.scope].name
    goes_on = any(outer.kind in _LOOPS for outer in facts.enclosing(context.parent))
    leaves = any(j.kind in ("return", "break") and context in facts.enclosing(j.context) for j in facts.jumps)
    if goes_on and not leaves:
        yield Finding(call.span, f"{name}() suppresses its own cancellation and goes on with the loop")
    else:
        yield Finding(call.span, f"{name}() suppresses its own cancellation", "possible")


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    advice = "Take CancelledError out of suppress(), or catch it around the loop and leave."
    return Patch("Let the cancellation through", "show", advice=advice)
