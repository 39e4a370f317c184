"""Which of the calls that knowledge calls blocking wait, and how surely: by how they are made, and by what is around them."""

from __future__ import annotations

from awaitlens.confidence import Confidence
from awaitlens.knowledge import blocking as known
from awaitlens.program.conditions import is_own_parameter
from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Entered,
    Facts,
    Iterated,
    Name,
    Other,
    Term,
    last_name,
)
from awaitlens.program.generators import CONSUMERS
from awaitlens.program.terms import dotted
from awaitlens.source import Span

_UNSEEN = frozenset({"cpu", "lock", "queue", "tls"})
"""Where the wait depends on what cannot be seen: how large the data is, who else holds the lock."""
_QUICK_MOSTLY = ("django.template.", "django.dispatch.", "django.shortcuts.render")
"""What blocks only if what it is given queries the database."""
_NOT_THROUGH = frozenset({"loop"})
"""A second loop raises at once; helpers that start one mostly ask first whether one is running."""
ANSWERS_AT_ONCE = {
    "future": frozenset({"done", "exception"}),
    "queue": frozenset({"put", "put_nowait", "empty", "qsize", "full"}),
    "mp": frozenset({"put", "ready", "poll", "is_alive"}),
}
"""What a function may ask or do before, so that there is nothing left to wait for."""


def certainty(row: known.BlockingCall) -> Confidence:
    """How surely the call of a row holds up its thread long enough to matter."""
    if row.name.startswith(_QUICK_MOSTLY):
        return "possible"
    if row.confidence == "high":
        return "certain"
    return "likely" if row.confidence == "medium" and row.category not in _UNSEEN else "possible"


def seen_to_wait(row: known.BlockingCall, call: Call, facts: Facts) -> Confidence:
    """How surely what is called on is set up to wait. A socket from elsewhere may be a non-blocking one.

    One of this function's own waits for its peer, unless it is told not to (`waits`); a datagram has no peer to wait for
    when it connects or sends.
    """
    if not row.name.startswith("socket.socket."):
        return "certain"
    method = row.name.rpartition(".")[2]
    made = _maker(call, facts) if method in _OF_PEERS else None
    if made is None or last_name(made.callee) not in ("socket", "create_connection"):
        return "possible"
    return "possible" if "connect" in method and "DGRAM" in facts.slice(made.span) else "certain"


_OF_PEERS = frozenset({"connect", "connect_ex", "accept", "recv", "recv_into", "recvfrom"})


def _maker(call: Call, facts: Facts) -> Call | None:
    """The call that made what a method is called on, where this function holds it in a variable of its own."""
    if not isinstance(call.callee, Attribute) or not isinstance(call.callee.value, Name):
        return None
    name = call.callee.value.id
    bound = [b.value for b in facts.bindings if b.name == name and b.scope == call.scope]
    value = bound[0] if len(bound) == 1 else None
    return facts.call_of(value.value if isinstance(value, Entered) else value) if value is not None else None


def waits(row: known.BlockingCall, call: Call, facts: Facts) -> bool:
    """Whether the arguments and the code around leave something to wait for."""
    if _is_quick(row, call, facts) or any(_holds(unless, call, facts) for unless in row.unless):
        return False
    return not _returns_at_once(row, call, facts)


def needed_argument(row: known.BlockingCall, call: Call, facts: Facts) -> str:
    """The parameter of the function around that has to be true for the call to wait: `block` of `jobs.get(block=block)`."""
    for unless in row.unless if call.arguments else ():
        argument = call.argument(unless.position, unless.keyword) if unless.value == "False" else None
        term = argument.value if argument is not None else None
        if isinstance(term, Name) and is_own_parameter(term.id, call.scope, facts):
            return term.id
    return ""


def _is_quick(row: known.BlockingCall, call: Call, facts: Facts) -> bool:
    """Whether this call has nothing to wait for: an address in numbers needs no name lookup, a guard is held for a moment.

    A nap of some milliseconds counts where it is taken, and not in everybody who calls the function; one of none nowhere.
    """
    if row.category == "dns":
        return any("NUMERIC" in facts.slice(argument.span) for argument in call.arguments)
    if row.name == "time.sleep" and call.arguments:
        time = _number(call.arguments[0].value, call, facts)
        shortest = 0.0 if facts.scopes[call.scope].is_async else 0.009
        return isinstance(time, Constant) and isinstance(time.value, (int, float)) and time.value <= shortest
    return _guards(row.name, call, facts)


def _number(time: Term, call: Call, facts: Facts) -> Term:
    """The number that a local name stands for, where it is given one and no other."""
    if not isinstance(time, Name):
        return time
    given = [b.value for b in facts.bindings if b.name == time.id and b.scope == call.scope]
    return given[0] if len(given) == 1 else time


def _guards(name: str, call: Call, facts: Facts) -> bool:
    """Whether a plain function takes a thread lock, as thread-safe code does for a moment, and as `with lock` says it."""
    if facts.scopes[call.scope].is_async:
        return False
    return name in ("threading.Lock.acquire", "threading.RLock.acquire")


def _is_gone_through(call: Call, facts: Facts) -> bool:
    """Whether somebody asks at once for the results that `pool.map()` gives one by one. Where the pool is entered here, its
    `with` is what waits."""
    owner = call.callee.value if isinstance(call.callee, Attribute) else call.callee
    if any(isinstance(b.value, Entered) and Name(b.name) == owner for b in facts.bindings):
        return False
    if call.usage.kind == "argument":
        return last_name(facts.calls[call.usage.call].callee) in CONSUMERS
    return call.usage.kind in ("iterated", "starred")


def _returns_at_once(row: known.BlockingCall, call: Call, facts: Facts) -> bool:
    """Whether the code around makes sure that there is nothing left to wait for."""
    if row.category in ANSWERS_AT_ONCE:
        return _asked_before(call, ANSWERS_AT_ONCE[row.category], facts) or (
            row.category == "future" and (_is_completed(call, facts) or _was_awaited(call, facts))
        )
    if row.category == "lock" and row.name.endswith((".acquire", ".__enter__")):
        return _is_new(call, facts)
    if row.name == "concurrent.futures.Executor.map":
        return not _is_gone_through(call, facts)
    if row.category == "socket" and row.name.startswith("socket.socket."):
        return any(_sets_timeout(other) for other in facts.calls)
    return False


def _asked_before(call: Call, methods: frozenset[str], facts: Facts) -> bool:
    """`future.done()` before `future.result()`, `jobs.empty()` or `jobs.put(x)` before `jobs.get()`."""
    if not isinstance(call.callee, Attribute):
        return False
    asked = {Attribute(call.callee.value, method) for method in methods}
    return any(other.callee in asked and other.number < call.number for other in facts.calls_in(call.scope))


def _was_awaited(call: Call, facts: Facts) -> bool:
    """`await asyncio.wrap_future(future)` before `future.result()`."""
    if not isinstance(call.callee, Attribute):
        return False
    return any(
        last_name(other.callee) == "wrap_future"
        and other.usage.kind in ("awaited", "argument")
        and other.arguments[:1]
        and other.arguments[0].value == call.callee.value
        and other.number < call.number
        for other in facts.calls_in(call.scope)
    )


def _is_completed(call: Call, facts: Facts) -> bool:
    """`for future in as_completed(futures)`: what comes out there has its result."""
    if not isinstance(call.callee, Attribute) or not isinstance(call.callee.value, Name):
        return False
    for binding in facts.bindings:
        if binding.name == call.callee.value.id and isinstance(binding.value, Iterated):
            source = facts.call_of(binding.value.value)
            if source is not None and last_name(source.callee) == "as_completed":
                return True
    return False


def _is_new(call: Call, facts: Facts) -> bool:
    """A lock that this function has just made is free."""
    if not isinstance(call.callee, Attribute) or not isinstance(call.callee.value, Name):
        return False
    bound = [b for b in facts.bindings if b.name == call.callee.value.id and b.scope == call.scope]
    return any(facts.call_of(binding.value) for binding in bound)


def _sets_timeout(call: Call) -> bool:
    """Whether the call may make a socket a non-blocking one: with a timeout of some seconds it still waits for those."""
    if last_name(call.callee) not in ("setblocking", "settimeout") or not call.arguments:
        return False
    value = call.arguments[0].value
    return not isinstance(value, Constant) or not value.value


def holds_up_callers(row: known.BlockingCall, call: int, facts: Facts) -> bool:
    """Whether a function that makes a call (-1: a statement) of a row is to be called blocking for it."""
    if row.name == "importlib.import_module" and not _is_composed(facts.calls[call], facts):
        return False
    return row.category not in _NOT_THROUGH and certainty(row) != "possible"


def _is_composed(call: Call, facts: Facts) -> bool:
    """Whether a module's name is put together here: one of many, then. A name that is given, as a setting's is by
    `BROKER.value()`, is mostly imported already."""
    name = call.arguments[0].value if call.arguments else None
    made = facts.call_of(name) if name is not None else None
    if made is None:
        return isinstance(name, Other)
    owner = dotted(made.callee).partition(".")[0]
    return bool(made.arguments) or not (owner.isupper() or owner == "settings")


def _holds(condition: known.Unless, call: Call, facts: Facts) -> bool:
    """Whether an argument makes the call return at once."""
    argument = call.argument(condition.position, condition.keyword)
    if argument is None:
        return condition.value == "absent" and not any(a.keyword in ("*", "**") for a in call.arguments)
    if isinstance(argument.value, Constant):
        value = argument.value.value
        return repr(value) == condition.value or (
            condition.value == "0" and value == 0 and value is not False
        )
    return "." in condition.value and _says(
        condition.value.rpartition(".")[2], argument.value, argument.span, call, facts
    )


def _says(word: str, value: Term, span: Span, call: Call, facts: Facts) -> bool:
    """Whether a name occurs in an argument, or in the only call that gave the argument's variable its value."""
    if word in facts.slice(span):
        return True
    if not isinstance(value, Name):
        return False
    bound = [b for b in facts.bindings if b.name == value.id and b.scope == call.scope]
    made = facts.call_of(bound[0].value) if len(bound) == 1 else None
    return made is not None and last_name(made.callee) == word
