"""A plain mock cannot be awaited.

`await client.fetch()` wants something to await. Of a `Mock` or `MagicMock` the call gives another mock, and the await
raises TypeError. `AsyncMock` gives a coroutine, with the same `return_value` and `side_effect`. (unittest.mock, Python
3.8-3.15)

## Bad

```python
from unittest.mock import MagicMock


async def test_checkout():
    bank = MagicMock()
    await bank.charge(3)
#   ^^^^^^^^^^^^^^^^^^^^ await raises TypeError: bank.charge() of a MagicMock gives no awaitable
```

## Good

```python
from unittest.mock import AsyncMock, MagicMock


async def test_checkout():
    bank = AsyncMock()
    await bank.charge(3)
```

## Bad: in the place of an async method

```python
from unittest import mock


class Bank:
    async def charge(self, amount): ...


async def test_checkout(shop):
    bank = Bank()
    bank.charge = mock.Mock(return_value=True)
#                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ bank.charge is async, and a Mock in its place cannot be awaited
    await shop.checkout(bank)
```

## Good: in the place of an async method

```python
from unittest import mock


class Bank:
    async def charge(self, amount): ...


async def test_checkout(shop):
    bank = Bank()
    bank.charge = mock.AsyncMock(return_value=True)
    await shop.checkout(bank)
```

## Fine

```python
import asyncio
from unittest.mock import AsyncMock, MagicMock, Mock


class Bank:
    async def charge(self, amount): ...

    def count(self): ...


async def test_checkout(shop):
    bank = MagicMock()
    bank.charge = AsyncMock(return_value=True)
    await bank.charge(3)
    done = asyncio.get_running_loop().create_future()
    real = Bank()
    real.count = Mock(return_value=3)
    real.charge = Mock(return_value=done)
    await shop.checkout(real)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Facts
from awaitlens.program.mocks import misplaced_mocks
from awaitlens.program.view import View
from awaitlens.rewrite import replace_callee

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in misplaced_mocks(facts, view):
        message = f"{found.what} is async, and a {found.mock} in its place cannot be awaited"
        if found.is_awaited_here:
            message = f"await raises TypeError: {found.what}() of a {found.mock} gives no awaitable"
        yield Finding(found.span, message, data=(("call", str(found.call)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    call = facts.calls[int(finding.value("call"))]
    return Patch("Use AsyncMock", "review", replace_callee(facts, call, "‹unittest.mock.AsyncMock›"))
