"""The variable holds a coroutine, and nobody ever awaits it.

`book = load_book(pk)` looks like a book. It is a promise of one: nothing has run yet. If every later use takes it for
the book itself, or there is no later use, the forgotten `await` shows far away from where it is missing. Django
notices a coroutine that a view returns, and no other. (Django 3.1-6.1)

## Bad

```python
from django.shortcuts import render


async def load_book(pk): ...


async def book_page(request, pk):
    book = load_book(pk)
#          ^^^^^^^^^^^^^ load_book() is not awaited: `book` is a coroutine, and goes to render() as it is
    return render(request, "book.html", {"book": book})
```

## Good

```python
from django.shortcuts import render


async def load_book(pk): ...


async def book_page(request, pk):
    book = await load_book(pk)
    return render(request, "book.html", {"book": book})
```

## Bad: never looked at again

```python
async def save(order): ...


async def checkout(order):
    saved = save(order)
#           ^^^^^^^^^^^ save() is not awaited: `saved` is a coroutine that nobody uses
    return "paid"
```

## Good: never looked at again

```python
async def save(order): ...


async def checkout(order):
    saved = await save(order)
    return "paid"
```

## Fine

Kept first and awaited later, or handed to someone who awaits it.

```python
async def load_book(pk): ...


async def book_page(pk, cache):
    loading = load_book(pk)
    if pk in cache:
        loading.close()
        return cache[pk]
    fallback = load_book(0)
    return await cache.fill(pk, loading, or_else=fallback)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.awaitables import fate_of, given_out, held_by, unawaited_calls
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True
needs = {"unawaited"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call, target in view.once(unawaited_calls, facts):
        binding = held_by(call, facts)
        holder, fate = (binding.name, fate_of(binding, facts, view)) if binding else given_out(call, facts)
        if fate:
            name = spelled(target.name, call, facts)
            message = f"{name}() is not awaited: {quoted(holder)} is a coroutine{fate}"
            yield Finding(call.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    return Patch("Add await", "review", edits) if edits else None
