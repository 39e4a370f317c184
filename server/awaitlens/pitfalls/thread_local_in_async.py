"""A thread-local is not task-local.

All tasks of an event loop run in one thread, and share what a `threading.local` holds. What one task writes before an
await, another may have overwritten after it. (Python 3.7-3.15)

## Bad

```python
import threading

current = threading.local()


async def handle(request):
    current.user = request.user
    #^^^^^^^^^^^ `current` is a threading.local
    await audit(request)
    return current.user
```

## Fine: a context variable

Each task has a context of its own, copied when the task is made.

```python
import contextvars

current_user = contextvars.ContextVar("current_user")


async def handle(request):
    current_user.set(request.user)
    await audit(request)
    return current_user.get()
```

## Fine: a function that runs in a thread

```python
import threading

connections = threading.local()


def connection():
    connections.open = True
    return connections
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Attribute, Facts
from awaitlens.program.view import View

law = Law.KNOW_YOUR_THREAD
severity = "warning"
default = True
needs = {"write", "augmented"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    waiting = {suspension.scope for suspension in facts.suspensions}
    for access in facts.accesses:
        place = access.place
        if access.scope not in waiting or access.kind == "delete" or not isinstance(place, Attribute):
            continue
        if view.type_of(place.value, access.scope) == "threading.local":
            name = getattr(place.value, "id", getattr(place.value, "attr", "this"))
            message = (
                f"{quoted(name)} is a threading.local: all tasks of this loop share its {quoted(place.attr)}"
            )
            yield Finding(access.span, message, "certain")


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Keep it in a contextvars.ContextVar: each task has a context of its own."
    return Patch("Use a context variable", "show", advice=advice)
