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
class Api:
    async def session(self):
        if self._session is None:
        #  ^^^^^^^^^^^^^^^^^^^^^ another task can pass this check
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

## Fine: a flag that is set before the await

```python
class Importer:
    async def run_import(self):
        if self.busy:
            return
        self.busy = True
        await self.work()
        self.busy = False
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
from awaitlens.rewrite.statements import guard_with_lock

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in check_races(facts, view):
        yield Finding(
            race.check,
            f"another task can pass this check before {race.place} is written: an await lies in between",
            race.confidence,
            tuple(Step(scene.span, scene.words, lane=scene.lane) for scene in race.story),
            race.data,
        )


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    """A lock beside the global; where a class would have to keep it, the lock is shown instead."""
    race = next((race for race in check_races(facts, view) if race.check == finding.span), None)
    if race is None:
        return None
    root = race.place.partition("[")[0]
    if not root.isidentifier() or facts.owner:
        advice = "Keep an asyncio.Lock beside it, and put the check, the await and the write into one `async with`."
        return Patch(f"Let one task at a time fill {race.place}", "show", advice=advice)
    inside = any(c.span.overlaps(race.check) and c.body_span.overlaps(race.write) for c in facts.contexts)
    last = race.check if inside else race.write
    edits = guard_with_lock(facts, race.check, last, f"‹{root}_lock = asyncio.Lock()›")
    if not edits or not is_repaired(facts, view, apply(facts.text, edits), race):
        return None
    return Patch(f"Let one task at a time fill {race.place}", "review", edits)
