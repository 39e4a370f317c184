"""Items of a store that is asked and told with an await: `await store.get(key)`, `await store.set(key, value)`.

The same owner and the same key mean the same item, as they do for a dict. What the store does in one call of its own,
such as to count up, is neither a read nor a write here: nothing comes in between.
"""

from __future__ import annotations

import ast

from awaitlens.program.flow.emitter import Emitter
from awaitlens.program.flow.model import Place, Value

STORED = "stored"
"""The name of such a write among the events."""
_GETTERS = ("load", "get", "read", "fetch", "restore")
_SETTERS = ("store", "save", "set", "write", "put", "dump", "persist", "update")
HOPS = {"to_thread": 0, "run_in_executor": 1, "async_add_executor_job": 0}
"""Calls that have a thread run what stands there, with the arguments behind it."""
TELLING = frozenset(("set", "aset"))
"""The methods that put a value under a key."""
_CONDITIONS = frozenset(("nx", "_cas_token"))
"""Words with which a store is told to write only where nothing, or the expected, lies."""


def tells_store(call: ast.Call) -> bool:
    """Whether the call, awaited, puts a value under a key whatever lies there."""
    words = [keyword.arg or "" for keyword in call.keywords]
    has_value = len(call.args) > 1 or (len(call.args) == 1 and "value" in words)
    plain = has_value and not any(isinstance(each, ast.Starred) for each in call.args)
    is_set = isinstance(call.func, ast.Attribute) and call.func.attr in TELLING
    return is_set and plain and _CONDITIONS.isdisjoint(words)


def tell_store(emit: Emitter, item: Place | None, call: ast.Call, evaluated: Value) -> None:
    """Emit the write that awaiting `store.set(key, value)` makes; the call itself is evaluated already."""
    given = evaluated.parts[-len(call.args) - len(call.keywords) :]
    words = [keyword.arg for keyword in call.keywords]
    value = given[1 if len(call.args) > 1 else 1 + words.index("value")]
    if item is not None:
        emit.write(item, STORED, value, call)


def note(emit: Emitter, suspension: int, call: ast.AST, operand: Value) -> None:
    """Keep what is given to an awaited function that, by its name, gets or sets a value for this one."""
    if not isinstance(call, ast.Call):
        return
    function = call.func
    position = HOPS.get(_last(function), -1)
    if position >= 0 and len(call.args) > position:
        function = call.args[position]
    name = _last(function).lstrip("_")
    is_own = isinstance(function, ast.Name) or (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "self"
    )
    if is_own and name.startswith(_GETTERS + _SETTERS):
        emit.rows[suspension][3] = operand
        emit.touches = emit.touches or (emit.asked and name.startswith(_SETTERS))
        emit.asked = emit.asked or name.startswith(_GETTERS)


def sets(name: str) -> bool:
    """Whether a function of that name may set a value, as far as `note` and `tells_store` count it as a touch."""
    return name in TELLING or name.lstrip("_").startswith(_SETTERS)


def _last(function: ast.AST) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
