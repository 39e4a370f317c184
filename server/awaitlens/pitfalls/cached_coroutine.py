"""A cache keeps what a function returns, and an async function returns a coroutine.

`lru_cache` stores the coroutine of the first call and hands the same one to the next caller. A coroutine can be awaited
once: the second await raises RuntimeError, "cannot reuse already awaited coroutine". (Python 3.8-3.15)

## Bad

```python
import functools


@functools.lru_cache(maxsize=None)
async def rate(currency):
#         ^^^^ @lru_cache keeps the coroutine of rate(): the second await of it raises RuntimeError
    return await ask_bank(currency)


class Shop:
    @functools.cached_property
    async def rates(self):
#             ^^^^^ @cached_property keeps the coroutine of rates(): the second await of it raises RuntimeError
        return await ask_bank("all")


async def ask_bank(currency): ...
```

## Good: keep the result, not the coroutine

Keep what the await gave, or a task: a task may be awaited as often as you like. The packages async-lru and aiocache do it for you.

```python
import asyncio

rates = {}


async def rate(currency):
    if currency not in rates:
        rates[currency] = asyncio.ensure_future(ask_bank(currency))
    return await rates[currency]


async def ask_bank(currency): ...
```

## Fine

```python
import functools


@functools.lru_cache
def parse(currency):
    return currency.strip()


class Shop:
    @property
    async def rates(self):
        return 1


def alru_cache(function):
    return function


@alru_cache
async def rate(currency):
    return parse(currency)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.view import View

law = Law.ONE_COLOUR
severity = "error"
default = True
needs = {"decorator"}

_CACHES = frozenset(
    {"functools.lru_cache", "functools.cache", "functools.cached_property",
     "django.utils.functional.cached_property", "propcache.cached_property", "propcache.api.cached_property"}
)  # fmt: skip
_ADVICE = "Keep what the await gave, or a task, which may be awaited again:\n\nasyncio.ensure_future(f())"


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for scope in facts.async_functions():
        decorator = view.decorator_names(scope.number)[-1] if scope.decorators else ""
        if decorator in _CACHES:
            cache = decorator.rpartition(".")[2]
            kept = f"the coroutine of {scope.name}(): the second await of it raises RuntimeError"
            if scope.is_generator:
                kept = f"the generator of {scope.name}(): the second loop over it finds nothing"
            yield Finding(scope.name_span, f"@{cache} keeps {kept}")


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    return Patch("Keep a task instead of the coroutine", "show", advice=_ADVICE)
