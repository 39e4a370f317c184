"""A transaction belongs to one thread, and an await leaves it.

`transaction.atomic()` opens its transaction on the connection of the current thread. In an `async def` that is the
event loop's thread, where Django refuses: SynchronousOnlyOperation, before the body runs. With the guard switched off
(DJANGO_ALLOW_ASYNC_UNSAFE) it opens, but the awaited ORM calls run in another thread, on that thread's connection, and
commit one by one. After an error, their rows stay. (Django 3.0-6.1; no release has an async atomic)

## Bad

```python
from django.db import transaction

from shop.models import Order


async def buy(request, book):
    with transaction.atomic():
#   ^^^^^^^^^^^^^^^^^^^^^^^^^ transaction.atomic() raises SynchronousOnlyOperation in async code
        order = await Order.objects.acreate(user=request.user)
        await book.asave()
    return order
```

## Good

One sync function holds the whole transaction. One thread runs it, from the first line to the last.

```python
from asgiref.sync import sync_to_async
from django.db import transaction

from shop.models import Order


async def buy(request, book):
    @sync_to_async
    def in_transaction():
        with transaction.atomic():
            order = Order.objects.create(user=request.user)
            book.save()
        return order

    order = await in_transaction()
    return order
```

## Bad: the decorator

It wraps the making of the coroutine, not its run.

```python
from django.db import transaction


@transaction.atomic
async def buy(request):
#         ^^^ the body of buy() does not run in the transaction of @transaction.atomic
    await request.user.asave()
```

## Fine

```python
from asgiref.sync import sync_to_async
from django.db import transaction


@sync_to_async
def buy(user, book):
    with transaction.atomic():
        user.save()
        book.save()


async def view(request, book):
    await buy(request.user, book)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.knowledge import django
from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Context, Facts, Scope
from awaitlens.program.view import View
from awaitlens.rewrite import extract_sync_function, fresh_name
from awaitlens.source import Span

law = Law.KNOW_YOUR_THREAD
severity = "error"
default = True

_ATOMIC = frozenset({"django.db.transaction.atomic", "django.db.transaction.Atomic"})
_FAILS = {
    "with": "raises SynchronousOnlyOperation in async code, and without that guard it covers none of the awaits",
    "async with": "is no async context manager: Django has no async transactions",
}
# Names that Django has given these methods of models, and hardly anybody else.
_OF_ROWS = frozenset({"asave", "adelete", "arefresh_from_db"})
_LOOP, _SYNC = "event loop", "sync thread"


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for context in facts.contexts:
        if context.kind not in ("with", "async with") or not facts.scopes[context.scope].is_async:
            continue
        if any(call and view.target(call).name in _ATOMIC for call in map(facts.call_of, context.terms)):
            message = f"transaction.atomic() {_FAILS[context.kind]}"
            yield Finding(context.span, message, trail=tuple(_trail(facts, view, context)))
    for function in facts.async_functions():
        if _ATOMIC & set(view.decorator_names(function.number)):
            yield _decorated(function)


def _decorated(function: Scope) -> Finding:
    return Finding(
        function.name_span,
        f"the body of {function.name}() does not run in the transaction of @transaction.atomic",
    )


def _trail(facts: Facts, view: View, context: Context) -> Iterator[Step]:
    yield Step(context.span, "guard off: opens the transaction", lane=_LOOP)
    for suspension in facts.suspensions:
        if context in facts.enclosing(suspension.context) and suspension.kind == "await":
            call = facts.call_of(suspension.operand)
            target = view.target(call) if call else None
            sync = target is not None and (target.name.startswith(("django.", "asgiref.sync.")))
            words = "outside it, on another connection" if sync else "others run here"
            yield Step(suspension.span, words, lane=_SYNC if sync else _LOOP)


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    name = fresh_name(facts, "in_transaction")
    edits = extract_sync_function(facts, finding.span, name, lambda span: _sync_twin(facts, view, span))
    return Patch("Move the transaction into one sync function", "review", edits) if edits else None


def _sync_twin(facts: Facts, view: View, span: Span) -> str:
    """How sync code calls what is awaited at the span; "" where only async_to_sync will do."""
    call = facts.call_at(span)
    owner, _, method = facts.slice(call.callee_span).rpartition(".") if call else ("", "", "")
    if call is not None and method in _OF_ROWS and view.is_unknown(call):
        return f"{owner}.{method[1:]}"
    if call is None or not view.target(call).name.startswith("django.") or method[:1] != "a":
        return ""
    known = django.twin(view.target(call).name.rpartition(".")[0] + "." + method[1:], None)
    return f"{owner}.{method[1:]}" if known else ""
