"""An async property gives a coroutine each time it is read.

`@property` over an `async def` looks like a plain value where it is read. It is a call that nobody sees: `book.price`
is a coroutine, and the price comes with `await book.price`. Without the await it is always true, prints as
`<coroutine object ...>` and has none of the price's attributes. (Python 3.7-3.15)

## Bad

```python
class Book:
    @property
    async def price(self): ...

    async def label(self):
        if self.price:
#          ^^^^^^^^^^ self.price is a coroutine: it is always true
            print(self.price)
#                 ^^^^^^^^^^ self.price is a coroutine, and goes to print() as it is
        return self.price.currency.upper()
#              ^^^^^^^^^^ self.price is a coroutine, and has no attribute currency
```

## Good

```python
class Book:
    @property
    async def price(self): ...

    async def label(self):
        if await self.price:
            print(await self.price)
        return (await self.price).currency.upper()
```

## Fine

```python
import asyncio


class Book:
    @property
    async def price(self): ...

    @property
    def title(self):
        return "Async Python"

    async def label(self):
        price, _ = await asyncio.gather(self.price, asyncio.sleep(0))
        if self.title and await self.price:
            print(self.title)
        return self.price
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import property_reads
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for read in property_reads(facts, view):
        name = facts.slice(read.span)
        yield Finding(read.span, f"{name} is a coroutine{read.fate}", read.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    return Patch("Add await", "review", edits) if edits else None
