"""Two locks, taken in two orders, can wait for each other.

Task 1 holds the first and waits for the second. Task 2 holds the second and waits for the first. Neither gets on.

## Bad

```python
import asyncio


class Bank:
    def __init__(self):
        self._accounts = asyncio.Lock()
        self._journal = asyncio.Lock()

    async def transfer(self):
        async with self._accounts:
            async with self._journal:
            #^^^^^^^^^^^^^^^^^^^^^^^ self._journal is taken while self._accounts is held
                await self.write()

    async def report(self):
        async with self._journal:
            async with self._accounts:
            #^^^^^^^^^^^^^^^^^^^^^^^^ self._accounts is taken while self._journal is held
                await self.read()
```

## Fine: one order for all

```python
import asyncio


class Bank:
    def __init__(self):
        self._accounts = asyncio.Lock()
        self._journal = asyncio.Lock()

    async def transfer(self):
        async with self._accounts:
            async with self._journal:
                await self.write()

    async def report(self):
        async with self._accounts, self._journal:
            await self.read()
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from awaitlens.knowledge.concurrency import lock
from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Attribute, Context, Facts, Name, Term, last_name
from awaitlens.program.view import View

law = Law.ALONE_BETWEEN_AWAITS
severity = "error"
default = True
needs = {"async with"}

Pair = tuple[Term, Term]


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    """Locks in `self`: the other order is looked for in the same class."""
    for (held, taken), inner, outer in _pairs(facts):
        if not (_is_lock(held, view, inner.scope) and _is_lock(taken, view, inner.scope)):
            continue
        for line, block in view.class_blocks(facts.owner, last_name(held)):
            for pair, other, first in _pairs(block):
                if pair == (taken, held):
                    steps = (
                        Step(outer.span, f"holds {_spelled(held)}", lane="task 1"),
                        Step(first.span.shifted(line), f"holds {_spelled(taken)}", view.path, "task 2"),
                        Step(inner.span, f"waits for {_spelled(taken)}", lane="task 1"),
                        Step(other.span.shifted(line), f"waits for {_spelled(held)}", view.path, "task 2"),
                    )
                    order = (("first", _spelled(held)), ("second", _spelled(taken)))
                    yield Finding(
                        inner.span,
                        _message(held, taken, block.scopes[other.scope].name),
                        "certain",
                        steps,
                        order,
                    )


def _message(held: Term, taken: Term, other: str) -> str:
    first, second = _spelled(held), _spelled(taken)
    return f"{second} is taken while {first} is held, and {other}() takes them the other way round: both can wait forever"


def _pairs(facts: Facts) -> Iterator[tuple[Pair, Context, Context]]:
    for inner in facts.contexts:
        if inner.kind != "async with":
            continue
        taken = [term for term in inner.terms if _of_self(term)]
        yield from (((a, b), inner, inner) for a, b in pairwise(taken) if a != b)
        for outer in facts.enclosing(inner.parent):
            if outer.kind == "async with":
                held = [term for term in outer.terms if _of_self(term)]
                yield from (((a, b), inner, outer) for a in held for b in taken if a != b)


def _of_self(term: Term) -> bool:
    return isinstance(term, Attribute) and term.value == Name("self")


def _is_lock(term: Term, view: View, scope: int) -> bool:
    kind = lock(view.type_of(term, scope))
    return kind is not None and kind.kind == "lock" and kind.family in ("asyncio", "anyio", "trio")


def _spelled(term: Term) -> str:
    return f"self.{term.attr}" if isinstance(term, Attribute) else ""


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = f"For instance {finding.value('first')} first, then {finding.value('second')}."
    return Patch("Take the locks in one order everywhere", "show", advice=advice)
