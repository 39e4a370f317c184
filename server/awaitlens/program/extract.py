"""A block's tree to its facts, in one walk."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from awaitlens.program import importing, patterns
from awaitlens.program.expressions import ASSIGNED_TO, ITERATED, annotation, bind_target, parameters, term
from awaitlens.program.facts import (
    UNKNOWN,
    Argument,
    Attribute,
    Binding,
    Entered,
    Facts,
    Iterated,
    Lambda,
    Name,
    Term,
    Usage,
    Use,
)
from awaitlens.program.headers import place, type_parameters
from awaitlens.program.recorder import NOWHERE, Load, Recorder
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.syntax.blocks import Block
    from awaitlens.syntax.parse import Parsed

_DROPPED = Usage("dropped")
_RETURNED = Usage("returned")
_RAISED = Usage("raised")
_DELETED = Usage("deleted")
_TESTED = Usage("tested")
_OTHER = Usage("other")
_DECORATOR = Usage("decorator")
_ENTERED = {False: Usage("entered"), True: Usage("async entered")}

Statement = Callable[[Recorder, Any], None]


def extract(block: Block, parsed: Parsed) -> Facts:
    """All that the block says. Never raises on a tree that `ast` made."""
    record = Recorder(block.text, base_kind(block), VISITS)
    statements(record, parsed.body)
    return facts_of(record, block, parsed.repaired)


def base_kind(block: Block) -> str:
    """The kind of scope that the block's own statements stand in."""
    return "class" if block.owner else "module"


def facts_of(record: Recorder, block: Block, repaired: bool) -> Facts:
    """What was recorded, once the walk is over."""
    scopes = tuple([scope.close() for scope in record.scopes])
    return Facts(
        block.text,
        block.owner,
        repaired,
        scopes,
        tuple(record.calls),  # type: ignore[arg-type]  # Each is there once the walk is over.
        tuple(record.suspensions),
        tuple(record.contexts),
        tuple(record.bindings),
        tuple(record.imports),
        tuple(record.accesses),
        uses(record.bindings, record.loads, record.span),
        tuple(record.jumps),
        bool(record.suspensions) or any(scope.is_async for scope in scopes),
        tuple(record.flows),
    )


def uses(
    bindings: Iterable[Binding], loads: Iterable[Load], span: Callable[[ast.Name], Span]
) -> tuple[Use, ...]:
    """The reads of variables that hold the result of a call; of all others nobody asks."""
    held = {
        binding.name
        for binding in bindings
        if binding.kind in _HOLDING and binding.value is not UNKNOWN and type(binding.value) is not Lambda
    }
    if not held:
        return ()
    return tuple(
        [
            Use(node.id, usage, scope, context, span(node))
            for node, usage, scope, context in loads
            if node.id in held
        ]
    )


_HOLDING = frozenset(("assign", "walrus", "with", "async with"))


def statements(record: Recorder, body: list[ast.stmt]) -> None:
    visits = record.visits
    for statement in body:
        visit = visits.get(type(statement))
        if visit is not None:
            visit(record, statement)


def _expression(record: Recorder, node: ast.Expr) -> None:
    term(record, node.value, _DROPPED)


def _assign(record: Recorder, node: ast.Assign) -> None:
    value = term(record, node.value, ASSIGNED_TO[_target_text(node.targets[0])])
    for target in node.targets:
        bind_target(record, target, "assign", value)


def _annotated(record: Recorder, node: ast.AnnAssign) -> None:
    noted = annotation(record, node.annotation)
    if node.value is None:
        bind_target(record, node.target, "annotation", UNKNOWN, noted)
        return
    value = term(record, node.value, ASSIGNED_TO[_target_text(node.target)])
    bind_target(record, node.target, "assign", value, noted)
    if (
        isinstance(node.target, ast.Attribute)
        and noted is not None
        and isinstance(node.target.value, ast.Name)
    ):
        record.bind(
            f"{node.target.value.id}.{node.target.attr}", "annotation", record.span(node.target), value, noted
        )


def _type_alias(record: Recorder, node: Any) -> None:
    """`type Rows = list[Row]` (Python 3.12)."""
    bind_target(record, node.name, "assign", annotation(record, node.value) or UNKNOWN)


def _augmented(record: Recorder, node: ast.AugAssign) -> None:
    value = term(record, node.value, Usage("operand", name=_target_text(node.target)))
    if isinstance(node.target, ast.Name):
        record.read(node.target.id)
    bind_target(record, node.target, "augmented", value)


def _target_text(target: ast.expr) -> str:
    """The target as source text. `ast.unparse` takes 20 us, so it is asked for the unusual ones alone."""
    chain: ast.expr = target
    end = ""
    while isinstance(chain, ast.Attribute):
        end = f".{chain.attr}{end}"
        chain = chain.value
    if isinstance(chain, ast.Name):
        return chain.id + end
    if isinstance(target, ast.Tuple) and len(target.elts) > 1:
        return "(" + ", ".join([_target_text(element) for element in target.elts]) + ")"
    try:
        return ast.unparse(target)
    except (ValueError, RecursionError):
        return "?"


def _return(record: Recorder, node: ast.Return) -> None:
    record.jump("return", term(record, node.value, _RETURNED) if node.value else UNKNOWN, node)


def _raise(record: Recorder, node: ast.Raise) -> None:
    value = term(record, node.exc, _RAISED) if node.exc else UNKNOWN
    if node.cause:
        term(record, node.cause, _OTHER)
    record.jump("raise", value, node)


def _break(record: Recorder, node: ast.Break | ast.Continue) -> None:
    record.jump(type(node).__name__.lower(), UNKNOWN, node)


def _delete(record: Recorder, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            record.bind(target.id, "delete", record.span(target))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            record.access("delete", term(record, target, _DELETED), UNKNOWN, record.span(target))


def _if(record: Recorder, node: ast.If) -> None:
    record.test(node.test)
    test = term(record, node.test, _TESTED)
    outer = record.type_checking
    record.type_checking = outer or _is_type_checking(test)
    header = record.stretch(node, node.test)
    around = record.enter("if", header, _body(record, node.body), (test,))
    statements(record, node.body)
    record.leave(around)
    record.type_checking = outer
    if node.orelse:
        record.enter("else", header, _body(record, node.orelse), (test,))
        statements(record, node.orelse)
        record.leave(around)


def _is_type_checking(test: Term) -> bool:
    return test == Name("TYPE_CHECKING") or (isinstance(test, Attribute) and test.attr == "TYPE_CHECKING")


def _while(record: Recorder, node: ast.While) -> None:
    header = record.stretch(node, node.test)
    around = record.enter("while", header, _body(record, node.body))
    record.test(node.test)
    test = term(record, node.test, _TESTED)
    record.contexts[record.context] = record.contexts[record.context]._replace(terms=(test,))
    statements(record, node.body)
    record.leave(around)
    _loop_else(record, node.orelse, header)


def _for(record: Recorder, node: ast.For | ast.AsyncFor) -> None:
    is_async = isinstance(node, ast.AsyncFor)
    iterable = term(record, node.iter, ITERATED[is_async])
    header = record.stretch(node, node.iter)
    kind = "async for" if is_async else "for"
    names = (_target_text(node.target),)
    around = record.enter(kind, header, _body(record, node.body), (iterable,), names)
    if is_async:
        record.suspend(kind, iterable, _OTHER, header, _keyword(header, "async"))
    bind_target(record, node.target, kind, Iterated(iterable, is_async))
    statements(record, node.body)
    record.leave(around)
    _loop_else(record, node.orelse, header)


def _loop_else(record: Recorder, body: list[ast.stmt], header: Span) -> None:
    if body:
        around = record.enter("loop else", header, _body(record, body))
        statements(record, body)
        record.leave(around)


def _with(record: Recorder, node: ast.With | ast.AsyncWith) -> None:
    is_async = isinstance(node, ast.AsyncWith)
    kind = "async with" if is_async else "with"
    terms, names = [], []
    last = node.items[-1]
    header = record.stretch(node, last.optional_vars or last.context_expr)
    for item in node.items:
        manager = term(record, item.context_expr, _ENTERED[is_async])
        terms.append(manager)
        names.append(_target_text(item.optional_vars) if item.optional_vars else "")
        if is_async:
            record.suspend(kind, manager, _OTHER, record.span(item.context_expr), _keyword(header, "async"))
        if item.optional_vars:
            bind_target(record, item.optional_vars, kind, Entered(manager, is_async))
    around = record.enter(kind, header, _body(record, node.body), tuple(terms), tuple(names))
    statements(record, node.body)
    if is_async:
        record.suspend("async with exit", terms[0], _OTHER, header, _keyword(header, "async"))
    record.leave(around)


def _try(record: Recorder, node: ast.Try) -> None:
    start = record.span(node)
    header = Span(start.line, start.column, start.line, start.column + 3)
    caught = tuple(
        term(record, handler.type, _OTHER) if handler.type else UNKNOWN for handler in node.handlers
    )
    around = record.enter("try", header, _body(record, node.body), caught)
    statements(record, node.body)
    record.leave(around)
    for handler, types in zip(node.handlers, caught):
        _handler(record, handler, types)
    for kind, body in (("try else", node.orelse), ("finally", node.finalbody)):
        if body:
            record.enter(kind, header, _body(record, body))
            statements(record, body)
            record.leave(around)


def _handler(record: Recorder, handler: ast.ExceptHandler, types: Term) -> None:
    span = record.span(handler)
    end = (
        record.span(handler.type)
        if handler.type
        else Span(span.line, span.column, span.line, span.column + 6)
    )
    header = Span(span.line, span.column, end.end_line, end.end_column)
    around = record.enter("except", header, _body(record, handler.body), (types,), (handler.name or "",))
    if handler.name:
        record.bind(handler.name, "except", span)
    statements(record, handler.body)
    record.leave(around)


def _match(record: Recorder, node: ast.Match) -> None:
    subject = term(record, node.subject, _COMPARED_SUBJECT)
    for case in node.cases:
        span = record.span(case.pattern)
        around = record.enter(
            "case", span, _body(record, case.body), (subject, *patterns.matched(record, case.pattern))
        )
        patterns.bind_names(record, case.pattern)
        if case.guard:
            record.test(case.guard)
            term(record, case.guard, _TESTED)
        statements(record, case.body)
        record.leave(around)


_COMPARED_SUBJECT = Usage("compared")


def _assert(record: Recorder, node: ast.Assert) -> None:
    term(record, node.test, _TESTED)
    if node.msg:
        term(record, node.msg, _OTHER)


def _global(record: Recorder, node: ast.Global) -> None:
    record.scope.global_names = record.scope.global_names.union(node.names)


def _nonlocal(record: Recorder, node: ast.Nonlocal) -> None:
    record.scope.nonlocal_names = record.scope.nonlocal_names.union(node.names)


def _function(record: Recorder, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    decorators = tuple(term(record, decorator, _DECORATOR) for decorator in node.decorator_list)
    found = parameters(record, node.args)
    returns = annotation(record, node.returns)
    span = record.span(node)
    before = record.mark()
    scope = record.enter_scope("function", node.name)
    scope.is_async = isinstance(node, ast.AsyncFunctionDef)
    scope.parameters, scope.decorators, scope.returns = found, decorators, returns
    place(record, scope, node, span)
    statements(record, node.body)
    record.leave_scope(scope)
    if scope.is_async:
        record.trace_flow(node, scope, before)
    record.bind(node.name, "def", scope.name_span, Lambda(scope.number))


def _class(record: Recorder, node: ast.ClassDef) -> None:
    decorators = tuple(term(record, decorator, _DECORATOR) for decorator in node.decorator_list)
    bases = tuple(Argument("", term(record, base, Usage("base")), record.span(base)) for base in node.bases)
    keywords = tuple(
        Argument(k.arg or "**", term(record, k.value, _OTHER), record.span(k)) for k in node.keywords
    )
    span = record.span(node)
    scope = record.enter_scope("class", node.name)
    scope.decorators, scope.bases = decorators, bases + keywords + type_parameters(node, span)
    place(record, scope, node, span)
    statements(record, node.body)
    record.leave_scope(scope)
    record.bind(node.name, "class", scope.name_span, Lambda(scope.number))


def _body(record: Recorder, body: list[ast.stmt]) -> Span:
    return record.stretch(body[0], body[-1]) if body else NOWHERE


def _keyword(header: Span, word: str) -> Span:
    return Span(header.line, header.column, header.line, header.column + len(word))


VISITS: dict[type, Statement] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _break,
    ast.Delete: _delete,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Import: importing.whole_module,
    ast.ImportFrom: importing.names_of_module,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
if hasattr(ast, "TryStar"):
    VISITS[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):
    VISITS[ast.TypeAlias] = _type_alias
