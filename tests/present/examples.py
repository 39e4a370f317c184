"""Three findings written by hand: a lost update, a transaction in an async view, a blocking chain over two files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from awaitlens.lesson import parse_lesson
from awaitlens.pitfall import Edit, Finding, Law, Patch, Pitfall, Step
from awaitlens.source import Source, Span


@dataclass(frozen=True)
class Example:
    finding: Finding
    pitfall: Pitfall
    source: Source
    patches: tuple[Patch, ...]
    others: dict[str, Source] = field(default_factory=dict)


def span_of(source: Source, text: str, occurrence: int = 1) -> Span:
    offset = -1
    for _ in range(occurrence):
        offset = source.text.index(text, offset + 1)
    line = source.text.count("\n", 0, offset)
    column = offset - (source.text.rfind("\n", 0, offset) + 1)
    return Span(line, column, line, column + len(text))


def pitfall_of(name: str, law: Law, lesson: str) -> Pitfall:
    return Pitfall(
        name, law, "warning", True, False, frozenset(), parse_lesson(lesson), lambda facts, view: (), None
    )


STALE_WRITE = """What was read before an await is written after it.

Other tasks run while this one waits. What they wrote in the meantime is overwritten.

## Bad

```python
stats = {"alive": 0, "dead": 0}

async def fetch_site(site):
    alive = stats["alive"]
    response = await client.get(site)
    if response.status_code < 400:
        stats["alive"] = alive + 1
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^ stats["alive"] was read before the await
```

## What the tasks see

Both read 0 and both write 1. One site is missing from the count.

## Good

Read and write with no `await` in between. Nobody can come between them.

```python
async def fetch_site(site):
    response = await client.get(site)
    if response.status_code < 400:
        alive = stats["alive"]
        stats["alive"] = alive + 1
```

## Fine: nothing is shared

```python
async def count(site):
    seen = {}
    before = len(seen)
    await client.get(site)
    seen[site] = before
```
"""

SITES = Source(
    "/srv/shop/sites.py",
    """import asyncio
import httpx

client = httpx.AsyncClient()
stats = {"alive": 0, "dead": 0}


async def fetch_site(site):
    alive = stats["alive"]
    response = await client.get(site)
    if response.status_code < 400:
        stats["alive"] = alive + 1


async def main(sites):
    await asyncio.gather(*[fetch_site(site) for site in sites])
""",
)


def lost_update() -> Example:
    read, wait = span_of(SITES, 'stats["alive"]'), span_of(SITES, "await client.get(site)")
    write = span_of(SITES, 'stats["alive"] = alive + 1')
    trail = (
        Step(read, 'reads stats["alive"]', lane="task 1"),
        Step(wait, "waits, others run here", lane="task 1"),
        Step(read, "reads the same value", lane="task 2"),
        Step(wait, "waits", lane="task 2"),
        Step(write, "writes its value + 1", lane="task 2"),
        Step(write, "writes over it with the old value + 1", lane="task 1"),
    )
    finding = Finding(
        write,
        'stats["alive"] was read before the await on line 10, so this write can undo what another task wrote.',
        "likely",
        trail,
        pitfall="stale-write-after-await",
    )
    patch = Patch(
        'Read stats["alive"] after the await',
        "review",
        (Edit(Span(8, 0, 9, 0), ""), Edit(Span(11, 0, 11, 0), '        alive = stats["alive"]\n')),
    )
    pitfall = pitfall_of("stale-write-after-await", Law.ALONE_BETWEEN_AWAITS, STALE_WRITE)
    return Example(finding, pitfall, SITES, (patch,))


TRANSACTION = """A transaction does not span an await.

`transaction.atomic()` belongs to one thread and its connection. The event loop's thread has no business with either.

## Bad

```python
from django.db import transaction

async def my_view(request):
    with transaction.atomic():
    #    ^^^^^^^^^^^^^^^^^^^^ transaction.atomic() in async code
        await verify_valid_user(request)
        await create_user_account(request)
```

## Good: one sync function holds the whole block

```python
from asgiref.sync import sync_to_async
from django.db import transaction

async def my_view(request):
    await sync_to_async(sign_up)(request)
```
"""

VIEWS = Source(
    "/srv/shop/views.py",
    """from django.db import transaction

from .users import create_user_account, verify_valid_user


class SignUp(View):
    async def post(self, request):
        with transaction.atomic():
            await verify_valid_user(request.user)
            await create_user_account(request.user)
        return HttpResponse("ok")
""",
)


def transaction_in_async() -> Example:
    atomic = span_of(VIEWS, "transaction.atomic()")
    create = span_of(VIEWS, "await create_user_account(request.user)")
    trail = (
        Step(atomic, "runs in the async thread", lane="event loop"),
        Step(
            span_of(VIEWS, "await verify_valid_user(request.user)"),
            "in a different, sync thread",
            lane="worker thread",
        ),
        Step(create, "writes on that thread's own connection, outside the transaction", lane="worker thread"),
    )
    finding = Finding(
        atomic,
        "transaction.atomic() raises SynchronousOnlyOperation in async code; with DJANGO_ALLOW_ASYNC_UNSAFE set "
        "there is no transaction around the calls.",
        "certain",
        trail,
        pitfall="transaction-in-async",
    )
    patch = Patch(
        "Move the block into one sync function",
        "show",
        advice="@sync_to_async\ndef sign_up(user):\n    with transaction.atomic():\n        verify(user)\n        create(user)\n",
    )
    pitfall = pitfall_of("transaction-in-async", Law.KNOW_YOUR_THREAD, TRANSACTION)
    return Example(finding, pitfall, VIEWS, (patch,))


BLOCKING = """A function that blocks is called from async code.

## Bad

```python
import requests

def load(url):
    return requests.get(url)

async def view(request):
    return load(request.GET["url"])
    #      ^^^^^^^^^^^^^^^^^^^^^^^^ load() blocks the loop
```

## Good

```python
import asyncio
import requests

def load(url):
    return requests.get(url)

async def view(request):
    return await asyncio.to_thread(load, request.GET["url"])
```
"""

RATES = Source(
    "/srv/shop/rates.py",
    '''import requests


def load(currency):
    """Today's rate."""
    return fetch(f"https://rates.example/{currency}")


def fetch(url):
    return requests.get(url, timeout=5).json()
''',
)
PRICES = Source(
    "/srv/shop/prices.py",
    """from django.http import JsonResponse

from .rates import load


async def price(request):
    rate = load(request.GET["currency"])
    return JsonResponse({"price": rate * 12})
""",
)


def blocking_chain() -> Example:
    call = span_of(PRICES, 'load(request.GET["currency"])')
    trail = (
        Step(call, "price() calls load() on the event loop"),
        Step(
            span_of(RATES, 'fetch(f"https://rates.example/{currency}")'), "load() calls fetch()", RATES.path
        ),
        Step(
            span_of(RATES, "requests.get(url, timeout=5)"), "requests.get waits for the network", RATES.path
        ),
    )
    finding = Finding(
        call,
        "load() blocks the event loop: load > fetch > requests.get.",
        "certain",
        trail,
        pitfall="blocking-call-chain",
    )
    repaired = Edit(call, 'await asyncio.to_thread(load, request.GET["currency"])')
    patch = Patch(
        "Run load() in a thread", "review", (Edit(Span(0, 0, 0, 0), "import asyncio\n\n"), repaired)
    )
    pitfall = pitfall_of("blocking-call-chain", Law.NEVER_BLOCK_THE_LOOP, BLOCKING)
    return Example(finding, pitfall, PRICES, (patch,), {RATES.path: RATES})


Make = Callable[[], Example]

EXAMPLES: dict[str, Make] = {
    "lost_update": lost_update,
    "transaction_in_async": transaction_in_async,
    "blocking_chain": blocking_chain,
}
