"""Whether two tasks can run one function at the same time, judged from where it is called and how it is named.

Certain when the program itself starts several at once; likely for what looks like a handler or a public method;
possible for what runs once, or round after round in one task; not at all when every call holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
)
from awaitlens.program.flow.locks import is_lock_term, locks_around
from awaitlens.program.flow.sharing import PER_TASK_OWNERS
from awaitlens.program.index import Mention, last_name
from awaitlens.program.modules import qualname
from awaitlens.program.view import View
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.flow.remote import Action

_STARTERS = frozenset(
    ("gather", "wait", "as_completed", "create_task", "ensure_future", "start_soon", "spawn", "amap")
)
_GATHERERS = frozenset(("gather", "wait", "as_completed"))
_RUN_ONCE = (
    "__aenter__",
    "__aexit__",
    "__anext__",
    "__aiter__",
    "__await__",
    "asyncSetUp",
    "asyncTearDown",
    "main",
    "added_to_hass",
    "will_remove_from_hass",
)
"""Home Assistant calls the last two once for each entity."""
_ONE_AT_A_TIME = "async_update"
"""Home Assistant calls these for one entity or coordinator one after the other."""
_RUN_ONCE_STARTS = (
    *(
        "test_",
        "setup",
        "set_up",
        "init",
        "start",
        "stop",
        "close",
        "aclose",
        "shutdown",
        "run",
        "migrate",
        "login",
        "launch",
    ),
    *(
        "logout",
        "disconnect",
        "cleanup",
        "teardown",
        "tear_down",
        "dispose",
        "terminate",
        "finalize",
        "exit",
        "serve",
    ),
)
_RUN_ONCE_WORDS = ("locked", "startup", "shutdown")
_ENDINGS = (
    *("close", "aclose", "shutdown", "stop", "disconnect", "cleanup", "clean_up", "teardown", "tear_down"),
    *("dispose", "terminate", "finalize", "exit", "__aexit__", "asyncTearDown", "test_"),
)
_BEGINNINGS = ("setup", "set_up", "init", "start")
_SETS_UP = ("setup", "init", "initialize", "initialise")
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


def concurrency(facts: Facts, scope: Scope, view: View, span: Span) -> Confidence | None:
    """How surely two tasks run the code at `span`, in a function, at once. None when each call holds a lock."""
    if any(_holds_a_lock(decorator, scope, view) for decorator in scope.decorators):
        return None
    callers = list(_callers(facts, scope, view))
    if any(_starts_several(caller, call) for caller, call in callers):
        return "certain"
    entries = [decorator_entry(name) for name in view.decorator_names(scope.number) if name]
    if any(entry is not None and entry.overlaps for entry in entries):
        return "certain"
    own = by_name(facts, scope)
    if _is_alone(facts, scope, view, span):
        own = "possible"
    is_private = scope.name.startswith("_")
    judged = [_of_caller(caller, call, view) for caller, call in callers]
    if not callers and is_private:
        judged = [
            _of_caller(m.facts, m.call, view.of(m.file, m.facts)) for m in _relatives(facts, scope, view)
        ]
    known = [each for each in judged if each is not None]
    if judged and not known:
        return None if is_private else "possible"
    if judged and is_private:
        return weakest(own, "likely" if "likely" in known else "possible")
    return own


def _is_alone(facts: Facts, scope: Scope, view: View, span: Span) -> bool:
    """Whether one task mostly has the code for itself: it goes round in it, or has the object to itself."""
    if _is_of_one_task(scope, view):
        return True
    return _is_in_endless_loop(facts, scope.number, span) or _comes_one_by_one(facts, scope, view)


def _is_of_one_task(scope: Scope, view: View) -> bool:
    nearest = view.class_lineage(scope.number)[:_NEAR]
    return any(name.endswith(PER_TASK_OWNERS) for name in nearest)


def _relatives(facts: Facts, scope: Scope, view: View) -> Iterator[Mention]:
    """The calls of a private method that its class leaves to others: to the base that asks for it, or to who inherits it."""
    if scope.name.startswith("__") or not view.owner_of(scope.number):
        return
    for mention in view.program.index.called(scope.name):
        if mention.call.callee == Attribute(Name("self"), scope.name):
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
    name = plain_name(scope)
    if (
        name in _RUN_ONCE
        or name.startswith(_RUN_ONCE_STARTS)
        or any(word in name for word in _RUN_ONCE_WORDS)
    ):
        return "possible"
    if scope.name.lstrip("_").startswith(_ONE_AT_A_TIME):
        return "possible"
    return "possible" if any(is_guarding(decorator, facts) for decorator in scope.decorators) else "likely"


def plain_name(scope: Scope) -> str:
    """What a function is called, without the signs of being private or async: "setup" for `_async_setup`."""
    return scope.name if scope.name.startswith("__") else scope.name.lstrip("_").removeprefix("async_")


def ends_the_program(scope: Scope) -> bool:
    """Whether a function, as its name says, runs when nothing new is started any more."""
    return plain_name(scope).startswith(_ENDINGS)


def begins(scope: Scope) -> bool:
    """Whether a function, as its name says, begins an object's life."""
    return plain_name(scope).startswith(_BEGINNINGS)


def meets(action: Action, view: View) -> Confidence | None:
    """How surely the action can come while another function waits; None where every call of it holds a lock."""
    together = _together(action, view)
    if together is None:
        return None
    private = action.scope.name.startswith("_") and action.scope.is_async
    named = by_name(action.facts, action.scope) if action.kind == "writes" else lives_on(action.scope)
    return weakest(named, "possible" if private else "likely")


def _together(action: Action, view: View) -> Confidence | None:
    """How surely two tasks run the action at once; who asks rests on the answer, not on the callers it was read from."""
    file, program, span = view.file, view.program, action.span
    path = file.path
    name = qualname(action.facts, action.scope)
    definition = file.definitions.get(name)
    if definition is None or file.scope(definition) is not action.scope:
        return concurrency(action.facts, action.scope, view.of(file, action.facts), span)

    def answer() -> Confidence | None:
        here = program.files[path]
        found = here.definitions.get(name)
        if found is None:
            return None
        facts = here.facts(found.block)
        return concurrency(facts, here.scope(found), View(program, here, facts), span)

    return program.names.memory.about_bodies(("together", path, name, span), answer)


def lives_on(scope: Scope) -> Confidence:
    """How surely an object is in use already when a function takes something away: not yet, where that sets it up."""
    return "possible" if any(part.endswith(_SETS_UP) for part in plain_name(scope).split("_")) else "likely"


def lives(scope: Scope, view: View) -> Confidence:
    """How surely others use an object while a function runs: what begins or ends its life mostly has it for itself, and
    so has the one task that it was made for."""
    if _is_of_one_task(scope, view):
        return "possible"
    return "possible" if plain_name(scope).startswith((*_BEGINNINGS, *_ENDINGS)) else "likely"


def _callers(facts: Facts, scope: Scope, view: View) -> Iterator[tuple[Facts, Call]]:
    """The calls of a function that its own class or module shows."""
    callee: Term = Name(scope.name)
    if scope.parent > 0:
        blocks = [facts]
    elif facts.scopes[scope.parent].kind == "class":
        callee = Attribute(Name("self"), scope.name)
        blocks = [block for _, block in view.class_blocks(".".join(facts.owner), scope.name)]
    else:
        blocks = [block for _, block in view.module_blocks(scope.name)]
    for block in blocks:
        for call in block.calls:
            if call.callee == callee and not (block is facts and call.scope == scope.number):
                yield block, call


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


def _of_caller(facts: Facts, call: Call, view: View) -> Confidence | None:
    around = list(facts.enclosing(call.context))
    if any(c.kind in ("with", "async with") and any(is_lock_term(t, facts) for t in c.terms) for c in around):
        return None
    if any(_is_endless(context) for context in around) or facts.scopes[call.scope].kind == "module":
        return "possible"
    if _comes_one_by_one(facts, facts.scopes[call.scope], view):
        return "possible"
    return by_name(facts, facts.scopes[call.scope])


def _comes_one_by_one(facts: Facts, scope: Scope, view: View) -> bool:
    """Whether a function is handed to something that calls it once; or hands itself to a timer, for the next round."""
    for block, call in _handed(facts, scope, view):
        name = last_name(call.callee)
        if "once" in name.split("_"):
            return True
        if block is facts and call.scope == scope.number and any(word in name for word in _TIMERS):
            return True
    return False


def _handed(facts: Facts, scope: Scope, view: View) -> Iterator[tuple[Facts, Call]]:
    """The calls that are given a function, uncalled, in its own class or block."""
    is_method = facts.scopes[scope.parent].kind == "class" if scope.parent >= 0 else False
    term: Term = Attribute(Name("self"), scope.name) if is_method else Name(scope.name)
    blocks = (
        [block for _, block in view.class_blocks(".".join(facts.owner), scope.name)] if is_method else [facts]
    )
    for block in blocks:
        for call in block.calls:
            if any(argument.value == term for argument in call.arguments):
                yield block, call


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
