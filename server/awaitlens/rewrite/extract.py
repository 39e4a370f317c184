"""A with-block moved whole into a sync function of its own, run in one thread and awaited in place.

This is how a transaction is kept in one piece: everything between entering and leaving runs in the same thread. It is also
how a block gets off the event loop: entering it is not all of it that waits.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from awaitlens.program.facts import Facts
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits, apply
from awaitlens.rewrite.calls import opening_parenthesis
from awaitlens.rewrite.expressions import remove_await
from awaitlens.rewrite.tree import Function, Tree, tree_of
from awaitlens.source import Span

SYNC_TO_ASYNC = "asgiref.sync.sync_to_async"
_ASYNC_TO_SYNC = "‹asgiref.sync.async_to_sync›"

# Without its own frame and first argument, these say something else.
_NEEDS_ITS_FRAME = frozenset({"super", "locals", "vars", "eval", "exec"})

# What an awaited call is called in sync code: the text of the callee (`Book.objects.get` for `Book.objects.aget`), or
# "" where only async_to_sync will do. Gets the span of the call, in the block.
Spelling = Callable[[Span], str]


def extract_sync_function(
    facts: Facts, span: Span, name: str, spelling: Spelling, decorator: str = SYNC_TO_ASYNC
) -> Edits | None:
    """The with-statement in which `span` starts becomes `@sync_to_async def name()`, and `await name()` follows it.

    Inside, `await sync_to_async(f)(a)` becomes `f(a)`, and `await g(a)` what `spelling` says or `async_to_sync(g)(a)`:
    within sync_to_async, asgiref runs thread-sensitive code on the thread that waits (asgiref 3.3 to 3.13).
    Values bound inside and used behind it are returned. None where the block leaves the function or a loop on some
    paths only, yields, or awaits something that is no call.
    """
    tree = tree_of(facts)
    block = tree.statement_at(span) if tree else None
    if tree is None or not isinstance(block, ast.With | ast.AsyncWith):
        return None
    function = tree.function_of(block)
    if not isinstance(function, ast.AsyncFunctionDef) or not layout.starts_line(tree, tree.start(block)):
        return None
    calls, flow = _sync_calls(tree, block, spelling), _flow(tree, function, block)
    if calls is None or flow is None:
        return None
    return _joined(
        tree, (*_head(tree, block, flow, name, decorator), *calls, *_tail(tree, block, flow, f"{name}()"))
    )


def move_block_to_thread(facts: Facts, span: Span, name: str, call: str, decorator: str = "") -> Edits | None:
    """The with-statement in which `span` starts becomes `def name()`, and `await call` follows it.

    None as with `extract_sync_function`, where anything in it is awaited, and where what it gives back at its end is used
    behind it.
    """
    tree = tree_of(facts)
    block = tree.statement_at(span) if tree else None
    if tree is None or not isinstance(block, ast.With):
        return None
    function = tree.function_of(block)
    if not isinstance(function, ast.AsyncFunctionDef) or not layout.starts_line(tree, tree.start(block)):
        return None
    flow = _flow(tree, function, block)
    given_back = _bound(node for item in block.items for node in ast.walk(item))
    if flow is None or _waits(block) or given_back & set(flow.results):
        return None
    return _joined(tree, (*_head(tree, block, flow, name, decorator), *_tail(tree, block, flow, call)))


def _joined(tree: Tree, edits: Edits) -> Edits:
    """The edits as one: a repair of something in the block, an `await` perhaps, then claims the same text and has to wait."""
    start = min(tree.source.offset(*edit.span[:2]) for edit in edits)
    end = max(tree.source.offset(*edit.span[2:]) for edit in edits)
    text = apply(tree.text, edits)
    return (tree.edit(start, end, text[start : len(text) - len(tree.text) + end]),)


def _waits(block: ast.With) -> bool:
    asynchronous = ast.Await | ast.AsyncFor | ast.AsyncWith
    return any(isinstance(node, asynchronous) or getattr(node, "is_async", 0) for node in _own(block))


@dataclass(frozen=True)
class _Flow:
    """How names and control pass the border: `results` come out, `declared` are outer names that are rebound inside."""

    results: tuple[str, ...]
    declared: tuple[str, ...]
    returns: bool


def _head(tree: Tree, block: ast.With | ast.AsyncWith, flow: _Flow, name: str, decorator: str) -> Edits:
    start = tree.start(block)
    indent = layout.indent_at(tree, start)
    above = (f"@‹{decorator}›",) if decorator else ()
    lines = "\n".join((*above, f"def {name}():", *(f"    {line}" for line in flow.declared)))
    code = _gap(tree, block) + layout.indented(tree, lines, indent) + layout.newline(tree)
    head: Edits = (tree.insert(start - len(indent), code),)
    if isinstance(block, ast.AsyncWith):
        head = (*head, tree.edit(start, tree.text.index("with", start), ""))
    return (*head, *layout.deepened(tree, start, layout.end_with_comments(tree, block)))


def _gap(tree: Tree, block: ast.stmt) -> str:
    """The blank line that formatters put before a nested function, where neither a header nor a comment stands above."""
    above = tree.source.line_text(tree.span(block).line - 1).strip()
    first = tree.suite_of(block)[0] is block
    return "" if first or not above or above.startswith("#") else layout.newline(tree)


def _tail(tree: Tree, block: ast.stmt, flow: _Flow, call: str) -> Edits:
    end, ending = layout.end_with_comments(tree, block), layout.newline(tree)
    indent = layout.indent_at(tree, tree.start(block))
    results = ", ".join(flow.results)
    call = f"await {call}"
    lines = [
        f"{indent}return {call}"
        if flow.returns
        else f"{indent}{results} = {call}"
        if results
        else indent + call
    ]
    if results:
        lines.insert(0, indent + layout.indent_unit(tree) + f"return {results}")
        lines.insert(1, "")
    else:
        lines.insert(0, "")
    return (tree.insert(end, ending + ending.join(lines)),)


def _flow(tree: Tree, function: ast.AsyncFunctionDef, block: ast.With | ast.AsyncWith) -> _Flow | None:
    inside, whole = _own(block), set(ast.walk(block))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside) or _jumps(tree, block):
        return None
    if any(isinstance(node, ast.Name) and node.id in _NEEDS_ITS_FRAME for node in inside):
        return None
    bound = _bound(inside)
    before = _bound(node for node in _own(function) if node not in whole)
    before |= {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and node not in whole}
    declared, shared = _declarations(function, bound, before)
    results = (bound & used) - shared
    returns = any(isinstance(node, ast.Return) for node in inside)
    if not results <= _surely_bound(block) or (returns and (results or not _always_returns(function, block))):
        return None
    return _Flow(tuple(sorted(results)), declared, returns)


def _surely_bound(block: ast.With | ast.AsyncWith) -> set[str]:
    """The names that are bound whenever the block is left without an exception."""
    found = _bound(node for item in block.items for node in ast.walk(item))
    for statement in block.body:
        if isinstance(statement, ast.With):
            found |= _surely_bound(statement)
        elif not layout.is_compound(statement):
            found |= _bound(_own(statement))
    return found


def _declarations(
    function: ast.AsyncFunctionDef, bound: set[str], before: set[str]
) -> tuple[tuple[str, ...], set[str]]:
    """The `global` and `nonlocal` lines that the new function needs, and the names they declare."""
    globals_ = {
        name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names
    } & bound
    others = (bound & before) - globals_
    lines = [
        f"{word} {', '.join(sorted(names))}"
        for word, names in (("global", globals_), ("nonlocal", others))
        if names
    ]
    return tuple(lines), globals_ | others


def _always_returns(function: ast.AsyncFunctionDef, block: ast.With | ast.AsyncWith) -> bool:
    return isinstance(block.body[-1], ast.Return) or function.body[-1] is block


def _jumps(tree: Tree, block: ast.stmt) -> bool:
    """Whether a break or continue leaves the block for a loop around it."""
    for node in _own(block):
        if isinstance(node, ast.Break | ast.Continue):
            loops = (parent for _, parent in tree.ancestors(node) if isinstance(parent, ast.For | ast.While))
            loop = next(loops, None)
            if loop is None or tree.start(loop) < tree.start(block):
                return True
    return False


def _sync_calls(tree: Tree, block: ast.stmt, spelling: Spelling) -> Edits | None:
    edits: list[Edits] = []
    for node in _own(block):
        if isinstance(node, ast.AsyncFor | ast.AsyncWith) and node is not block:
            return None
        if isinstance(node, ast.comprehension) and node.is_async:
            return None
        if isinstance(node, ast.Await):
            if not isinstance(node.value, ast.Call):
                return None
            edits.append((*remove_await(tree, node), *_as_sync(tree, node.value, spelling)))
    return tuple(edit for group in edits for edit in group)


def _as_sync(tree: Tree, call: ast.Call, spelling: Spelling) -> Edits:
    start, end = tree.start(call.func), tree.end(call.func)
    wrapped = call.func
    if isinstance(wrapped, ast.Call) and len(wrapped.args) == 1 and _is_adapter(wrapped.func):
        inner = wrapped.args[0]
        if isinstance(inner, ast.Name | ast.Attribute):
            return (tree.edit(start, tree.start(inner), ""), tree.edit(tree.end(inner), end, ""))
    text = spelling(tree.span(call))
    if text:
        return (tree.edit(start, end, text),)
    start, end = tree.start(call), len(tree.text[: opening_parenthesis(tree, call)].rstrip())
    return (tree.insert(start, f"{_ASYNC_TO_SYNC}("), tree.insert(end, ")"))


def _is_adapter(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("sync_to_async", "database_sync_to_async")


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that the nodes bind; what a comprehension binds is its own."""
    found: set[str] = set()
    every = list(nodes)
    targets = (each.target for each in every if isinstance(each, ast.comprehension))
    own = {node for target in targets for node in ast.walk(target)}
    for node in every:
        if node in own:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, Function | ast.ClassDef | ast.ExceptHandler):
            found.add(node.name or "")
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def _own(block: ast.AST) -> list[ast.AST]:
    """The nodes under a statement that run as part of it: nested functions, classes and lambdas are not entered."""
    found, pending = [], [block]
    while pending:
        node = pending.pop()
        found.append(node)
        if node is block or not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(node))
    return found
