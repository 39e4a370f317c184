"""Edits that change when something runs: move a read below an await, lift an await out of an expression."""

from __future__ import annotations

import ast
import re

from awaitlens.pitfall import Edit
from awaitlens.program.facts import Facts
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.tree import Function, Tree, suites, tree_of
from awaitlens.source import Span


def move_statement_below(facts: Facts, statement: Span, target: Span) -> Edits | None:
    """The assignment at `statement` goes below the statement at `target`, right before what uses its names.

    It goes into the branch that uses them, if only one does, but never into a loop, where it would run again each time.
    None where the names are used before the end of the target, or nowhere, where what the statement reads is bound anew
    on the way, or where it is alone in its suite.
    """
    tree = tree_of(facts)
    moved, below = (tree.statement_at(statement), tree.statement_at(target)) if tree else (None, None)
    if tree is None or moved is None or below is None or moved is below or layout.is_compound(moved):
        return None
    place = _before_uses(tree, moved, below)
    if place is None or (tree.suite_of(moved) is tree.suite_of(place) and _follows(tree, moved, place)):
        return None
    return None if _rebinds(tree, moved, place) else _moved(tree, moved, place)


def move_statement_before(facts: Facts, statement: Span, target: Span) -> Edits | None:
    """The statement at `statement` goes right before the one at `target`, whoever uses its names."""
    tree = tree_of(facts)
    moved, place = (tree.statement_at(statement), tree.statement_at(target)) if tree else (None, None)
    if tree is None or moved is None or place is None or moved is place or layout.is_compound(moved):
        return None
    return None if _is_elif(tree, place) else _moved(tree, moved, place)


def move_statements_before(facts: Facts, statements: tuple[Span, ...], target: Span) -> Edits | None:
    """Simple statements go right before the one at `target`, in the order given.

    None where what they read is bound, and where what they bind is read, between there and where they stand.
    """
    tree = tree_of(facts)
    place = tree.statement_at(target) if tree else None
    moved = [tree.statement_at(span) for span in statements] if tree else []
    if tree is None or place is None or not layout.starts_line(tree, tree.first(place)):
        return None
    edits: list[Edit] = []
    for statement in moved:
        if statement is None or layout.is_compound(statement) or _depends(tree, place, statement, moved):
            return None
        one = _moved(tree, statement, place)
        if one is None:
            return None
        edits.extend(one)
    return tuple(edits)


def _depends(tree: Tree, place: ast.stmt, statement: ast.stmt, moved: list[ast.stmt | None]) -> bool:
    """Whether a statement that stays, from `place` on, binds a name that the moved one reads."""
    read = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    between = [
        each
        for each in tree.statements
        if tree.start(place) <= tree.start(each) < tree.start(statement) and each not in moved
    ]
    bound = (n for each in between for n in ast.walk(each) if isinstance(n, ast.Name))
    return any(n.id in read and not isinstance(n.ctx, ast.Load) for n in bound)


def wait_first(facts: Facts, statement: Span, awaited: Span, name: str) -> Edits | None:
    """The statement goes below the await that follows it in its suite: `s`, `for x in await f():` becomes
    `name = await f()`, `s`, `for x in name:`; `s`, `x = await f()` changes places.

    None where the await runs more than once, or a statement in between, or what is awaited, has to do with its targets.
    """
    tree = tree_of(facts)
    moved, node = (tree.statement_at(statement), tree.expression(awaited)) if tree else (None, None)
    if tree is None or moved is None or layout.is_compound(moved) or not isinstance(node, ast.Await):
        return None
    waiting, suite = tree.statement_of(node), tree.suite_of(moved)
    if not any(waiting is each for each in suite) or not _runs_once(tree, node):
        return None
    changed = re.match(r"[\w.]+?(?=\.clear\(|\s*=|\Z)", tree.slice(moved))
    between = tree.text[tree.end(moved) : tree.start(waiting)] + tree.slice(node)
    if changed is None or changed[0] in between:
        return None
    following = suite[[each is waiting for each in suite].index(True) + 1 :]
    if isinstance(waiting, ast.Assign) and waiting.value is node and following:
        return _moved(tree, moved, following[0])
    taken = layout.removed(tree, moved)
    put = layout.verbatim_before(tree, waiting, f"{name} = {tree.slice(node)}")
    again = layout.verbatim_before(tree, waiting, tree.slice(moved))
    if taken is None or put is None or again is None or "\n" in tree.slice(node) + tree.slice(moved):
        return None
    return (*taken, *put, *again, tree.edit(tree.start(node), tree.end(node), name))


def hoist(facts: Facts, expression: Span, name: str) -> Edits | None:
    """`x += await f()` becomes `name = await f()` and `x += name`.

    None where the expression does not run exactly once, right when its statement does: in a loop's test, behind `and`,
    in a comprehension or lambda, in an `elif`. What stands before it in the statement then runs after it.
    """
    tree = tree_of(facts)
    node = tree.expression(expression) if tree else None
    if tree is None or node is None or not _runs_once(tree, node):
        return None
    statement = tree.statement_of(node)
    text = tree.slice(node)
    if not _is_expression_alone(text):
        text = f"({text})"
    put = layout.verbatim_before(tree, statement, f"{name} = {text}")
    if put is None:
        return None
    return (*put, tree.edit(tree.start(node), tree.end(node), name))


def _moved(tree: Tree, moved: ast.stmt, place: ast.stmt) -> Edits | None:
    """The statement goes before another; the comment at the end of its line goes along where that one begins a line."""
    comment = layout.trailing_comment(tree, moved) if layout.starts_line(tree, tree.first(place)) else ""
    taken = layout.removed(tree, moved, comment)
    put = layout.verbatim_before(tree, place, tree.slice(moved) + comment)
    return None if taken is None or put is None else (*taken, *put)


def _rebinds(tree: Tree, moved: ast.stmt, place: ast.stmt) -> bool:
    """Whether a name, attribute or item that the statement reads is bound between it and the place."""
    kinds = (ast.Name, ast.Attribute, ast.Subscript)
    read = {
        ast.unparse(node)
        for node in ast.walk(moved)
        if isinstance(node, kinds) and isinstance(node.ctx, ast.Load)
    }
    start, end = tree.end(moved), tree.first(place)
    stored = (
        node for node in ast.walk(tree.root) if isinstance(node, kinds) and not isinstance(node.ctx, ast.Load)
    )
    return any(start <= tree.start(node) < end and ast.unparse(node) in read for node in stored)


def _before_uses(tree: Tree, moved: ast.stmt, below: ast.stmt) -> ast.stmt | None:
    """The statement before which all uses of the moved statement's names lie ahead."""
    names = {
        node.id for node in ast.walk(moved) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    function = next(
        (parent for _, parent in tree.ancestors(moved) if isinstance(parent, Function)), tree.root
    )
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id in names]
    uses = [node for node in uses if tree.statement_of(node) is not moved]
    if not uses or any(tree.end(moved) <= tree.start(node) < tree.end(below) for node in uses):
        return None
    uses = [node for node in uses if tree.start(node) >= tree.end(below)]
    return _innermost(tree, tree.suite_of(moved), uses) if uses else None


def _innermost(tree: Tree, suite: list[ast.stmt], uses: list[ast.Name]) -> ast.stmt | None:
    """The first statement with a use, in the innermost suite that holds all uses and no loop encloses."""
    holders = [
        each for each in suite if any(tree.start(each) <= tree.start(use) < tree.end(each) for use in uses)
    ]
    if not holders:
        return None
    first = holders[0]
    if len(holders) > 1 or not isinstance(first, ast.If | ast.With | ast.AsyncWith):
        return first
    for inner in suites(first):
        start, end = tree.start(inner[0]), tree.end(inner[-1])
        if all(start <= tree.start(use) < end for use in uses):
            if _is_elif(tree, inner[0]):
                deeper = _innermost(tree, inner, uses)
                return first if deeper is inner[0] else deeper
            return _innermost(tree, inner, uses)
    return first


def _runs_once(tree: Tree, node: ast.expr) -> bool:
    for child, parent in tree.ancestors(node):
        if isinstance(parent, ast.stmt):
            return not isinstance(parent, ast.While | ast.Assert) and not _is_elif(tree, parent)
        if isinstance(parent, ast.Lambda | ast.comprehension | ast.ListComp | ast.SetComp | ast.DictComp):
            return False
        if isinstance(parent, ast.GeneratorExp) or (
            isinstance(parent, ast.IfExp) and child is not parent.test
        ):
            return False
        if isinstance(parent, ast.BoolOp) and child is not parent.values[0]:
            return False
    return False


def _follows(tree: Tree, first: ast.stmt, second: ast.stmt) -> bool:
    suite = tree.suite_of(first)
    return [index for index, each in enumerate(suite) if each is second] == [
        index + 1 for index, each in enumerate(suite) if each is first
    ]


def _is_expression_alone(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _is_elif(tree: Tree, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and tree.text.startswith("elif", tree.start(statement))
