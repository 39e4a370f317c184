"""Two locked blocks are not one.

The lock is given back between the blocks. What was read under it in the first may be out of date in the second, and
the write puts it back.

## Bad

```python
class Account:
    async def deposit(self, amount):
        async with self._lock:
            balance = self.balance
        await self.log(amount)
        async with self._lock:
            await self.check()
            self.balance = balance + amount
            #^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ self.balance is read under self._lock
```

## Good: read where you write

```python
class Account:
    async def deposit(self, amount):
        async with self._lock:
            balance = self.balance
        await self.log(amount)
        async with self._lock:
            await self.check()
            balance = self.balance
            self.balance = balance + amount
```

## Fine: one section

```python
class Account:
    async def deposit(self, amount):
        await self.log(amount)
        async with self._lock:
            balance = self.balance
            await self.check()
            self.balance = balance + amount
```

## Fine: the second block reads for itself

```python
class Account:
    async def deposit(self, amount):
        async with self._lock:
            self.started += 1
        await self.log(amount)
        async with self._lock:
            self.balance = self.balance + amount
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
from awaitlens.rewrite.rechecks import read_again

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in stale_writes(facts, view):
        if race.lock:
            yield Finding(
                race.write,
                f"{race.place} is read under {race.lock}, which is given back before the write takes it again: "
                f"what {race.who} writes in between can be lost",
                race.confidence,
                steps(race.story, view.path),
                race.data,
            )


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    """What the first section read is read again in the second, where that leaves no race."""
    race = next((race for race in stale_writes(facts, view) if race.write == finding.span), None)
    again = read_again(facts, race.read, race.write) if race is not None else None
    if race is not None and again and is_repaired(view, ((facts, apply(facts.text, again)),), race):
        yield Patch(f"Read {race.place} again in the second section", "review", again)
    else:
        advice = "Read again in the second block, or make the two blocks one."
        yield Patch("Read and write under one hold of the lock", "show", advice=advice)
