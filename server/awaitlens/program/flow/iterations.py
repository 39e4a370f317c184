"""Loops over a shared container that let other tasks run before they take the next element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Access, Attribute, Call, Constant, Facts, Item, Scope, Term, last_name
from awaitlens.program.flow.concurrency import concurrency, only_begins
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.locks import is_locked
from awaitlens.program.flow.model import Event, Place
from awaitlens.program.flow.phases import ends, ends_itself, is_after_yield
from awaitlens.program.flow.races import graphs, on_second_look
from awaitlens.program.flow.remote import is_no_container, statement
from awaitlens.program.flow.sharing import alias, sharing, term_of
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_TAKES = frozenset(("pop", "popleft", "popitem", "remove", "discard", "clear"))
_GIVES = frozenset(("add", "update", "setdefault"))
"""Appending is left out: a loop over a list just goes on to what was appended."""
_ONE_KIND = {"remove": "list", "popleft": "list", "discard": "set", "add": "set"}


class Change(NamedTuple):
    """Where a container gets or loses an element. `line` is the first line of the block, -1 where it is the loop's own;
    `words` are the statement, and `is_locked` says whether a lock is held there."""

    facts: Facts
    scope: Scope
    span: Span
    line: int
    words: str
    is_locked: bool


class OpenIteration(NamedTuple):
    """A loop whose container another task can change before the next round. `kind` is what the container is most like: "dict", "list" or "set"."""

    iterated: Span
    suspension: Span
    change: Change
    confidence: Confidence
    function: str
    kind: str


def open_iterations(facts: Facts, view: View) -> Iterator[OpenIteration]:
    for graph in graphs(facts, view):
        for number in sorted(graph.reachable):
            event = graph.events[number]
            if event.kind != "iterate" or _open_iteration(graph, facts, view, number) is None:
                continue
            found = _open_iteration(on_second_look(graph, facts, view), facts, view, number)
            if found is not None:
                yield found


def _open_iteration(graph: Graph, facts: Facts, view: View, number: int) -> OpenIteration | None:
    event = graph.events[number]
    place = _meant(graph, event)
    shared = sharing(graph.flow, place, facts) if place is not None else None
    if place is None or shared is None or _is_replaced(graph, place):
        return None
    suspension = _before_next_round(graph, number)
    found = _change(graph, place, facts, view, number) if suspension is not None else None
    if suspension is None or found is None:
        return None
    change, sure = found
    scope = facts.scopes[graph.flow.scope]
    # What begins an object's life is over before anybody else comes; what ends it has the object for itself.
    alone = ends(scope) or is_after_yield(facts, scope, event.span) or only_begins(facts, scope, view)
    sure = weakest(shared, sure, "possible" if alone else "certain")
    where = (event.span, graph.events[suspension].span)
    return OpenIteration(*where, change, sure, scope.name, _kind(event, change))


def _change(
    graph: Graph, place: Place, facts: Facts, view: View, head: int
) -> tuple[Change, Confidence] | None:
    """The change that most surely comes while the loop waits: by a function of the running program, if there is one."""
    changes = list(_changes(place, facts, view))
    elsewhere = [c for c in changes if not (c.facts is facts and c.scope.number == graph.flow.scope)]
    if graph.is_guarded(head):
        changes = elsewhere = [c for c in elsewhere if _comes_without_lock(c, view)]
    surest = next((c for c in elsewhere if not _is_before_or_after(c, view)), None)
    change = surest or next(iter(elsewhere or changes), None)
    if change is None:
        return None
    meets = surest is not None or (not elsewhere and graph.is_inside_loop(head, change.span))
    return change, "likely" if meets else "possible"


def _is_before_or_after(change: Change, view: View) -> bool:
    """Whether a change belongs to the beginning or the end of the object's own life."""
    return ends_itself(change.scope) or only_begins(change.facts, change.scope, view)


def _comes_without_lock(change: Change, view: View) -> bool:
    """Whether a change can come while the loop's task holds a lock: neither it nor all who call for it wait for one."""
    return not change.is_locked and concurrency(change.facts, change.scope, view, change.span) is not None


def _kind(event: Event, change: Change) -> str:
    """What the container must be, from how it is iterated and changed; a dict where both would do."""
    told = change.facts.slice(change.span).rpartition("(")[0].rpartition(".")[2]
    if event.name or told not in _ONE_KIND:
        return "dict"
    return _ONE_KIND[told]


def _meant(graph: Graph, event: Event) -> Place | None:
    """The place iterated; a local that is another name of a shared container counts as that."""
    place = event.place
    if place is None or place.path or place.root not in graph.flow.local_names:
        return place
    return alias(graph.flow, place.root)


def _is_replaced(graph: Graph, place: Place) -> bool:
    """Whether the function puts another container in its place: then it iterates one that is its own."""
    return any(e.kind == "write" and e.name == "assign" and e.place == place for e in graph.events)


def _before_next_round(graph: Graph, head: int) -> int | None:
    """A suspension point after which the loop asks its container for the next element."""
    inside = graph.round_of(head)
    return next((number for number in sorted(inside) if number in graph.suspensions), None)


def _changes(place: Place, facts: Facts, view: View) -> Iterator[Change]:
    """Where the class, or the module, gives the container an element or takes one, while tasks are running."""
    term = term_of(place)
    if any(part[0] == "[" for part in place.path):
        return
    for line, block in _blocks(place, last_name(term), facts, view):
        for call in block.calls:
            if _changes_by_call(call, term, block) and _means(place, block, call.scope, facts):
                yield _change_by(call, block, line)
        for access in block.accesses:
            if _changes_by_item(access, term, block) and _means(place, block, access.scope, facts):
                yield _change_by(access, block, line)


def _change_by(fact: Call | Access, block: Facts, line: int) -> Change:
    words = block.slice(fact.span) if isinstance(fact, Call) else statement(block, fact.span)
    return Change(block, block.scopes[fact.scope], fact.span, line, words, is_locked(block, fact))


def _changes_by_call(call: Call, term: Term, block: Facts) -> bool:
    """Elements are taken at any time; what a sync function gives may be given once, when the program starts."""
    callee = call.callee
    if not isinstance(callee, Attribute) or callee.value != term or is_no_container(call):
        return False
    return callee.attr in _TAKES or (callee.attr in _GIVES and block.scopes[call.scope].is_async)


def _changes_by_item(access: Access, term: Term, block: Facts) -> bool:
    place = access.place
    if not isinstance(place, Item) or place.value != term or _is_list(term, block):
        return False
    return access.kind == "delete" or (access.kind == "write" and block.scopes[access.scope].is_async)


def _is_list(term: Term, block: Facts) -> bool:
    """Whether an item is written by a number: that replaces an element and adds none."""
    places = (access.place for access in block.accesses)
    return any(isinstance(p, Item) and p.value == term and isinstance(p.key, Constant) for p in places)


def _means(place: Place, block: Facts, scope: int, facts: Facts) -> bool:
    """Whether the place's root is the same variable there: no local of that function hides it."""
    if place.root in ("self", "cls") or block is facts:
        return True
    here = block.scopes[scope]
    own = any(b.scope == scope and b.name == place.root for b in block.bindings)
    return not own and all(parameter.name != place.root for parameter in here.parameters)


def _blocks(place: Place, name: str, facts: Facts, view: View) -> Iterator[tuple[int, Facts]]:
    if place.root == "self" and facts.owner:
        for line, block in view.class_blocks(facts.owner, name):
            if all(scope.name != "__init__" for scope in block.scopes):
                yield line, block
        return
    if place.root in _enclosing_names(facts):
        yield -1, facts
        return
    for line, block in view.module_blocks(name):
        if any(True for _ in block.functions()):
            yield line, block


def _enclosing_names(facts: Facts) -> set[str]:
    """The names bound in functions of this block: variables that no other block can reach."""
    functions = {scope.number for scope in facts.functions()}
    return {binding.name for binding in facts.bindings if binding.scope in functions}
