"""Files that a worker thread writes for an await: two tasks that save at once write one file from two threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge.concurrency import callback
from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Facts,
    Item,
    Name,
    Other,
    Result,
    Scope,
    Suspension,
    Term,
    last_name,
)
from awaitlens.program.flow.concurrency import concurrency
from awaitlens.program.flow.locks import is_lock_term, locks_around
from awaitlens.program.flow.stores import HOPS
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_HOPS = frozenset((*HOPS, "run_sync", "run_in_threadpool"))
_OPENS = frozenset(("open", "write_text", "write_bytes"))
_MOVES = frozenset(("rename", "replace", "move"))


class Save(NamedTuple):
    """`hop` is the await that sends `writer` to a thread, and `file` what that writes, as it stands in `writer`."""

    function: str
    writer: str
    file: str
    hop: Span
    confidence: Confidence


class _Written(NamedTuple):
    """A file that a function writes, as it names it; `given` is the number of the parameter that does, -1 if none."""

    text: str
    given: int


def concurrent_saves(facts: Facts, view: View) -> Iterator[Save]:
    for hop in facts.suspensions:
        call = facts.call_of(hop.operand) if hop.kind == "await" else None
        position = _position(call, view) if call is not None else -1
        if call is None or position < 0 or _is_alone(facts, hop):
            continue
        target = view.callable(call.arguments[position].value, hop.scope, hop.span)
        written = view.of_definition(target, _written) if target.path else None
        given = call.arguments[position + 1 :]
        for file in written or ():
            if file.given < 0 or (
                file.given < len(given) and _is_fixed(given[file.given].value, facts, hop.scope)
            ):
                together = concurrency(facts, facts.scopes[hop.scope], view, hop.span)
                if together is not None:
                    name = facts.scopes[hop.scope].name
                    yield Save(
                        name,
                        last_name(call.arguments[position].value),
                        file.text,
                        hop.span,
                        weakest(together, "likely"),
                    )
                break


def _position(call: Call, view: View) -> int:
    """Where in the call the function stands that any thread may run; -1 for other calls, and for a pool of one's own."""
    name = last_name(call.callee)
    if name not in _HOPS:  # Cheaper to know than what the call calls.
        return -1
    taker = callback(view.target(call).name)
    position = taker.position if taker is not None and taker.where == "worker thread" else HOPS.get(name, -1)
    if name == "run_in_executor" and (not call.arguments or call.arguments[0].value != Constant(None)):
        return -1
    plain = all(argument.keyword == "" for argument in call.arguments)
    return position if plain and len(call.arguments) > position else -1


def _is_alone(facts: Facts, hop: Suspension) -> bool:
    """Whether a lock is held, or a flag is set that says that someone saves already."""
    before = (a for a in facts.accesses if a.scope == hop.scope and a.span < hop.span)
    return bool(locks_around(facts, hop.context, hop.scope)) or any(a.value == Constant(True) for a in before)


def _written(facts: Facts, scope: Scope) -> tuple[_Written, ...]:
    """The files that a function writes under a name that each call of it means, and no lock of threads around."""
    calls = (call for call in facts.calls_in(scope.number) if not _is_guarded(facts, call))
    files = ((_file(call), call) for call in calls)
    found = (_told(file, facts, scope) for file, call in files if file is not None and not scope.is_async)
    return tuple(file for file in found if file is not None)


def _is_guarded(facts: Facts, call: Call) -> bool:
    """Whether a lock is held around the call; `with lock, open(name):` has both in one header."""
    here = (
        c for c in facts.contexts if c.scope == call.scope and c.kind == "with" and c.span.overlaps(call.span)
    )
    in_header = any(is_lock_term(term, facts) for context in here for term in context.terms)
    return in_header or bool(locks_around(facts, call.context, call.scope))


def _file(call: Call) -> Term | None:
    """The file that a call empties, fills or moves away."""
    name, first = last_name(call.callee), call.argument(0)
    owner = call.callee.value if isinstance(call.callee, Attribute) else None
    if name in _MOVES and first is not None:
        is_function = isinstance(owner, Name) and owner.id in ("os", "shutil")
        return first.value if is_function else None
    if name not in _OPENS:
        return None
    if name != "open":
        return owner
    mode = call.argument(0 if owner is not None else 1, "mode")
    writes = mode is not None and isinstance(mode.value, Constant) and "w" in str(mode.value.value)
    return (owner or (first.value if first else None)) if writes else None


def _told(file: Term, facts: Facts, scope: Scope) -> _Written | None:
    names = [parameter.name for parameter in scope.parameters if parameter.name != "self"]
    if isinstance(file, Name) and file.id in names:
        return _Written(file.id, names.index(file.id))
    return _Written(_spelled(file), -1) if _is_fixed(file, facts, scope.number) else None


def _is_fixed(term: Term, facts: Facts, scope: int, seen: tuple[tuple[int, str], ...] = ()) -> bool:
    """Whether a term names one file for all calls: made of literals, globals and attributes of self; not of a name `seen` on
    the way, which is made of itself."""
    if isinstance(term, Constant):
        return isinstance(term.value, str)
    if isinstance(term, Name):
        return term.id == "self" or _is_fixed_name(term.id, facts, scope, seen)
    if isinstance(term, Attribute):
        return _is_fixed(term.value, facts, scope, seen)
    if isinstance(term, Result):
        call = facts.calls[term.call]
        given = [argument.value for argument in call.arguments]
        bound = isinstance(call.callee, Attribute) and isinstance(call.callee.value, (Attribute, Result))
        parts = [call.callee.value, *given] if bound and isinstance(call.callee, Attribute) else given
        return bool(parts) and all(_is_fixed(part, facts, scope, seen) for part in parts)
    if isinstance(term, Other):
        return bool(term.parts) and all(_is_fixed(part, facts, scope, seen) for part in term.parts)
    return False


def _is_fixed_name(name: str, facts: Facts, scope: int, seen: tuple[tuple[int, str], ...]) -> bool:
    """Whether a name means one file for all calls; one of an enclosing function does if it does there."""
    here = facts.scopes[scope]
    bound = [b for b in facts.bindings if b.name == name and b.scope == scope]
    if bound or any(parameter.name == name for parameter in here.parameters):
        if len(bound) != 1 or bound[0].kind != "assign" or (scope, name) in seen:
            return False
        return _is_fixed(bound[0].value, facts, scope, (*seen, (scope, name)))
    return here.parent < 0 or _is_fixed_name(name, facts, here.parent, seen)


def _spelled(term: Term) -> str:
    if isinstance(term, Attribute):
        return f"{_spelled(term.value)}.{term.attr}"
    if isinstance(term, Item):
        return _spelled(term.value)
    return term.id if isinstance(term, Name) else "its file"
