"""Clean-up that awaits can be cancelled as well.

When a task is cancelled, its `finally` blocks run. An `await` there is a point of suspension like any other: a second
cancellation, from an impatient server or a timeout further out, arrives right there, and the rest of the clean-up is
left out. `asyncio.shield` around a task that you keep lets it finish. (Python 3.7-3.15)

## Bad

```python
async def transfer(connection, order):
    try:
        await connection.send(order)
    finally:
        await connection.rollback()
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^ a second cancellation ends the clean-up of transfer() here
        connection.release()
```

## Good

```python
import asyncio


async def transfer(connection, order):
    try:
        await connection.send(order)
    finally:
        rollback = asyncio.create_task(connection.rollback())
        try:
            await asyncio.shield(rollback)
        finally:
            connection.release()
```

## Fine

Nothing is left out where the await comes last.

```python
async def transfer(connection, order):
    try:
        await connection.send(order)
    finally:
        connection.release()
        await connection.close()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Context, Facts, Suspension
from awaitlens.program.tasks import awaits_in
from awaitlens.program.view import View

law = Law.LET_CANCELLATION_THROUGH
severity = "hint"
default = False


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for suspension, context in awaits_in(facts, frozenset({"finally"})):
        if suspension.kind == "await" and _is_followed(suspension, context, facts):
            call = facts.call_of(suspension.operand)
            if call is None or view.target(call).name != "asyncio.shield":
                name = facts.scopes[suspension.scope].name
                message = f"a second cancellation ends the clean-up of {name}() here"
                yield Finding(suspension.span, message, "likely")


def _is_followed(suspension: Suspension, context: Context, facts: Facts) -> bool:
    """Whether the finally block goes on behind the await, and no try around it goes on for it."""
    if any(
        c.kind in ("try", "with", "async with")
        for c in facts.enclosing(suspension.context)
        if c.number > context.number
    ):
        return False
    later = suspension.span[2:]
    return any(call.span[:2] > later and context in facts.enclosing(call.context) for call in facts.calls)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    advice = "Do what cannot fail first, or await asyncio.shield(task) in a try of its own."
    return Patch("Let the clean-up finish", "show", advice=advice)
