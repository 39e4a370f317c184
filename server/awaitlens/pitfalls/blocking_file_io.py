"""Files have no await: reading and writing them keeps the event loop's thread.

On a local disk that is often too short to notice. On a network share, on a busy disk or with a large file it is not, and
nobody tells you which of them production will have.

## Bad

```python
from pathlib import Path


async def report(name):
    return Path("reports", name).read_text()
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Path("reports", name).read_text() blocks the event loop
```

## Good

```python
import asyncio
from pathlib import Path


async def report(name):
    return await asyncio.to_thread(Path("reports", name).read_text)
```

## Bad: whole trees

```python
import shutil


async def clean(folder):
    shutil.rmtree(folder)
#   ^^^^^^^^^^^^^^^^^^^^^ shutil.rmtree() blocks the event loop
```

## Good: whole trees

```python
import asyncio
import shutil


async def clean(folder):
    await asyncio.to_thread(shutil.rmtree, folder)
```

## Fine

A function that a worker thread runs may read what it likes. Joining paths touches no disk.

```python
import asyncio
import shutil
from pathlib import Path


def load(path):
    with open(path) as file:
        return file.read()


async def report(name):
    path = Path("reports") / name
    text = await asyncio.to_thread(load, path.with_suffix(".txt"))
    await asyncio.to_thread(shutil.rmtree, path)
    return text
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import FILES, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "information"
default = True
needs = FILES


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, FILES):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
