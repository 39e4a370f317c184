"""Which of the calls that knowledge calls blocking wait, and how surely: by how they are made, and by what is around them."""

from __future__ import annotations

from awaitlens.confidence import Confidence
from awaitlens.knowledge import blocking as known
from awaitlens.program.facts import Attribute, Call, Constant, Facts, Other, Result

_UNSEEN = frozenset({"cpu", "lock", "socket", "queue", "tls"})
"""Where the wait depends on what cannot be seen: how large the data is, who else holds the lock."""
_QUICK_MOSTLY = ("django.template.", "django.dispatch.", "django.shortcuts.render")
"""What blocks only if what it is given queries the database."""


def certainty(row: known.BlockingCall) -> Confidence:
    """How surely the call of a row holds up its thread long enough to matter."""
    if row.name.startswith(_QUICK_MOSTLY):
        return "possible"
    if row.confidence == "high":
        return "certain"
    return "likely" if row.confidence == "medium" and row.category not in _UNSEEN else "possible"


def waits(row: known.BlockingCall, call: Call, facts: Facts) -> bool:
    """Whether the arguments and the code around leave something to wait for."""
    return not _is_quick(row, call, facts) and not any(_holds(unless, call, facts) for unless in row.unless)


def _is_quick(row: known.BlockingCall, call: Call, facts: Facts) -> bool:
    """Whether this call has nothing to wait for: an address in numbers needs no name lookup, a guard is held for a moment.

    A nap of some milliseconds counts where it is taken, and not in everybody who calls the function; one of none nowhere.
    """
    if row.category == "dns":
        return any("NUMERIC" in facts.slice(argument.span) for argument in call.arguments)
    if row.name == "time.sleep" and call.arguments:
        time = call.arguments[0].value
        shortest = 0.0 if facts.scopes[call.scope].is_async else 0.009
        return isinstance(time, Constant) and isinstance(time.value, (int, float)) and time.value <= shortest
    return _guards(row.name, call, facts)


def _guards(name: str, call: Call, facts: Facts) -> bool:
    """Whether a plain function takes a thread lock, as thread-safe code does for a moment, and as `with lock` says it.

    Or it asks a future for its result after it has asked whether that is there.
    """
    if facts.scopes[call.scope].is_async:
        return False
    if name == "concurrent.futures.Future.result" and isinstance(call.callee, Attribute):
        asked = Attribute(call.callee.value, "done")
        return any(other.callee == asked for other in facts.calls_in(call.scope))
    return name in ("threading.Lock.acquire", "threading.RLock.acquire")


def is_composed(call: Call) -> bool:
    """Whether a module's name is put together here: one of many, then. A name that is given is mostly imported already."""
    return bool(call.arguments) and isinstance(call.arguments[0].value, (Other, Result))


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
    return "." in condition.value and condition.value.rpartition(".")[2] in facts.slice(argument.span)
