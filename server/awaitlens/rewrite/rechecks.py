"""A check made again: what was true before an await is asked once more right before it matters."""

from __future__ import annotations

import ast

from awaitlens.program.facts import Facts
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.statements import put_under_header
from awaitlens.rewrite.tree import Function, Tree, suites, tree_of
from awaitlens.source import Span

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def lets_through(facts: Facts, check: Span, write: Span) -> bool:
    """Whether the write stands inside the statement that checks, not below it."""
    return any(c.span.overlaps(check) and c.body_span.overlaps(write) for c in facts.contexts)


def look_again(facts: Facts, check: Span, use: Span) -> Edits | None:
    """The statement at `use` only runs if the check at `check` still holds.

    Behind a guard (`if gone: return`) the guard is repeated before the statement; inside `if there:` the statement, and
    what follows it in its suite, goes into another one. None where the check waits or binds, or stands elsewhere.
    """
    tree = tree_of(facts)
    found = (tree.statement_at(check), tree.statement_at(use)) if tree else (None, None)
    asking, using = found
    if tree is None or using is None or not isinstance(asking, ast.If | ast.While) or not _may_repeat(asking):
        return None
    if _is_within(tree, using, asking.body):
        return _asked_inside(facts, tree, asking, using)
    if isinstance(asking, ast.If) and not any(part is asking for _, part in tree.ancestors(using)):
        return _guarded(tree, asking, using)
    return None


def write_if_still(facts: Facts, check: Span, awaited: Span, write: Span, name: str) -> Edits | None:
    """`if x is None: x = await f()` becomes `if x is None:`, `name = await f()`, `if x is None:`, `x = name`.

    Where the await stands in another statement than the write, the write alone is put behind another check.
    """
    tree = tree_of(facts)
    asking, writing = (tree.statement_at(check), tree.statement_at(write)) if tree else (None, None)
    waiting = tree.statement_at(awaited) if tree else None
    if tree is None or writing is None or waiting is not writing:
        return look_again(facts, check, write)
    node = tree.expression(awaited)
    if not isinstance(asking, ast.If) or not isinstance(writing, ast.Assign) or node is not writing.value:
        return None
    text, value = tree.slice(writing), tree.slice(node)
    begins = layout.starts_line(tree, tree.first(writing))
    again = _asked_again(tree, asking, writing, f"{text[: len(text) - len(value)]}{name}")
    if "\n" in text or not begins or again is None:
        return None
    indent = layout.indent_at(tree, tree.start(writing))
    code = layout.indented(tree, f"{name} = {value}\n{again}", indent).removeprefix(indent)
    return (tree.edit(tree.start(writing), tree.end(writing), code),)


def _asked_again(tree: Tree, asking: ast.If, writing: ast.stmt, write: str) -> str | None:
    """The write behind the same check: in another `if`, or below the guard made once more."""
    if _may_repeat(asking) and _is_within(tree, writing, asking.body):
        test = tree.slice(asking.test)
        return f"if {test}:\n    {write}" if "\n" not in test else None
    guard = _guard(tree, asking, writing)
    return f"{guard}\n{write}" if guard is not None else None


def delete_if_there(facts: Facts, use: Span) -> Edits | None:
    """`del d[k]` becomes `d.pop(k, None)`, and so does `d.pop(k)`. None for other statements."""
    tree = tree_of(facts)
    statement = tree.statement_at(use) if tree else None
    if tree is None or statement is None:
        return None
    call = tree.call(use)
    if call is not None and isinstance(call.func, ast.Attribute) and call.func.attr == "pop":
        end = tree.end(call.args[-1]) if len(call.args) == 1 and not call.keywords else -1
        return (tree.insert(end, ", None"),) if end >= 0 else None
    if not isinstance(statement, ast.Delete) or len(statement.targets) > 1:
        return None
    target = statement.targets[0]
    if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice | ast.Tuple):
        return None
    owner, key = tree.slice(target.value), tree.slice(target.slice)
    return (tree.edit(tree.start(statement), tree.end(statement), f"{owner}.pop({key}, None)"),)


def read_again(facts: Facts, read: Span, write: Span) -> Edits | None:
    """The assignment at `read` once more, right before the statement at `write`. None where it is no plain assignment."""
    tree = tree_of(facts)
    reading, writing = (tree.statement_at(read), tree.statement_at(write)) if tree else (None, None)
    if tree is None or writing is None or not isinstance(reading, ast.Assign) or reading is writing:
        return None
    text = tree.slice(reading)
    return layout.before(tree, writing, text) if "\n" not in text and "await " not in text else None


def _may_repeat(asking: ast.If | ast.While) -> bool:
    """Whether asking twice does no more than asking once."""
    return not any(isinstance(n, ast.Await | ast.NamedExpr | ast.Yield) for n in ast.walk(asking.test))


def _is_within(tree: Tree, statement: ast.stmt, suite: list[ast.stmt]) -> bool:
    above = [statement, *(parent for _, parent in tree.ancestors(statement))]
    return any(each is part for each in above for part in suite)


def _asked_inside(facts: Facts, tree: Tree, asking: ast.If | ast.While, using: ast.stmt) -> Edits | None:
    suite = tree.suite_of(using)
    text = tree.slice(asking.test)
    if "\n" in text or _stands_in_header(tree, using):
        return None
    return put_under_header(facts, tree.span(using), tree.span(suite[-1]), f"if {text}:")


def _guarded(tree: Tree, asking: ast.If, using: ast.stmt) -> Edits | None:
    guard = _guard(tree, asking, using)
    return layout.before(tree, using, guard) if guard is not None else None


def _guard(tree: Tree, asking: ast.If, using: ast.stmt) -> str | None:
    """The guard as text. What it does must be short, leave, and mean the same where it is repeated."""
    last = asking.body[-1]
    if asking.orelse or len(asking.body) > 2 or not isinstance(last, _LEAVES) or _is_elif(tree, asking):
        return None
    if isinstance(last, ast.Continue | ast.Break) and _loop(tree, asking) is not _loop(tree, using):
        return None
    parts = [tree.slice(asking.test), *(tree.slice(each) for each in asking.body)]
    shares = tree.function_of(asking) is tree.function_of(using)
    if not shares or not _may_repeat(asking) or any("\n" in part for part in parts):
        return None
    return "\n    ".join([f"if {parts[0]}:", *parts[1:]])


def _stands_in_header(tree: Tree, using: ast.stmt) -> bool:
    """Whether the use may stand in the head of a compound statement that comes again: a loop, or an `elif`."""
    return isinstance(using, (*_LOOPS, Function)) or _is_elif(tree, using)


def _loop(tree: Tree, statement: ast.stmt) -> ast.AST | None:
    """The innermost loop in whose body the statement stands."""
    for child, parent in tree.ancestors(statement):
        if isinstance(parent, (*_LOOPS, Function)):
            body = next(suites(parent), [])
            return parent if isinstance(parent, _LOOPS) and any(child is each for each in body) else None
    return None


def _is_elif(tree: Tree, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and tree.text.startswith("elif", tree.start(statement))
