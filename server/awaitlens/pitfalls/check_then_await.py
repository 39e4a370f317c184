"""What was checked before an await may not hold after it.

Task 1 checks and waits. Task 2 comes meanwhile, makes the same check with the same answer, and waits too. Both go on as
if they were alone: the cache is filled twice, the second session replaces the first, which nobody closes.

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

## Good: one at a time, who waits checks after the others are done

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

## Fine: the task is there before the first await, and everybody waits for it

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

from awaitlens.pitfall import Finding, Law, Patch, steps
from awaitlens.program.facts import Facts
from awaitlens.program.flow.races import check_races
from awaitlens.program.flow.verify import is_repaired
from awaitlens.program.view import View
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.locks import guard_race
from awaitlens.rewrite.rechecks import lets_through, write_if_still
from awaitlens.rewrite.statements import fresh_name

_ADVICE = "Put the check, the await and the write into one `async with` of an asyncio.Lock that lives beside the state."
_SINGLE_FLIGHT = """Fill the place before the first await, and let everybody await the same task:

if {check}:
    {place} = asyncio.create_task({call})
await {place}

A task that fails stays there: take it out again in an `except`."""

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in check_races(facts, view):
        message = f"another task can pass this check before {race.place} is written: an await lies in between"
        yield Finding(race.check, message, race.confidence, steps(race.story, view.path), race.data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    """A lock beside the state, another look before the write: each where it leaves no race. The pending task is shown."""
    race = next((race for race in check_races(facts, view) if race.check == finding.span), None)
    if race is None:
        return
    guard = guard_race(facts, view, race)
    if guard is not None and is_repaired(view, guard.texts, race):
        yield Patch(f"Let one task at a time fill {race.place}", "review", guard.edits)
    again = write_if_still(facts, race.check, race.suspension, race.write, fresh_name(facts, "value"))
    if again and is_repaired(view, ((facts, apply(facts.text, again)),), race):
        yield Patch(f"Look again at {race.place} after the await", "review", again)
    awaited = " ".join(facts.slice(race.suspension).split())
    inside = lets_through(facts, race.check, race.write) and race.direct_write
    if inside and awaited.startswith("await ") and awaited.endswith(")"):
        advice = _SINGLE_FLIGHT.format(check=facts.slice(race.check), place=race.place, call=awaited[6:])
        yield Patch("Keep the task, not its result", "show", advice=advice)
    elif guard is None and not again:
        yield Patch(f"Let one task at a time fill {race.place}", "show", advice=_ADVICE)
