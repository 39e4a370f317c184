"""A queryset runs its query when it is looked into, and in async code that raises.

`Book.objects.filter(...)` only writes the question down. The database is asked by the loop, the `len()`, the `if`, the
index: that line raises SynchronousOnlyOperation, far from where the query was built. (Django 3.0-6.1; unless
DJANGO_ALLOW_ASYNC_UNSAFE is set: then it blocks the loop)

## Bad

```python
from shop.models import Book


async def my_view(request):
    cheap = Book.objects.filter(price__lt=10)
    for book in cheap:
#               ^^^^^ this loop runs the query of `cheap`, which raises SynchronousOnlyOperation
        print(book.title)
```

## Good

`async for` lets another thread run the query, and the loop goes on. (Django 4.1 and newer)

```python
from shop.models import Book


async def my_view(request):
    cheap = Book.objects.filter(price__lt=10)
    async for book in cheap:
        print(book.title)
```

## Bad: list, length, truth

```python
from shop.models import Book


async def my_view(request):
    if Book.objects.filter(price__lt=10):
#      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the condition runs the query of Book.objects.filter(price__lt=10)
        return list(Book.objects.all())
#                   ^^^^^^^^^^^^^^^^^^ list() runs the query of Book.objects.all()
    return len(Book.objects.all())
#              ^^^^^^^^^^^^^^^^^^ len() runs the query of Book.objects.all()
```

## Good: list, length, truth

```python
from shop.models import Book


async def my_view(request):
    if await Book.objects.filter(price__lt=10).aexists():
        return [item async for item in Book.objects.all()]
    return await Book.objects.all().acount()
```

## Fine

```python
from asgiref.sync import sync_to_async

from shop.models import Book


async def my_view(request):
    page = Book.objects.filter(price__lt=10)[:20]
    books = [book async for book in page]
    return len(page), books, await sync_to_async(list)(Book.objects.all())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge import django
from awaitlens.pitfall import Finding, Law, Patch, Step, quoted
from awaitlens.program.facts import Facts
from awaitlens.program.querysets import Evaluation, evaluations
from awaitlens.program.view import View
from awaitlens.rewrite import comprehension_to_async, for_to_async_for, replace

law = Law.NEVER_BLOCK_THE_LOOP
severity = "error"
default = True

_WHO = {
    "for": "this loop",
    "test": "the condition",
    "in": "`in`",
    "index": "this index",
    "text": "the f-string",
    "unpack": "the star",
}
_TWINS = {
    "len": ("await acount()", "await {}.acount()"),
    "test": ("await aexists()", "await {}.aexists()"),
    "bool": ("await aexists()", "await {}.aexists()"),
    "list": ("an async comprehension", "[item async for item in {}]"),
}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in evaluations(facts, view):
        who = _WHO.get(found.how, f"{found.how}()")
        text = facts.slice(found.span).split("\n")[0]
        message = f"{who} runs the query of {quoted(text)}, which raises SynchronousOnlyOperation"
        data = (("how", found.how), ("call", str(found.call)))
        yield Finding(found.span, message, found.confidence, tuple(_trail(found, text, facts)), data)


def _trail(found: Evaluation, name: str, facts: Facts) -> Iterator[Step]:
    """Where a query that a name stands for was built, and where it runs."""
    assigned = [b for b in facts.bindings if b.kind == "assign" and b.scope == found.scope]
    built = [b.span for b in assigned if b.name == name and b.span < found.span]
    if built:
        yield Step(built[-1], "only builds the query")
        yield Step(found.span, "asks the database")


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    if view.settings.django is not None and view.settings.django < (4, 1):
        return
    since = django.since((4, 1), view.settings.django)
    how, text = finding.value("how"), facts.slice(finding.span)
    if how == "for":
        loop = next(
            (c for c in facts.contexts if c.kind == "for" and c.span.contains(*finding.span[:2])), None
        )
        edits = for_to_async_for(facts, loop.span) if loop else comprehension_to_async(facts, finding.span)
        if edits:
            yield Patch(f"Use async for{since}", "review", edits)
    elif how in _TWINS:
        call = int(finding.value("call"))
        span = facts.calls[call].span if call >= 0 else finding.span
        title, code = _TWINS[how]
        yield Patch(f"Use {title}{since}", "review", replace(facts, span, code.format(text)))
