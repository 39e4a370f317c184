"""Edits to the elements of a display or comprehension: `{f(), g()}`, `[f(x) for x in xs]`."""

from __future__ import annotations

import ast
from collections.abc import Container

from awaitlens.program.facts import Facts
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.tree import Tree, tree_of
from awaitlens.source import Span


def wrap_elements(facts: Facts, span: Span, wrapper: str, functions: Container[str] = ()) -> Edits | None:
    """Each call `f()` among the elements becomes `wrapper(f())`, each name of `functions` is called: `wrapper(f())`.

    None where the expression at the span is neither a display nor a comprehension, or has nothing to wrap.
    """
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    if tree is None or node is None:
        return None
    edits: Edits = ()
    for element in _elements(node):
        edits += _wrapped(tree, element, wrapper, functions)
    return edits or None


def _elements(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    return [node.elt] if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) else []


def _wrapped(tree: Tree, element: ast.expr, wrapper: str, functions: Container[str]) -> Edits:
    start, end = tree.start(element), tree.end(element)
    if isinstance(element, ast.Call):
        return (tree.insert(start, f"{wrapper}("), tree.insert(end, ")"))
    if tree.slice(element) in functions:
        return (tree.insert(start, f"{wrapper}("), tree.insert(end, "())"))
    return ()


def element_texts(facts: Facts, span: Span) -> tuple[str, ...]:
    """The source text of each element of a list, tuple or set display; () for anything else."""
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    if tree is None or not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return ()
    return tuple(tree.slice(element) for element in node.elts)


def await_in_order(facts: Facts, statement: Span, elements: Span) -> Edits | None:
    """A statement that awaits a display of awaitables becomes one `await` for each element, in their order."""
    tree, texts = tree_of(facts), element_texts(facts, elements)
    node = tree.statement_at(statement) if tree else None
    if tree is None or not isinstance(node, ast.Expr) or not texts or any("\n" in text for text in texts):
        return None
    awaits = [f"await {text}" for text in texts]
    on_lines = layout.starts_line(tree, tree.first(node))
    earlier = layout.before(tree, node, ("\n" if on_lines else "; ").join(awaits[:-1])) if awaits[1:] else ()
    if earlier is None:
        return None
    return (*earlier, tree.edit(tree.start(node.value), tree.end(node.value), awaits[-1]))
