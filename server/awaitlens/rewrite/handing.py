"""Edits of calls that are handed a function: run it some other way, or call it here."""

from __future__ import annotations

import ast

from awaitlens.program.facts import Call, Facts, Scope
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.calls import opening_parenthesis
from awaitlens.rewrite.statements import fresh_name, function_at
from awaitlens.rewrite.tree import Tree, tree_of
from awaitlens.source import Span


def run_in_own_loop(facts: Facts, call: Call) -> Edits | None:
    """`Thread(target=f, args=(a,))` becomes `Thread(target=asyncio.run, args=(f(a),))`.

    None unless the function is a plain name, given by keyword, and its arguments are written out as one tuple.
    """
    tree = tree_of(facts)
    node = tree.call(call.span) if tree else None
    if tree is None or node is None or any(keyword.arg in (None, "kwargs") for keyword in node.keywords):
        return None
    target, arguments = _keyword(node, "target"), _keyword(node, "args")
    if not isinstance(target, ast.Name | ast.Attribute):
        return None
    swap = tree.edit(tree.start(target), tree.end(target), "‹asyncio.run›")
    name = tree.slice(target)
    if arguments is None:
        return None if len(node.args) else (swap, tree.insert(tree.end(target), f", args=({name}(),)"))
    if not isinstance(arguments, ast.Tuple) or not tree.slice(arguments).startswith("("):
        return None
    start, end = tree.start(arguments), tree.end(arguments)
    inner = tree.text[start + 1 : end - 1]
    if "\n" in inner or "#" in inner:
        return None
    return swap, tree.edit(start, end, f"({name}({inner.strip().removesuffix(',')}),)")


def unwrap_offloaded(facts: Facts, call: Call, function: Span) -> Edits | None:
    """`to_thread(f, a)` becomes `f(a)`, `sync_to_async(f)(a)` becomes `f(a)`: `function` is the span of `f`.

    None where `f` is no plain name, or the call has arguments that are its own.
    """
    tree = tree_of(facts)
    node = tree.call(call.span) if tree else None
    given = tree.expression(function) if tree else None
    if (
        tree is None
        or node is None
        or not isinstance(given, ast.Name | ast.Attribute)
        or given not in node.args
    ):
        return None
    outer = tree.parents[node]
    if isinstance(outer, ast.Call) and outer.func is node:
        return (
            (tree.edit(tree.start(node), tree.end(node), tree.slice(given)),) if len(node.args) == 1 else None
        )
    last = call.callee_span
    if facts.slice(last).rpartition(".")[2] not in ("to_thread", "run_in_executor", "run_in_threadpool"):
        return None
    return _called_here(tree, node, given)


def _called_here(tree: Tree, node: ast.Call, given: ast.expr) -> Edits | None:
    """The call's own start up to the given function goes; what follows it are the function's arguments."""
    opening = opening_parenthesis(tree, node)
    rest = node.args[node.args.index(given) + 1 :]
    follows = sorted(tree.start(each) for each in (*rest, *(keyword.value for keyword in node.keywords)))
    between = tree.text[opening + 1 : tree.start(given)]
    if "#" in between or any(keyword.arg is None for keyword in node.keywords):
        return None
    name = tree.slice(given)
    if not follows:
        return (tree.edit(tree.start(node), tree.end(node), f"{name}()"),)
    comma = tree.text.index(",", tree.end(given))
    gap = comma + 1 + (1 if tree.text[comma + 1 : comma + 2] == " " else 0)
    return (tree.edit(tree.start(node), gap, f"{name}("),)


def replace_decorator(facts: Facts, scope: Scope, position: int, text: str) -> Edits | None:
    """The decorator at the position becomes `@text`; None for one that is called."""
    tree = tree_of(facts)
    function = function_at(tree, scope) if tree else None
    if tree is None or function is None or not function.decorator_list:
        return None
    decorator = function.decorator_list[position]
    if not isinstance(decorator, ast.Name | ast.Attribute):
        return None
    return (tree.edit(tree.start(decorator), tree.end(decorator), text),)


def add_decorator(facts: Facts, scope: Scope, text: str) -> Edits | None:
    """`@text` on a line of its own, above the function and its other decorators."""
    tree = tree_of(facts)
    function = function_at(tree, scope) if tree else None
    if tree is None or function is None:
        return None
    start = tree.first(function)
    if not layout.starts_line(tree, start):
        return None
    return (tree.insert(start, f"@{text}" + layout.newline(tree) + layout.indent_at(tree, start)),)


def loop_over_delegate(facts: Facts, span: Span, header: str) -> Edits | None:
    """`yield from x`, a statement of its own, becomes `for item in x:` and `yield item`; `header` is "for" or "async for"."""
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    statement = tree.parents[node] if tree and node else None
    if tree is None or not isinstance(node, ast.YieldFrom) or not isinstance(statement, ast.Expr):
        return None
    start, end = tree.start(node), tree.end(node)
    follows = tree.text[tree.end(statement) :].lstrip(" \t\f")[:1]
    if (
        not layout.starts_line(tree, start)
        or start != tree.start(statement)
        or follows not in ("", "\r", "\n")
    ):
        return None
    item = fresh_name(facts, "item")
    indent = layout.newline(tree) + layout.indent_at(tree, start) + layout.indent_unit(tree)
    opening = tree.edit(start, tree.start(node.value), f"{header} {item} in ")
    return opening, tree.insert(end, f":{indent}yield {item}")


def keep_argument(facts: Facts, call: Call, argument: Span) -> Edits | None:
    """`run(f())` becomes `f()`. None where the call has other arguments, or comments around this one."""
    tree = tree_of(facts)
    node = tree.call(call.span) if tree else None
    inner = tree.expression(argument) if tree else None
    if tree is None or node is None or inner is None or len(node.args) + len(node.keywords) != 1:
        return None
    start, end = tree.start(node), tree.end(node)
    lost = tree.text[opening_parenthesis(tree, node) : tree.start(inner)] + tree.text[tree.end(inner) : end]
    if "#" in lost or "\n" in lost:
        return None
    return (tree.edit(start, tree.start(inner), ""), tree.edit(tree.end(inner), end, ""))


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
