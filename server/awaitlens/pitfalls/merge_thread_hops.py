"""Two trips to a thread in a row can be one.

Every `await asyncio.to_thread(...)` waits for a free worker, and the loop has to notice that it is done. Between the two
trips other tasks run and may change what the first one saw. Where nothing in between needs the loop, one function can do
both.

## Bad

```python
import asyncio
import json
from pathlib import Path


async def settings(path):
    text = await asyncio.to_thread(Path(path).read_text)
    value = await asyncio.to_thread(json.loads, text)
#           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the second thread hop in a row: one function could do both
    return value
```

## Good: one function, one trip

```python
import asyncio
import json
from pathlib import Path


def read(path):
    return json.loads(Path(path).read_text())


async def settings(path):
    return await asyncio.to_thread(read, path)
```

## Fine

Something between the two needs the loop, or only one of them happens.

```python
import asyncio


async def settings(read, parse, session, path):
    text = await asyncio.to_thread(read, path)
    await session.send(text)
    if text:
        return await asyncio.to_thread(parse, text)
    return await asyncio.to_thread(parse, "{}")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Facts, Suspension
from awaitlens.program.view import View

law = Law.KNOW_YOUR_THREAD
severity = "hint"
default = False

_HOPS = frozenset({"asyncio.to_thread", "asgiref.sync.sync_to_async", "anyio.to_thread.run_sync"})


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for first, second in zip(facts.suspensions, facts.suspensions[1:]):
        if _follows(first, second, facts) and _hop(first, facts, view) == _hop(second, facts, view) != "":
            trail = (
                Step(first.span, "goes to a thread and comes back"),
                Step(second.span, "goes to a thread again"),
            )
            message = "the second thread hop in a row: one function could do both"
            yield Finding(second.span, message, "certain", trail)


def _follows(first: Suspension, second: Suspension, facts: Facts) -> bool:
    """Whether the two stand in one suite, with no call between them."""
    calls = (call for call in facts.calls if first.span[2:] <= call.span[:2] < second.span[:2])
    return (first.scope, first.context) == (second.scope, second.context) and not any(calls)


def _hop(suspension: Suspension, facts: Facts, view: View) -> str:
    call = facts.call_of(suspension.operand)
    name = view.target(call).name if call is not None and suspension.kind == "await" else ""
    return name if name in _HOPS else ""


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "def both():\n    ...  # the first call, then the second with its result\n\nawait asyncio.to_thread(both)"
    return Patch("Make one function of both", "show", advice=advice)
