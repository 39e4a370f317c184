"""Every function of this name is async, so the call is missing its await.

The type of the object is not known here, only its name. But all the project's functions of this name are `async def`, and no library
that AwaitLens knows has a plain one. So the call most likely gives a coroutine, and thrown away, a coroutine does
nothing.

## Bad

```python
class Order:
    async def send_receipt(self): ...


async def checkout(order):
    order.send_receipt()
#   ^^^^^^^^^^^^^^^^^^^^ order.send_receipt() is not awaited, and every send_receipt() of this project is async
    return "paid"
```

## Good

```python
class Order:
    async def send_receipt(self): ...


async def checkout(order):
    await order.send_receipt()
    return "paid"
```

## Bad: the answer is looked at

```python
class Account:
    async def may_withdraw(self, amount): ...


async def withdraw(account, amount):
    if account.may_withdraw(amount):
#      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ account.may_withdraw() is not awaited, and every may_withdraw() of this project is async
        await account.take(amount)
```

## Good: the answer is looked at

```python
class Account:
    async def may_withdraw(self, amount): ...


async def withdraw(account, amount):
    if await account.may_withdraw(amount):
        await account.take(amount)
```

## Fine

One plain function of that name is enough to say nothing. So is a name that many libraries use.

```python
class Order:
    async def send_receipt(self): ...

    async def close(self): ...


class Letter:
    def send_receipt(self):
        print("sent")


async def checkout(order):
    order.send_receipt()
    order.close()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.awaitables import all_async_by_name, is_expected_to_fail
from awaitlens.program.facts import Attribute, Facts
from awaitlens.program.summaries import spelled
from awaitlens.program.view import View
from awaitlens.rewrite import await_expression

law = Law.AWAIT_WHAT_YOU_CALL
severity = "warning"
default = True
needs = {"dropped", "tested"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for call in facts.calls:
        if call.usage.kind not in ("dropped", "tested") or not facts.scopes[call.scope].is_async:
            continue
        if not isinstance(call.callee, Attribute) or is_expected_to_fail(call, facts):
            continue
        method = call.callee.attr
        if all_async_by_name(call, view):
            name = spelled(method, call, facts)
            message = f"{name}() is not awaited, and every {method}() of this project is async"
            yield Finding(call.span, message, "likely")


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    edits = await_expression(facts, finding.span)
    return Patch("Add await", "review", edits) if edits else None
