"""A save in a thread does not wait for the save before it.

The await lets other tasks run, and one of them saves, too. Now two threads write one file. The first has it half
written when the second empties it; what is left is a mixture, or nothing. The event loop kept them apart only as long
as the file was written between two awaits.

## Bad

```python
import asyncio


class Store:
    def __init__(self, path):
        self.path = path

    async def save(self, text):
        await asyncio.to_thread(self._write, text)
        #^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ two tasks that save at once write self.path from two threads

    def _write(self, text):
        with open(self.path, "w") as file:
            file.write(text)
```

## Good: one save at a time

```python
import asyncio


class Store:
    def __init__(self, path):
        self.path = path
        self._write_lock = asyncio.Lock()

    async def save(self, text):
        async with self._write_lock:
            await asyncio.to_thread(self._write, text)

    def _write(self, text):
        with open(self.path, "w") as file:
            file.write(text)
```

## Fine: a file of its own, put in place in one step

```python
import asyncio
import os
import tempfile


class Store:
    async def save(self, text):
        await asyncio.to_thread(self._write, text)

    def _write(self, text):
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as file:
            file.write(text)
        os.replace(file.name, self.path)
```

## Fine: who saves already says so

```python
import asyncio


class Store:
    async def save(self):
        if self.saving:
            return
        self.saving = True
        await asyncio.to_thread(self._write, self.text)
        self.saving = False

    def _write(self, text):
        with open(self.path, "w") as file:
            file.write(text)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts
from awaitlens.program.flow.miniatures import written_by_two
from awaitlens.program.flow.saves import concurrent_saves
from awaitlens.program.view import View
from awaitlens.rewrite.locks import guard_hop

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
needs = {"await"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for save in concurrent_saves(facts, view):
        steps = (
            Step(save.hop, f"a thread begins to write {save.file}", lane="task 1"),
            Step(save.hop, f"a second thread empties {save.file}", lane="task 2"),
            Step(save.hop, "its thread goes on writing", lane="task 1"),
            Step(save.hop, "its thread writes, too: the file holds some of both", lane="task 2"),
        )
        message = f"two tasks that save at once write {save.file} from two threads"
        small = written_by_two(save.function, facts.slice(save.hop))
        yield Finding(save.hop, message, save.confidence, steps, small.data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    """One save at a time, under a lock beside the file's name."""
    save = next(each for each in concurrent_saves(facts, view) if each.hop == finding.span)
    edits = guard_hop(facts, view, save.writer, save.hop)
    if edits:
        return Patch("Let one task save at a time", "review", edits)
    advice = f"Make an asyncio.Lock beside {save.file}, and await the save within `async with` of it."
    return Patch("Let one task save at a time", "show", advice=advice)
