"""A synchronous database, cache or broker client stops the event loop until the server answers.

The query may take a millisecond, or wait for a lock for a minute. All that time the thread sits in the driver and no
other task runs.

## Bad

```python
import redis

store = redis.Redis()


async def visits(page):
    return store.incr(page)
#          ^^^^^^^^^^^^^^^^ store.incr() blocks the event loop
```

## Good

A worker thread waits for the answer. Most drivers have an asynchronous twin as well: `redis.asyncio`, `psycopg`'s
AsyncConnection, SQLAlchemy's AsyncSession, `aiosqlite`.

```python
import asyncio

import redis

store = redis.Redis()


async def visits(page):
    return await asyncio.to_thread(store.incr, page)
```

## Bad: a query

```python
import psycopg2

connection = psycopg2.connect("dbname=shop")


async def prices():
    cursor = connection.cursor()
    cursor.execute("SELECT title, price FROM book")
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cursor.execute() blocks the event loop
    return list(cursor)
```

## Good: a query

```python
import asyncio

import psycopg2

connection = psycopg2.connect("dbname=shop")


async def prices():
    cursor = connection.cursor()
    await asyncio.to_thread(cursor.execute, "SELECT title, price FROM book")
    return list(cursor)
```

## Fine

The asynchronous twin is awaited. A pipeline collects commands and sends none of them yet.

```python
import redis
import redis.asyncio

store = redis.asyncio.Redis()
old = redis.Redis()


async def visits(page):
    pipeline = old.pipeline()
    pipeline.incr(page)
    return await store.incr(page), pipeline
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import STORES, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = STORES


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, STORES):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
