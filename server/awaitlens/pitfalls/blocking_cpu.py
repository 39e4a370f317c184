"""A long computation keeps the event loop's thread, however often you await elsewhere.

Hashing a password is slow on purpose. Scaling a picture or parsing a table is slow because there is much to do. Nothing in
there awaits, so everybody else waits.

## Bad

```python
import bcrypt


async def log_in(user, password):
    return bcrypt.checkpw(password, user.hash)
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ bcrypt.checkpw() blocks the event loop
```

## Good

```python
import asyncio

import bcrypt


async def log_in(user, password):
    return await asyncio.to_thread(bcrypt.checkpw, password, user.hash)
```

## Fine

Small documents are parsed in microseconds, and so are short messages hashed.

```python
import hashlib
import json


async def receive(message):
    return json.loads(message), hashlib.sha256(message).hexdigest()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import COMPUTATION, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = COMPUTATION


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, COMPUTATION):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
