"""Python awaits what `__aenter__`, `__aexit__` and `__anext__` return.

`async with` awaits the value of `__aenter__`. A plain `def` that returns `self` gives it nothing to await, and the
statement fails: "'async with' received an object from __aenter__ that does not implement __await__". (TypeError, Python
3.8-3.15)

## Bad

```python
class Connection:
    def __aenter__(self):
#       ^^^^^^^^^^ __aenter__() is awaited, and it gives the object itself
        return self

    def __aexit__(self, *error):
#       ^^^^^^^^^ __aexit__() is awaited, and it gives None
        self.link.close()
```

## Good

```python
class Connection:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        self.link.close()
```

## Fine

A plain `def` may return something to await.

```python
class Connection:
    def __aenter__(self):
        return self.open()

    async def open(self):
        return self

    def __aexit__(self, *error):
        return self.link.close()


class Session:
    def __await__(self):
        return iter(())

    def __aenter__(self):
        return self

    async def __aexit__(self, *error): ...

    def __aiter__(self):
        return self
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.dunders import sync_dunders
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite import def_to_async_def

law = Law.ONE_COLOUR
severity = "error"
default = True
everywhere = True
needs = {"dunder"}


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    if facts.repaired:
        return
    for method in sync_dunders(facts, view):
        message = f"{method.scope.name}() is awaited, and it gives {method.fate}"
        yield Finding(method.scope.name_span, message, data=(("scope", str(method.scope.number)),))


def fix(facts: Facts, view: View, finding: Finding) -> Patch | None:
    scope = facts.scopes[int(finding.value("scope"))]
    edits = None if scope.is_generator else def_to_async_def(facts, scope)
    return Patch("Make it async", "review", edits) if edits else None
