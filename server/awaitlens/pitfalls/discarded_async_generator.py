"""Calling an async generator runs nothing of it.

An `async def` with a `yield` is an async generator. The call gives an object that runs turn by turn in an `async for`.
Thrown away, it never runs, and unlike with a forgotten `await` no warning is printed. (Python 3.7-3.15)

## Bad

```python
async def import_rows(path):
    yield path


async def nightly(path):
    import_rows(path)
#   ^^^^^^^^^^^^^^^^^ import_rows() gives an async generator, and nobody iterates it: none of its code runs
```

## Good

```python
async def import_rows(path):
    yield path


async def nightly(path):
    async for _ in import_rows(path):
        pass
```

## Fine

```python
from contextlib import asynccontextmanager


async def import_rows(path):
    yield path


@asynccontextmanager
async def locked(path):
    yield path


async def nightly(path):
    rows = import_rows(path)
    async with locked(path):
        return [row async for row in rows]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import is_expected_to_fail
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import replace

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True
needs = {"dropped"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call in facts.calls:
        if call.usage.kind != "dropped" or is_expected_to_fail(call, facts):
            continue
        target = view.target(call)
        if target.colour == "async generator" and target.confidence != "possible":
            name = spelled(target.name, call, facts)
            message = f"{name}() gives an async generator, and nobody iterates it: none of its code runs"
            yield Finding(call.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    span = finding.span
    lines = facts.text.split("\n")
    indent, rest = lines[span.line][: span.column], lines[span.end_line][span.end_column :].strip()
    inside = any(facts.scopes[c.scope].is_async for c in facts.calls if c.span == span)
    if not inside or indent.strip() or (rest and not rest.startswith("#")):
        return None
    end = "\r\n" if lines[span.line].endswith("\r") else "\n"
    step = "\t" if "\t" in indent else "    "
    text = f"async for _ in {facts.slice(span)}:{end}{indent}{step}pass"
    return Patch("Iterate it", "review", replace(facts, span, text))
