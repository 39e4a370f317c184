"""What awaits needs something to await, and this function gives nothing of the kind.

`async_to_sync(f)` calls `f` and awaits what it returns; `asyncio.run(main())` awaits what `main()` returned. A plain
function has done its work by then and left a plain value, and the await raises. (TypeError; ValueError from asyncio.run
up to Python 3.13)

## Bad

```python
from asgiref.sync import async_to_sync


def total(prices):
    return f"{sum(prices)} in all"


def receipt(prices):
    return async_to_sync(total)(prices)
#                        ^^^^^ async_to_sync() awaits what total() returns, and that cannot be awaited
```

## Good

```python
from asgiref.sync import async_to_sync


def total(prices):
    return f"{sum(prices)} in all"


def receipt(prices):
    return total(prices)
```

## Bad: a plain main

```python
import asyncio


def main():
    print("ready")


if __name__ == "__main__":
    asyncio.run(main())
#               ^^^^^^ asyncio.run() awaits what main() returns, and that cannot be awaited
```

## Good: a plain main

```python
import asyncio


def main():
    print("ready")


if __name__ == "__main__":
    main()
```

## Fine

A plain function may hand out a coroutine.

```python
import asyncio

from asgiref.sync import async_to_sync


async def fetch(site): ...


def home():
    return fetch("home")


def start():
    async_to_sync(home)()
    asyncio.run(home())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.handed import sync_where_async
from awaitlens.program.view import View
from awaitlens.rewrite import keep_argument, unwrap_offloaded

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for call, given, api, function, confidence in sync_where_async(facts, view):
        message = f"{api}() awaits what {function}() returns, and that cannot be awaited"
        yield Finding(given.span, message, confidence, data=(("call", str(call.number)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    call = facts.calls[int(finding.value("call"))]
    name = view.target(call).name
    if name == "asyncio.run":
        edits = keep_argument(facts, call, finding.span)
    else:
        edits = unwrap_offloaded(facts, call, finding.span) if name.startswith("asgiref.") else None
    return Patch("Call it as it is", "review", edits) if edits else None
