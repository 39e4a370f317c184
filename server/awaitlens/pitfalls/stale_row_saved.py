"""A row that was read is a copy, and saving it can overwrite what others wrote.

The number is read from the database in one await and written back in another. Tasks and processes that do
the same in between start from the same number.

## Bad

```python
async def sell(pk):
    book = await Book.objects.aget(pk=pk)
    book.stock -= 1
    #^^^^^^^^^ book.stock is counted from a copy of the row
    await book.asave()
```

## Good: the database counts

```python
from django.db.models import F


async def sell(pk):
    await Book.objects.filter(pk=pk).aupdate(stock=F("stock") - 1)
```

## Fine: a value that does not rest on the old one

```python
async def rename(pk, title):
    book = await Book.objects.aget(pk=pk)
    book.title = title
    await book.asave()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import (
    Access,
    Attribute,
    Awaited,
    Binding,
    Facts,
    Name,
    Other,
    Result,
    Suspension,
)
from awaitlens.program.flow.miniatures import saved_from_a_copy
from awaitlens.program.view import View
from awaitlens.rewrite import counted_in_database

law = Law.ALONE_BETWEEN_AWAITS
severity = "warning"
default = True

_READS = frozenset(("aget", "afirst", "alast", "aearliest", "alatest", "arefresh_from_db"))


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for access in facts.accesses:
        place = access.place
        if not isinstance(place, Attribute) or not isinstance(place.value, Name) or not _counts(access):
            continue
        name = place.value
        read = next((b for b in facts.bindings if b.name == name.id and _is_row(facts, b, access)), None)
        saved = next((s for s in facts.suspensions if _saves(facts, s, name, access)), None)
        if read is not None and saved is not None:
            spelled = f"{name.id}.{place.attr}"
            steps = (
                Step(read.span, f"{spelled} = 3", lane="task 1"),
                Step(read.span, f"{spelled} = 3", lane="task 2"),
                Step(saved.span, "saves its count", lane="task 1"),
                Step(saved.span, "saves its count: one update lost", lane="task 2"),
            )
            message = f"{spelled} is counted from a copy of the row: what others save in between can be lost"
            words = (facts.scopes[access.scope].name, place.attr, facts.slice(saved.span))
            yield Finding(access.span, message, "likely", steps, saved_from_a_copy(*words).data)


def _counts(access: Access) -> bool:
    """Whether the attribute's new value rests on its old one. F("x") + 1 does not: the database works it out."""
    value = access.value
    again = isinstance(value, Other) and value.kind in ("BinOp", "Div") and access.place in value.parts
    return access.kind == "augmented" or (access.kind == "write" and again)


def _is_row(facts: Facts, binding: Binding, access: Access) -> bool:
    value = binding.value.value if isinstance(binding.value, Awaited) else None
    if binding.scope != access.scope or binding.span > access.span or not isinstance(value, Result):
        return False
    callee = facts.calls[value.call].callee
    locked = "select_for_update" in facts.slice(facts.calls[value.call].span)
    return isinstance(callee, Attribute) and callee.attr in _READS and not locked


def _saves(facts: Facts, suspension: Suspension, name: Name, access: Access) -> bool:
    if suspension.scope != access.scope or suspension.span < access.span:
        return False
    operand = suspension.operand
    return isinstance(operand, Result) and facts.calls[operand.call].callee == Attribute(name, "asave")


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = counted_in_database(facts, finding.span)
    return Patch("Let the database count (Django 4.1 and newer)", "show", advice=advice)
