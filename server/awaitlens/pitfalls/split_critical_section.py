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

## Good: one section

```python
class Account:
    async def deposit(self, amount):
        await self.log(amount)
        async with self._lock:
            await self.check()
            balance = self.balance
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

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.races import stale_writes
from awaitlens.program.view import View

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
                "what another task writes in between can be lost",
                race.confidence,
                tuple(Step(scene.span, scene.words, lane=scene.lane) for scene in race.story),
                race.data,
            )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Read again in the second block, or make the two blocks one."
    return Patch("Read and write under one hold of the lock", "show", advice=advice)
