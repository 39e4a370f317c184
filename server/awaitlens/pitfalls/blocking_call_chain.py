"""A function that blocks blocks the event loop from wherever it is called.

Nothing in `await`-free code says that it waits. The call that does may sit three functions down, in another file, and the
`async def` that calls the first of them stops the loop all the same. Follow the trail: the last step is what waits.

## Bad

```python shop.py
from prices import load


async def front_page(request):
    return load(request)
#          ^^^^^^^^^^^^^ load() blocks the event loop: load > Client.fetch > requests.get
```

```python prices.py
import requests


class Client:
    def fetch(self, url):
        return requests.get(url, timeout=10)


def load(request):
    return Client().fetch(request.url)
```

## Good

The whole way down runs on a worker thread. Only the async end of the trail has to change.

```python shop.py
import asyncio

from prices import load


async def front_page(request):
    return await asyncio.to_thread(load, request)
```

## Bad: Django

```python
from shop.models import Book


def cheapest():
    return Book.objects.order_by("price").first()


async def front_page(request):
    return cheapest()
#          ^^^^^^^^^^ cheapest() raises SynchronousOnlyOperation in async code: cheapest > Book.objects.order_by("price").first
```

## Good: Django

```python
from asgiref.sync import sync_to_async
from shop.models import Book


def cheapest():
    return Book.objects.order_by("price").first()


async def front_page(request):
    return await sync_to_async(cheapest)()
```

## Fine

A function that a thread runs may block, and so may one that only sync code calls. `# awaitlens: not-blocking` on a
`def` says that a function is quick, `# awaitlens: blocking` that it is not.

```python
import asyncio
import time


def load():
    time.sleep(1)


def hurry():  # awaitlens: not-blocking
    time.sleep(0)


def main():
    load()


async def front_page(request, pool):
    hurry()
    pool.submit(load)
    await asyncio.get_running_loop().run_in_executor(pool, load)
    return await asyncio.to_thread(lambda: load())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.blocking import own_functions, reached
from awaitlens.program.facts import Facts
from awaitlens.program.testfiles import is_test
from awaitlens.program.view import View
from awaitlens.rewrite.offload import in_thread, whole_block_in_thread

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if is_test(view):
        return
    for function, place in own_functions(facts, view):
        found = reached(place, function, facts, view)
        if found is not None:
            trail = tuple(Step(*step) for step in found.proof)
            data = (("name", found.chain.name),)
            yield Finding(found.span, found.message, found.confidence, trail, data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None and call.usage.kind == "entered":
        yield whole_block_in_thread(facts, view, call, finding.value("name"))
    elif call is not None and call.usage.kind != "iterated":
        yield from in_thread(facts, view, call, finding.value("name"))
