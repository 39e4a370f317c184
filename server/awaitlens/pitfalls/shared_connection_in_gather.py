"""One connection serves one task at a time.

A database session or connection carries one conversation. Two tasks that speak at once get each other's answers, or
an error: asyncpg raises "cannot perform operation: another operation is in progress", SQLAlchemy forbids it.

## Bad

```python
import asyncio

from sqlalchemy.ext.asyncio import AsyncSession


async def load(session: AsyncSession, ids):
    return await asyncio.gather(*[session.get(Book, id) for id in ids])
    #                             ^^^^^^^^^^^ these tasks share `session`
```

## Fine: one after the other

```python
from sqlalchemy.ext.asyncio import AsyncSession


async def load(session: AsyncSession, ids):
    return [await session.get(Book, id) for id in ids]
```

## Bad: handed to each task

```python
import asyncio

import asyncpg


async def report(connection: asyncpg.Connection):
    return await asyncio.gather(sales(connection), costs(connection))
    #                                                    ^^^^^^^^^^ these tasks share `connection`
```

## Fine: a pool gives each its own

```python
import asyncio

import asyncpg


async def report(pool: asyncpg.Pool):
    return await asyncio.gather(pool.fetch("select 1"), pool.fetch("select 2"))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, quoted
from awaitlens.program.facts import Attribute, Call, Facts, Name, Term
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "error"
default = True
needs = {"asyncio.gather"}

_ONE_AT_A_TIME = (
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.AsyncConnection",
    "asyncpg.Connection",
    "asyncpg.connection.Connection",
    "psycopg.AsyncCursor",
    "aiomysql.Connection",
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for gather in facts.calls:
        name = getattr(gather.callee, "attr", getattr(gather.callee, "id", ""))
        if name != "gather" or view.target(gather).name != "asyncio.gather":
            continue
        seen: set[Term] = set()
        for task in facts.calls:
            final = task.usage.final
            if final.kind != "argument" or final.call != gather.number:
                continue
            for term, span in _handed_over(task):
                if view.type_of(term, task.scope) in _ONE_AT_A_TIME:
                    if term in seen or _is_repeated(facts, task):
                        words = f"these tasks share {quoted(facts.slice(_spelled(term, span)))}, which serves one at a time"
                        yield Finding(span, words, "certain")
                    seen.add(term)


def _handed_over(task: Call) -> Iterator[tuple[Term, Span]]:
    """The object whose method the task runs, and the arguments it gets."""
    if isinstance(task.callee, Attribute):
        yield task.callee.value, task.callee_span
    for argument in task.arguments:
        if isinstance(argument.value, (Name, Attribute)):
            yield argument.value, argument.span


def _is_repeated(facts: Facts, task: Call) -> bool:
    return any(context.kind == "comprehension" for context in facts.enclosing(task.context))


def _spelled(term: Term, span: Span) -> Span:
    """The part of the text that names the object itself."""
    length = len(term.id) if isinstance(term, Name) else span.end_column - span.column
    return Span(span.line, span.column, span.line, span.column + length)


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Open one session per task, or run them one after the other."
    return Patch("Give each task its own connection", "show", advice=advice)
