"""A synchronous HTTP client stops the event loop until the server answers.

`requests.get` sends, waits and returns. While it waits, the thread does nothing else, and the loop lives on that thread.
A slow server makes every task of yours slow.

## Bad

```python
import requests


async def price(book):
    response = requests.get(f"https://prices.example/{book}", timeout=10)
#              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ requests.get() blocks the event loop
    return response.json()
```

## Good

A worker thread waits, the loop goes on.

```python
import asyncio

import requests


async def price(book):
    response = await asyncio.to_thread(requests.get, f"https://prices.example/{book}", timeout=10)
    return response.json()
```

## Bad: a session

```python
import requests

session = requests.Session()


async def price(book):
    return session.get(book).json()
#          ^^^^^^^^^^^^^^^^^ session.get() blocks the event loop
```

## Good: a session

```python
import asyncio

import requests

session = requests.Session()


async def price(book):
    return (await asyncio.to_thread(session.get, book)).json()
```

## Fine

An asynchronous client waits without holding the thread, and a thread of its own may block.

```python
import asyncio

import httpx
import requests


def fetch(url):
    return requests.get(url)


async def prices(books):
    async with httpx.AsyncClient() as client:
        first = await client.get(books[0])
    second = await asyncio.to_thread(fetch, books[1])
    third = await asyncio.to_thread(lambda: requests.get(books[2]))
    return first, second, third
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import HTTP, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = HTTP


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, HTTP):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
