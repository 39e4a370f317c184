"""Whether another task can reach a place between two awaits, and how sure that is.

Shared: module globals, variables of an enclosing function, attributes of `self` and of what they lead to. Weak evidence:
attributes of other parameters, for nobody knows how long those live. Not shared: what the function made itself.
"""

from __future__ import annotations

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Attribute, Facts, Name, Scope, Term
from awaitlens.program.flow.model import Flow, Place

PER_TASK_OWNERS = (
    *(
        "View",
        "Consumer",
        "TestCase",
        "Test",
        "Tests",
        "Handler",
        "Endpoint",
        "Flow",
        "Request",
        "Response",
        "Rule",
    ),
    *(
        "Iterator",
        "Paginator",
        "Pipeline",
        "Transaction",
        "Strategy",
        "Cursor",
        "Context",
        "Interaction",
        "Action",
    ),
    *(
        "Command",
        "Job",
        "Message",
        "Parser",
        "Group",
        "Stream",
        "Typing",
        "Result",
        "Query",
        "Builder",
        "Upload",
        "SessionBase",
        "SessionStore",
        "Event",
        "Processing",
    ),
)
"""Ends of class names whose objects mostly belong to one task: whether they are shared is anybody's guess."""


def sharing(flow: Flow, place: Place, facts: Facts) -> Confidence | None:
    """How surely two calls of the function mean the same object by `place`; None when they do not.

    A variable of an enclosing function is as shared as the calls of this one within one call of that: "possible".
    """
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
    return "possible" if is_closure(flow, place, facts) else "certain"


def alias(flow: Flow, name: str) -> Place | None:
    """The place a local stands for, when it is bound once and to just that."""
    found = [event.value for event in flow.events if event.kind == "bind" and event.name == name]
    if len(found) != 1 or found[0].kind != "read":
        return None
    return flow.events[found[0].event].place


def _of_parameter(flow: Flow, place: Place, scope: Scope, facts: Facts) -> Confidence | None:
    if not place.path:
        return None
    if place.root != flow.parameters[0] or not is_method(scope, facts):
        return "possible"
    return "possible" if facts.owner and facts.owner[-1].endswith(PER_TASK_OWNERS) else "likely"


def is_method(scope: Scope, facts: Facts) -> bool:
    return scope.parent >= 0 and facts.scopes[scope.parent].kind == "class"


def is_closure(flow: Flow, place: Place, facts: Facts) -> bool:
    """Whether the place hangs on a variable of an enclosing function."""
    outer = facts.scopes[flow.scope].parent
    while outer > 0:
        if any(binding.scope == outer and binding.name == place.root for binding in facts.bindings):
            return True
        outer = facts.scopes[outer].parent
    return False


def term_of(place: Place) -> Term:
    """The attributes of a place as a term; its items are left out."""
    term: Term = Name(place.root)
    for part in place.path:
        if part[0] == ".":
            term = Attribute(term, part[1:])
    return term
