"""A cancellation that is caught and not passed on never arrives.

A timeout, a shutdown, a closed connection reach a task as `CancelledError`, thrown in at an `await`. Who catches it and
carries on leaves the others waiting: `wait_for` does not return, the server does not stop. Since Python 3.8
CancelledError is no `Exception`, so `except Exception` lets it pass; a bare `except:` and `except BaseException` do not.

## Bad

```python
import asyncio


async def worker(queue):
    while True:
        try:
            job = await queue.get()
            await job.run()
        except asyncio.CancelledError:
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ worker() swallows its cancellation and goes on with the loop
            print("interrupted")
```

## Good

Tidy up, then let it through.

```python
import asyncio


async def worker(queue):
    while True:
        try:
            job = await queue.get()
            await job.run()
        except asyncio.CancelledError:
            print("interrupted")
            raise
```

## Bad: everything is caught

```python
async def answer(request, handler):
    try:
        return await handler(request)
    except:
#   ^^^^^^ answer() swallows its cancellation together with the errors
        return "error"
```

## Good: everything is caught

```python
import asyncio


async def answer(request, handler):
    try:
        return await handler(request)
    except asyncio.CancelledError:
        raise
    except:
        return "error"
```

## Fine

Who cancels a task itself may await its end, and swallow what comes.

```python
import asyncio


async def stop(task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def answer(request, handler):
    try:
        return await handler(request)
    except Exception:
        return "error"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Context, Facts
from awaitlens.program.handlers import catches_cancellation, guarded, is_meant, leaves, passes_on, suspends
from awaitlens.program.started import is_task
from awaitlens.program.tasks import tidies_up
from awaitlens.program.testfiles import is_test
from awaitlens.program.view import View
from awaitlens.rewrite import add_handler_before, add_raise

law = Law.LET_CANCELLATION_THROUGH
severity = "warning"
default = True
needs = {"except"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    caught: set[int] = set()
    for handler in facts.contexts:
        if handler.kind != "except" or not facts.scopes[handler.scope].is_async:
            continue
        kind, attempt = catches_cancellation(facts, view, handler), guarded(facts, handler)
        if not kind or attempt.number in caught or not suspends(facts, attempt):
            continue
        caught.add(attempt.number)
        if passes_on(facts, handler) or _ends_a_task(facts, view, handler):
            continue
        if is_test(view) if kind == "everything" else is_meant(facts, view, attempt):
            continue
        name = facts.scopes[handler.scope].name
        if kind == "everything":
            yield Finding(
                handler.span, f"{name}() swallows its cancellation together with the errors", "likely"
            )
        elif leaves(facts, handler):
            yield Finding(handler.span, f"{name}() swallows its cancellation and ends as if done", "possible")
        else:
            yield Finding(handler.span, f"{name}() swallows its cancellation and goes on with the loop")


def _ends_a_task(facts: Facts, view: View, handler: Context) -> bool:
    """Whether a task of its own, or the tidying up at the end of one, is over with the clause: nobody goes on."""
    function, end = facts.scopes[handler.scope], handler.body_span.end_line
    later = (s for s in facts.suspensions if s.scope == handler.scope and s.span.line > end)
    ends = leaves(facts, handler) and not any(later)
    return ends and (tidies_up(function) or is_task(function, view))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    handler = next(c for c in facts.contexts if c.kind == "except" and c.span == finding.span)
    broad = catches_cancellation(facts, view, handler) == "everything"
    edits = add_handler_before(facts, handler) if broad else add_raise(facts, handler)
    return Patch("Let the cancellation through", "review", edits) if edits else None
