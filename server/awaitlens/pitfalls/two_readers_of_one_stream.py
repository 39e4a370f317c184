"""Two tasks that read one stream take each other's data.

Each task looks whether its part has come, and reads on while it has not. Two of them find nothing and both read. The
first gets what the second waits for and puts it where it belongs; but the second does not look there any more, it waits
for the stream. If nothing more comes, it waits for ever.

## Bad

```python
class Connection:
    def __init__(self):
        self.events = {}

    async def response(self, stream_id):
        while not self.events.get(stream_id):
            await self.receive_events()
            #^^^^^^^^^^^^^^^^^^^^^^^^^^ two tasks can find nothing in self.events[stream_id] and both read
        return self.events.pop(stream_id)

    async def receive_events(self):
        for event in await self.socket.recv():
            self.events[event.stream_id] = event
```

## Good: one reads, the others look again

```python
import asyncio


class Connection:
    def __init__(self):
        self.events = {}
        self._events_lock = asyncio.Lock()

    async def response(self, stream_id):
        while not self.events.get(stream_id):
            async with self._events_lock:
                if not self.events.get(stream_id):
                    await self.receive_events()
        return self.events.pop(stream_id)

    async def receive_events(self):
        for event in await self.socket.recv():
            self.events[event.stream_id] = event
```

## Fine: one task reads for all

```python
class Connection:
    async def response(self, stream_id):
        self.waiting[stream_id] = asyncio.get_running_loop().create_future()
        return await self.waiting[stream_id]

    async def run(self):
        async for event in self.socket:
            self.waiting.pop(event.stream_id).set_result(event)
```

## Fine: a stream of one's own

```python
async def response(socket, wanted):
    events = {}
    while not events.get(wanted):
        event = await socket.recv()
        events[event.name] = event
    return events[wanted]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.miniatures import read_for_each_other
from awaitlens.program.flow.readers import shared_readings
from awaitlens.program.view import View
from awaitlens.rewrite.locks import guard_reading

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in shared_readings(facts, view):
        steps = (
            Step(found.test, "finds nothing", lane="task 1"),
            Step(found.reading, "reads, and waits", lane="task 1"),
            Step(found.test, "finds nothing", lane="task 2"),
            Step(found.reading, "reads, and waits", lane="task 2"),
            Step(found.reading, "gets what task 2 waits for", lane="task 1"),
            Step(found.reading, "still waits: its data has come", lane="task 2"),
        )
        message = f"two tasks can find nothing in {found.waited_for} and both read: one gets what the other waits for"
        small = read_for_each_other(found.function, facts.slice(found.test), facts.slice(found.reading))
        yield Finding(found.reading, message, found.confidence, steps, small.data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    """One task reads at a time, and looks again before it does."""
    found = next(each for each in shared_readings(facts, view) if each.reading == finding.span)
    attribute = found.waited_for.partition("[")[0].removeprefix("self.")
    edits = guard_reading(facts, view, attribute, found.test, found.reading)
    if edits:
        return Patch("Let one task read at a time", "review", edits)
    advice = (
        "Read under a lock, and look again for your own part before you do; or let one task read for all."
    )
    return Patch("Let one task read at a time", "show", advice=advice)
