"""Expressions as events, in the order Python evaluates them (Language Reference 6.16, "Evaluation order")."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from awaitlens.program.flow.emitter import Emitter, source_of
from awaitlens.program.flow.locks import lock_place
from awaitlens.program.flow.model import UNKNOWN, Place, Value
from awaitlens.program.flow.stores import note, tell_store, tells_store

_BUILTINS = frozenset(dir(builtins))
_CHANGES = frozenset(
    (
        "appendleft",
        "extend",
        "extendleft",
        "insert",
        "update",
        "clear",
        "sort",
        "reverse",
        "popitem",
        "pop",
        "popleft",
    )
)
_ADDS = {"add": "mutate", "append": "mutate", "discard": "discard", "remove": "delete"}
CHANGING = _CHANGES.union(_ADDS, ("pop", "setdefault"))
"""The methods that may write to what they are called on."""
GIVES_NOTHING = frozenset(
    ("clear", "update", "insert", "sort", "reverse", "extend", "extendleft", "appendleft", "append", "add")
).union(("remove", "discard"))
"""The methods that give None for every container: where one is awaited, what it is called on is none."""
_OF_ONE_ITEM = frozenset(("get", "aget", "pop", "setdefault"))
_VIEWS = frozenset(("items", "values", "keys"))
_OPERATORS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-"}
_ABSORBING: dict[type[ast.AST], str] = {ast.BitOr: "|", ast.BitAnd: "&"}
_COMPARISONS: dict[type[ast.AST], str] = {ast.In: "in", ast.NotIn: "not in"}


def evaluate(emit: Emitter, node: ast.AST) -> Value:
    """Emit what evaluating the expression does, and say how its value came about."""
    handler = _EXPRESSIONS.get(type(node))
    return handler(emit, node) if handler is not None else _computed(emit, node)


def place_of(emit: Emitter, node: ast.AST) -> Place | None:
    """The place an expression names, its keys and inner calls evaluated but the place itself not read."""
    if isinstance(node, ast.Name):
        return Place(node.id)
    if isinstance(node, ast.Attribute):
        owner = place_of(emit, node.value)
        return Place(owner.root, (*owner.path, "." + node.attr)) if owner is not None else None
    if isinstance(node, ast.Subscript):
        owner = place_of(emit, node.value)
        evaluate(emit, node.slice)
        return item_of(owner, node.slice)
    evaluate(emit, node)
    return None


def item_of(owner: Place | None, key: ast.AST) -> Place | None:
    if owner is None:
        return None
    return Place(owner.root, (*owner.path, f"[{source_of(key)}]"))


def condition(emit: Emitter, node: ast.AST, falses: list[int]) -> None:
    """Emit a test that goes on when true; jumps taken when it is false are added to `falses`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for part in node.values:
            condition(emit, part, falses)
        return
    if isinstance(node, ast.BoolOp):
        trues: list[int] = []
        for part in node.values[:-1]:
            misses: list[int] = []
            condition(emit, part, misses)
            trues.append(emit.emit("jump"))
            emit.here(misses)
        condition(emit, node.values[-1], falses)
        emit.here(trues)
        return
    value = evaluate(emit, node)
    emit.touches = emit.touches or _is_about_shared(emit, value)
    falses.append(emit.emit("test", None, "", value, node))


def _is_about_shared(emit: Emitter, value: Value) -> bool:
    """Whether a test asks if something is there that another function may take away."""
    while value.kind in ("not", "is None", "is not None", "in", "not in") and value.parts:
        value = value.parts[0]
    place = emit.rows[value.event][1] if value.kind == "read" else None
    return (
        place is not None
        and bool(place.path)
        and (place.root == "self" or place.root not in emit.local_names)
    )


def _computed(emit: Emitter, node: ast.AST) -> Value:
    parts = [evaluate(emit, child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return Value("computed", "", -1, tuple(parts))


def _name(emit: Emitter, node: ast.Name) -> Value:
    if node.id in emit.local_names:
        return Value("local", node.id)
    return UNKNOWN if node.id in _BUILTINS else emit.read(Place(node.id), node)


def _chain(emit: Emitter, node: ast.Attribute | ast.Subscript) -> Value:
    place = place_of(emit, node)
    return emit.read(place, node) if place is not None else UNKNOWN


def _constant(emit: Emitter, node: ast.Constant) -> Value:
    return Value("constant", repr(node.value))


def _await(emit: Emitter, node: ast.Await) -> Value:
    call = node.value
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(call, ast.Call) and isinstance(function, ast.Attribute) and function.attr in GIVES_NOTHING:
        evaluate(emit, function.value)
        operand = Value("call", function.attr, -1, _arguments(emit, call))
    else:
        operand = evaluate(emit, call)
        if isinstance(call, ast.Call) and isinstance(function, ast.Attribute) and tells_store(call):
            tell_store(emit, item_of(place_of(emit, function.value), call.args[0]), call, operand)
    number = emit.suspend("await", node)
    note(emit, number, call, operand)
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
        emit.emit("acquire", lock_place(emit, call.func.value), "call", UNKNOWN, node)
    return Value("awaited", "", number, (operand,))


def _yield(emit: Emitter, node: ast.Yield) -> Value:
    if node.value is not None:
        evaluate(emit, node.value)
    emit.suspend("yield", node)
    return UNKNOWN


def _binary(emit: Emitter, node: ast.BinOp) -> Value:
    parts = (evaluate(emit, node.left), evaluate(emit, node.right))
    return arithmetic(node.op, parts)


def arithmetic(operator: ast.operator, parts: tuple[Value, ...]) -> Value:
    kind = _OPERATORS.get(type(operator))
    return (
        Value(kind, "", -1, parts)
        if kind
        else Value("computed", _ABSORBING.get(type(operator), ""), -1, parts)
    )


def _not(emit: Emitter, node: ast.UnaryOp) -> Value:
    value = evaluate(emit, node.operand)
    return Value("not" if isinstance(node.op, ast.Not) else "computed", "", -1, (value,))


def _either(emit: Emitter, node: ast.BoolOp) -> Value:
    """`a or b`: the value is a's or b's, by the path taken."""
    result, done = emit.temporary(), []
    for part in node.values[:-1]:
        value = evaluate(emit, part)
        emit.emit("bind", None, result, value)
        tested = Value("not", "", -1, (value,)) if isinstance(node.op, ast.Or) else value
        done.append(emit.emit("test", None, "", tested, part))
    emit.emit("bind", None, result, evaluate(emit, node.values[-1]))
    emit.here(done)
    return Value("local", result)


def _conditional(emit: Emitter, node: ast.IfExp) -> Value:
    result = emit.temporary()
    falses: list[int] = []
    condition(emit, node.test, falses)
    emit.emit("bind", None, result, evaluate(emit, node.body))
    done = emit.emit("jump")
    emit.here(falses)
    emit.emit("bind", None, result, evaluate(emit, node.orelse))
    emit.here([done])
    return Value("local", result)


def _compare(emit: Emitter, node: ast.Compare) -> Value:
    operator, right = node.ops[0], node.comparators[0]
    if len(node.ops) == 1 and type(operator) in _COMPARISONS:
        return _membership(emit, node.left, right, _COMPARISONS[type(operator)], node)
    parts = (evaluate(emit, node.left), *[evaluate(emit, part) for part in node.comparators])
    is_none = len(node.ops) == 1 and isinstance(right, ast.Constant) and right.value is None
    if is_none and isinstance(operator, (ast.Is, ast.Eq)):
        return Value("is None", "", -1, parts[:1])
    if is_none and isinstance(operator, (ast.IsNot, ast.NotEq)):
        return Value("is not None", "", -1, parts[:1])
    return Value("computed", "", -1, parts)


def _membership(emit: Emitter, key: ast.AST, container: ast.AST, kind: str, node: ast.AST) -> Value:
    """`key in container` asks about the item, not about the container as a whole."""
    evaluate(emit, key)
    place = item_of(place_of(emit, container), key)
    if place is None:
        return UNKNOWN
    return Value(kind, "", -1, (emit.read(place, node),))


def _named(emit: Emitter, node: ast.NamedExpr) -> Value:
    value = evaluate(emit, node.value)
    emit.emit("bind", None, node.target.id, value, node)
    return Value("local", node.target.id)


def _call(emit: Emitter, node: ast.Call) -> Value:
    function = node.func
    if isinstance(function, ast.Attribute):
        return _method_call(emit, node, function)
    if not isinstance(function, ast.Name):
        evaluate(emit, function)
    arguments = _arguments(emit, node)
    return Value("call", function.id if isinstance(function, ast.Name) else "", -1, arguments)


def _arguments(emit: Emitter, node: ast.Call) -> tuple[Value, ...]:
    values = [evaluate(emit, argument) for argument in node.args]
    values += [evaluate(emit, keyword.value) for keyword in node.keywords]
    return tuple(values)


def _method_call(emit: Emitter, node: ast.Call, function: ast.Attribute) -> Value:
    """A method of a place reads it; some read or change one item of it, some change the whole."""
    owner = place_of(emit, function.value)
    if owner is None:
        return Value("call", function.attr, -1, _arguments(emit, node))
    name = function.attr
    if name in _OF_ONE_ITEM and node.args:
        arguments = _arguments(emit, node)
        return _item_method(emit, node, owner, name, arguments)
    read = emit.read(owner, function.value) if owner.path or owner.root not in emit.local_names else UNKNOWN
    arguments = _arguments(emit, node)
    item = item_of(owner, node.args[0]) if name in _ADDS and len(node.args) == 1 else None
    if item is not None:
        emit.write(item, _ADDS[name], Value("computed", "", -1, arguments), node)
    elif name == "release" and not node.args:
        emit.emit("release", lock_place(emit, function.value), "call", UNKNOWN, node)
    elif name in _CHANGES:
        emit.write(owner, "mutate", Value("computed", "", -1, arguments), node)
    return Value("call", name, -1, (read, *arguments) if read is not UNKNOWN else arguments)


def _item_method(
    emit: Emitter, node: ast.Call, owner: Place, name: str, arguments: tuple[Value, ...]
) -> Value:
    item = item_of(owner, node.args[0])
    assert item is not None
    value = emit.read(item, node)
    if name == "pop":
        emit.write(item, "delete" if len(arguments) == 1 else "discard", UNKNOWN, node)
    elif name == "setdefault":
        emit.write(item, "mutate", Value("computed", "", -1, arguments), node)
    if name in ("get", "aget") and len(arguments) == 1:
        return value
    return Value("call", name, -1, (value, *arguments[1:]))


def _comprehension(
    emit: Emitter, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
) -> Value:
    loops: list[tuple[int, int]] = []
    sources = []
    for generator in node.generators:
        source, head, leave = iteration(emit, generator.iter)
        sources.append(source)
        if generator.is_async:
            emit.suspend("async comprehension", generator.iter)
        bind(emit, generator.target, Value("computed", "", -1, (source,)), generator.target)
        loops.append((head, leave))
        for test in generator.ifs:
            falses: list[int] = []
            condition(emit, test, falses)
            for jump in falses:
                emit.rows[jump][4] = head
    elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    values = [evaluate(emit, element) for element in elements]
    for head, leave in reversed(loops):
        emit.emit("jump", target=head)
        emit.here([leave])
    return Value("computed", "", -1, (*sources, *values))


def iteration(emit: Emitter, iterable: ast.AST) -> tuple[Value, int, int]:
    """The head of a loop: the iterable's value, the event each round comes back to, the event that leaves."""
    view, container = "", iterable
    if (
        isinstance(iterable, ast.Call)
        and isinstance(iterable.func, ast.Name)
        and iterable.func.id == "enumerate"
    ):
        container = iterable.args[0] if iterable.args else iterable
    iterated = container
    if _is_view(container):
        view, container = container.func.attr, container.func.value  # type: ignore[attr-defined]
    if isinstance(container, (ast.Name, ast.Attribute, ast.Subscript)):
        place = place_of(emit, container)
        if place is not None and (place.path or place.root not in _BUILTINS):
            known = place.path or place.root not in emit.local_names
            source = emit.read(place, container) if known else Value("local", place.root)
            emit.touches = True
            head = emit.emit("iterate", place, view, UNKNOWN, iterated)
            return source, head, head
    source = evaluate(emit, iterable)
    head = emit.emit("fork")
    return source, head, head


def _is_view(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _VIEWS
        and not node.args
    )


def bind(emit: Emitter, target: ast.AST, value: Value, node: ast.AST) -> None:
    """Give the value to a target; the parts of a target that is an attribute or item are evaluated now."""
    if isinstance(target, ast.Name):
        if target.id in emit.local_names:
            emit.emit("bind", None, target.id, value, node)
        else:
            emit.write(Place(target.id), "assign", value, node)
    elif isinstance(target, (ast.Tuple, ast.List)):
        elementwise = value.kind == "tuple" and len(value.parts) == len(target.elts)
        for position, element in enumerate(target.elts):
            bind(
                emit,
                element,
                value.parts[position] if elementwise else Value("computed", "", -1, (value,)),
                node,
            )
    elif isinstance(target, ast.Starred):
        bind(emit, target.value, Value("computed", "", -1, (value,)), node)
    else:
        place = place_of(emit, target)
        if place is not None:
            emit.write(place, "assign", value, node)


def _tuple(emit: Emitter, node: ast.Tuple) -> Value:
    return Value("tuple", "", -1, tuple([evaluate(emit, element) for element in node.elts]))


def _nothing(emit: Emitter, node: ast.AST) -> Value:
    return UNKNOWN


def _dictionary(emit: Emitter, node: ast.Dict) -> Value:
    parts = []
    for key, value in zip(node.keys, node.values):
        if key is not None:
            evaluate(emit, key)
        parts.append(evaluate(emit, value))
    return Value("computed", "", -1, tuple(parts))


_EXPRESSIONS: dict[type[ast.AST], Callable[[Emitter, Any], Value]] = {
    ast.Name: _name,
    ast.Attribute: _chain,
    ast.Subscript: _chain,
    ast.Constant: _constant,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.BinOp: _binary,
    ast.UnaryOp: _not,
    ast.BoolOp: _either,
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.NamedExpr: _named,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Tuple: _tuple,
    ast.Dict: _dictionary,
    ast.Lambda: _nothing,
}
