"""A threading lock held across an await stops more than it guards.

A task waits with the lock in hand. If a second task asks for it now, a threading lock makes the whole thread wait: the
event loop stands still, the first task never gets on, the lock never comes back. (Python 3.8-3.15)

## Bad

```python
import threading

lock = threading.Lock()


async def save(order):
    with lock:
    #^^^^^^^^ `lock` is a threading.Lock held across an await: a second task
        await store(order)
```

## Fine: a lock for tasks

```python
import asyncio

lock = asyncio.Lock()


async def save(order):
    async with lock:
        await store(order)
```

## Bad: a lock that lets its own thread in

All tasks of a loop share one thread, and an RLock never stops the thread that holds it.

```python
import threading

lock = threading.RLock()


async def save(order):
    with lock:
    #^^^^^^^^ `lock` is a threading.RLock held across an await: other tasks can walk in
        await store(order)
```

## Fine: nothing is awaited while it is held

```python
import threading

lock = threading.Lock()


async def save(order):
    with lock:
        orders.append(order)
    await store(order)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import Lock, lock
from awaitlens.pitfall import Finding, Law, Patch, Step, quoted
from awaitlens.program.facts import Attribute, Facts, Name, Term
from awaitlens.program.view import View

law = Law.NEVER_BLOCK_THE_LOOP
severity = "error"
default = True
needs = {"with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    told: set[int] = set()
    for suspension in facts.suspensions:
        for context in facts.enclosing(suspension.context):
            if context.kind == "with" and context.number not in told:
                found = [(t, kind) for t in context.terms if (kind := _thread_lock(t, view, context.scope))]
                told.add(context.number)
                for term, kind in found:
                    steps = (
                        Step(context.span, "takes the lock", lane="task 1"),
                        Step(suspension.span, "awaits with the lock in hand", lane="task 1"),
                        Step(context.span, _outcome(kind), lane="task 2"),
                    )
                    yield Finding(
                        context.span, f"{quoted(_spelled(term))} is {_message(kind)}", "certain", steps
                    )


def _thread_lock(term: Term, view: View, scope: int) -> Lock | None:
    kind = lock(view.type_of(term, scope))
    guards = kind is not None and kind.kind in ("lock", "semaphore", "condition")
    return kind if kind is not None and guards and kind.family == "threading" else None


def _message(kind: Lock) -> str:
    name = kind.name.rpartition(".")[2]
    if kind.reentrant:
        return f"a threading.{name} held across an await: other tasks can walk in, for they share the thread that holds it"
    return f"a threading.{name} held across an await: a second task that asks for it in the meantime stops the event loop"


def _outcome(kind: Lock) -> str:
    return "walks in: the same thread" if kind.reentrant else "waits for it, and the event loop with it"


def _spelled(term: Term) -> str:
    if isinstance(term, Attribute):
        return f"{_spelled(term.value)}.{term.attr}"
    return term.id if isinstance(term, Name) else "this"


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Make it an asyncio.Lock() where it is created, and take it with `async with`."
    return Patch("Use a lock for tasks", "show", advice=advice)
