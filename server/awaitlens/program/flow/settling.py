"""Values of which it does not matter who wrote them last, or which two tasks cannot both have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program.facts import Attribute, Facts, Name, Term, last_name
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place, Value
from awaitlens.program.flow.sharing import term_of

if TYPE_CHECKING:
    from awaitlens.program.view import View

_ASKS = frozenset(
    (
        *("get", "fetch", "read", "load", "find", "query", "info", "resolve", "lookup", "describe", "list"),
        *("realpath", "provide", "is", "has", "supports", "version", "check", "discover", "detect"),
    )
)
"""First words of functions that ask and change nothing."""
_GIVES_BACK = frozenset(
    (
        *("close", "aclose", "stop", "disconnect", "release", "shutdown", "cancel", "terminate", "kill"),
        *("unsubscribe", "detach", "logout", "delete", "free"),
    )
)
_RECEIVES = frozenset(("recv", "receive"))
_READS = frozenset(("read", "readline", "readexactly", "readuntil"))


def looks_again(graph: Graph, chain: tuple[int, ...]) -> bool:
    """Whether what is written is made of the place as it is now, too: then the old value has been compared."""
    write = graph.events[chain[-1]]
    fresh = (c for c in graph.origins(write.value, chain[-1]) if len(c) == 2 and c[0] != chain[0])
    return any(graph.events[c[0]].place == write.place and graph.path_across(c) is None for c in fresh)


def only_converts(graph: Graph, chain: tuple[int, ...]) -> bool:
    """Whether what is written is `f(old)`, of the old value alone: whoever does that twice has the same again, as with
    `which(name)`. Not so where the result is changed on its way."""
    steps = [graph.events[number] for number in chain[1:]]
    carriers = {step.name for step in steps[:-1]}
    changed = any(
        e.kind == "write" and e.place is not None and e.place.root in carriers for e in graph.events
    )
    made = [step.value for step in steps if step.value.kind not in ("read", "local")]
    return len(made) == 1 and not changed and _is_call_of_one(made[0])


def _is_call_of_one(value: Value) -> bool:
    return value.kind == "call" and [part.kind for part in value.parts] in (["read"], ["local"])


def is_received(graph: Graph, facts: Facts, middle: tuple[int, ...]) -> bool:
    """Whether the last wait on the way is for what a stream of the object's own gives: it has one reader at a time, for
    each part of it goes to one alone."""
    across = next((n for n in reversed(middle) if n in graph.suspensions), -1)
    span = graph.events[across].span
    awaited = (s.operand for s in facts.suspensions if across >= 0 and s.span == span)
    calls = [call for operand in awaited if (call := facts.call_of(operand)) is not None]
    return any(_is_reception(call.callee) for call in calls)


def _is_reception(callee: Term) -> bool:
    name, owner = last_name(callee), callee
    while isinstance(owner, Attribute):
        owner = owner.value
    return owner == Name("self") and (name in _READS or name.split("_")[0] in _RECEIVES)


def is_a_constant(graph: Graph, facts: Facts, view: View, write: Event) -> bool:
    """Whether an attribute is filled, when it is first asked for, with what asking gives: everybody gets the same
    answer. Not so an object that somebody has to give back: one of two stays behind."""
    place = write.place
    if place is None or place.root != "self" or place.path[-1:][0][:1] != "." or write.name != "assign":
        return False
    name = _asked(graph, write.value, 3)
    return name.lstrip("_").split("_")[0] in _ASKS and not _is_given_back(place, facts, view)


def _asked(graph: Graph, value: Value, far: int) -> str:
    """The name of the function whose awaited result a value is, or is made of alone."""
    if value.kind == "awaited" and value.parts[:1] and value.parts[0].kind == "call":
        return value.parts[0].text
    if value.kind == "local" and far:
        given = [e.value for e in graph.events if e.kind == "bind" and e.name == value.text]
        return _asked(graph, given[0], far - 1) if len(given) == 1 else ""
    made_of = [part for part in value.parts if part.kind != "constant"]
    return _asked(graph, made_of[0], far) if len(made_of) == 1 else ""


def _is_given_back(place: Place, facts: Facts, view: View) -> bool:
    term = term_of(place)
    return any(
        isinstance(call.callee, Attribute) and call.callee.value == term and call.callee.attr in _GIVES_BACK
        for _, block in view.class_blocks(facts.owner, last_name(term))
        for call in block.calls
    )
