"""A function's tree to its `Flow`: one walk over its statements, in the order they run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from awaitlens.program.flow.emitter import Emitter, Frame, TooLong
from awaitlens.program.flow.expressions import arithmetic, bind, condition, evaluate, iteration, place_of
from awaitlens.program.flow.locks import lock_place
from awaitlens.program.flow.model import NOWHERE, UNKNOWN, Flow, Place, Value
from awaitlens.source import Span

Function = ast.AsyncFunctionDef | ast.FunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def trace(
    function: Function,
    scope: int,
    to_span: Callable[[Any], Span],
    local_names: frozenset[str] | None = None,
) -> Flow | None:
    """The flow of one function; None when it never suspends or touches nothing that may outlive the call.

    Who has read the function already knows its `local_names`; to collect them here costs more than all the rest.
    """
    names = _parameters(function)
    emit = Emitter(_local_names(function, names) if local_names is None else local_names, to_span)
    complete = True
    try:
        _block(emit, function.body)
        emit.emit("end", None, "return")
    except TooLong:
        complete = False
    if not emit.suspends or not emit.touches:
        return None
    return Flow(scope, names, emit.local_names, emit.events() if complete else (), complete)


def is_traceless(statement: ast.stmt, local_names: frozenset[str]) -> bool:
    """Whether a statement leaves nothing in the flow of a function with these local names, wherever it stands there."""
    emit = Emitter(local_names, _nowhere)
    _block(emit, [statement])
    return not (emit.rows or emit.suspends or emit.touches or emit.asked or emit.temporaries)


def _nowhere(_: object) -> Span:
    return NOWHERE


def asked_about(test: ast.AST) -> Iterable[str]:
    """The names behind whose attributes or items a test looks: never fewer than those by which `condition` counts it as
    a touch, so that a function without any need not be traced."""
    while isinstance(test, ast.UnaryOp):
        test = test.operand
    if isinstance(test, ast.BoolOp):
        return [name for part in test.values for name in asked_about(part)]
    if isinstance(test, ast.Compare):
        is_membership = isinstance(test.ops[0], (ast.In, ast.NotIn))
        return _roots(test.comparators[0]) if is_membership else asked_about(test.left)
    if isinstance(test, ast.Call):
        test = test.func
    return _roots(test) if isinstance(test, (ast.Attribute, ast.Subscript)) else ()


def _roots(node: ast.AST) -> Iterable[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return (node.id,) if isinstance(node, ast.Name) else ()


def _parameters(function: Function) -> tuple[str, ...]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return tuple([argument.arg for argument in every])


def _local_names(function: Function, parameters: tuple[str, ...]) -> frozenset[str]:
    """The names the function binds itself, less those it declares global or nonlocal."""
    bound, outer = set(parameters), set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
            continue
        bound.update(_bound_by(node))
        if not isinstance(node, _NESTED):
            waiting.extend(ast.iter_child_nodes(node))
    return frozenset(bound - outer)


def _bound_by(node: ast.AST) -> Iterable[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, ast.ExceptHandler) and node.name:
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        return (node.name,)
    return ()


def _block(emit: Emitter, statements: Sequence[ast.stmt]) -> None:
    for statement in statements:
        handler = _STATEMENTS.get(type(statement))
        if handler is not None:
            handler(emit, statement)


def _expression(emit: Emitter, node: ast.Expr) -> None:
    evaluate(emit, node.value)


def _assign(emit: Emitter, node: ast.Assign) -> None:
    filling = _filling(node)
    if filling is not None:
        misses: list[int] = []
        condition(emit, filling[0], misses)
        bind(emit, node.targets[0], evaluate(emit, filling[1]), node)
        emit.here(misses)
        return
    value = evaluate(emit, node.value)
    for target in node.targets:
        bind(emit, target, value, node)


def _filling(node: ast.Assign) -> tuple[ast.expr, ast.expr] | None:
    """When `x = x or y` and `x = y if no_x else x` write something new, and what: x itself where it is shared."""
    target, value = node.targets[0], node.value
    if len(node.targets) > 1 or not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
        return None
    if isinstance(value, ast.IfExp) and _are_alike(value.orelse, target):
        return value.test, value.body
    if not isinstance(value, ast.BoolOp) or not isinstance(value.op, ast.Or) or len(value.values) != 2:
        return None
    if not _are_alike(value.values[0], target):
        return None
    return ast.copy_location(ast.UnaryOp(ast.Not(), value.values[0]), value.values[0]), value.values[1]


def _are_alike(value: ast.expr, target: ast.expr) -> bool:
    return type(value) is type(target) and ast.unparse(value) == ast.unparse(target)


def _annotated(emit: Emitter, node: ast.AnnAssign) -> None:
    if node.value is not None:
        bind(emit, node.target, evaluate(emit, node.value), node)


def _augmented(emit: Emitter, node: ast.AugAssign) -> None:
    """`x += f()` reads x first, then evaluates the right side, then writes."""
    place = place_of(emit, node.target)
    if place is None:
        evaluate(emit, node.value)
        return
    is_local = not place.path and place.root in emit.local_names
    before = Value("local", place.root) if is_local else emit.read(place, node.target)
    value = arithmetic(node.op, (before, evaluate(emit, node.value)))
    if is_local:
        emit.emit("bind", None, place.root, value, node)
    else:
        emit.write(place, "augmented", value, node)


def _delete(emit: Emitter, node: ast.Delete) -> None:
    for target in node.targets:
        place = place_of(emit, target)
        if place is not None and place.path:
            emit.write(place, "delete", UNKNOWN, node)


def _if(emit: Emitter, node: ast.If) -> None:
    falses: list[int] = []
    condition(emit, node.test, falses)
    _block(emit, node.body)
    done = [emit.emit("jump")] if node.orelse else []
    emit.here(falses)
    _block(emit, node.orelse)
    emit.here(done)


def _while(emit: Emitter, node: ast.While) -> None:
    frame = Frame("loop", len(emit.rows))
    falses: list[int] = []
    if not (isinstance(node.test, ast.Constant) and node.test.value):
        condition(emit, node.test, falses)
    _loop_body(emit, frame, node.body)
    emit.here(falses)
    _block(emit, node.orelse)
    emit.here(frame.breaks)


def _for(emit: Emitter, node: ast.For | ast.AsyncFor) -> None:
    if isinstance(node, ast.AsyncFor):
        source = evaluate(emit, node.iter)
        head = len(emit.rows)
        emit.suspend("async for", node.iter)
        leave = emit.emit("fork")
    else:
        source, head, leave = iteration(emit, node.iter)
    bind(emit, node.target, Value("computed", "", -1, (source,)), node.target)
    frame = Frame("loop", head)
    _loop_body(emit, frame, node.body)
    emit.here([leave])
    _block(emit, node.orelse)
    emit.here(frame.breaks)


def _loop_body(emit: Emitter, frame: Frame, body: Sequence[ast.stmt]) -> None:
    emit.frames.append(frame)
    _block(emit, body)
    emit.frames.pop()
    emit.emit("jump", target=frame.head)


def _with(emit: Emitter, node: ast.With | ast.AsyncWith) -> None:
    """Each manager is entered, bound, and given back on every way out."""
    is_async = isinstance(node, ast.AsyncWith)
    for item in node.items:
        manager = item.context_expr
        is_plain = isinstance(manager, (ast.Name, ast.Attribute, ast.Subscript))
        value = UNKNOWN if is_plain and place_of(emit, manager) is not None else evaluate(emit, manager)
        place = lock_place(emit, manager)
        if is_async:
            emit.suspend("async with", manager)
        kind = "async with" if is_async else "with"
        emit.emit("acquire", place, kind, value, manager)
        emit.frames.append(_leaving(partial(_release, emit, place, kind, manager)))
        if item.optional_vars is not None:
            bind(emit, item.optional_vars, Value("computed", "", -1, (value,)), manager)
    _block(emit, node.body)
    for _ in node.items:
        leave = emit.frames.pop().leave
        if leave is not None:
            leave()


def _leaving(leave: Callable[[], None]) -> Frame:
    frame = Frame("leave")
    frame.leave = leave
    return frame


def _release(emit: Emitter, place: Place | None, kind: str, manager: ast.AST) -> None:
    emit.emit("release", place, kind, UNKNOWN, manager)
    if kind == "async with":
        emit.suspend("async with exit", manager)


def _try(emit: Emitter, node: Any) -> None:
    if node.finalbody:
        emit.frames.append(_leaving(partial(_block, emit, node.finalbody)))
    frame = Frame("try")
    if node.handlers:
        frame.handlers.append(emit.emit("fork"))
        emit.frames.append(frame)
    _block(emit, node.body)
    if node.handlers:
        emit.frames.pop()
    _block(emit, node.orelse)
    if node.handlers:
        _handlers(emit, node.handlers, frame)
    if node.finalbody:
        emit.frames.pop()
        _block(emit, node.finalbody)


def _handlers(emit: Emitter, handlers: Sequence[ast.ExceptHandler], frame: Frame) -> None:
    done = [emit.emit("jump")]
    emit.here(frame.handlers)
    for position, handler in enumerate(handlers):
        other = [emit.emit("fork")] if position + 1 < len(handlers) else []
        if handler.name:
            emit.emit("bind", None, handler.name, Value("constant", "an error"))
        _block(emit, handler.body)
        done.append(emit.emit("jump"))
        emit.here(other)
    emit.here(done)


def _return(emit: Emitter, node: ast.Return) -> None:
    if node.value is not None:
        evaluate(emit, node.value)
    emit.leave_to(0)
    emit.emit("end", None, "return")


def _raise(emit: Emitter, node: ast.Raise) -> None:
    for part in (node.exc, node.cause):
        if part is not None:
            evaluate(emit, part)
    inside = emit.innermost("try")
    emit.leave_to(inside + 1)
    if inside >= 0:
        emit.frames[inside].handlers.append(emit.emit("jump"))
    else:
        emit.emit("end", None, "raise")


def _break(emit: Emitter, node: ast.Break) -> None:
    loop = emit.innermost("loop")
    if loop >= 0:
        emit.leave_to(loop + 1)
        emit.frames[loop].breaks.append(emit.emit("jump"))


def _continue(emit: Emitter, node: ast.Continue) -> None:
    loop = emit.innermost("loop")
    if loop >= 0:
        emit.leave_to(loop + 1)
        emit.emit("jump", target=emit.frames[loop].head)


def _match(emit: Emitter, node: ast.Match) -> None:
    value = evaluate(emit, node.subject)
    done = []
    for case in node.cases:
        misses = [emit.emit("fork")]
        for pattern in ast.walk(case.pattern):
            for name in _bound_by(pattern):
                emit.emit("bind", None, name, Value("computed", "", -1, (value,)))
        if case.guard is not None:
            condition(emit, case.guard, misses)
        _block(emit, case.body)
        done.append(emit.emit("jump"))
        emit.here(misses)
    emit.here(done)


def _assert(emit: Emitter, node: ast.Assert) -> None:
    evaluate(emit, node.test)


def _definition(emit: Emitter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    if node.name in emit.local_names:
        emit.emit("bind", None, node.name)


_STATEMENTS: dict[type[ast.AST], Callable[[Emitter, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Match: _match,
    ast.Assert: _assert,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _try
