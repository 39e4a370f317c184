"""Asking again and again is waiting the hard way: let the other task tell you.

A loop that sleeps and looks wakes up for nothing most of the time, and late when it matters. The task that changes the
state knows the moment. `asyncio.Event` carries the news: one side awaits `wait()`, the other calls `set()`.

## Bad

```python
import asyncio

ready = False


async def run(client):
    global ready
    await client.get("some-url")
    ready = True


async def notify(send_email):
    while not ready:
#   ^^^^^^^^^^^^^^^ notify() polls `ready`: asyncio.Event would wake it when there is something to see
        await asyncio.sleep(0.01)
    await send_email()
```

## Good

```python
import asyncio

ready = asyncio.Event()


async def run(client):
    await client.get("some-url")
    ready.set()


async def notify(send_email):
    await ready.wait()
    await send_email()
```

## Fine

What lies outside the program tells nobody. There polling may be all you can do.

```python
import asyncio


async def wait_for_exit(process):
    while process.poll() is None:
        await asyncio.sleep(0.5)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Attribute, Context, Facts, Name, Other, Term
from awaitlens.program.view import View

law = Law.NEVER_BLOCK_THE_LOOP
severity = "information"
default = True
needs = {"while"}

_SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep", "trio.sleep"})


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for loop in facts.contexts:
        if loop.kind != "while" or not _only_sleeps(facts, view, loop):
            continue
        name = _flag(loop.terms[0], loop, facts, view) if loop.terms else ""
        if name:
            function = facts.scopes[loop.scope].name
            message = f"{function}() polls {quoted(name)}: asyncio.Event would wake it when there is something to see"
            yield Finding(loop.span, message)


def _only_sleeps(facts: Facts, view: View, loop: Context) -> bool:
    """Whether the body does nothing but await a sleep."""
    inside = [s for s in facts.suspensions if s.context == loop.number]
    call = facts.call_of(inside[0].operand) if len(inside) == 1 else None
    if call is None or view.target(call).name not in _SLEEPS:
        return False
    others = [c for c in facts.calls if c != call], facts.accesses, facts.bindings, facts.jumps
    busy = any(loop in facts.enclosing(fact.context) for kind in others for fact in kind)
    return not busy and not any(context.parent == loop.number for context in facts.contexts)


def _flag(test: Term, loop: Context, facts: Facts, view: View) -> str:
    """The variable of this program that the loop looks at, "" for anything else."""
    if isinstance(test, Other) and test.kind == "Not":
        test = test.parts[0]
    if isinstance(test, Name) and view.module_bindings(test.id) and not _is_local(test.id, loop, facts):
        return test.id
    if (
        isinstance(test, Attribute)
        and test.value == Name("self")
        and view.assigns_attribute(test.attr, loop.scope)
        # Who stops a thread does so from another one, and an asyncio.Event is not to be set from there.
        and "threading.Thread" not in view.class_lineage(loop.scope)
    ):
        return f"self.{test.attr}"
    return ""


def _is_local(name: str, loop: Context, facts: Facts) -> bool:
    return any(b.name == name and b.scope == loop.scope for b in facts.bindings)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    name = finding.message.split(" polls ")[1].partition(":")[0].strip("`")
    advice = (
        f"{name} = asyncio.Event()\n\nThe waiting side: await {name}.wait()\nThe other side:   {name}.set()"
    )
    return Patch(f"Make {quoted(name)} an asyncio.Event", "show", advice=advice)
