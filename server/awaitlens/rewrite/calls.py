"""Edits of one call: hand it to a thread, take it out of another call, change its arguments.

A dotted name between single guillemets, `‹asyncio.to_thread›`, stands for its spelling in the file (see imports.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from awaitlens.program.facts import Call, Facts
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.expressions import await_expression, is_awaited, shares_parentheses
from awaitlens.rewrite.tree import Tree, newline_of, tree_of

if TYPE_CHECKING:
    import libcst


_NO_CODE = re.compile(r"(?:[\s\\]|#[^\r\n]*)*")


def wrap_in_call(facts: Facts, call: Call, wrapper: str = "asyncio.to_thread") -> Edits | None:
    """`f(a, k=1)` becomes `await asyncio.to_thread(f, a, k=1)`. `wrapper` is a dotted name, or text with placeholders."""
    return _offload(facts, call, _callee(wrapper), "")


def wrap_in_executor(facts: Facts, call: Call) -> Edits | None:
    """`f(a)` becomes `await asyncio.get_running_loop().run_in_executor(None, f, a)`: to_thread before Python 3.9.

    None with keyword arguments, which run_in_executor does not pass on.
    """
    if any(argument.keyword not in ("", "*") for argument in call.arguments):
        return None
    return _offload(facts, call, "‹asyncio.get_running_loop›().run_in_executor", "None, ")


def wrap_in_adapter(facts: Facts, call: Call, adapter: str = "asgiref.sync.sync_to_async") -> Edits | None:
    """`f(a, k=1)` becomes `await sync_to_async(f)(a, k=1)`."""
    tree, node = _found(facts, call)
    if tree is None or node is None:
        return None
    opening = opening_parenthesis(tree, node)
    wrapped = (
        tree.insert(tree.start(node), f"{_callee(adapter)}("),
        tree.insert(_callee_end(tree, opening), ")"),
    )
    return _with_await(facts, call, wrapped)


def unwrap_eager_call(facts: Facts, call: Call) -> Edits | None:
    """Of `to_thread(f(a))`, `call` being `f(a)`, makes `to_thread(f, a)`: the function and its arguments, not its result.

    None unless the call is the last positional argument of another call and nothing of it would be lost or mixed up.
    """
    tree, node = _found(facts, call)
    if tree is None or node is None:
        return None
    outer = tree.parents[node]
    if not isinstance(outer, ast.Call) or not outer.args or outer.args[-1] is not node or outer.keywords:
        return None
    if any(shares_parentheses(tree, argument) for argument in node.args):
        return None
    opening, end = opening_parenthesis(tree, node), tree.end(node)
    if not call.arguments:
        return (tree.edit(opening, end, ""),)
    separator = "," if tree.text[opening + 1].isspace() else ", "
    return (tree.edit(opening, opening + 1, separator), tree.edit(end - 1, end, ""))


def unwrap_eager_adapter(facts: Facts, call: Call) -> Edits | None:
    """Of `sync_to_async(f(a))`, called or not, makes `sync_to_async(f)(a)`; `call` is `f(a)`.

    None if the outer call has more arguments, or what it gives is called with some.
    """
    tree, node = _found(facts, call)
    outer = tree.parents[node] if tree and node else None
    if tree is None or node is None or not isinstance(outer, ast.Call):
        return None
    again = tree.parents[outer]
    last = again if isinstance(again, ast.Call) and again.func is outer else outer
    end, last_end = tree.end(node), tree.end(last)
    if tree.text[end:last_end] != (")" if last is outer else ")()"):
        return None
    return (tree.insert(opening_parenthesis(tree, node), ")"), tree.edit(end, last_end, ""))


def add_keyword(facts: Facts, call: Call, name: str, value: str) -> Edits | None:
    """`f(a)` becomes `f(a, name=value)`; a value that is there already is replaced."""

    def changed(cst: Any, arguments: list[libcst.Arg]) -> list[libcst.Arg] | None:
        if any(argument.star == "**" for argument in arguments):
            return None
        for index, argument in enumerate(arguments):
            if argument.keyword is not None and argument.keyword.value == name:
                arguments[index] = argument.with_changes(value=cst.parse_expression(value))
                return arguments
        return _with_new(cst, arguments, name, value)

    return _with_arguments(facts, call, changed)


def remove_keyword(facts: Facts, call: Call, name: str) -> Edits | None:
    """`f(a, name=1)` becomes `f(a)`; None where the keyword is not given."""

    def changed(cst: Any, arguments: list[libcst.Arg]) -> list[libcst.Arg] | None:
        positions = [
            i for i, each in enumerate(arguments) if each.keyword is not None and each.keyword.value == name
        ]
        return _without(arguments, positions[0]) if positions else None

    return _with_arguments(facts, call, changed)


def remove_argument(facts: Facts, call: Call, position: int) -> Edits | None:
    """The argument at `position` of `call.arguments` goes, with its comma; comments on other lines stay."""

    def changed(cst: Any, arguments: list[libcst.Arg]) -> list[libcst.Arg] | None:
        return _without(arguments, position) if 0 <= position < len(arguments) else None

    return _with_arguments(facts, call, changed)


def opening_parenthesis(tree: Tree, node: ast.Call) -> int:
    """The offset of the `(` that opens the arguments, behind parentheses, comments and spaces after what is called."""
    offset = _first_code(tree.text, tree.end(node.func))
    while tree.text[offset] != "(":
        offset = _first_code(tree.text, offset + 1)
    return offset


def _first_code(text: str, offset: int) -> int:
    """The next offset that is neither white space nor comment nor a backslash that joins lines."""
    found = _NO_CODE.match(text, offset)
    return found.end() if found else offset


def _offload(facts: Facts, call: Call, wrapper: str, leading: str) -> Edits | None:
    """The call's function becomes the first argument of `wrapper`, after the text `leading`."""
    tree, node = _found(facts, call)
    if tree is None or node is None:
        return None
    start, opening = tree.start(node), opening_parenthesis(tree, node)
    callee_end = _callee_end(tree, opening)
    callee = tree.text[start:callee_end]
    edits = [tree.edit(start, callee_end, wrapper)]
    if not call.arguments:
        edits.append(tree.insert(opening + 1, leading + callee))
    elif node.args and shares_parentheses(tree, node.args[0]):
        edits += (tree.insert(opening + 1, f"{leading}{callee}, ("), tree.insert(tree.end(node), ")"))
    else:
        first = _first_code(tree.text, opening + 1)
        edits.append(tree.insert(first, f"{leading}{callee},{_gap(tree.text, first)}"))
    return _with_await(facts, call, tuple(edits))


def _with_await(facts: Facts, call: Call, edits: Edits) -> Edits | None:
    if is_awaited(facts, call.span):
        return edits
    awaits = await_expression(facts, call.span)
    return None if awaits is None else (awaits[0], *edits, *awaits[1:])


def _gap(text: str, first: int) -> str:
    """What stands between the new first argument and the old one: a line break where that one begins a line."""
    line = text[:first][max(text.rfind("\n", 0, first), text.rfind("\r", 0, first)) + 1 :]
    if line.strip():
        return " "
    return newline_of(text) + line


def _callee(wrapper: str) -> str:
    return wrapper if "‹" in wrapper or "." not in wrapper else f"‹{wrapper}›"


def _callee_end(tree: Tree, opening: int) -> int:
    """Where what is called ends, its own parentheses included."""
    return len(tree.text[:opening].rstrip(" \t\\\r\n\f"))


def _found(facts: Facts, call: Call) -> tuple[Tree | None, ast.Call | None]:
    tree = tree_of(facts)
    return tree, tree.call(call.span) if tree else None


def _with_arguments(
    facts: Facts, call: Call, change: Callable[[Any, list[libcst.Arg]], list[libcst.Arg] | None]
) -> Edits | None:
    """The call's arguments as libcst's, which own their commas, spaces and comments, changed and written back."""
    tree, node = _found(facts, call)
    if tree is None or node is None or any(shares_parentheses(tree, argument) for argument in node.args):
        return None
    import libcst

    old = tree.slice(node)
    parsed = libcst.parse_expression(f"({old})")
    if not isinstance(parsed, libcst.Call):
        return None
    arguments = change(libcst, list(parsed.args))
    if arguments is None:
        return None
    changed = parsed.with_changes(args=arguments)
    if not arguments and not tree.text[opening_parenthesis(tree, node) :].count("#", 0, len(old)):
        changed = changed.with_changes(whitespace_before_args=libcst.SimpleWhitespace(""))
    new = libcst.Module([], default_newline=newline_of(old)).code_for_node(changed)[1:-1]
    return _difference(tree, tree.start(node), old, new)


def _difference(tree: Tree, start: int, old: str, new: str) -> Edits:
    """The one smallest edit that makes `new` of `old`."""
    limit = min(len(old), len(new))
    head = next((i for i in range(limit) if old[i] != new[i]), limit)
    tail = next((i for i in range(limit - head) if old[-1 - i] != new[-1 - i]), limit - head)
    return (tree.edit(start + head, start + len(old) - tail, new[head : len(new) - tail]),)


def _without(arguments: list[libcst.Arg], position: int) -> list[libcst.Arg]:
    removed = arguments.pop(position)
    if not arguments or position < len(arguments):
        return arguments
    return [*arguments[:-1], _as_last(arguments[-1], removed)]


def _as_last(argument: libcst.Arg, removed: libcst.Arg) -> libcst.Arg:
    """The new last argument takes over the comma, or its lack, and the space before the parenthesis.

    Where a comment stands behind its own comma, that comma stays and holds it.
    """
    space = _space_after(argument)
    lines = (getattr(space, "first_line", None), *getattr(space, "empty_lines", ()))
    if not any(line is not None and line.comment is not None for line in lines):
        return argument.with_changes(comma=removed.comma, whitespace_after_arg=removed.whitespace_after_arg)
    last_line = getattr(_space_after(removed), "last_line", space.last_line)
    comma: Any = argument.comma
    return argument.with_changes(
        comma=comma.with_changes(whitespace_after=space.with_changes(last_line=last_line))
    )


def _with_new(cst: Any, arguments: list[libcst.Arg], name: str, value: str) -> list[libcst.Arg]:
    """A keyword argument laid out as its neighbours are: on its own line, with a trailing comma, where they are so."""
    tight, one_space = cst.SimpleWhitespace(""), cst.SimpleWhitespace(" ")
    argument: libcst.Arg = cst.Arg(
        keyword=cst.Name(name), value=cst.parse_expression(value), equal=cst.AssignEqual(tight, tight)
    )
    if not arguments:
        return [argument]
    last = arguments[-1]
    space = _space_after(arguments[-2]) if len(arguments) > 1 else None
    comma = cst.Comma(whitespace_after=one_space if space is None else space)
    argument = argument.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return [*arguments[:-1], last.with_changes(comma=comma, whitespace_after_arg=tight), argument]


def _space_after(argument: libcst.Arg) -> Any:
    """The space behind the argument's comma, None where it has none."""
    return getattr(argument.comma, "whitespace_after", None)
