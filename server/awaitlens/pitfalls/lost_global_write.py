"""An assignment in a function makes a local, unless it says `global`.

The module's variable keeps its old value, and whoever waits for it can wait forever.

## Bad

```python
ready = False

async def run():
    await client.get("some-url")
    ready = True
    #^^^^ `ready` is a local here

async def notify():
    while not ready:
        await asyncio.sleep(0.01)
    await send_email()
```

## Good

```python
ready = False

async def run():
    global ready
    await client.get("some-url")
    ready = True

async def notify():
    while not ready:
        await asyncio.sleep(0.01)
    await send_email()
```

## Fine: a local of the same name, and used

```python
ready = False

async def run():
    ready = await client.get("some-url")
    return ready

async def notify():
    while not ready:
        await asyncio.sleep(0.01)
```

## Fine: nobody reads the global

```python
ready = False

async def run():
    await client.get("some-url")
    ready = True
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Binding, Facts, Unpacked
from awaitlens.program.view import View
from awaitlens.rewrite.statements import add_global
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True
everywhere = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for binding in facts.bindings:
        if binding.kind == "assign" and _is_lost(binding, facts, view):
            name = binding.name
            readers = [scope for scope in view.module_reads(name) if scope.name]
            if any(scope.is_async for scope in readers) or facts.scopes[binding.scope].is_async:
                yield Finding(
                    Span(*binding.span[:2], binding.span.line, binding.span.column + len(name)),
                    f"{quoted(name)} is a local here, which nobody reads: {readers[0].name}() reads the module's {quoted(name)}, "
                    "which keeps its old value",
                    "likely",
                )


def _is_lost(binding: Binding, facts: Facts, view: View) -> bool:
    """A name the module has and other functions read, given a value in a function that never looks at it."""
    scope, name = facts.scopes[binding.scope], binding.name
    if not view.module_bindings(name) or name.startswith("_"):
        return False
    if scope.kind != "function" or name in scope.global_names or name in scope.nonlocal_names:
        return False
    if isinstance(binding.value, Unpacked) or any(p.name == name for p in scope.parameters):
        return False
    if any(name in inner.reads for inner in facts.scopes if facts.is_within(inner.number, scope.number)):
        return False
    own = [each for each in facts.bindings if each.scope == binding.scope and each.name == name]
    at_top = [each for each in view.module_bindings(name) if each.binding.kind == "assign"]
    return bool(at_top) and all(each.kind == "assign" for each in own) and bool(view.module_reads(name))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    name = facts.slice(finding.span)
    scopes = [
        each.scope for each in facts.bindings if each.name == name and each.span[:2] == finding.span[:2]
    ]
    edits = add_global(facts, facts.scopes[scopes[0]], name) if scopes else None
    return Patch(f"Declare `global {name}`", "review", edits) if edits else None
