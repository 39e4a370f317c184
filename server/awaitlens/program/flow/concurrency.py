"""Whether two tasks can run one function at the same time, judged from where it is called and how it is named.

Certain when the program itself starts several at once; likely for what looks like a handler or a public method;
possible for what runs once, or round after round in one task; not at all when every call holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge.concurrency import decorator_entry
from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Context,
    Facts,
    Name,
    Result,
    Scope,
    Term,
    last_name,
)
from awaitlens.program.flow.locks import is_lock_term, locks_around
from awaitlens.program.flow.phases import begins, ends, lives_on, opens, runs_once
from awaitlens.program.flow.sharing import PER_TASK_OWNERS
from awaitlens.program.index import Mention
from awaitlens.program.modules import qualname
from awaitlens.program.view import View
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.flow.remote import Action

_STARTERS = frozenset(
    ("gather", "wait", "as_completed", "create_task", "ensure_future", "start_soon", "spawn", "amap")
)
_GATHERERS = frozenset(("gather", "wait", "as_completed"))
_ONE_AT_A_TIME = "async_update"
"""Home Assistant calls these for one entity or coordinator one after the other."""
_NEAR = 3
"""How far up its bases a class is judged by their names: what stands higher says little of its objects' lives."""
_GUARDING = (
    "lock",
    "synchron",
    "once",
    "single",
    "serial",
    "throttle",
    "debounce",
    "fixture",
    "contextmanager",
)
_TIMERS = ("call_later", "call_at", "schedule", "timer", "point_in")
_LOOPS = frozenset(("for", "async for", "while", "comprehension"))
_FARTHEST = 3
"""Through how many private functions the way to one is followed back to who calls the first of them."""


class Together(NamedTuple):
    """How surely two tasks run a function at once: what stands in an endless loop of it, and what stands elsewhere."""

    in_loop: Confidence | None
    elsewhere: Confidence | None


def concurrency(facts: Facts, scope: Scope, view: View, span: Span) -> Confidence | None:
    """How surely two tasks run the code at `span`, in a function, at once. None when each call holds a lock."""
    together = _together(facts, scope, view, _FARTHEST)
    return together.in_loop if _is_in_endless_loop(facts, scope.number, span) else together.elsewhere


def _together(facts: Facts, scope: Scope, view: View, far: int) -> Together:
    """Who asks rests on the answer, not on the callers it was read from."""
    program, path, name = view.program, view.path, qualname(facts, scope)
    definition = view.file.definitions.get(name)
    if definition is None or view.file.scope(definition) is not scope:
        return _judged(facts, scope, view, far)

    def answer() -> Together | None:
        file = program.files[path]
        found = file.definitions.get(name)
        if found is None:
            return None
        here = file.facts(found.block)
        return _judged(here, file.scope(found), View(program, file, here), far)

    return program.names.memory.about_bodies(("together", path, name, far), answer) or Together(None, None)


def _judged(facts: Facts, scope: Scope, view: View, far: int) -> Together:
    if any(_holds_a_lock(decorator, scope, view) for decorator in scope.decorators):
        return Together(None, None)
    callers = list(_callers(facts, scope, view))
    entries = [decorator_entry(name) for name in view.decorator_names(scope.number) if name]
    if any(_starts_several(caller, call) for caller, call in callers) or any(
        entry is not None and entry.overlaps for entry in entries
    ):
        return Together("certain", "certain")
    alone = _is_of_one_task(scope, view) or _comes_one_by_one(facts, scope, view)
    own: Confidence = "possible" if alone else by_name(facts, scope)
    judged = [_of_caller(caller, call, view, far) for caller, call in callers]
    if not callers and scope.name.startswith("_"):
        relatives = _relatives(facts, scope, view)
        judged = [_of_caller(m.facts, m.call, view.of(m.file, m.facts), 0) for m in relatives]
    return Together(_by_callers("possible", scope, judged), _by_callers(own, scope, judged))


def _by_callers(own: Confidence, scope: Scope, judged: Sequence[Confidence | None]) -> Confidence | None:
    """What is known of the function itself, weakened by what is known of its callers."""
    is_private = scope.name.startswith("_")
    known = [each for each in judged if each is not None]
    if judged and not known:
        return None if is_private else "possible"
    if judged and is_private:
        return weakest(own, "possible" if _are_few(known) else "likely")
    # Who opens an object is mostly one task, unless others open it when they find it closed.
    return "possible" if opens(scope) and not is_private and _are_few(known) else own


def _are_few(known: Sequence[Confidence]) -> bool:
    """Whether no two callers are likely to come at once."""
    return all(each == "possible" for each in known)


def _is_of_one_task(scope: Scope, view: View) -> bool:
    nearest = view.class_lineage(scope.number)[:_NEAR]
    return any(name.endswith(PER_TASK_OWNERS) for name in nearest)


def _relatives(facts: Facts, scope: Scope, view: View) -> Iterator[Mention]:
    """The calls of a private method that its class leaves to others: to the base that asks for it, or to who inherits it."""
    if scope.name.startswith("__") or not view.owner_of(scope.number):
        return
    for mention in view.program.index.called(scope.name):
        if mention.call.callee == Attribute(Name("self"), scope.name):
            view.program.names.memory.rests_on(mention.file.path, id(mention.facts))
            yield mention


def _holds_a_lock(decorator: Term, scope: Scope, view: View) -> bool:
    """Whether a decorator of the program runs what it is given under a lock."""
    target = view.callable(decorator, max(scope.parent, 0), scope.span)
    return bool(target.path) and bool(view.of_definition(target, _waits_under_lock))


def _waits_under_lock(facts: Facts, scope: Scope) -> bool:
    return any(
        facts.is_within(each.scope, scope.number) and bool(locks_around(facts, each.context, each.scope))
        for each in facts.suspensions
        if each.kind == "await"
    )


def by_name(facts: Facts, scope: Scope) -> Confidence:
    if runs_once(scope) or scope.name.lstrip("_").startswith(_ONE_AT_A_TIME):
        return "possible"
    return "possible" if any(is_guarding(decorator, facts) for decorator in scope.decorators) else "likely"


def meets(action: Action, view: View) -> Confidence | None:
    """How surely the action can come while another function waits; None where every call of it holds a lock."""
    together = concurrency(action.facts, action.scope, view.of(view.file, action.facts), action.span)
    if together is None:
        return None
    private = action.scope.name.startswith("_") and action.scope.is_async
    named = by_name(action.facts, action.scope) if action.kind == "writes" else lives_on(action.scope)
    return weakest(named, "possible" if private else "likely")


def lives(scope: Scope, view: View) -> Confidence:
    """How surely others use an object while a function runs: what begins or ends its life mostly has it for itself, and
    so has the one task that it was made for."""
    if _is_of_one_task(scope, view):
        return "possible"
    return "possible" if begins(scope) or ends(scope) else "likely"


def only_begins(facts: Facts, scope: Scope, view: View) -> bool:
    """Whether a function runs only where an object's life begins: it says so, or is private and all its callers do."""
    if begins(scope) or not scope.name.startswith("_"):
        return begins(scope)
    callers = [caller.scopes[call.scope] for caller, call in _callers(facts, scope, view)]
    return bool(callers) and all(map(begins, callers))


def _callers(facts: Facts, scope: Scope, view: View) -> Iterator[tuple[Facts, Call]]:
    """The calls of a function that its own class or module shows."""
    callee: Term = Name(scope.name)
    if scope.parent > 0:
        blocks = view.itself(facts)
    elif facts.scopes[scope.parent].kind == "class":
        callee = Attribute(Name("self"), scope.name)
        blocks = view.blocks_telling(facts.owner, _called, scope.name)
    else:
        blocks = (block for _, block in view.module_blocks(scope.name))
    for block in blocks:
        for call in block.calls:
            if call.callee == callee and not (block is facts and call.scope == scope.number):
                yield block, call


def _called(block: Facts) -> Mapping[str, list[object]]:
    """What a block tells of the methods of its class that it calls: all that `_judged` reads of such a call."""
    found: dict[str, list[object]] = {}
    for call in block.calls:
        if isinstance(call.callee, Attribute) and call.callee.value == Name("self"):
            caller = block.scopes[call.scope]
            told = (call.scope, caller.name, _starts_several(block, call), _of_call(block, call))
            found.setdefault(call.callee.attr, []).append(told)
    return found


def _starts_several(facts: Facts, call: Call) -> bool:
    """Whether the call is one of several tasks: in a loop or a comprehension, or one of a gather's repeated arguments."""
    usage = call.usage.final
    if usage.kind != "argument" or usage.call < 0:
        return False
    starter = facts.calls[usage.call]
    if not isinstance(starter.callee, (Attribute, Name)):
        return False
    if last_name(starter.callee) not in _STARTERS and not _is_gathered_later(facts, starter):
        return False
    again = sum(
        facts.calls[n].callee == call.callee
        for n in range(len(facts.calls))
        if _given_to(facts, n, usage.call)
    )
    return again > 1 or any(
        c.kind in _LOOPS and c.terms != (Constant(True),) for c in facts.enclosing(call.context)
    )


def _is_gathered_later(facts: Facts, call: Call) -> bool:
    """Whether the call puts what it is given into a list, in a function that runs several tasks at once."""
    is_put = last_name(call.callee) in ("append", "add")
    return is_put and any(last_name(each.callee) in _GATHERERS for each in facts.calls_in(call.scope))


def _given_to(facts: Facts, number: int, call: int) -> bool:
    usage = facts.calls[number].usage.final
    return usage.kind == "argument" and usage.call == call


def _of_caller(facts: Facts, call: Call, view: View, far: int) -> Confidence | None:
    """How surely two tasks come by a call at once: as surely as its function is called, where that is private."""
    known, caller = _of_call(facts, call), facts.scopes[call.scope]
    if known != "likely":
        return known
    if far and caller.kind == "function" and caller.name.startswith("_"):
        return _together(facts, caller, view.of(view.file, facts), far - 1).elsewhere
    return "possible" if _comes_one_by_one(facts, caller, view) else known


def _of_call(facts: Facts, call: Call) -> Confidence | None:
    """What the code around a call says."""
    around = list(facts.enclosing(call.context))
    if any(c.kind in ("with", "async with") and any(is_lock_term(t, facts) for t in c.terms) for c in around):
        return None
    if any(_is_endless(context) for context in around) or facts.scopes[call.scope].kind == "module":
        return "possible"
    caller = facts.scopes[call.scope]
    return "possible" if opens(caller) else by_name(facts, caller)


def _comes_one_by_one(facts: Facts, scope: Scope, view: View) -> bool:
    """Whether a function is handed to something that calls it once; or hands itself to a timer, for the next round."""
    is_method = facts.scopes[scope.parent].kind == "class" if scope.parent >= 0 else False
    term: Term = Attribute(Name("self"), scope.name) if is_method else Name(scope.name)
    blocks = view.blocks_telling(facts.owner, _handed, scope.name) if is_method else view.itself(facts)
    return any(
        "once" in _taker(call).split("_")
        or (block is facts and call.scope == scope.number and any(word in _taker(call) for word in _TIMERS))
        for block in blocks
        for call in block.calls
        if any(argument.value == term for argument in call.arguments)
    )


def _taker(call: Call) -> str:
    return last_name(call.callee)


def _handed(block: Facts) -> Mapping[str, list[object]]:
    """What a block tells of the methods of its class that it hands over, uncalled."""
    found: dict[str, list[object]] = {}
    for call in block.calls:
        for argument in call.arguments:
            if isinstance(argument.value, Attribute) and argument.value.value == Name("self"):
                found.setdefault(argument.value.attr, []).append((call.scope, _taker(call)))
    return found


def _is_in_endless_loop(facts: Facts, scope: int, span: Span) -> bool:
    return any(
        context.scope == scope and _is_endless(context) and context.body_span.contains(span.line, span.column)
        for context in facts.contexts
    )


def _is_endless(context: Context) -> bool:
    return context.kind == "while" and context.terms[:1] in ((Constant(True),), (Constant(1),))


def is_guarding(decorator: Term, facts: Facts) -> bool:
    """A decorator that lets one call at a time through, as its name says."""
    if isinstance(decorator, Result):
        decorator = facts.calls[decorator.call].callee
    while isinstance(decorator, Attribute):
        if _sounds_guarding(decorator.attr):
            return True
        decorator = decorator.value
    return isinstance(decorator, Name) and _sounds_guarding(decorator.id)


def _sounds_guarding(name: str) -> bool:
    return any(word in name.lower() for word in _GUARDING)
