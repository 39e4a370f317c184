"""A context manager is made of a generator of its own colour.

`@contextmanager` steps through a plain generator with `next()`, `@asynccontextmanager` through an async one with
`__anext__()`. The wrong one of the two fails when the block is entered. (TypeError or AttributeError, Python 3.7-3.15)

## Bad

```python
import contextlib


@contextlib.contextmanager
async def transaction(connection):
#         ^^^^^^^^^^^ @contextmanager needs a plain generator, and transaction() is an async one
    await connection.begin()
    yield connection
    await connection.commit()
```

## Good

```python
import contextlib


@contextlib.asynccontextmanager
async def transaction(connection):
    await connection.begin()
    yield connection
    await connection.commit()
```

## Bad: the other way round

```python
import contextlib


@contextlib.asynccontextmanager
def timed(label):
#   ^^^^^ @asynccontextmanager needs an async generator, and timed() is a plain one
    print(label)
    yield
```

## Good: the other way round

```python
import contextlib


@contextlib.asynccontextmanager
async def timed(label):
    print(label)
    yield
```

## Fine

A plain function may return a generator of either colour.

```python
import contextlib


async def steps(label):
    yield label


@contextlib.asynccontextmanager
def timed(label):
    return steps(label)


@contextlib.contextmanager
def quiet():
    yield
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.view import View
from awaitlens.rewrite import def_to_async_def, replace_decorator

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"decorator"}

_SYNC, _ASYNC = "contextlib.contextmanager", "contextlib.asynccontextmanager"


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for scope in facts.functions():
        message = _wrong(scope, view) if scope.decorators else ""
        if message:
            yield Finding(scope.name_span, message, data=(("scope", str(scope.number)),))


def _wrong(scope: Scope, view: View) -> str:
    """What is wrong with the decorator next to the function; those above it get a context manager already."""
    decorator = view.decorator_names(scope.number)[-1]
    if decorator == _SYNC and scope.is_async:
        made = "an async one" if scope.is_generator else "a coroutine function"
        return f"@contextmanager needs a plain generator, and {scope.name}() is {made}"
    if decorator == _ASYNC and scope.is_generator and not scope.is_async:
        return f"@asynccontextmanager needs an async generator, and {scope.name}() is a plain one"
    return ""


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    scope = facts.scopes[int(finding.value("scope"))]
    if not scope.is_async:
        edits = def_to_async_def(facts, scope)
        return Patch("Make it async", "review", edits) if edits else None
    if not scope.is_generator:
        return None
    edits = replace_decorator(facts, scope, -1, f"‹{_ASYNC}›")
    return Patch("Use @asynccontextmanager", "review", edits) if edits else None
