"""Edits that hand a call to the thread of an event loop."""

from __future__ import annotations

import ast

from awaitlens.program.facts import Call, Facts
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.calls import opening_parenthesis
from awaitlens.rewrite.expressions import rename_method, shares_parentheses
from awaitlens.rewrite.tree import Tree, tree_of


def to_loop_thread(facts: Facts, call: Call) -> Edits | None:
    """A method of a loop, called through the door for other threads.

    `loop.call_soon(f)` becomes `loop.call_soon_threadsafe(f)`, `loop.create_task(c)` becomes
    `asyncio.run_coroutine_threadsafe(c, loop)`, `loop.call_later(1, f)` becomes
    `loop.call_soon_threadsafe(loop.call_later, 1, f)`. None where the returned handle or task is used.
    """
    tree, node = _found(facts, call)
    if tree is None or node is None or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr == "call_soon":
        return rename_method(facts, call, "call_soon_threadsafe")
    loop = tree.slice(node.func.value)
    if node.func.attr != "create_task":
        return through(facts, call, loop)
    if (
        call.usage.kind != "dropped"
        or len(node.args) != 1
        or node.keywords
        or shares_parentheses(tree, node.args[0])
    ):
        return None
    callee = tree.edit(tree.start(node.func), tree.end(node.func), "‹asyncio.run_coroutine_threadsafe›")
    return callee, tree.insert(tree.end(node.args[0]), f", {loop}")


def through(facts: Facts, call: Call, loop: str) -> Edits | None:
    """`x.set(a)` becomes `loop.call_soon_threadsafe(x.set, a)`; None with keywords, and where the value is used."""
    tree, node = _found(facts, call)
    if tree is None or node is None or node.keywords or call.usage.kind != "dropped":
        return None
    if node.args and shares_parentheses(tree, node.args[0]):
        return None
    callee = tree.slice(node.func)
    if "\n" in callee:
        return None
    start, opening = tree.start(node.func), opening_parenthesis(tree, node)
    given = f"{callee}, " if node.args else callee
    swap = tree.edit(start, tree.end(node.func), f"{loop}.call_soon_threadsafe")
    return swap, tree.insert(opening + 1, given)


def _found(facts: Facts, call: Call) -> tuple[Tree | None, ast.Call | None]:
    tree = tree_of(facts)
    return tree, tree.call(call.span) if tree else None
