"""An async generator cannot hand over with `yield from`.

`yield from` passes on what the caller sends and throws, and the language has no async form of it. In an `async def` it is a
SyntaxError: the whole file cannot be imported. A loop that yields does what is meant nearly always. (Python 3.7-3.15)

## Bad

```python
async def pages(book):
    yield book.cover


async def shelf(books):
    for book in books:
        yield from pages(book)
#       ^^^^^^^^^^^^^^^^^^^^^^ yield from is a SyntaxError in an async def
```

## Good

```python
async def pages(book):
    yield book.cover


async def shelf(books):
    for book in books:
        async for item in pages(book):
            yield item
```

## Bad: what is handed over is plain

```python
async def shelf(load):
    yield await load()
    yield from ["index", "cover"]
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ yield from is a SyntaxError in an async def
```

## Good: what is handed over is plain

```python
async def shelf(load):
    yield await load()
    for item in ["index", "cover"]:
        yield item
```

## Fine

```python
def pages(book):
    yield from book.pages


async def shelf(books, show):
    def every():
        yield from pages(books[0])

    for page in every():
        await show(page)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import loop_over_delegate

law = Law.ONE_COLOUR
severity = "error"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for jump in facts.jumps:
        if jump.kind == "yield from" and facts.scopes[jump.scope].is_async:
            yield Finding(jump.span, "yield from is a SyntaxError in an async def: loop, and yield each item")


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    jump = next(j for j in facts.jumps if j.span == finding.span)
    protocol, _ = view.protocol("for", jump.value, jump.scope, jump.span)
    if protocol not in ("sync", "async"):
        return None
    header = "async for" if protocol == "async" else "for"
    edits = loop_over_delegate(facts, jump.span, header)
    return Patch(f"Use {header} and yield", "review", edits) if edits else None
