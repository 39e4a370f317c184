"""`async for` asks for an async iterator, and a list is none.

`async for` awaits the next item. A list, a dict or a plain generator has its items at hand and no `__aiter__`, and Python
raises TypeError: "'async for' requires an object with __aiter__ method". It does not run anything at once, either: the
body still goes item by item. (Python 3.7-3.15)

## Bad

```python
async def refresh(fetch):
    sites = ["a.example", "b.example"]
    async for site in sites:
#   ^^^^^^^^^^^^^^^^^^^^^^^ `async for` fails here: a list is iterated by plain `for` alone
        await fetch(site)
    return {site: len(site) async for site in sorted(sites)}
#                                             ^^^^^^^^^^^^^ `async for` fails here: sorted() is iterated by plain `for` alone
```

## Good

```python
async def refresh(fetch):
    sites = ["a.example", "b.example"]
    for site in sites:
        await fetch(site)
    return {site: len(site) for site in sorted(sites)}
```

## Bad: a generator of your own

```python
def pages(book):
    for number in range(book.length):
        yield number


async def read(book, show):
    async for page in pages(book):
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `async for` fails here: pages() is iterated by plain `for` alone
        await show(page)
```

## Good: a generator of your own

```python
def pages(book):
    for number in range(book.length):
        yield number


async def read(book, show):
    for page in pages(book):
        await show(page)
```

## Fine

What hands out an async iterator may itself be a plain function.

```python
async def lines(stream):
    yield await stream.readline()


def numbered(stream):
    return lines(stream)


async def read(stream, show, feed):
    async for line in numbered(stream):
        await show(line)
    async for entry in feed:
        await show(entry)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.protocols import wrongly_iterated
from awaitlens.program.view import View
from awaitlens.rewrite import async_for_to_for, comprehension_to_sync

law = Law.ONE_COLOUR
severity = "error"
default = True
needs = {"async for", "comprehension"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in wrongly_iterated(facts, view, "async for"):
        message = f"`async for` fails here: {found.what} is iterated by plain `for` alone"
        data = (("form", "comprehension"),) if found.iterable else ()
        yield Finding(found.span, message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    change = comprehension_to_sync if finding.value("form") else async_for_to_for
    edits = change(facts, finding.span)
    return Patch("Use plain `for`", "review", edits) if edits else None
