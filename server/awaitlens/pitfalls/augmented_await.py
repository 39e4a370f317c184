"""`x += await f()` reads x before it waits.

Python evaluates the left side first, keeps the old value, waits, and adds to what it kept. What another
task writes to `x` in the meantime is overwritten. (Python 3.7-3.15)

## Bad

```python
totals = {"bytes": 0}

async def download(url):
    totals["bytes"] += await save(url)
    #^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ totals["bytes"] is read before the await
```

## Good

Wait first, then add. No other task of the loop can come between the read and the write.

```python
totals = {"bytes": 0}

async def download(url):
    value = await save(url)
    totals["bytes"] += value
```

## Bad: spelled out

```python
class Meter:
    async def add(self, source):
        self.total = self.total + await source.read()
        #^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ self.total is read before the await
```

## Good

```python
class Meter:
    async def add(self, source):
        value = await source.read()
        self.total = self.total + value
```

## Fine: the await stands first

Operands are evaluated from left to right.

```python
class Meter:
    async def add(self, source):
        self.total = await source.read() + self.total
```

## Fine: a local belongs to one task

```python
async def total(sources):
    result = 0
    for source in sources:
        result += await source.read()
    return result
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
from awaitlens.rewrite.moves import hoist
from awaitlens.rewrite.statements import fresh_name

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for race in stale_writes(facts, view):
        if race.direct and not race.lock:
            yield Finding(
                race.write,
                f"{race.place} is read before the await and written after it: "
                f"what {race.who} writes in between can be lost",
                race.confidence,
                steps(race.story, view.path),
                race.data,
            )


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    race = next((race for race in stale_writes(facts, view) if race.write == finding.span), None)
    edits = hoist(facts, race.suspension, fresh_name(facts, "value")) if race is not None else None
    if race is None or not edits or not is_repaired(view, ((facts, apply(facts.text, edits)),), race):
        return None
    return Patch(f"Wait first, then read {race.place}", "review", edits)
