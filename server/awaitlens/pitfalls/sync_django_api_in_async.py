"""Django guards the database; the rest blocks the loop in silence.

SynchronousOnlyOperation is raised for database access alone. A cache, a mail server, a password hash: they hold up the
event loop, and nobody says so. Where Django has an async twin, await it; where it has none, let a thread do it.
(Django 3.1-6.1)

## Bad

```python
from django.core.cache import cache


async def my_view(request):
    return cache.get("front-page")
#          ^^^^^^^^^^^^^^^^^^^^^^^ cache.get() blocks the event loop, and Django does not say so
```

## Good

```python
from django.core.cache import cache


async def my_view(request):
    return await cache.aget("front-page")
```

## Bad: there is no twin

```python
from django.core.mail import send_mail


async def sign_up(user):
    send_mail("Welcome", "Hello", None, [user.email])
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ send_mail() blocks the event loop, and Django does not say so
```

## Good: there is no twin

```python
from asgiref.sync import sync_to_async
from django.core.mail import send_mail


async def sign_up(user):
    await sync_to_async(send_mail)("Welcome", "Hello", None, [user.email])
```

## Bad: the session is a database row

```python
from django.contrib.auth import login


async def sign_in(request, user):
    login(request, user)
#   ^^^^^^^^^^^^^^^^^^^^ login() raises SynchronousOnlyOperation in async code
```

## Good: the session is a database row

```python
from django.contrib.auth import alogin, login


async def sign_in(request, user):
    await alogin(request, user)
```

## Fine

```python
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.mail import send_mail


def front_page(request):
    return cache.get("front-page")


async def sign_up(user):
    await cache.aset("last", user.pk)
    await sync_to_async(send_mail)("Welcome", "Hello", None, [user.email])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge import django
from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import is_eager
from awaitlens.program.facts import Attribute, Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_method, await_with_callee, wrap_in_adapter

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = {"django."}

_WAYS = {
    "raises": "raises SynchronousOnlyOperation in async code",
    "blocks": "blocks the event loop, and Django does not say so",
}
# Reported elsewhere (orm-call-in-async, transaction-in-async), or quick where nothing is queried.
_NOT_HERE = (
    "django.template.",
    "django.dispatch.",
    "django.shortcuts.render",
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            target = view.target(call)
            if not target.name.startswith("django.") or target.name.startswith(_NOT_HERE):
                continue
            if django.is_orm(target.name):
                continue
            way = _WAYS.get(django.reaction(target.name))
            if way and call.usage.kind != "awaited" and not is_eager(call, facts, view):
                name = spelled(target.name, call, facts)
                yield Finding(call.span, f"{name}() {way}", target.confidence, data=(("name", target.name),))


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    twin = django.twin(finding.value("name"), view.settings.django)
    if call is None:
        return
    if twin is not None and twin.form == "call":
        edits = await_method(facts, call, twin.method) if isinstance(call.callee, Attribute) else None
        edits = edits or await_with_callee(facts, call, f"‹{twin.twin}›")
        if edits:
            since = django.since(twin.since, view.settings.django)
            yield Patch(f"Use await {twin.method}(){since}", "review", edits)
    wrapped = wrap_in_adapter(facts, call, "‹asgiref.sync.sync_to_async›")
    if wrapped:
        yield Patch("Wrap in sync_to_async", "review", wrapped)
