"""What one method checked, another can take back.

The check is made, the method waits. In the meantime another method of the same object sets the attribute to None. The
first one goes on with what is there no more: "AttributeError: 'NoneType' object has no attribute ...".

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

## Fine: look again

From the last await to the use, no other task of the loop moves.

```python
class Feed:
    async def publish(self, item):
        text = await self.render(item)
        if self.socket is not None:
            await self.socket.send(text)

    async def close(self):
        await self.socket.aclose()
        self.socket = None
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

## Fine: nobody takes it back

```python
class Feed:
    async def publish(self, item):
        if self.socket is None:
            return
        text = await self.render(item)
        await self.socket.send(text)

    async def close(self):
        await self.socket.aclose()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.conflicts import conflicts
from awaitlens.program.flow.miniatures import taken_back
from awaitlens.program.view import View

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in conflicts(facts, view):
        other = found.reset
        reset = Step(other.span.shifted(other.line), f"{found.place} = None", view.path, "task 2")
        steps = (
            Step(found.check, f"finds {found.place} there", lane="task 1"),
            Step(found.suspension, "awaits, others run", lane="task 1"),
            Step(other.span, reset.words, lane="task 2") if other.facts is facts else reset,
            Step(found.use, f"uses {found.place}: it is None", lane="task 1"),
        )
        yield Finding(
            found.use,
            f"{found.place} was checked before an await; {other.scope.name}() can set it to None in the meantime",
            found.confidence,
            steps,
            taken_back(found.function, found.place, other.scope.name).data,
        )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Check again after the await, or keep the object in a local name before the check and use that."
    return Patch("Look again after the await", "show", advice=advice)
