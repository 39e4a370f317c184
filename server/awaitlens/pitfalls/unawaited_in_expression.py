"""Without await you hold the coroutine, not its result.

A coroutine object has none of the attributes, items or digits of the value it would give. Some uses fail at once
("'coroutine' object has no attribute ..."). The quiet ones are worse: an f-string prints
`<coroutine object fetch at 0x...>`, and a template renders just that, with status 200.

## Bad

```python
from django.shortcuts import render


async def load_book(pk): ...


async def book_page(request, pk):
    return render(request, "book.html", {"book": load_book(pk)})
#                                                ^^^^^^^^^^^^^ load_book() is not awaited: the coroutine goes to render()
```

## Good

```python
from django.shortcuts import render


async def load_book(pk): ...


async def book_page(request, pk):
    return render(request, "book.html", {"book": await load_book(pk)})
```

## Bad: the value's own parts

```python
async def load_book(pk): ...


async def title(pk):
    name = load_book(pk).title
#          ^^^^^^^^^^^^^ load_book() is not awaited: the coroutine has no attribute title
    return f"{name} ({load_book(pk)})"
#                     ^^^^^^^^^^^^^ load_book() is not awaited: the coroutine prints as
```

## Good: the value's own parts

```python
async def load_book(pk): ...


async def title(pk):
    name = (await load_book(pk)).title
    return f"{name} ({await load_book(pk)})"
```

## Fine

What takes a coroutine to run it is given one.

```python
import asyncio


async def load_book(pk): ...


async def shelf(pks):
    loading = [load_book(pk) for pk in pks]
    return await asyncio.gather(*loading, load_book(0))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import misuse, unawaited_calls
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
        wrong = misuse(call.usage, facts, view)
        if wrong and call.usage.kind not in ("tested", "compared"):
            name = spelled(target.name, call, facts)
            yield Finding(call.span, f"{name}() is not awaited: the coroutine {wrong}", target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    return Patch("Add await", "review", edits) if edits else None
