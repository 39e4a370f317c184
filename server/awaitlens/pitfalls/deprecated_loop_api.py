"""These parts of asyncio are on their way out, or gone.

The `loop=` parameter went in Python 3.10, `@asyncio.coroutine` in 3.11. Event loop policies and
`asyncio.iscoroutinefunction` are deprecated since 3.14 and planned to go in 3.16. (what's new, Python 3.10-3.14)

## Bad

```python
import asyncio


class Router:
    def add(self, handler):
        if asyncio.iscoroutinefunction(handler):
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^ asyncio.iscoroutinefunction() is deprecated since Python 3.14; inspect has one
            self.handler = handler

    async def pause(self, loop):
        await asyncio.sleep(1, loop=loop)
#                              ^^^^^^^^^ the loop parameter of sleep() was removed in Python 3.10
```

## Good

```python
import asyncio
import inspect


class Router:
    def add(self, handler):
        if inspect.iscoroutinefunction(handler):
            self.handler = handler

    async def pause(self, loop):
        await asyncio.sleep(1)
```

## Bad: generators as coroutines

```python
import asyncio


@asyncio.coroutine
def pause():
#   ^^^^^ @asyncio.coroutine was removed in Python 3.11: write async def
    yield from asyncio.sleep(1)
```

## Fine

Some still take a loop.

```python
import asyncio
import inspect


async def main(handler, coroutine):
    loop = asyncio.get_running_loop()
    asyncio.run_coroutine_threadsafe(coroutine, loop=loop)
    future = asyncio.Future(loop=loop)
    return inspect.iscoroutinefunction(handler), future
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.facts import Call, Facts
from awaitlens.program.view import View
from awaitlens.rewrite import remove_keyword, replace_callee

law = Law.KNOW_YOUR_THREAD
severity = "information"
default = True
everywhere = True
needs = {"asyncio.", "decorator"}

_LOOP_REMOVED = frozenset(
    {"Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Queue", "LifoQueue", "PriorityQueue", "sleep",
     "wait", "wait_for", "gather", "shield", "as_completed", "open_connection", "start_server"}
)  # fmt: skip
_DEPRECATED = {
    "asyncio.iscoroutinefunction": "asyncio.iscoroutinefunction() is deprecated since Python 3.14; inspect has one",
    "asyncio.get_event_loop_policy": "event loop policies are deprecated since Python 3.14",
    "asyncio.set_event_loop_policy": "event loop policies are deprecated since Python 3.14",
}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    python = view.settings.python or (3, 14)
    for call in facts.calls:
        target = view.target(call)
        if target.name in _DEPRECATED and python >= (3, 14) and "version_info" not in facts.text:
            yield Finding(call.callee_span, _DEPRECATED[target.name], target.confidence)
        for argument in call.arguments:
            if argument.keyword == "loop" and python >= (3, 10):
                module, _, name = target.name.rpartition(".")
                if module == "asyncio" and name in _LOOP_REMOVED:
                    message = f"the loop parameter of {name}() was removed in Python 3.10"
                    yield Finding(argument.span, message, target.confidence)
    for scope in facts.functions():
        if "asyncio.coroutine" in view.decorator_names(scope.number) and python >= (3, 11):
            yield Finding(scope.name_span, "@asyncio.coroutine was removed in Python 3.11: write async def")


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    for call in facts.calls:
        if call.callee_span == finding.span and "iscoroutinefunction" in finding.message:
            edits = replace_callee(facts, call, "‹inspect.iscoroutinefunction›")
            return Patch("Use inspect's", "safe", edits)
        if _loop_of(call) == finding.span:
            edits = remove_keyword(facts, call, "loop") or ()
            return Patch("Remove the loop argument", "review", edits) if edits else None
    return None


def _loop_of(call: Call) -> object:
    return next((argument.span for argument in call.arguments if argument.keyword == "loop"), None)
