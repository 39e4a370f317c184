"""What builtins and methods of containers pass on of the elements: `sorted(rows)`, `zip(keys, rows)`, `by_name.items()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program import consumption
from awaitlens.program.facts import Attribute, Call, Facts, Iterated
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import NOT_KNOWN, Class, Coroutine, External, Inferred, Instance, Value

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_ITERATOR = Class("collections.abc.Iterator")
_HOLDERS = {
    "sorted": "list",
    "list": "list",
    "set": "set",
    "frozenset": "frozenset",
    "iter": "collections.abc.Iterator",
    "reversed": "collections.abc.Iterator",
}
"""Builtins that give the elements they are given, in what they give them."""
_CHOOSERS = frozenset({"next", "min", "max"})
_BUILTINS = frozenset({*_HOLDERS, *_CHOOSERS, "enumerate", "zip"})
_MAPPINGS = frozenset(
    {"dict", "collections.abc.Mapping", "collections.defaultdict", "collections.OrderedDict"}
)
_SEQUENCES = frozenset({"list", "set", "collections.deque", "queue.Queue", "asyncio.Queue"})
_METHODS = frozenset(
    {"items", "values", "get", "pop", "setdefault", "popitem", "popleft", "copy", "get_nowait"}
)
_STACKS = {
    "contextlib._BaseExitStack.enter_context": False,
    "contextlib.ExitStack.enter_context": False,
    "contextlib.AsyncExitStack.enter_context": False,
    "contextlib.AsyncExitStack.enter_async_context": True,
}
"""Methods that enter the context manager they are given, and whether that waits."""


def passed_on(names: Names, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    """What a call gives that passes on what it is given, or what its receiver holds."""
    name = callee.value.name if isinstance(callee.value, External) else ""
    if name in _BUILTINS:
        return _of_builtin(names, name, call, file, facts)
    if name in _STACKS and call.positional:
        given = names.infer(call.positional[0].value, file, facts, call.scope, call.span)
        entered = consumption.entered(names, given, _STACKS[name])
        return entered.holding(Coroutine(entered.value)) if entered and _STACKS[name] else entered
    if isinstance(call.callee, Attribute) and call.callee.attr in _METHODS:
        owner = names.infer(call.callee.value, file, facts, call.scope, call.span)
        if isinstance(owner.value, Instance) and owner.value.arguments:
            return _of_method(owner, owner.value, call.callee.attr, call)
    return NOT_KNOWN


def _of_builtin(names: Names, name: str, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    positional = call.positional
    if not positional or positional[0].keyword or (len(positional) > 1 and name in ("min", "max")):
        return NOT_KNOWN
    found = names.infer(Iterated(positional[0].value, False), file, facts, call.scope, call.span)
    if name == "zip":
        others = [
            names.infer(Iterated(each.value, False), file, facts, call.scope, call.span)
            for each in positional[1:]
        ]
        row = Instance(Class("tuple"), tuple(each.value for each in (found, *others)))
        return Inferred(Instance(_ITERATOR, (row,)), "likely")
    if not isinstance(found.value, Instance):
        return NOT_KNOWN
    if name in _CHOOSERS:
        return found.because_of("likely" if len(call.arguments) > 1 else "certain")
    if name == "enumerate":
        return found.holding(_pairs(Instance(Class("int")), found.value))
    return found.holding(Instance(Class(_HOLDERS[name]), (found.value,)))


def _of_method(owner: Inferred, container: Instance, method: str, call: Call) -> Inferred:
    kind, inner = container.cls.name, container.arguments[-1]
    if method == "copy" and kind in ("list", "set", "dict"):
        return owner
    if kind in _MAPPINGS:
        if method == "values":
            return owner.holding(Instance(_ITERATOR, (inner,)))
        if method in ("items", "popitem"):
            key = container.arguments[0] if len(container.arguments) == 2 else Instance(Class("str"))
            pairs = _pairs(key, inner)
            return owner.holding(pairs if method == "items" else pairs.arguments[0])
        is_one = method in ("get", "pop", "setdefault") and bool(call.arguments)
        return owner.holding(inner).because_of("likely") if is_one else NOT_KNOWN
    if kind not in _SEQUENCES or method in ("items", "popitem", "values", "setdefault"):
        return NOT_KNOWN
    if kind == "asyncio.Queue" and method == "get":
        return owner.holding(Coroutine(inner))
    is_queue = kind.endswith("Queue")
    return owner.holding(inner) if (method in ("get", "get_nowait")) == is_queue else NOT_KNOWN


def _pairs(first: Value, second: Value) -> Instance:
    return Instance(_ITERATOR, (Instance(Class("tuple"), (first, second)),))
