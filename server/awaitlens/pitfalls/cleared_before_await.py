"""Emptied, waited, filled: two runs at once fill the same container.

The first run empties the container and waits. The second does the same. Then both put in what they got, and what is in
it in the end is a mixture of the two.

## Bad

```python
class Search:
    async def show(self, text):
        self.results.clear()
        #^^^^^^^^^^^^^^^^^^^ self.results is emptied before an await and filled after it
        for hit in await self.index.find(text):
            self.results.append(hit)
```

## Good: wait first

```python
class Search:
    async def show(self, text):
        found = await self.index.find(text)
        self.results.clear()
        for hit in found:
            self.results.append(hit)
```

## Fine: one at a time

```python
class Search:
    async def show(self, text):
        async with self._lock:
            self.results.clear()
            for hit in await self.index.find(text):
                self.results.append(hit)
```

## Fine: a list of one's own

```python
class Search:
    async def find(self, text):
        results = []
        for hit in await self.index.find(text):
            results.append(hit)
        self.results = results
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.miniatures import filled_twice
from awaitlens.program.flow.refills import refills
from awaitlens.program.flow.verify import is_settled
from awaitlens.program.view import View
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.moves import wait_first
from awaitlens.rewrite.statements import fresh_name

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"flow"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in refills(facts, view):
        steps = (
            Step(found.emptied, f"empties {found.place}", lane="task 1"),
            Step(found.suspension, "awaits, others run", lane="task 1"),
            Step(found.emptied, f"empties {found.place}", lane="task 2"),
            Step(found.suspension, "awaits, others run", lane="task 2"),
            Step(found.filled, "puts in its own", lane="task 1"),
            Step(found.filled, "puts in its own: now both are in it", lane="task 2"),
        )
        yield Finding(
            found.emptied,
            f"{found.place} is emptied before an await and filled after it: two runs at once can mix in it",
            found.confidence,
            steps,
            filled_twice(found.function, facts.slice(found.suspension)).data,
        )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    """The await comes first, where that leaves none between emptying and filling."""
    found = next((each for each in refills(facts, view) if each.emptied == finding.span), None)
    name = fresh_name(facts, "found")
    edits = wait_first(facts, found.emptied, found.suspension, name) if found is not None else None
    if found is not None and edits and is_settled(view, ((facts, apply(facts.text, edits)),), found.place):
        return Patch(f"Wait first, then empty {found.place} and fill it", "review", edits)
    advice = "No await may lie between the two. Or fill a new container, and put it in place at the end."
    return Patch("Wait first, then empty and fill", "show", advice=advice)
