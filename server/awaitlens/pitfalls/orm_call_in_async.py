"""The ORM does not run in async code: Django raises SynchronousOnlyOperation.

A database connection belongs to the thread that opened it, and waiting for the database would stop the event loop. So
Django looks whether a loop is running in this thread, and refuses. (Django 3.0-6.1; unless DJANGO_ALLOW_ASYNC_UNSAFE is
set: then the query runs, and the loop stands still meanwhile.)

## Bad

```python models.py
from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=100)
```

```python
from django.http import HttpResponse

from models import Book


async def my_view(request):
    book = Book.objects.get(pk=1)
#          ^^^^^^^^^^^^^^^^^^^^^^ Book.objects.get() raises SynchronousOnlyOperation in async code
    return HttpResponse(book.title)
```

## Good

Since Django 4.1 each method that runs a query has a twin with an `a` before its name. A thread still does the work,
but the loop goes on.

```python models.py
from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=100)
```

```python
from django.http import HttpResponse

from models import Book


async def my_view(request):
    book = await Book.objects.aget(pk=1)
    return HttpResponse(book.title)
```

## Fine

Building a query asks the database nothing.

```python
from asgiref.sync import sync_to_async

from shop.models import Book


async def my_view(request):
    cheap = Book.objects.filter(price__lt=10).order_by("title")
    titles = [book.title async for book in cheap]
    first = await sync_to_async(Book.objects.get)(pk=1)
    return titles, first, await cheap.acount()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge import django
from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import is_eager
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_method, wrap_in_adapter

law = Law.NEVER_BLOCK_THE_LOOP
severity = "error"
default = True
needs = {"django."}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            target = view.target(call)
            if not django.is_orm(target.name) or django.reaction(target.name) != "raises":
                continue
            if not is_eager(call, facts, view):
                name = spelled(target.name, call, facts)
                message = f"{name}() raises SynchronousOnlyOperation in async code"
                yield Finding(call.span, message, target.confidence, data=(("name", target.name),))


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is None:
        return
    twin = django.twin(finding.value("name"), view.settings.django)
    edits = await_method(facts, call, twin.method) if twin and twin.form == "call" else None
    if twin and edits:
        since = django.since(twin.since, view.settings.django)
        yield Patch(f"Use await {twin.method}(){since}", "review", edits)
    wrapped = wrap_in_adapter(facts, call, "‹asgiref.sync.sync_to_async›")
    if wrapped:
        yield Patch("Wrap in sync_to_async", "review", wrapped)
