"""A test that is never awaited passes, whatever it says.

The runner calls the test and gets a coroutine. `unittest.TestCase` throws it away and counts the test as passed. pytest
skips it, or fails it, until a plugin is told to run it. Nothing in the test's body has happened. (Python 3.8-3.15; what
pytest does depends on its version)

## Bad

```python test_shop.py
import unittest


class ShopTest(unittest.TestCase):
    async def setUp(self):
#             ^^^^^ setUp() does not run: unittest calls it and never awaits it
        self.order = await buy(3)

    async def test_price(self):
#             ^^^^^^^^^^ test_price() does not run: unittest calls it and never awaits it
        assert await self.order.price() == 7


async def buy(count): ...
```

## A class that awaits

`unittest.IsolatedAsyncioTestCase` awaits its tests, and `asyncSetUp` before each.

```python test_shop.py
import unittest


class ShopTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.order = await buy(3)

    async def test_price(self):
        assert await self.order.price() == 7


async def buy(count): ...
```

## Bad: the marker is missing

```python test_shop.py
import pytest


@pytest.mark.asyncio
async def test_buy():
    assert True


async def test_sell():
#         ^^^^^^^^^ test_sell() does not run: pytest runs it with @pytest.mark.asyncio alone
    assert False
```

## Good: the marker is missing

```python test_shop.py
import pytest


@pytest.mark.asyncio
async def test_buy():
    assert True


@pytest.mark.asyncio
async def test_sell():
    assert False
```

## Fine

```python test_shop.py
import unittest

import pytest

pytestmark = pytest.mark.asyncio


class ShopTest(unittest.IsolatedAsyncioTestCase):
    async def test_price(self):
        assert True


async def test_sell():
    assert True


@pytest.mark.asyncio
async def test_buy():
    assert True
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.asynctests import unrun_tests
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import add_decorator

law = Law.ONE_COLOUR
severity = "error"
default = True


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for test in unrun_tests(facts, view):
        message = f"{test.scope.name}() does not run: {test.why}"
        data = (("scope", str(test.scope.number)), ("marker", test.marker))
        yield Finding(test.scope.name_span, message, test.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    marker = finding.value("marker")
    if not marker:
        advice = "class MyTest(unittest.IsolatedAsyncioTestCase):\n    async def asyncSetUp(self): ..."
        return Patch("Use a runner that awaits tests", "show", advice=advice)
    edits = add_decorator(facts, facts.scopes[int(finding.value("scope"))], f"‹pytest.mark›.{marker}")
    return Patch(f"Add @pytest.mark.{marker}", "review", edits) if edits else None
