"""What waits for each item needs `async for`.

An async generator may suspend before every item it yields. A plain `for` cannot wait; it raises TypeError,
"'async_generator' object is not iterable", before the first item. Comprehensions have the same two forms. (Python 3.7-3.15)

## Bad

```python
async def pages(client):
    while page := await client.next_page():
        yield page


async def count(client):
    total = 0
    for page in pages(client):
#   ^^^^^^^^^^^^^^^^^^^^^^^^^ plain `for` fails here: pages() is iterated by `async for` alone
        total += len(page)
    return total, [page.title for page in pages(client)]
#                                         ^^^^^^^^^^^^^ plain `for` fails here: pages() is iterated by `async for` alone
```

## Good

```python
async def pages(client):
    while page := await client.next_page():
        yield page


async def count(client):
    total = 0
    async for page in pages(client):
        total += len(page)
    return total, [page.title async for page in pages(client)]
```

## Bad: a class of your own

```python
class Feed:
    def __aiter__(self):
        return self

    async def __anext__(self):
        raise StopAsyncIteration


async def read():
    feed = Feed()
    for entry in feed:
#   ^^^^^^^^^^^^^^^^^ plain `for` fails here: a Feed is iterated by `async for` alone
        print(entry)
```

## Fine

```python
async def pages(client):
    yield await client.next_page()


class Feed:
    def __iter__(self):
        return iter(())

    async def __aiter__(self):
        yield 1


async def count(client):
    first = [page async for page in pages(client)]
    for page in first:
        print(page)
    for entry in Feed():
        print(entry)
    async for entry in Feed():
        print(entry)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.protocols import wrongly_iterated
from awaitlens.program.view import View
from awaitlens.rewrite import comprehension_to_async, for_to_async_for

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"for", "comprehension"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in wrongly_iterated(facts, view, "for"):
        message = f"plain `for` fails here: {found.what} is iterated by `async for` alone"
        data = (("form", "comprehension"),) if found.iterable else ()
        yield Finding(found.span, message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    change = comprehension_to_async if finding.value("form") else for_to_async_for
    edits = change(facts, finding.span)
    return Patch("Use async for", "review", edits) if edits else None
