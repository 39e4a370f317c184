"""A coroutine is always true, and equal to nothing but itself.

Without `await`, a condition looks at the coroutine object instead of the answer. Every object without a `__bool__` of
its own is true, so the check always passes; compared with a value, it never matches. Nothing fails, and nothing runs.

## Bad

```python
async def is_allowed(user): ...


async def delete_account(user):
    if not is_allowed(user):
#          ^^^^^^^^^^^^^^^^ is_allowed() is not awaited: the coroutine is always true
        raise PermissionError
```

## Good

```python
async def is_allowed(user): ...


async def delete_account(user):
    if not await is_allowed(user):
        raise PermissionError
```

## Bad: a comparison

```python
async def count_open(door): ...


async def watch(door):
    while count_open(door) is not False:
#         ^^^^^^^^^^^^^^^^ count_open() is not awaited: the coroutine never equals the result
        await door.wait()
```

## Good: a comparison

```python
async def count_open(door): ...


async def watch(door):
    while await count_open(door) is not False:
        await door.wait()
```

## Fine

```python
async def is_allowed(user): ...


async def delete_account(user, check=None):
    answer = check or is_allowed(user)
    if await answer:
        return user.id
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import misuse, unawaited_calls
from awaitlens.program.facts import Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression

law = Law.AWAIT_WHAT_YOU_CALL
severity = "error"
default = True
everywhere = True
needs = {"unawaited"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call, target in view.once(unawaited_calls, facts):
        if call.usage.kind in ("tested", "compared"):
            name = spelled(target.name, call, facts)
            message = f"{name}() is not awaited: the coroutine {misuse(call.usage, facts, view)}"
            yield Finding(call.span, message, target.confidence)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    return Patch("Add await", "review", edits) if edits else None
