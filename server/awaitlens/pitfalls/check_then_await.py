"""What was checked before an await may not hold after it.

Task 1 checks and waits. If task 2 comes in the meantime, it makes the same check with the same answer, and waits too.
Both go on as if they were alone: the cache is filled twice, the second session replaces the first, which nobody closes.

## Bad

```python
import asyncio

cache = {}


async def profile(user):
    if user not in cache:
    #  ^^^^^^^^^^^^^^^^^ another task can pass this check
        cache[user] = await load(user)
    return cache[user]
```

## Good: one at a time

Whoever waits for the lock makes the check after the others are done.

```python
import asyncio

cache = {}


cache_lock = asyncio.Lock()


async def profile(user):
    async with cache_lock:
        if user not in cache:
            cache[user] = await load(user)
    return cache[user]
```

## Bad: a client made on first use

```python
import asyncio


class Api:
    def __init__(self):
        self._session = None

    async def session(self):
        if self._session is None:
        #  ^^^^^^^^^^^^^^^^^^^^^ another task can pass this check
            self._session = await connect()
        return self._session
```

## Good

```python
import asyncio


class Api:
    def __init__(self):
        self._session = None
        self._session_lock = asyncio.Lock()

    async def session(self):
        async with self._session_lock:
            if self._session is None:
                self._session = await connect()
        return self._session
```

## Fine: keep the task, not its result

The place is filled before the first await. Everybody else finds the task and waits for the same one.

```python
tasks = {}

async def profile(user):
    if user not in tasks:
        tasks[user] = asyncio.create_task(load(user))
    return await tasks[user]
```

## Fine: check again

```python
class Api:
    async def session(self):
        if self._session is None:
            async with self._lock:
                if self._session is None:
                    self._session = await connect()
        return self._session
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.races import check_races
from awaitlens.program.flow.verify import is_repaired
from awaitlens.program.view import View
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.locks import Guard, guard_in_class
from awaitlens.rewrite.statements import guard_with_lock

_ADVICE = (
    "Put the check, the await and the write into one `async with` of an asyncio.Lock that lives beside the state. "
    "Or put the pending task there before the first await, and let everybody await that one."
)

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in check_races(facts, view):
        message = f"another task can pass this check before {race.place} is written: an await lies in between"
        steps = tuple(Step(scene.span, scene.words, lane=scene.lane) for scene in race.story)
        yield Finding(race.check, message, race.confidence, steps, race.data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    """A lock beside the global or the attribute; what to do is shown where it is not clear who would make the lock."""
    race = next((race for race in check_races(facts, view) if race.check == finding.span), None)
    if race is None:
        return None
    inside = any(c.span.overlaps(race.check) and c.body_span.overlaps(race.write) for c in facts.contexts)
    last = race.check if inside else race.write
    root, dot, attribute = race.place.partition("[")[0].partition(".")
    if facts.owner:
        guard = guard_in_class(facts, view, attribute, race.check, last) if root == "self" else None
    else:
        edits = (
            guard_with_lock(facts, race.check, last, f"‹{root}_lock = asyncio.Lock()›") if not dot else None
        )
        guard = Guard(edits, ()) if edits else None
    if guard is not None and is_repaired(facts, view, apply(facts.text, guard.around), race):
        return Patch(f"Let one task at a time fill {race.place}", "review", (*guard.around, *guard.beside))
    return Patch(f"Let one task at a time fill {race.place}", "show", advice=_ADVICE)
