"""What other functions do to a shared place: each of their writes as one step that no await interrupts.

Who looks for a race between two functions traces the one that waits, and plays such a step of the other in the gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.program.facts import (
    Access,
    Attribute,
    Binding,
    Call,
    Comprehension,
    Constant,
    Display,
    Facts,
    Item,
    Name,
    Result,
    Scope,
    Term,
    last_name,
)
from awaitlens.program.flow.explorer import Run
from awaitlens.program.flow.expressions import GIVES_NOTHING
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.locks import key_of, locks_around
from awaitlens.program.flow.model import UNKNOWN, Event, Flow, Place, Value, anyhow
from awaitlens.source import Span

if TYPE_CHECKING:
    pass

Kind = Literal["resets", "removes", "takes", "empties", "adds", "writes"]
_CONSTRUCTORS = frozenset(("__init__", "__new__", "__post_init__", "__setstate__", "__del__"))
_TAKES = frozenset(("pop", "popleft", "popitem"))
_MAKERS = frozenset(("list", "dict", "set", "deque", "OrderedDict"))
_ANY_KEY = "[*]"
_WIDEST = 60


class Action(NamedTuple):
    """One write of another function. `line` is the first line of its block in the file, once somebody has said it; `locks`
    are held around it, and `waits` says whether the function awaits something under them before it writes.

    kind is "resets" (to None), "removes" (one item), "takes" (an element, whichever), "empties", "adds" (reads the
    place and writes it back) or "writes" (something else).
    """

    facts: Facts
    scope: Scope
    span: Span
    kind: Kind
    locks: tuple[Place, ...]
    waits: bool
    line: int = 0

    @property
    def method(self) -> str:
        """The name of the function that is the action's, or that the action's is nested in."""
        return outermost(self.facts, self.scope.number)

    @property
    def words(self) -> str:
        return statement(self.facts, self.span)

    def is_of(self, facts: Facts, scope: Scope) -> bool:
        return self.facts is facts and self.scope.number == scope.number

    def on(self, place: Place) -> Run:
        """The action as a run of its own: locks taken, the place written, locks given back."""
        events = [Event("acquire", lock, "async with") for lock in self.locks]
        events += [Event("suspend", None, "await")] if self.waits else []
        events += self._writes(place, len(events))
        events += [Event("release", lock, "async with") for lock in reversed(self.locks)]
        events.append(Event("end", None, "return"))
        flow = Flow(self.scope.number, (), frozenset(), tuple(events), True)
        graph = Graph(flow, lambda event: True, lambda event: True)
        write = next(n for n, event in enumerate(events) if event.kind == "write")
        return Run(graph, tuple(range(len(events))), write)

    def _writes(self, place: Place, number: int) -> list[Event]:
        if self.kind == "adds":
            more = Value("+", "", -1, (Value("read", place.text, number), Value("constant", "1")))
            return [Event("read", place, "", UNKNOWN, -1, self.span), self._write(place, "augmented", more)]
        if self.kind == "removes":
            return [self._write(place, "discard", UNKNOWN)]
        text = {"resets": "None", "takes": "[]", "empties": "[]"}.get(self.kind)
        return [self._write(place, "assign", Value("constant", text) if text else UNKNOWN)]

    def _write(self, place: Place, how: str, value: Value) -> Event:
        return Event("write", place, how, value, -1, self.span)


class Done(NamedTuple):
    """What one block does: its actions by place, whom its functions call, the places it gives lists, sets and dicts."""

    actions: Mapping[Place, list[Action]]
    calls: Mapping[str, set[str]]
    containers: frozenset[Place]


NOTHING_DONE = Done({}, {}, frozenset())


def done_by(block: Facts) -> Done:
    actions: dict[Place, list[Action]] = {}
    for place, action in actions_of(block):
        actions.setdefault(place, []).append(action)
    calls: dict[str, set[str]] = {}
    for function, called in calls_of(block):
        calls.setdefault(function, set()).add(called)
    return Done(actions, calls, frozenset(containers_of(block)))


def calls_of(block: Facts) -> Iterator[tuple[str, str]]:
    """The calls of functions of the class, or of the module: by the name of the function that calls."""
    for call in block.calls:
        called = own_function(call.callee)
        if called:
            yield outermost(block, call.scope), called


def word_of(place: Place) -> str:
    """The name that stands in every block that does something to the place."""
    return next((part[1:] for part in place.path if part[0] == "."), place.root)


def containers_of(block: Facts) -> Iterator[Place]:
    for access in block.accesses:
        place = _place(access.place)
        if place is not None and _is_container(access.value, block):
            yield anyhow(place)
    for binding in block.bindings:
        if block.scopes[binding.scope].kind != "function" and _is_container(binding.value, block):
            yield Place("self" if block.owner else binding.name, (f".{binding.name}",) if block.owner else ())


def _is_container(value: Term, block: Facts) -> bool:
    if isinstance(value, (Display, Comprehension)):
        return value.kind in ("list", "set", "dict")
    call = block.calls[value.call] if isinstance(value, Result) else None
    return call is not None and isinstance(call.callee, Name) and call.callee.id in _MAKERS


def actions_of(block: Facts) -> Iterator[tuple[Place, Action]]:
    for access in block.accesses:
        place = _place(access.place)
        if place is not None:
            yield from _told(block, access, place, _kind_of_write(access, block))
    for binding in block.bindings:
        if binding.name in block.scopes[binding.scope].global_names:
            kind: Kind = "adds" if binding.kind == "augmented" else _kind_of_value(binding.value, block)
            yield from _told(block, binding, Place(binding.name), kind)
    for call in block.calls:
        changed = _changed(call)
        if changed is not None:
            yield from _told(block, call, *changed)


def _told(
    block: Facts, fact: Access | Binding | Call, place: Place, kind: Kind
) -> Iterator[tuple[Place, Action]]:
    scope = block.scopes[fact.scope]
    if scope.kind != "function" or scope.name in _CONSTRUCTORS or _is_hidden(place.root, scope, block):
        return
    held = locks_around(block, fact.context, fact.scope)
    waits = bool(held) and _waits_under_lock(block, fact)
    action = Action(block, scope, fact.span, kind, tuple(place for place, _ in held), waits)
    yield anyhow(place), action
    # Who empties a container, or puts another in its place, takes each of its items out.
    if kind == "empties":
        yield Place(place.root, (*place.path, _ANY_KEY)), action._replace(kind="removes")


def _kind_of_write(access: Access, block: Facts) -> Kind:
    if access.kind == "delete":
        return "removes"
    return "adds" if access.kind == "augmented" else _kind_of_value(access.value, block)


def _kind_of_value(value: Term, block: Facts) -> Kind:
    if value == Constant(None):
        return "resets"
    if isinstance(value, Display) and not value.elements and value.kind != "tuple":
        return "empties"
    call = block.calls[value.call] if isinstance(value, Result) else None
    made = call is not None and isinstance(call.callee, Name) and call.callee.id in _MAKERS
    return "empties" if made and call is not None and not call.arguments else "writes"


def _changed(call: Call) -> tuple[Place, Kind] | None:
    """The place that a method call changes, and how."""
    callee = call.callee
    owner = _place(callee.value) if isinstance(callee, Attribute) else None
    if owner is None or not isinstance(callee, Attribute) or is_no_container(call):
        return None
    key = call.argument(0)
    if callee.attr in ("pop", "remove", "discard") and key is not None:
        by_position = callee.attr == "pop" and isinstance(key.value, Constant) and key.value.value in (0, -1)
        item = Place(owner.root, (*owner.path, f"[{key_of(key.value)}]"))
        return (owner, "takes") if by_position else (item, "removes")
    if callee.attr in _TAKES:
        return owner, "takes"
    return (owner, "empties") if callee.attr == "clear" and not call.arguments else None


def is_no_container(call: Call) -> bool:
    """Whether the result of a method is awaited that gives None for every container."""
    return call.usage.kind == "awaited" and last_name(call.callee) in GIVES_NOTHING


def _place(term: Term) -> Place | None:
    """The place a chain of attributes and items names; keys that are no literals are any key."""
    if isinstance(term, Name):
        return Place(term.id)
    if not isinstance(term, (Attribute, Item)):
        return None
    owner = _place(term.value)
    part = f".{term.attr}" if isinstance(term, Attribute) else f"[{key_of(term.key)}]"
    return Place(owner.root, (*owner.path, part)) if owner is not None else None


def _is_hidden(root: str, scope: Scope, block: Facts) -> bool:
    """Whether the place hangs on a local of the function: then nobody else can reach it."""
    if root in ("self", "cls") and block.owner:
        return False
    if any(parameter.name == root for parameter in scope.parameters):
        return True
    bound = any(b.name == root and b.scope == scope.number for b in block.bindings)
    return bound and root not in scope.global_names


def _waits_under_lock(block: Facts, fact: Access | Binding | Call) -> bool:
    """Whether an await stands above the write within the same hold of the innermost lock."""
    lock = next(number for _, number in locks_around(block, fact.context, fact.scope))
    return any(
        each.scope == fact.scope
        and each.span < fact.span
        and any(around.number == lock for around in block.enclosing(each.context))
        for each in block.suspensions
    )


def statement(facts: Facts, span: Span) -> str:
    """The statement that stands at a place, as far as its first line goes."""
    line = facts.text.split("\n")[span.line]
    text = line[span.column :].partition("  #")[0].rstrip()
    told = f"del {text}" if line[: span.column].rstrip().endswith("del") else text
    return told if len(told) <= _WIDEST else told[: _WIDEST - 3] + "..."


def own_function(callee: Term) -> str:
    if isinstance(callee, Attribute) and callee.value == Name("self"):
        return callee.attr
    return callee.id if isinstance(callee, Name) else ""


def outermost(block: Facts, scope: int) -> str:
    """The name of the method that a nested function stands in."""
    while block.scopes[scope].parent > 0:
        scope = block.scopes[scope].parent
    return block.scopes[scope].name
