"""Only an async function can wait.

`await`, `async with` and `async for` suspend the function they stand in, and only an `async def` can be suspended. In a
plain `def` they are a SyntaxError: the whole file cannot be imported. Whoever calls the function must then await it, up to
the place where the loop is started. (Python 3.7-3.15)

## Bad

```python
async def fetch(site): ...


def refresh(site):
    return await fetch(site)
#          ^^^^^^^^^^^^^^^^^ await in a plain def is a SyntaxError: refresh() must be async


async def main():
    return refresh("home")
```

## Good

```python
async def fetch(site): ...


async def refresh(site):
    return await fetch(site)


async def main():
    return await refresh("home")
```

## Bad: a with statement

```python
def swap(lock, write):
    async with lock:
#              ^^^^ async with in a plain def is a SyntaxError: swap() must be async
        write()
```

## Good: a with statement

```python
async def swap(lock, write):
    async with lock:
        write()
```

## Fine

A generator expression may be async by itself.

```python
def titles(pages):
    return (page.title async for page in pages)


async def main(fetch):
    return await fetch()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts, Suspension
from awaitlens.program.view import View
from awaitlens.rewrite import made_async

law = Law.ONE_COLOUR
severity = "error"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for suspension in facts.suspensions:
        scope = facts.scopes[suspension.scope]
        if scope.is_async or suspension.kind == "async with exit" or _in_generator(suspension, facts):
            continue
        if scope.kind == "function":
            message = f"{suspension.kind} in a plain def is a SyntaxError: {scope.name}() must be async"
            yield Finding(suspension.span, message, data=(("scope", str(scope.number)),))
        elif scope.kind == "lambda":
            yield Finding(
                suspension.span, f"{suspension.kind} in a lambda is a SyntaxError: no lambda is async"
            )


def _in_generator(suspension: Suspension, facts: Facts) -> bool:
    """Whether the suspension belongs to a generator expression, which is async by itself then."""
    around = facts.enclosing(suspension.context)
    return any(context.kind == "comprehension" and context.names == ("generator",) for context in around)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    number = finding.value("scope")
    return made_async(facts, view, facts.scopes[int(number)]) if number else None
