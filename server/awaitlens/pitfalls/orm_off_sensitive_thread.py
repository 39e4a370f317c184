"""Each thread has a database connection of its own; keep the ORM on the thread-sensitive one.

`sync_to_async` runs its functions on one thread per request, so they share a connection and what was set up on it. With
`thread_sensitive=False`, `asyncio.to_thread` or an executor, any thread of a pool may take the call: another
connection, another session, no transaction you may have begun; and Django closes it when the request ends only on the
thread that handles the request. (asgiref 3.3-3.13; before 3.3 the default was False)

## Bad

```python
from asgiref.sync import sync_to_async

from shop.models import User


def deactivate_users():
    User.objects.filter(old=True).update(active=False)


async def my_view(request):
    await sync_to_async(deactivate_users, thread_sensitive=False)()
#         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ deactivate_users() uses the database on a thread of the pool, with another connection
```

## Good

```python
from asgiref.sync import sync_to_async

from shop.models import User


def deactivate_users():
    User.objects.filter(old=True).update(active=False)


async def my_view(request):
    await sync_to_async(deactivate_users)()
```

## Bad: to_thread

```python
import asyncio

from shop.models import User


def count_users():
    return User.objects.count()


async def my_view(request):
    return await asyncio.to_thread(count_users)
#                                  ^^^^^^^^^^^ count_users() uses the database on a thread of the pool, with another connection
```

## Fine

```python
import asyncio

from asgiref.sync import sync_to_async
from django.db import transaction

from shop.models import User


@sync_to_async
def deactivate_users():
    with transaction.atomic():
        User.objects.filter(old=True).update(active=False)


async def my_view(request):
    await deactivate_users()
    await asyncio.to_thread(sum, [1, 2, 3])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.confidence import weakest
from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Call, Constant, Facts, Lambda, Scope
from awaitlens.program.summaries import Chain
from awaitlens.program.view import View
from awaitlens.rewrite import remove_keyword
from awaitlens.source import Span

law = Law.KNOW_YOUR_THREAD
severity = "warning"
default = True
everywhere = True

_POOLS = {
    "asyncio.to_thread": 0,
    "asyncio.AbstractEventLoop.run_in_executor": 1,
    "concurrent.futures.Executor.submit": 0,
}
_ADAPTER = "asgiref.sync.sync_to_async"


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call in facts.calls:
        target = view.target(call)
        given = call.argument(_POOLS.get(target.name, 0), "func")
        if given is not None and (target.name in _POOLS or (target.name == _ADAPTER and _is_off(call, view))):
            chain = view.queries(given.value, call.scope, call.span)
            span = call.span if target.name == _ADAPTER else given.span
            if chain is not None:
                chain = chain._replace(confidence=weakest(target.confidence, chain.confidence))
                yield _finding(facts.slice(given.span), span, chain, view)
    for function in facts.functions():
        yield from _decorated(function, facts, view)


def _decorated(function: Scope, facts: Facts, view: View) -> Iterator[Finding]:
    for decorator, name in zip(function.decorators, view.decorator_names(function.number)):
        if name == _ADAPTER and _is_off(facts.call_of(decorator), view):
            chain = view.queries(Lambda(function.number), function.parent)
            if chain is not None:
                yield _finding(function.name, function.name_span, chain, view)


def _finding(name: str, span: Span, chain: Chain, view: View) -> Finding:
    message = f"{name}() uses the database on a thread of the pool, with another connection"
    mine = Step(span, "has a connection of its own", "", "thread-sensitive thread")
    hops = ((view.hop_span(hop), f"calls {hop.name}()", hop.path) for hop in chain.hops)
    used = [Step(*hop, "pool thread") for hop in hops] or [Step(span, "", "", "pool thread")]
    used[-1] = used[-1]._replace(words="queries through another one")
    return Finding(span, message, chain.confidence, (mine, *used))


def _is_off(call: Call | None, view: View) -> bool:
    sensitive = call.keyword("thread_sensitive") if call else None
    if sensitive is None:
        return view.settings.asgiref is not None and view.settings.asgiref < (3, 3, 0)
    return sensitive == Constant(False)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    for call in facts.calls:
        if call.keyword("thread_sensitive") and call.span.line <= finding.span.line <= call.span.end_line + 1:
            edits = remove_keyword(facts, call, "thread_sensitive")
            return Patch("Keep it on the thread-sensitive thread", "review", edits) if edits else None
    return None
