"""A module's variable is shared by all tasks.

Whatever a coroutine changes in it, every other task sees, in the middle of its own work. Nothing is wrong with that as
such. This pitfall is off unless you select it: it lists the places to think about.

## Bad

```python
online = {}


async def join(user):
    await greet(user)
    online[user.id] = user
    #^^^^^^^^^^^^^^ join() changes `online`, which all tasks share
```

## Fine: state of an object

```python
class Room:
    def __init__(self):
        self.online = {}

    async def join(self, user):
        await greet(user)
        self.online[user.id] = user
```

## Fine: a local

```python
async def count(pages):
    found = {}
    async for page in pages:
        found[page.url] = len(page.text)
    return found
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, quoted
from awaitlens.program.facts import Attribute, Facts, Item, Name, Term
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.ALONE_BETWEEN_AWAITS
severity = "hint"
default = False

_CHANGES = frozenset(
    ("append", "add", "update", "pop", "remove", "discard", "clear", "extend", "setdefault", "insert")
)


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    told: set[tuple[int, str]] = set()
    for name, scope, span in sorted(_changes(facts), key=lambda change: change[2]):
        if (
            (scope, name) in told
            or not facts.scopes[scope].is_async
            or not _is_of_module(name, scope, facts, view)
        ):
            continue
        told.add((scope, name))
        yield Finding(
            span, f"{facts.scopes[scope].name}() changes {quoted(name)}, which all tasks share", "likely"
        )


def _changes(facts: Facts) -> Iterator[tuple[str, int, Span]]:
    for access in facts.accesses:
        yield _root(access.place), access.scope, access.span
    for binding in facts.bindings:
        if binding.name in facts.scopes[binding.scope].global_names:
            yield binding.name, binding.scope, binding.span
    for call in facts.calls:
        if isinstance(call.callee, Attribute) and call.callee.attr in _CHANGES:
            yield _root(call.callee.value), call.scope, call.span


def _root(term: Term) -> str:
    while isinstance(term, (Attribute, Item)):
        term = term.value
    return term.id if isinstance(term, Name) else ""


def _is_of_module(name: str, scope: int, facts: Facts, view: View) -> bool:
    """Whether the module assigns the name at its top level, and the function means that one."""
    here = facts.scopes[scope]
    own = any(b.scope == scope and b.name == name for b in facts.bindings) and name not in here.global_names
    if not name or here.parent > 0 or own or any(p.name == name for p in here.parameters):
        return False
    return any(each.binding.kind == "assign" for each in view.module_bindings(name))
