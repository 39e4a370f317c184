"""A loop that waits does not own what it iterates.

Between two rounds other tasks can run. If one of them adds or removes an element, a dict stops the loop with
"RuntimeError: dictionary changed size during iteration", a set with its own words, and a list can skip or repeat one.
(Python 3.8-3.15)

## Bad

```python
class Hub:
    async def broadcast(self, text):
        for client in self.clients:
            #         ^^^^^^^^^^^^ self.clients can change while this loop waits
            await client.send(text)

    def leave(self, client):
        self.clients.discard(client)
```

## Good

Iterate over a copy: the loop sees everybody who was there when it began.

```python
class Hub:
    async def broadcast(self, text):
        for client in list(self.clients):
            await client.send(text)

    def leave(self, client):
        self.clients.discard(client)
```

## Fine: nothing is awaited on the way

```python
class Hub:
    async def broadcast(self, text):
        await asyncio.gather(*[client.send(text) for client in self.clients])

    def leave(self, client):
        self.clients.discard(client)
```

## Fine: the loop ends with the await

```python
class Hub:
    async def first(self, text):
        for client in self.clients:
            if client.ready:
                return await client.send(text)

    def leave(self, client):
        self.clients.discard(client)
```

## Fine: a container that never changes

```python
class Hub:
    async def broadcast(self, text):
        for client in self.clients:
            await client.send(text)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.iterations import OpenIteration, open_iterations
from awaitlens.program.flow.miniatures import changed_while_iterated
from awaitlens.program.view import View
from awaitlens.rewrite.expressions import iterate_over_copy

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in open_iterations(facts, view):
        iterated = facts.slice(found.iterated)
        there = found.change
        yield Finding(
            found.iterated,
            f"{iterated} can change while this loop waits: another task may run {there.words} before the next round",
            found.confidence,
            _trail(found, facts, view),
            changed_while_iterated(found.function, iterated, there.scope.name, there.words, found.kind).data,
        )


def _trail(found: OpenIteration, facts: Facts, view: View) -> tuple[Step, ...]:
    there = found.change
    elsewhere = Step(there.span, there.words, lane="task 2")
    if there.facts is not facts:
        elsewhere = Step(there.span.shifted(there.line), there.words, view.path, "task 2")
    return (
        Step(found.iterated, "takes an element", lane="task 1"),
        Step(found.suspension, "awaits, others run", lane="task 1"),
        elsewhere,
        Step(found.iterated, "asks for the next one: the container has changed", lane="task 1"),
    )


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = iterate_over_copy(facts, finding.span)
    return Patch("Iterate over a copy", "safe", edits) if edits else None
