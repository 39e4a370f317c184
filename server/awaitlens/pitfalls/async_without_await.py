"""An async function that never waits need not be async.

Without an `await`, an `async for` or an `async with` nothing in it can suspend. Its callers pay for a coroutine, and must
be async themselves, for nothing. Sometimes the colour is asked for: by a framework, a base class, a caller that awaits
whatever it is given. So this is off unless you switch it on.

## Bad

```python
async def total(prices):
#         ^^^^^ total() is async and awaits nothing
    return sum(prices)
```

## Good: a plain function

```python
def total(prices):
    return sum(prices)
```

## Fine

What overrides, is decorated, or is there to be filled in has its colour from elsewhere.

```python
import abc


class Base(abc.ABC):
    @abc.abstractmethod
    async def load(self): ...

    async def close(self):
        raise NotImplementedError

    async def __aenter__(self):
        return self


class File(Base):
    async def load(self):
        return 3


async def numbers():
    yield 1


async def read(file):
    return await file.load()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.view import View

law = Law.ONE_COLOUR
severity = "hint"
default = False


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    waiting = {suspension.scope for suspension in facts.suspensions}
    for scope in facts.async_functions():
        if (
            scope.number in waiting
            or scope.is_generator
            or scope.decorators
            or scope.name.startswith(("__", "test"))
        ):
            continue
        if len(view.class_lineage(scope.number)) <= 1 and not _is_to_be_filled_in(facts, scope):
            yield Finding(scope.name_span, f"{scope.name}() is async and awaits nothing")


def _is_to_be_filled_in(facts: Facts, scope: Scope) -> bool:
    """A body that does nothing, or only raises."""
    jumps = {jump.kind for jump in facts.jumps if jump.scope == scope.number}
    works = any(call.scope == scope.number for call in facts.calls) or "return" in jumps
    return "raise" in jumps or not works
