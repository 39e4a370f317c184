"""An asyncio lock does not let its own holder in again.

The task waits for the lock to be free. It holds the lock itself, so it waits forever, and so does everybody behind it.
(asyncio, Python 3.8-3.15)

## Bad

```python
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def add(self, order):
        async with self._lock:
            await self.flush()
            #     ^^^^^^^^^^ self._lock is held here, and flush() takes it again

    async def flush(self):
        async with self._lock:
            await self.write()
```

## Fine: an inner method that asks for no lock

```python
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def add(self, order):
        async with self._lock:
            await self._flush()

    async def flush(self):
        async with self._lock:
            await self._flush()

    async def _flush(self):
        await self.write()
```

## Bad: in one function

```python
import asyncio

lock = asyncio.Lock()


async def add(order):
    async with lock:
        async with lock:
        #^^^^^^^^^^^^^^ `lock` is held here already
            await write(order)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge.concurrency import lock
from awaitlens.pitfall import Finding, Law, Patch, Step, quoted
from awaitlens.program.facts import Attribute, Call, Context, Facts, Name, Term, last_name
from awaitlens.program.view import View

law = Law.ALONE_BETWEEN_AWAITS
severity = "error"
default = True
needs = {"async with"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for context in facts.contexts:
        held = [term for term in _taken(context) if _is_plain(term, view, context.scope)]
        for term in held:
            yield from _in_function(facts, context, term)
            yield from _in_methods(facts, view, context, term)


def _taken(context: Context) -> tuple[Term, ...]:
    return context.terms if context.kind == "async with" else ()


def _is_plain(term: Term, view: View, scope: int) -> bool:
    kind = lock(view.type_of(term, scope))
    return kind is not None and kind.name == "asyncio.Lock"


def _in_function(facts: Facts, outer: Context, term: Term) -> Iterator[Finding]:
    for inner in facts.contexts:
        around = (context.number for context in facts.enclosing(inner.parent))
        if term in _taken(inner) and outer.number in around:
            words = f"{quoted(_spelled(term))} is held here already: taking it again waits forever"
            trail = (Step(outer.span, "takes the lock"), Step(inner.span, "takes it again: waits for itself"))
            yield Finding(inner.span, words, "certain", trail)


def _in_methods(facts: Facts, view: View, outer: Context, term: Term) -> Iterator[Finding]:
    for call in facts.calls:
        around = (context.number for context in facts.enclosing(call.context))
        if call.usage.kind == "awaited" and outer.number in around and _is_method_of_self(call):
            again = _takes_again(view, facts.owner, call, term)
            if again is not None:
                name = f"{last_name(call.callee)}()"
                words = f"{quoted(_spelled(term))} is held here, and {name} takes it again: it waits forever"
                steps = (Step(outer.span, "takes the lock"), Step(call.span, f"calls {name}"), again)
                yield Finding(call.callee_span, words, "certain", steps)


def _is_method_of_self(call: Call) -> bool:
    return isinstance(call.callee, Attribute) and call.callee.value == Name("self")


def _takes_again(view: View, owner: tuple[str, ...], call: Call, term: Term) -> Step | None:
    """Where the method takes the lock on every way through it."""
    for line, block in view.class_blocks(owner, last_name(call.callee)):
        for scope in block.functions():
            if Attribute(Name("self"), scope.name) != call.callee or not scope.is_async:
                continue
            for context in block.contexts:
                if context.scope == scope.number and context.parent < 0 and term in _taken(context):
                    return Step(context.span.shifted(line), "takes it again: waits for itself", view.path)
    return None


def _spelled(term: Term) -> str:
    return (
        f"{_spelled(term.value)}.{term.attr}"
        if isinstance(term, Attribute)
        else getattr(term, "id", "the lock")
    )


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Move the work into a method that takes no lock, and call that one while the lock is held."
    return Patch("Take the lock once", "show", advice=advice)
