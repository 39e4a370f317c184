"""What a call leaves on a shared object may be another call's when it comes back for it.

Task 1 writes what belongs to its own call and waits. Task 2 makes the same call, with another value. When task 1 goes
on it reads what task 2 wrote: an answer goes to the wrong user, a timeout of one request ends another.

## Bad

```python
class Transport:
    async def request(self, url, timeout):
        self.timeout = timeout
        connection = await self.connect(url)
        return await connection.read(self.timeout)
        #                            ^^^^^^^^^^^^ self.timeout may be another call's by now
```

## Fine: it stays a local name

```python
class Transport:
    async def request(self, url, timeout):
        connection = await self.connect(url)
        return await connection.read(timeout)
```

## Fine: used before the await

```python
class Transport:
    async def request(self, url, timeout):
        self.timeout = timeout
        deadline = now() + self.timeout
        connection = await self.connect(url)
        return await connection.read(deadline)
```

## Fine: one at a time

```python
class Transport:
    async def request(self, url, timeout):
        async with self._lock:
            self.timeout = timeout
            connection = await self.connect(url)
            return await connection.read(self.timeout)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.miniatures import written_over
from awaitlens.program.flow.overwritten import overwritten
from awaitlens.program.view import View

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = False
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in overwritten(facts, view):
        steps = (
            Step(found.write, f"{found.place} = {found.value}, its own", lane="task 1"),
            Step(found.suspension, "awaits, others run", lane="task 1"),
            Step(found.write, f"{found.place} = {found.value}, its own", lane="task 2"),
            Step(found.use, f"reads {found.place}: it is task 2's", lane="task 1"),
        )
        message = f"{found.place} may be another call's by now: it was set before an await"
        small = written_over(found.function, found.place)
        yield Finding(found.use, message, found.confidence, steps, small.data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Keep it in a local name and hand it on as an argument, or make an object for each call."
    return Patch("Keep what belongs to the call in the call", "show", advice=advice)
