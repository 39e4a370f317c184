"""Waiting for a child process with subprocess stops the event loop until the child is done.

`subprocess.run` returns when the command has ended. Until then the loop stands still, for as long as the command likes.

## Bad

```python
import subprocess


async def thumbnail(path):
    subprocess.run(["convert", path, "small.png"], check=True)
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ subprocess.run() blocks the event loop
```

## Good

A worker thread waits for it. `asyncio.create_subprocess_exec` needs no thread at all, but speaks another language.

```python
import asyncio
import subprocess


async def thumbnail(path):
    await asyncio.to_thread(subprocess.run, ["convert", path, "small.png"], check=True)
```

## Bad: communicate

```python
import subprocess


async def version():
    process = subprocess.Popen(["git", "--version"], stdout=subprocess.PIPE)
    out, _ = process.communicate()
#            ^^^^^^^^^^^^^^^^^^^^^ process.communicate() blocks the event loop
    return out
```

## Good: communicate

```python
import asyncio
import subprocess


async def version():
    process = subprocess.Popen(["git", "--version"], stdout=subprocess.PIPE)
    out, _ = await asyncio.to_thread(process.communicate)
    return out
```

## Fine

asyncio's own processes are awaited. Starting a process is quick, and so is asking whether it has ended.

```python
import asyncio
import os
import subprocess


async def thumbnail(path):
    process = await asyncio.create_subprocess_exec("convert", path, "small.png")
    await process.wait()
    await process.communicate()
    watcher = subprocess.Popen(["watch-folder"])
    os.waitpid(watcher.pid, os.WNOHANG)
    return watcher.poll()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import SUBPROCESSES, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = SUBPROCESSES


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, SUBPROCESSES):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
