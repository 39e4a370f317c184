"""Expressions to terms: one visit per node, told by its parent what becomes of its value."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from awaitlens.program.facts import (
    UNKNOWN,
    Argument,
    Attribute,
    Awaited,
    Call,
    Comprehension,
    Constant,
    Display,
    Either,
    Item,
    Iterated,
    Lambda,
    Name,
    Other,
    Parameter,
    Result,
    Starred,
    Term,
    Unpacked,
    Usage,
)
from awaitlens.program.recorder import Recorder, new
from awaitlens.source import Span

K = TypeVar("K")
T = TypeVar("T")

_AWAITED = Usage("awaited")
_CALLED = Usage("called")
_INDEXED = Usage("indexed")
_SLICED = Usage("indexed", name="slice")
_KEY = Usage("key")
_TESTED = Usage("tested")
_COMPARED = Usage("compared")
_OPERAND = Usage("operand")
_FORMATTED = Usage("formatted")
_YIELDED = Usage("yielded")
_RETURNED = Usage("returned")
_ANNOTATION = Usage("annotation")
_DEFAULT = Usage("default")
_OTHER = Usage("other")
ITERATED = {False: Usage("iterated"), True: Usage("async iterated")}


class _Interned(dict[K, T]):
    """One value per key for all files: the same few thousand words make up half of all terms and usages.

    A look-up costs a third of a new tuple. Emptied when it has grown large, so that a server that runs for days holds
    no words of long ago.
    """

    def __init__(self, make: Callable[[K], T]) -> None:
        self._make = make

    def __missing__(self, key: K) -> T:
        if len(self) >= 20_000:
            self.clear()
        made = self[key] = self._make(key)
        return made


_NAMES = _Interned(Name)
_RESULTS = _Interned(Result)
ASSIGNED_TO: _Interned[str, Usage] = _Interned(lambda word: Usage("assigned", name=word))
_ATTRIBUTE_USAGES: _Interned[str, Usage] = _Interned(lambda word: Usage("attribute", name=word))
_NAMED_OPERATORS: dict[type[ast.operator], str] = {ast.BitOr: "BitOr", ast.Div: "Div"}
"""Those that some types give a meaning of their own: `A | B`, `folder / name`."""
_COMPARED_BY: _Interned[str, Usage] = _Interned(lambda word: Usage("compared", name=word))
# By the number of the call and the position or keyword.
_ARGUMENT_USAGES: _Interned[tuple[int, int | str], Usage] = _Interned(
    lambda key: Usage("argument", key[0], str(key[1]))
)


def term(record: Recorder, node: ast.expr, usage: Usage) -> Term:
    """The term of an expression whose value ends as `usage`; its calls, awaits and scopes are recorded on the way."""
    return _VISITS[type(node)](record, node, usage)


# The visits of the most frequent nodes look into `_VISITS` themselves: a call less for each of half a million nodes.


def _name(record: Recorder, node: ast.Name, usage: Usage) -> Term:
    identifier = node.id
    record.read(identifier)
    record.load((node, usage, record.scope.number, record.context))
    return _NAMES[identifier]


def _attribute(record: Recorder, node: ast.Attribute, usage: Usage) -> Term:
    owner, name = node.value, node.attr
    return new(Attribute, (_VISITS[type(owner)](record, owner, _ATTRIBUTE_USAGES[name]), name))


def _item(record: Recorder, node: ast.Subscript, usage: Usage) -> Term:
    if usage is _ANNOTATION:
        return _subscripted_type(record, node)
    indexed = _SLICED if isinstance(node.slice, ast.Slice) and node.slice.step is None else _INDEXED
    return Item(term(record, node.value, indexed), term(record, node.slice, _KEY))


def _subscripted_type(record: Recorder, node: ast.Subscript) -> Item:
    """`Optional["Row"]`: strings inside are types as well, those of Literal and the further ones of Annotated aside."""
    generic = term(record, node.value, _ANNOTATION)
    key, last = node.slice, getattr(node.value, "attr", getattr(node.value, "id", ""))
    if last == "Literal":
        return Item(generic, term(record, key, _ANNOTATION))
    if not isinstance(key, ast.Tuple):
        return Item(generic, annotation(record, key) or UNKNOWN)
    types = len(key.elts) if last != "Annotated" else 1
    parts = [annotation(record, each) for each in key.elts[:types]]
    rest = [term(record, each, _ANNOTATION) for each in key.elts[types:]]
    return Item(generic, Display("tuple", tuple([part or UNKNOWN for part in (*parts, *rest)])))


def _call(record: Recorder, node: ast.Call, usage: Usage) -> Term:
    calls, span, function = record.calls, record.span, node.func
    number = len(calls)
    calls.append(None)
    callee = _VISITS[type(function)](record, function, _CALLED)
    arguments = _arguments(record, node, number) if node.args or node.keywords else ()
    scope, context = record.scope.number, record.context
    calls[number] = new(Call, (number, callee, arguments, usage, scope, context, span(node), span(function)))
    return _RESULTS[number]


def _arguments(record: Recorder, node: ast.Call, number: int) -> tuple[Argument, ...]:
    span = record.span
    found: list[Argument] = []
    for position, value in enumerate(node.args):
        usage, keyword = _ARGUMENT_USAGES[number, position], ""
        passed = value
        if isinstance(value, ast.Starred):
            usage, keyword, passed = Usage("starred", outer=usage), "*", value.value
        found.append(new(Argument, (keyword, _VISITS[type(passed)](record, passed, usage), span(value))))
    for pair in node.keywords:
        keyword, passed = pair.arg or "**", pair.value
        usage = _ARGUMENT_USAGES[number, keyword]
        found.append(new(Argument, (keyword, _VISITS[type(passed)](record, passed, usage), span(pair))))
    return tuple(found)


def _await(record: Recorder, node: ast.Await, usage: Usage) -> Term:
    operand = term(record, node.value, _AWAITED)
    span = record.span(node)
    keyword = Span(span.line, span.column, span.line, span.column + 5)
    return Awaited(operand, record.suspend("await", operand, usage, span, keyword))


def _constant(record: Recorder, node: ast.Constant, usage: Usage) -> Term:
    value = node.value
    return new(Constant, (value if type(value) is not complex else str(value),))


def _display(record: Recorder, node: ast.List | ast.Tuple | ast.Set, usage: Usage) -> Term:
    element = usage if usage is _ANNOTATION else Usage("element", outer=usage)
    kind = _DISPLAYS[type(node)]
    return Display(kind, tuple([_VISITS[type(value)](record, value, element) for value in node.elts]))


_DISPLAYS: dict[type, str] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}


def _dictionary(record: Recorder, node: ast.Dict, usage: Usage) -> Term:
    kinds = [Usage("element" if key else "starred", outer=usage) for key in node.keys]
    keys = tuple([UNKNOWN if key is None else term(record, key, _KEY) for key in node.keys])
    return Display("dict", tuple([term(record, v, kind) for v, kind in zip(node.values, kinds)]), keys)


def _starred(record: Recorder, node: ast.Starred, usage: Usage) -> Term:
    return Starred(term(record, node.value, Usage("starred", outer=usage)))


def _comprehension(
    record: Recorder, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, usage: Usage
) -> Term:
    kind = _COMPREHENSIONS[type(node)]
    first = node.generators[0]
    iterable = term(record, first.iter, ITERATED[bool(first.is_async)])
    is_async = any(generator.is_async for generator in node.generators)
    span = record.span(node)
    if is_async and kind != "generator":
        record.suspend("async comprehension", iterable, usage, span, span)
    record.scope.suspends |= is_async
    around = record.enter("comprehension", span, span, (iterable,), (kind,))
    _generators(record, node.generators, iterable)
    element = Usage("element", outer=usage)
    if isinstance(node, ast.DictComp):
        term(record, node.key, _KEY)
        made = term(record, node.value, element)
    else:
        made = term(record, node.elt, element)
    record.leave(around)
    return Comprehension(kind, made, iterable, is_async)


def _generators(record: Recorder, generators: list[ast.comprehension], first: Term) -> None:
    for position, generator in enumerate(generators):
        is_async = bool(generator.is_async)
        iterable = first if position == 0 else term(record, generator.iter, ITERATED[is_async])
        bind_target(record, generator.target, "comprehension", Iterated(iterable, is_async))
        for test in generator.ifs:
            record.test(test)
            term(record, test, _TESTED)


_COMPREHENSIONS: dict[type, str] = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}


def _lambda(record: Recorder, node: ast.Lambda, usage: Usage) -> Term:
    found = parameters(record, node.args)
    scope = record.enter_scope("lambda", "<lambda>")
    scope.parameters = found
    scope.span = scope.name_span = scope.keyword_span = record.span(node)
    record.jump("return", term(record, node.body, _RETURNED), node.body)
    record.leave_scope(scope)
    return Lambda(scope.number)


def parameters(record: Recorder, arguments: ast.arguments) -> tuple[Parameter, ...]:
    """The parameters of a function; defaults and annotations belong to the scope around it."""
    positional_only, plain = arguments.posonlyargs, arguments.args
    without = len(positional_only) + len(plain) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*[None] * without, *arguments.defaults]
    found = [_parameter(record, a, "positional only", d) for a, d in zip(positional_only, defaults)]
    found += [_parameter(record, a, "positional", d) for a, d in zip(plain, defaults[len(positional_only) :])]
    if arguments.vararg:
        found.append(_parameter(record, arguments.vararg, "*", None))
    found += [
        _parameter(record, a, "keyword only", d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults)
    ]
    if arguments.kwarg:
        found.append(_parameter(record, arguments.kwarg, "**", None))
    return tuple(found)


def _parameter(record: Recorder, argument: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    noted = annotation(record, argument.annotation) if argument.annotation is not None else None
    value = term(record, default, _DEFAULT) if default is not None else None
    return new(Parameter, (argument.arg, kind, noted, value))


def annotation(record: Recorder, node: ast.expr | None) -> Term | None:
    """The term of an annotation; one written as a string is read as the expression it holds."""
    if node is None:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            inner = ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Constant(node.value)
        for part in ast.walk(inner):
            ast.copy_location(part, node)
        return term(record, inner, _ANNOTATION)
    return term(record, node, _ANNOTATION)


def _yield(record: Recorder, node: ast.Yield | ast.YieldFrom, usage: Usage) -> Term:
    record.scope.is_generator = record.scope.suspends = True
    value = term(record, node.value, _YIELDED) if node.value is not None else UNKNOWN
    record.jump("yield" if isinstance(node, ast.Yield) else "yield from", value, node)
    return Other("Yield", (value,))


def _conditional(record: Recorder, node: ast.IfExp, usage: Usage) -> Term:
    record.test(node.test)
    term(record, node.test, _TESTED)
    return Either((_perhaps(record, node.body, usage), _perhaps(record, node.orelse, usage)))


def _boolean(record: Recorder, node: ast.BoolOp, usage: Usage) -> Term:
    terms = [term(record, node.values[0], _TESTED)]
    terms += [_perhaps(record, value, _TESTED) for value in node.values[1:-1]]
    return Either((*terms, _perhaps(record, node.values[-1], usage)))


def _perhaps(record: Recorder, node: ast.expr, usage: Usage) -> Term:
    """An operand that is not always evaluated: of `x if c else y`, or behind `and` and `or`."""
    outer = record.context
    if not isinstance(node, (ast.Name, ast.Constant)):
        record.enter("operand", record.span(node), record.span(node))
    found = term(record, node, usage)
    record.leave(outer)
    return found


def _walrus(record: Recorder, node: ast.NamedExpr, usage: Usage) -> Term:
    value = term(record, node.value, ASSIGNED_TO[node.target.id])
    record.bind(node.target.id, "walrus", record.span(node.target), value)
    record.load((node.target, usage, record.scope.number, record.context))
    return value


def _unary(record: Recorder, node: ast.UnaryOp, usage: Usage) -> Term:
    kind = "Not" if isinstance(node.op, ast.Not) else "UnaryOp"
    return Other(kind, (term(record, node.operand, _TESTED if kind == "Not" else _OPERAND),))


def _binary(record: Recorder, node: ast.BinOp, usage: Usage) -> Term:
    inherited = _ANNOTATION if usage is _ANNOTATION else _OPERAND
    kind = _NAMED_OPERATORS.get(type(node.op), "BinOp")
    return Other(kind, (term(record, node.left, inherited), term(record, node.right, inherited)))


def _compare(record: Recorder, node: ast.Compare, usage: Usage) -> Term:
    parts = [term(record, node.left, _COMPARED)]
    parts += [term(record, v, _COMPARED_BY[type(o).__name__]) for o, v in zip(node.ops, node.comparators)]
    return Other("Compare." + type(node.ops[0]).__name__, tuple(parts))


def _joined(record: Recorder, node: ast.JoinedStr, usage: Usage) -> Term:
    parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    return Other("JoinedStr", tuple([_formatted(record, part) for part in parts]))


def _formatted(record: Recorder, node: ast.FormattedValue) -> Term:
    value = term(record, node.value, _FORMATTED)
    if node.format_spec is not None:
        term(record, node.format_spec, _OTHER)
    return value


def _other(record: Recorder, node: ast.expr, usage: Usage) -> Term:
    parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return Other(type(node).__name__, tuple([term(record, part, _OTHER) for part in parts]))


def bind_target(
    record: Recorder, target: ast.expr, kind: str, value: Term, noted: Term | None = None
) -> None:
    """Give `value` to an assignment target: a name is bound, an attribute or item is written, a tuple taken apart."""
    if isinstance(target, ast.Name):
        record.bind(target.id, kind, record.span(target), value, noted)
    elif isinstance(target, (ast.Attribute, ast.Subscript)):
        place = term(record, target, _OTHER)
        record.access("augmented" if kind == "augmented" else "write", place, value, record.span(target))
    elif isinstance(target, (ast.Tuple, ast.List)):
        for position, element in enumerate(target.elts):
            if isinstance(element, ast.Starred):
                bind_target(record, element.value, kind, Unpacked(value, -1))
            else:
                bind_target(record, element, kind, _part(value, position, len(target.elts)))


def _part(value: Term, position: int, parts: int) -> Term:
    """One element of an unpacked value: of a display as long as the targets, that very element."""
    elements = value.elements if isinstance(value, Display) and value.kind != "dict" else ()
    if len(elements) == parts and not any(isinstance(element, Starred) for element in elements):
        return elements[position]
    return Unpacked(value, position)


class _Visits(dict[type, Callable[[Recorder, Any, Usage], Term]]):
    def __missing__(self, kind: type) -> Callable[[Recorder, Any, Usage], Term]:
        return _other


_VISITS = _Visits(
    {
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Subscript: _item,
        ast.Call: _call,
        ast.Await: _await,
        ast.Constant: _constant,
        ast.List: _display,
        ast.Tuple: _display,
        ast.Set: _display,
        ast.Dict: _dictionary,
        ast.Starred: _starred,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.DictComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.Lambda: _lambda,
        ast.Yield: _yield,
        ast.YieldFrom: _yield,
        ast.IfExp: _conditional,
        ast.BoolOp: _boolean,
        ast.NamedExpr: _walrus,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compare,
        ast.JoinedStr: _joined,
    }
)
