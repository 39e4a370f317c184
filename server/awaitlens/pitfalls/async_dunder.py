"""Python calls its special methods itself, and it awaits only a few of them.

`len(x)` calls `x.__len__()` and wants a number back. From an `async def` it gets a coroutine: sometimes that is a
TypeError, sometimes worse. The coroutine of an async `__exit__` counts as true, so it swallows every exception; that of an
async `__del__` never runs. Python awaits `__aenter__`, `__aexit__` and `__anext__`, and no others. (Python 3.8-3.15)

## Bad

```python
class Connection:
    async def __init__(self, host):
#             ^^^^^^^^ __init__() is async: Python raises TypeError when it gets its coroutine
        self.host = host
        self.link = await host.open()

    async def __exit__(self, *error):
#             ^^^^^^^^ __exit__() is async: its coroutine is true, so every exception in the with block is swallowed
        await self.link.close()
```

## A way in and a way out that are awaited

```python
class Connection:
    def __init__(self, host):
        self.host = host
        self.link = None

    async def __aenter__(self):
        self.link = await self.host.open()
        return self

    async def __aexit__(self, *error):
        await self.link.close()
```

## Bad: an iterator

```python
class Pages:
    async def __aiter__(self):
#             ^^^^^^^^^ __aiter__() is async: Python raises TypeError when it gets its coroutine
        return self

    async def __anext__(self):
        raise StopAsyncIteration
```

## Good: an iterator

```python
class Pages:
    def __aiter__(self):
        return self

    async def __anext__(self):
        raise StopAsyncIteration
```

## Fine

An async generator is what `async for` wants of `__aiter__`. And callers may await what they asked for themselves.

```python
class Pages:
    async def __aiter__(self):
        yield 1

    async def __getitem__(self, number): ...

    async def __call__(self): ...


async def read(pages):
    await pages()
    return await pages[3]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.dunders import async_dunders
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import async_def_to_def

law = Law.ONE_COLOUR
severity = "error"
default = True
needs = {"dunder"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for method in async_dunders(facts, view):
        message = f"{method.scope.name}() is async: {method.fate}"
        yield Finding(method.scope.name_span, message, data=(("scope", str(method.scope.number)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    scope = facts.scopes[int(finding.value("scope"))]
    waits = any(suspension.scope == scope.number for suspension in facts.suspensions)
    edits = None if waits or scope.is_generator else async_def_to_def(facts, scope)
    return Patch("Make it a plain def", "review", edits) if edits else None
