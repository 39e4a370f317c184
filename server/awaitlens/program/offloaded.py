"""What comes back from a function that is handed to a thread: `client = await asyncio.to_thread(connect)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge import concurrency, coroutines, types
from awaitlens.program import results
from awaitlens.program.facts import Call, Facts
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    Class,
    Coroutine,
    External,
    Function,
    Inferred,
    Instance,
    Manager,
    Partial,
    Value,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names


def awaited(names: Names, name: str, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    """`to_thread(connect)`, `run_in_executor(None, connect)`: awaited, they give what the function gives."""
    kind = coroutines.kind(name)
    taker = concurrency.callback(name) if kind in ("coroutine", "future") else None
    argument = call.argument(taker.position, taker.keyword) if taker and taker.off_the_loop else None
    if argument is None:
        return NOT_KNOWN
    function = names.infer(argument.value, file, facts, call.scope, call.span)
    result = _given_by(names, function.value)
    if not result or isinstance(result.value, (Coroutine, Manager)):
        return NOT_KNOWN
    value = Coroutine(result.value) if kind == "coroutine" else _future_of(result.value)
    return Inferred(value, result.confidence).because_of(function.confidence)


def _given_by(names: Names, function: Value) -> Inferred:
    """What a function gives, however it is called."""
    while isinstance(function, Partial):
        function = function.function
    if isinstance(function, Class):
        return Inferred(Instance(function))
    if isinstance(function, Function):
        return results.function_called(names, function)
    given = types.returns(function.name) if isinstance(function, External) else None
    return Inferred(Instance(Class(given))) if given and given != types.MODEL else NOT_KNOWN


def _future_of(result: Value) -> Instance:
    return Instance(Class("asyncio.Future"), (result,))
