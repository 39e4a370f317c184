"""Whether another task can reach a place between two awaits, and how sure that is.

Shared: module globals, variables of an enclosing function, attributes of `self` and of what they lead to. Weak evidence:
attributes of other parameters, for nobody knows how long those live. Not shared: what the function made itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Attribute, Facts, Name, Scope, Term
from awaitlens.program.flow.model import Event, Flow, Place

if TYPE_CHECKING:
    from awaitlens.program.view import View

_LOCK_WORDS = ("lock", "mutex", "semaphore", "sema", "condition", "_sem", "limiter", "critical")
_LOCK_TYPES = (
    "Lock",
    "RLock",
    "Semaphore",
    "BoundedSemaphore",
    "Condition",
    "CapacityLimiter",
    "StrictFIFOLock",
)
_PER_TASK_OWNERS = (
    "View",
    "Consumer",
    "TestCase",
    "Test",
    "Tests",
    "Handler",
    "Endpoint",
    "Resource",
    "Step",
    "Flow",
)
_RUN_ONCE = (
    "__aenter__",
    "__aexit__",
    "__anext__",
    "__aiter__",
    "__await__",
    "asyncSetUp",
    "asyncTearDown",
    "main",
)
_RUN_ONCE_STARTS = (
    "test_",
    "setup",
    "set_up",
    "init",
    "start",
    "stop",
    "close",
    "shutdown",
    "run",
    "migrate",
)


def sharing(flow: Flow, place: Place, facts: Facts) -> Confidence | None:
    """How surely two tasks that run this function mean the same object by `place`; None when they do not."""
    root = place.root
    scope = facts.scopes[flow.scope]
    if root in flow.parameters:
        return _of_parameter(flow, place, scope, facts)
    if root in flow.local_names:
        origin = alias(flow, root)
        if origin is None or not place.path or origin.root == root:
            return None
        of_origin = sharing(flow, origin, facts)
        return None if of_origin is None else weakest("likely", of_origin)
    return weakest(_of_free_name(root, scope, facts), how_often(scope, facts))


def alias(flow: Flow, name: str) -> Place | None:
    """The place a local stands for, when it is bound once and to just that."""
    found = [event.value for event in flow.events if event.kind == "bind" and event.name == name]
    if len(found) != 1 or found[0].kind != "read":
        return None
    return flow.events[found[0].event].place


def _of_parameter(flow: Flow, place: Place, scope: Scope, facts: Facts) -> Confidence | None:
    if not place.path:
        return None
    is_self = place.root == flow.parameters[0] and is_method(scope, facts)
    if not is_self:
        return "possible"
    if facts.owner and facts.owner[-1].endswith(_PER_TASK_OWNERS):
        return "possible"
    return weakest("likely", how_often(scope, facts))


def is_method(scope: Scope, facts: Facts) -> bool:
    return facts.scopes[scope.parent].kind == "class" if scope.parent >= 0 else False


def _of_free_name(root: str, scope: Scope, facts: Facts) -> Confidence:
    outer = scope.parent
    while outer > 0:
        if any(binding.scope == outer and binding.name == root for binding in facts.bindings):
            return "likely"
        outer = facts.scopes[outer].parent
    return "certain"


def how_often(scope: Scope, facts: Facts) -> Confidence:
    """Whether two tasks run this function at once, judged by its name and place: a guess, but a telling one."""
    name = scope.name.lstrip("_") if not scope.name.startswith("__") else scope.name
    if name in _RUN_ONCE or name.startswith(_RUN_ONCE_STARTS):
        return "possible"
    if any(_is_guarding(decorator) for decorator in scope.decorators) or "locked" in name:
        return "possible"
    return "likely"


def _is_guarding(decorator: Term) -> bool:
    """A decorator that lets one call at a time through, as its name says."""
    while isinstance(decorator, Attribute):
        if _sounds_guarding(decorator.attr):
            return True
        decorator = decorator.value
    return isinstance(decorator, Name) and _sounds_guarding(decorator.id)


def _sounds_guarding(name: str) -> bool:
    return any(
        word in name.lower()
        for word in ("lock", "synchron", "once", "single", "serial", "throttle", "debounce")
    )


def is_lock(flow: Flow, view: View, place: Place) -> bool:
    """By type where the program tells, else by name."""
    term: Term = Name(place.root)
    for part in place.path:
        if part[0] != ".":
            break
        term = Attribute(term, part[1:])
    else:
        known = view.type_of(term, flow.scope)
        if known:
            return known.rpartition(".")[2] in _LOCK_TYPES or "lock" in known.lower()
    return any(word in place.text.lower() for word in _LOCK_WORDS)


def may_suspend(event: Event) -> bool:
    """A yield hands control to the caller, not to the event loop."""
    return event.name != "yield"
