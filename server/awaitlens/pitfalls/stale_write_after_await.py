"""A value read before an await is old news after it.

Where an `await` waits, other tasks run. What they write in between is overwritten by a result that never saw it.

## Bad

Tasks that run at once read the same number, wait, and write the same sum.

```python
stats = {"alive": 0, "dead": 0}

async def fetch_site(site):
    alive = stats["alive"]
    response = await client.get(site)
    if response.status_code < 400:
        stats["alive"] = alive + 1
        #^^^^^^^^^^^^^^^^^^^^^^^^^ stats["alive"] is read before an await
```

## Good

Read below the await. Up to the next one no other task of the loop moves: an atomic section, for free.

```python
stats = {"alive": 0, "dead": 0}

async def fetch_site(site):
    response = await client.get(site)
    if response.status_code < 400:
        alive = stats["alive"]
        stats["alive"] = alive + 1
```

## Bad: an attribute, and more than one name on the way

```python
class Account:
    async def deposit(self, amount):
        balance = self.balance
        total = balance + amount
        await self.log(f"deposit {amount}")
        self.balance = total
        #^^^^^^^^^^^^^^^^^^^ self.balance is read before an await
```

## Fine: one task at a time

Whoever waits for the lock reads after the others have written.

```python
class Account:
    async def deposit(self, amount):
        async with self._lock:
            balance = self.balance
            await self.log(amount)
            self.balance = balance + amount
```

## Fine: the new value owes nothing to the old one

```python
async def login(session):
    if session.user is not None:
        await session.logout()
    session.user = await fetch_user()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, steps
from awaitlens.program.facts import Facts
from awaitlens.program.flow.races import stale_writes
from awaitlens.program.flow.verify import is_repaired
from awaitlens.program.view import View
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.locks import guard_race
from awaitlens.rewrite.moves import move_statement_below

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in stale_writes(facts, view):
        if not race.direct and not race.lock:
            yield Finding(
                race.write,
                f"{race.place} is read before an await and written back after it: "
                f"what {race.who} writes in between can be lost",
                race.confidence,
                steps(race.story, view.path),
                race.data,
            )


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    """The read moves below the last await; where that leaves no race, or a lock around all of it does."""
    race = next((race for race in stale_writes(facts, view) if race.write == finding.span), None)
    if race is None:
        return
    edits = move_statement_below(facts, race.read, race.suspension)
    if edits and is_repaired(view, ((facts, apply(facts.text, edits)),), race):
        yield Patch(f"Read {race.place} after the await", "review", edits)
    guard = guard_race(facts, view, race)
    if guard is not None and is_repaired(view, guard.texts, race):
        yield Patch(f"Let one task at a time update {race.place}", "review", guard.edits)
