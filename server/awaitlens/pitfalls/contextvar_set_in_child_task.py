"""What a task sets in a context variable, its parent never sees.

A task works on a copy of the context, taken when the task is made. What it sets stays in that copy and ends with it.
(Python 3.7-3.15)

## Bad

```python
import asyncio
import contextvars

user = contextvars.ContextVar("user", default=None)


async def log_in(request):
    user.set(await find_user(request))


async def handle(request):
    await asyncio.create_task(log_in(request))
    return user.get()
    #      ^^^^^^^^ user.get() does not see what log_in sets
```

## Fine: awaited in the same task

```python
import contextvars

user = contextvars.ContextVar("user", default=None)


async def log_in(request):
    user.set(await find_user(request))


async def handle(request):
    await log_in(request)
    return user.get()
```

## Fine: the task returns it

```python
import asyncio
import contextvars

user = contextvars.ContextVar("user", default=None)


async def log_in(request):
    return await find_user(request)


async def handle(request):
    user.set(await asyncio.create_task(log_in(request)))
    return user.get()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch, Step
from awaitlens.program.facts import Attribute, Call, Facts, Name
from awaitlens.program.view import View
from awaitlens.source import Span

law = Law.HOLD_YOUR_TASKS
severity = "warning"
default = True
needs = {"argument", "element", "starred"}

_STARTERS = frozenset(("create_task", "ensure_future", "gather"))


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for child in facts.calls:
        starter = facts.calls[child.usage.final.call] if child.usage.final.kind == "argument" else None
        if starter is None or not _starts_task(starter):
            continue
        target = view.target(child)
        found = view.definition(target) if target.colour == "async" and target.path == view.path else None
        for variable in _left_set(*found) if found is not None else ():
            for read, at in _called(facts, facts.scopes[child.scope], "get").items():
                is_own = variable in _called(facts, facts.scopes[child.scope], "set")
                if read == variable and at > starter.span and not is_own and _is_variable(read, child, view):
                    name = target.qualname.rpartition(".")[2]
                    message = (
                        f"{read}.get() does not see what {name} sets: a task works on a copy of the context"
                    )
                    steps = (
                        Step(starter.span, "makes a task, with a copy of the context"),
                        Step(at, "reads its own"),
                    )
                    yield Finding(at, message, target.confidence, steps)


def _starts_task(starter: Call) -> bool:
    name = getattr(starter.callee, "attr", getattr(starter.callee, "id", ""))
    return name in _STARTERS and all(argument.keyword != "context" for argument in starter.arguments)


def _left_set(facts: Facts, scope: object) -> set[str]:
    """What a function sets and does not set back: what it resets is meant for its own callees."""
    return _called(facts, scope, "set").keys() - _called(facts, scope, "reset").keys()


def _called(facts: Facts, scope: object, method: str) -> dict[str, Span]:
    """The names whose method of that name a function calls, each with the place of its last call."""
    found = {}
    for call in facts.calls:
        callee = call.callee
        name = callee.value if isinstance(callee, Attribute) and callee.attr == method else None
        if isinstance(name, Name) and facts.scopes[call.scope] == scope:
            found[name.id] = call.callee_span
    return found


def _is_variable(name: str, child: Call, view: View) -> bool:
    return view.type_of(Name(name), child.scope) in ("contextvars.ContextVar", "_contextvars.ContextVar")


def fix(facts: Facts, view: View, finding: Finding) -> Patch:
    advice = "Await the coroutine itself, or let the task return the value and set it here."
    return Patch("Set it in this task", "show", advice=advice)
