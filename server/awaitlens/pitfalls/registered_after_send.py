"""Whoever asks before he listens can miss the answer.

Sending waits, and other tasks run meanwhile. If the answer is fast, the one that reads it looks for the future that
belongs to it, or for somebody who listens, and there is none yet. The asker then waits for an answer that has been and
gone.

## Bad

```python
class Client:
    async def call(self, id, text):
        reply = asyncio.get_running_loop().create_future()
        await self.socket.send(text)
        self.pending[id] = reply
        #^^^^^^^^^^^^^^^ self.pending is filled after the send
        return await reply

    async def read(self):
        async for message in self.socket:
            self.pending.pop(message.id).set_result(message)
```

## Good: ready before it is asked

```python
class Client:
    async def call(self, id, text):
        reply = asyncio.get_running_loop().create_future()
        self.pending[id] = reply
        await self.socket.send(text)
        return await reply

    async def read(self):
        async for message in self.socket:
            self.pending.pop(message.id).set_result(message)
```

## Bad: a listener

```python
class Thermometer:
    async def read(self):
        reply = asyncio.get_running_loop().create_future()
        await self.mqtt.publish("read", self.id)
        await self.mqtt.subscribe("answer", reply.set_result)
        #     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ self.mqtt.subscribe() listens only after the send
        return await asyncio.wait_for(reply, 10)
```

## Good

```python
class Thermometer:
    async def read(self):
        reply = asyncio.get_running_loop().create_future()
        await self.mqtt.subscribe("answer", reply.set_result)
        await self.mqtt.publish("read", self.id)
        return await asyncio.wait_for(reply, 10)
```

## Fine: nobody waits for an answer

```python
class Thermometer:
    async def begin(self):
        await self.mqtt.publish("online", self.id)
        await self.mqtt.subscribe("commands", self.on_command)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.replies import Late, late_replies
from awaitlens.program.view import View
from awaitlens.rewrite.moves import move_statements_before

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"await"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for late in late_replies(facts, view):
        yield _of_table(late) if late.table else _of_listener(late, facts)


def _of_table(late: Late) -> Finding:
    steps = (
        Step(late.sent, "sends, and waits", lane="task 1"),
        Step(late.sent, f"{late.reader}() gets the answer, and finds nobody waiting", lane="task 2"),
        Step(late.ready, f"puts the future into {late.table}", lane="task 1"),
    )
    message = f"{late.table} is filled after the send: an answer that {late.reader}() gets before that finds nobody waiting"
    return Finding(late.ready, message, "likely", steps)


def _of_listener(late: Late, facts: Facts) -> Finding:
    listens = " ".join(facts.slice(late.ready).partition("(")[0].split())
    steps = (
        Step(late.sent, "sends, and waits", lane="task 1"),
        Step(late.sent, "the answer comes, and nobody listens yet", lane="the other side"),
        Step(late.ready, f"{listens.rpartition('.')[2]}() comes too late", lane="task 1"),
    )
    return Finding(
        late.ready,
        f"{listens}() listens only after the send: an answer that comes before that can be lost",
        "likely",
        steps,
    )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    """What must be ready moves above the send."""
    late = next(each for each in late_replies(facts, view) if each.ready == finding.span)
    edits = move_statements_before(facts, late.first, late.sent)
    if edits:
        return Patch("Be ready first, then send", "review", edits)
    return Patch("Be ready first, then send", "show", advice="Move this above the send, with what it needs.")
