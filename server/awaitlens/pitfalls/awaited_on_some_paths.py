"""A coroutine is made on every path through the function, and awaited on one of them.

On the other paths nothing of it runs, and Python says so late, if at all: "coroutine was never awaited", from the garbage
collector. Make the coroutine where it is awaited; what should run in any case needs an await on every path.

## Bad

```python
async def load_book(pk): ...


async def book_page(pk, cache):
    loading = load_book(pk)
#             ^^^^^^^^^^^^^ load_book() is not awaited on every path: `loading` is dropped where the function returns first
    if pk in cache:
        return cache[pk]
    return await loading
```

## Good

```python
async def load_book(pk): ...


async def book_page(pk, cache):
    if pk in cache:
        return cache[pk]
    return await load_book(pk)
```

## Bad: under a condition

```python
async def notify(order): ...


async def checkout(order, loud):
    notifying = notify(order)
#               ^^^^^^^^^^^^^ notify() is not awaited on every path: `notifying` is dropped unless a condition holds
    if loud:
        await notifying
    return "paid"
```

## Good: under a condition

```python
async def notify(order): ...


async def checkout(order, loud):
    if loud:
        await notify(order)
    return "paid"
```

## Fine

Who closes a coroutine that is not wanted says so.

```python
async def load_book(pk): ...


async def book_page(pk, cache):
    loading = load_book(pk)
    if pk in cache:
        loading.close()
        return cache[pk]
    return await loading


async def either(pk, now):
    loading = load_book(pk)
    if now:
        return await loading
    else:
        book = await loading
    return book.title


async def tried(pk):
    loading = load_book(pk)
    if not pk:
        raise KeyError(pk)
    try:
        return await loading
    except KeyError:
        return None
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.awaitables import held_by, unawaited_calls
from awaitlens.program.facts import Facts
from awaitlens.program.paths import way_around
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View

law = Law.AWAIT_WHAT_YOU_CALL
severity = "warning"
default = True
needs = {"unawaited"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call, target in unawaited_calls(facts, view):
        binding = held_by(call, facts)
        way = way_around(binding, facts) if binding and facts.scopes[call.scope].is_async else ""
        if binding and way:
            name = spelled(target.name, call, facts)
            message = f"{name}() is not awaited on every path: {quoted(binding.name)} is dropped {way}"
            yield Finding(call.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Make the coroutine where it is awaited, or close() it on the other paths."
    return Patch("Call it where it is awaited", "show", advice=advice)
