"""What is tidied up under `except Exception` is not tidied up after a cancellation.

A timeout, a closed connection, a shutdown reach a task as `CancelledError`, thrown in at an `await`. Since Python 3.8 that
is no `Exception`: the clause that closes, releases or rolls back after every error is passed by, and what it should
have given back stays taken.

## Bad

```python
async def connect(dial, address):
    connection = await dial(address)
    try:
        await connection.greet()
    except Exception:
#   ^^^^^^^^^^^^^^^^ connection.close() is not reached when connect() is cancelled: CancelledError is no Exception
        await connection.close()
        raise
    return connection
```

## Good

```python
async def connect(dial, address):
    connection = await dial(address)
    try:
        await connection.greet()
    except BaseException:
        await connection.close()
        raise
    return connection
```

## Fine

What is closed in any case needs no clause for cancellations, nor does what its `with` gives back; what handles the error
and goes on is no clean-up.

```python
import asyncio


async def send(connection, book):
    try:
        await connection.write(book)
    except Exception:
        connection.close()
        raise
    finally:
        connection.close()


async def save(transaction, book):
    try:
        await transaction.add(book)
    except asyncio.CancelledError:
        transaction.rollback()
        raise
    except Exception:
        transaction.rollback()
        raise


async def retry(connection, book):
    try:
        await connection.write(book)
    except Exception:
        connection.close()


async def order(pool, book):
    async with pool.session() as session:
        try:
            await session.add(book)
        except Exception:
            await session.rollback()
            raise
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Edit, Finding, Law, Patch
from awaitlens.program.facts import Call, Context, Facts, last_name
from awaitlens.program.handlers import guarded, reraises, sees_cancellation, suspends
from awaitlens.program.terms import dotted
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.LET_CANCELLATION_THROUGH
severity = "warning"
default = True
needs = {"except"}

_GIVES_BACK = frozenset({"close", "release", "rollback", "unlock", "disconnect", "terminate", "abort", "cleanup",
                         "aclose", "arollback"})  # fmt: skip


_OPENS = ("aenter", "start", "open", "connect", "setup", "instantiate")


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for handler in facts.contexts:
        if handler.kind != "except" or not facts.scopes[handler.scope].is_async:
            continue
        if view.name_of(handler.terms[0], handler.scope) != "Exception" or not reraises(facts, handler):
            continue
        attempt, given_back = guarded(facts, handler), _gives_back(facts, handler)
        if given_back is None or not suspends(facts, attempt) or sees_cancellation(facts, view, attempt):
            continue
        name, call = facts.scopes[handler.scope].name, facts.slice(given_back.callee_span)
        message = f"{call}() is not reached when {name}() is cancelled: CancelledError is no Exception"
        yield Finding(handler.span, message, "likely")


def _gives_back(facts: Facts, handler: Context) -> Call | None:
    """The first call of the clause that gives something back which no `with` around gives back anyway."""
    entered = {
        name for outer in facts.enclosing(handler.parent) for name in outer.names if "with" in outer.kind
    }
    for call in facts.calls:
        owner = dotted(call.callee).rpartition(".")[0]
        is_left_open = owner.partition(".")[0] not in entered and (owner != "self" or _opens(facts, handler))
        gives_back = last_name(call.callee).strip("_") in _GIVES_BACK
        if is_left_open and gives_back and handler in facts.enclosing(call.context):
            return call
    return None


def _opens(facts: Facts, handler: Context) -> bool:
    """Whether the function opens its own object; others that close it give up on it, after an error alone."""
    return facts.scopes[handler.scope].name.strip("_").startswith(_OPENS)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    header = facts.slice(finding.span)
    start = header.find("Exception")
    if header.count("Exception") != 1 or "\n" in header or "." in header:
        return None
    line, column = finding.span[:2]
    span = Span(line, column + start, line, column + start + len("Exception"))
    return Patch("Tidy up after a cancellation, too", "review", (Edit(span, "BaseException"),))
