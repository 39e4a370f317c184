"""input() waits for a person, and the whole event loop waits with it.

People take their time. While your program waits for the enter key, no timer fires and no message is read.

## Bad

```python
async def ask():
    return input("Delete everything? ")
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ input() blocks the event loop
```

## Good

```python
import asyncio


async def ask():
    return await asyncio.to_thread(input, "Delete everything? ")
```

## Bad: a password

```python
from getpass import getpass


async def log_in(user):
    return user, getpass()
#                ^^^^^^^^^ getpass() blocks the event loop
```

## Good: a password

```python
import asyncio
from getpass import getpass


async def log_in(user):
    return user, await asyncio.to_thread(getpass)
```

## Fine

Before the loop runs there is nobody to hold up. A name of your own is not the built-in.

```python
import asyncio


async def serve(name): ...


async def read(input):
    return input("a")


def main():
    asyncio.run(serve(input("Name: ")))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import PEOPLE, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = PEOPLE


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, PEOPLE):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
