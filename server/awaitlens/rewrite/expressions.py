"""Edits of one expression: put an `await` there, take it away, swap what is called.

Each function returns the edits, or None where the new code would not be legal or would mean something else.
"""

from __future__ import annotations

import ast

from awaitlens.pitfall import Edit
from awaitlens.program.facts import Call, Facts
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.tree import Comprehension, Tree, tree_of
from awaitlens.source import Span

# What may follow `await` without parentheses: the grammar's primaries (CPython 3.8-3.14, Grammar/python.gram).
_PRIMARY = (
    ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.Constant | ast.JoinedStr | ast.List | ast.Tuple
    | ast.Dict | ast.Set | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
)  # fmt: skip


def await_expression(facts: Facts, span: Span) -> Edits | None:
    """`f()` becomes `await f()`, in parentheses where precedence asks for them: `(await f()).x`.

    None where the value is awaited already or where no `await` may stand: outside `async def`, in a lambda, a generator
    expression, a default, a decorator, an annotation, a class body.
    """
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    if tree is None or node is None or not may_await(tree, node):
        return None
    misplaced = _awaited_item(tree, node)
    if misplaced is not None:
        return tree.insert(tree.start(misplaced), "("), tree.insert(tree.end(node), ")")
    return around_await(tree, node)


def _awaited_item(tree: Tree, node: ast.expr) -> ast.Await | None:
    """The `await` that stands before an item of what was to be awaited: `await f()["name"]`."""
    item = tree.parents[node]
    if (
        not isinstance(item, ast.Subscript)
        or item.value is not node
        or not isinstance(item.slice, ast.Constant)
    ):
        return None
    around = tree.parents[item] if isinstance(item.slice.value, str) else None
    return around if isinstance(around, ast.Await) and not is_parenthesised(tree, node) else None


def around_await(tree: Tree, node: ast.expr) -> Edits | None:
    """The edits that put `await` before a node; None if it is awaited already. Says nothing about whether it may."""
    if isinstance(tree.parents[node], ast.Await) or isinstance(node, ast.Starred):
        return None
    before, after = "await ", ""
    if not isinstance(node, _PRIMARY):
        before, after = "await (", ")"
    if is_head(tree, node) and not is_parenthesised(tree, node):
        before, after = "(" + before, after + ")"
    start, end = tree.start(node), tree.end(node)
    if start and _is_word(tree.text[start - 1]):
        before = " " + before
    return (tree.insert(start, before), *((tree.insert(end, after),) if after else ()))


def drop_await(facts: Facts, span: Span) -> Edits | None:
    """`await f()` becomes `f()`; parentheses that only the await needed go with it. `span` is the await or its operand."""
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    if tree is None or node is None:
        return None
    found = node if isinstance(node, ast.Await) else tree.parents[node]
    return remove_await(tree, found) if isinstance(found, ast.Await) else None


def remove_await(tree: Tree, node: ast.Await) -> Edits:
    start, text = tree.start(node), tree.text
    end = start + len("await")
    while text[end] in " \t":
        end += 1
    if is_head(tree, node) and isinstance(node.value, _PRIMARY) and _tight(text, start, tree.end(node)):
        close = tree.end(node)
        return (tree.edit(start - 1, end, ""), tree.edit(close, close + 1, ""))
    return (tree.edit(start, end, ""),)


def replace(facts: Facts, span: Span, text: str) -> Edits:
    """The text under the span becomes `text`, as it stands."""
    return (Edit(span, text),)


def replace_callee(facts: Facts, call: Call, text: str) -> Edits:
    """`f(a)` becomes `text(a)`."""
    return replace(facts, call.callee_span, text)


def rename_method(facts: Facts, call: Call, name: str) -> Edits | None:
    """`x.get(a)` becomes `x.name(a)`; None where what is called is no attribute."""
    tree = tree_of(facts)
    node = tree.call(call.span) if tree else None
    if tree is None or node is None or not isinstance(node.func, ast.Attribute):
        return None
    end = tree.end(node.func)
    start = end - len(node.func.attr)
    return (tree.edit(start, end, name),) if tree.text[start:end] == node.func.attr else None


def await_with_callee(facts: Facts, call: Call, text: str) -> Edits | None:
    """`f(a)` becomes `await text(a)`; where it is awaited already, what is called changes alone."""
    return _awaited(facts, call, replace_callee(facts, call, text))


def await_method(facts: Facts, call: Call, name: str) -> Edits | None:
    """`x.get(a)` becomes `await x.name(a)`; where it is awaited already, the name changes alone."""
    return _awaited(facts, call, rename_method(facts, call, name))


def iterate_over_copy(facts: Facts, span: Span) -> Edits | None:
    """`for k in d` becomes `for k in list(d)`; `span` is what is iterated."""
    return wrap_expression(facts, span, "list")


def wrap_expression(facts: Facts, span: Span, function: str) -> Edits | None:
    """The expression `e` becomes `function(e)`."""
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    if tree is None or node is None or isinstance(node, ast.Starred):
        return None
    start, end = tree.start(node), tree.end(node)
    if shares_parentheses(tree, node):
        return None
    bare = isinstance(node, ast.Tuple) and tree.text[start] != "("
    opening, closing = ("((", "))") if bare else ("(", ")")
    return (tree.insert(start, function + opening), tree.insert(end, closing))


def is_awaited(facts: Facts, span: Span) -> bool:
    """Whether the expression at the span is the operand of an `await`."""
    tree = tree_of(facts)
    node = tree.expression(span) if tree else None
    return tree is not None and node is not None and isinstance(tree.parents[node], ast.Await)


def may_await(tree: Tree, node: ast.AST) -> bool:
    """Whether an `await` may stand at the node without changing what surrounds it."""
    inside = 0
    for child, parent in tree.ancestors(node):
        if isinstance(parent, ast.AsyncFunctionDef):
            return child in parent.body
        if isinstance(parent, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            return False
        if isinstance(parent, ast.AnnAssign) and child is parent.annotation:
            return False
        if _runs_in_comprehension(tree, child, parent):
            inside += 1
            whole = tree.parents[parent] if isinstance(parent, ast.comprehension) else parent
            # A generator expression would turn into an async one. Python before 3.11 refuses an async comprehension
            # inside a sync one.
            if isinstance(whole, ast.GeneratorExp) or inside > 1:
                return False
    return False


def is_head(tree: Tree, node: ast.expr) -> bool:
    """Whether an attribute, an item or a call is taken of the node: there `await` binds too loosely."""
    parent = tree.parents[node]
    if isinstance(parent, ast.Attribute | ast.Subscript):
        return parent.value is node
    return isinstance(parent, ast.Call) and parent.func is node


def is_parenthesised(tree: Tree, node: ast.expr) -> bool:
    """Whether a head (see `is_head`) stands in parentheses of its own: then a `)` must come next."""
    text, offset = tree.text, tree.end(node)
    while offset < len(text):
        if text[offset] == "#":
            offset = _line_end(text, offset)
        elif not text[offset].isspace() and text[offset] != "\\":
            return text[offset] == ")"
        else:
            offset += 1
    return False


def shares_parentheses(tree: Tree, node: ast.expr) -> bool:
    """Whether the node is a generator expression whose parentheses are those of the call: `f(x for x in y)`."""
    parent = tree.parents[node]
    return (
        isinstance(node, ast.GeneratorExp)
        and isinstance(parent, ast.Call)
        and tree.end(node) == tree.end(parent)
    )


def _awaited(facts: Facts, call: Call, edits: Edits | None) -> Edits | None:
    if edits is None or is_awaited(facts, call.span):
        return edits
    awaits = await_expression(facts, call.span)
    return None if awaits is None else (awaits[0], *edits, *awaits[1:])


def _runs_in_comprehension(tree: Tree, child: ast.AST, parent: ast.AST) -> bool:
    """Whether the child runs once per element. The first iterable is evaluated outside."""
    if isinstance(parent, ast.comprehension):
        whole = tree.parents[parent]
        first = isinstance(whole, Comprehension) and whole.generators[0] is parent
        return not (first and child is parent.iter)
    return isinstance(parent, Comprehension) and not isinstance(child, ast.comprehension)


def _tight(text: str, start: int, end: int) -> bool:
    return start > 0 and text[start - 1] == "(" and text[end : end + 1] == ")"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _line_end(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] not in "\r\n":
        offset += 1
    return offset
