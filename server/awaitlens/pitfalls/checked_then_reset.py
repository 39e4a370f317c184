"""What one function checked, another can take back.

The check is made, the function waits. In the meantime another one sets the attribute to None, or takes the item out.
The first goes on with what is there no more: "AttributeError: 'NoneType' object has no attribute ...", or KeyError.

## Bad

```python
class Feed:
    async def publish(self, item):
        if self.socket is None:
            return
        text = await self.render(item)
        await self.socket.send(text)
        #     ^^^^^^^^^^^ self.socket was checked before an await; close() can set it to None

    async def close(self):
        await self.socket.aclose()
        self.socket = None
```

## Good: look again

From the last await to the use, no other task of the loop moves.

```python
class Feed:
    async def publish(self, item):
        if self.socket is None:
            return
        text = await self.render(item)
        if self.socket is None:
            return
        await self.socket.send(text)

    async def close(self):
        await self.socket.aclose()
        self.socket = None
```

## Bad: an item

```python
class Room:
    async def tell(self, name, text):
        if name in self.guests:
            await self.log(text)
            await self.guests[name].send(text)
            #     ^^^^^^^^^^^^^^^^^ self.guests[name] was checked before an await; leave() can take it out

    def leave(self, name):
        self.guests.pop(name, None)
```

## Good

```python
class Room:
    async def tell(self, name, text):
        if name in self.guests:
            await self.log(text)
            if name in self.guests:
                await self.guests[name].send(text)

    def leave(self, name):
        self.guests.pop(name, None)
```

## Fine: a name of one's own

The local keeps the object. It may be closed by then, and it is not None.

```python
class Feed:
    async def publish(self, item):
        socket = self.socket
        if socket is None:
            return
        text = await self.render(item)
        await socket.send(text)

    async def close(self):
        await self.socket.aclose()
        self.socket = None
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.conflicts import conflicts
from awaitlens.program.flow.miniatures import taken_back
from awaitlens.program.flow.verify import is_settled
from awaitlens.program.view import View
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.rechecks import delete_if_there, look_again

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}

_GONE = {"attribute": "it is None", "item": "it is gone", "container": "it is empty"}
_CAN = {"attribute": "set it to None", "item": "take it out", "container": "empty it"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in conflicts(facts, view):
        other = found.action
        there = Step(other.span, other.words, lane="task 2")
        if other.facts is not facts:
            there = Step(other.span.shifted(other.line), other.words, view.path, "task 2")
        steps = (
            Step(
                found.since, f"{'puts' if found.how == 'set' else 'finds'} {found.place} there", lane="task 1"
            ),
            Step(found.suspension, "awaits, others run", lane="task 1"),
            there,
            Step(found.use, f"uses {found.place}: {_GONE[found.kind]}", lane="task 1"),
        )
        message = f"{found.place} was {found.how} before an await; {other.scope.name}() can {_CAN[found.kind]} in the meantime"
        small = taken_back(found.kind, found.function, found.place, other.scope.name)
        yield Finding(found.use, message, found.confidence, steps, small.data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    """The check once more, or a deletion that does not mind: each where nothing is left to be taken away."""
    found = next((each for each in conflicts(facts, view) if each.use == finding.span), None)
    if found is None:
        return
    again = look_again(facts, found.since, found.use) if found.how == "checked" else None
    milder = delete_if_there(facts, found.use) if found.kind == "item" else None
    ways = (
        (f"Look again at {found.place} after the await", again),
        (f"Delete {found.place} if it is there", milder),
    )
    for title, edits in ways:
        if edits and is_settled(view, ((facts, apply(facts.text, edits)),), found.place):
            yield Patch(title, "review", edits)
    if not again and not milder:
        advice = (
            "Check again after the await, or keep the object in a local name before that and use the name."
        )
        yield Patch("Look again after the await", "show", advice=advice)
