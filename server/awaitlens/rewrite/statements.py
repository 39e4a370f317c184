"""Edits of whole statements: change their colour, add one, move one, guard some.

Each function returns the edits, or None where they would not be legal or would mean something else. Code given as text
is written with four spaces and `\\n`; the block's own indentation and line ends are used.
"""

from __future__ import annotations

import ast

from awaitlens.program.facts import Call, Context, Facts, Scope
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.expressions import around_await, may_await
from awaitlens.rewrite.tree import Comprehension, Function, Tree, tree_of
from awaitlens.source import Span


def with_to_async_with(facts: Facts, span: Span) -> Edits | None:
    """`with a:` becomes `async with a:`. `span` starts at the statement. None with several managers, or in a sync function."""
    return _to_async(facts, span, ast.With)


def async_with_to_with(facts: Facts, span: Span) -> Edits | None:
    """`async with a:` becomes `with a:`; None with several managers."""
    return _to_sync(facts, span, ast.AsyncWith)


def for_to_async_for(facts: Facts, span: Span) -> Edits | None:
    """`for x in a:` becomes `async for x in a:`. `span` starts at the statement. None in a sync function."""
    return _to_async(facts, span, ast.For)


def async_for_to_for(facts: Facts, span: Span) -> Edits | None:
    """`async for x in a:` becomes `for x in a:`."""
    return _to_sync(facts, span, ast.AsyncFor)


def comprehension_to_async(facts: Facts, iterable: Span) -> Edits | None:
    """`[x for x in a]` becomes `[x async for x in a]`; `iterable` is the span of `a`.

    None in a generator expression, whose consumer would have to change too, and in nested comprehensions.
    """
    tree = tree_of(facts)
    found = _generator(tree, iterable) if tree else None
    if tree is None or found is None or found.is_async:
        return None
    whole = tree.parents[found]
    if not isinstance(whole, ast.ListComp | ast.SetComp | ast.DictComp) or not may_await(tree, whole):
        return None
    keyword = _keyword_before(tree, "for", tree.start(found.target))
    return None if keyword is None else (tree.insert(keyword, "async "),)


def comprehension_to_sync(facts: Facts, iterable: Span) -> Edits | None:
    """`[x async for x in a]` becomes `[x for x in a]`; `iterable` is the span of `a`."""
    tree = tree_of(facts)
    found = _generator(tree, iterable) if tree else None
    if tree is None or found is None or not found.is_async:
        return None
    end = _keyword_before(tree, "for", tree.start(found.target))
    start = _keyword_before(tree, "async", tree.start(found.target))
    return None if start is None or end is None else (tree.edit(start, end, ""),)


def def_to_async_def(facts: Facts, scope: Scope) -> Edits | None:
    """`def f():` becomes `async def f():`. Its callers then need an `await` each."""
    tree = tree_of(facts)
    if tree is None or scope.is_async or scope.kind != "function":
        return None
    offset = tree.source.offset(*scope.keyword_span[:2])
    return (tree.insert(offset, "async "),) if tree.text.startswith("def", offset) else None


def async_def_to_def(facts: Facts, scope: Scope) -> Edits | None:
    """`async def f():` becomes `def f():`. It must not await anything."""
    tree = tree_of(facts)
    function = function_at(tree, scope) if tree else None
    if tree is None or not isinstance(function, ast.AsyncFunctionDef):
        return None
    start = tree.start(function)
    return (tree.edit(start, tree.text.index("def", start), ""),)


def make_async(facts: Facts, scope: Scope, spans: tuple[Span, ...]) -> Edits | None:
    """`def f():` becomes `async def f():` and the expressions at `spans`, which stand right in it, are awaited."""
    tree, edits = tree_of(facts), def_to_async_def(facts, scope)
    if tree is None or edits is None:
        return None
    for span in spans:
        node = tree.expression(span)
        awaits = around_await(tree, node) if node else None
        if awaits is None or node is None or isinstance(tree.function_of(node), ast.Lambda):
            return None
        edits = (*edits, *awaits)
    return edits


def insert_statement_before(facts: Facts, span: Span, code: str) -> Edits | None:
    """`code` before the statement in which `span` starts; also in one-liners and behind semicolons."""
    tree = tree_of(facts)
    statement = tree.statement_at(span) if tree else None
    if tree is None or statement is None or _is_elif(tree, statement):
        return None
    return layout.before(tree, statement, code)


def insert_statement_after(facts: Facts, span: Span, code: str) -> Edits | None:
    """`code` after the statement in which `span` starts; None where it does not fit behind a semicolon."""
    tree = tree_of(facts)
    statement = tree.statement_at(span) if tree else None
    if tree is None or statement is None or _is_elif(tree, statement):
        return None
    return layout.after(tree, statement, code)


def remove_statement(facts: Facts, span: Span) -> Edits | None:
    """The statement in which `span` starts goes; None where nothing would be left of its suite."""
    tree = tree_of(facts)
    statement = tree.statement_at(span) if tree else None
    return layout.removed(tree, statement) if tree and statement else None


def insert_before_block(facts: Facts, code: str) -> Edits | None:
    """`code` at module level before this block, two blank lines between; None for a member of a class."""
    tree = tree_of(facts)
    if tree is None or facts.owner or not tree.statements or tree.shift:
        return None
    ending = layout.newline(tree)
    line = tree.first(tree.statements[0])
    return (tree.insert(line, layout.indented(tree, code, "") + ending * 3),)


def add_global(facts: Facts, scope: Scope, name: str, keyword: str = "global") -> Edits | None:
    """`global name` where the function begins, after its docstring, or added to the `global` that stands there.

    `keyword` may be "nonlocal". None for a parameter and for a name annotated in the function.
    """
    tree = tree_of(facts)
    function = function_at(tree, scope) if tree else None
    if tree is None or function is None or not _may_declare(function, name):
        return None
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    if not body:
        return None
    first = body[0]
    if isinstance(first, ast.Global if keyword == "global" else ast.Nonlocal):
        return None if name in first.names else (tree.insert(tree.end(first), f", {name}"),)
    return layout.before(tree, first, f"{keyword} {name}")


def add_raise(facts: Facts, handler: Context) -> Edits | None:
    """The except block ends in a bare `raise`, in place of a last `pass`, `...`, `return`, `continue` or `break`.

    None where it ends in returning a value or raising something itself.
    """
    tree = tree_of(facts)
    found = _handler(tree, handler) if tree else None
    if tree is None or found is None:
        return None
    last = found.body[-1]
    empty = isinstance(last, ast.Pass | ast.Continue | ast.Break) or _is_ellipsis(last)
    if empty or (isinstance(last, ast.Return) and last.value is None):
        return (tree.edit(tree.start(last), tree.end(last), "raise"),)
    return None if isinstance(last, ast.Return | ast.Raise) else layout.after(tree, last, "raise")


def add_handler_before(
    facts: Facts, handler: Context, exception: str = "asyncio.CancelledError"
) -> Edits | None:
    """`except asyncio.CancelledError: raise` on two lines before the except block; `exception` is a dotted name."""
    tree = tree_of(facts)
    found = _handler(tree, handler) if tree else None
    if tree is None or found is None:
        return None
    start = tree.source.offset(found.lineno - 1 - tree.shift, 0)
    indent = layout.indent_at(tree, start)
    code = layout.indented(tree, f"except ‹{exception}›:\n    raise", indent)
    return (tree.insert(start, code + layout.newline(tree)),)


def guard_with_lock(facts: Facts, first: Span, last: Span, lock: str) -> Edits | None:
    """The statements from the one at `first` to the one at `last`, neighbours, go into `async with lock:`."""
    return put_under_header(facts, first, last, f"async with {lock}:")


def put_under_header(facts: Facts, first: Span, last: Span, header: str) -> Edits | None:
    """Neighbouring statements go one level deeper, under the header line. None where one shares its line."""
    tree = tree_of(facts)
    start, end = (tree.statement_at(first), tree.statement_at(last)) if tree else (None, None)
    if tree is None or start is None or end is None or tree.parents[start] is not tree.parents[end]:
        return None
    begin, finish = tree.first(start), layout.end_with_comments(tree, end)
    trailing = tree.text[tree.end(end) :].lstrip(" \t\f")[:1]
    if not layout.starts_line(tree, begin) or trailing == ";" or _is_elif(tree, start):
        return None
    # The header is no statement on its own: it goes in as a line.
    line = layout.indent_at(tree, begin) + header + layout.newline(tree)
    return (
        tree.insert(tree.source.offset(tree.position(begin)[0], 0), line),
        *layout.deepened(tree, begin, finish),
    )


def keep_task(
    facts: Facts, call: Call, collection: str = "background_tasks", name: str = "task"
) -> Edits | None:
    """`create_task(f())`, a statement of its own, is bound to `name` and kept in a set until it is done.

    The set `collection` is made at module level, unless the module has it.
    """
    tree = tree_of(facts)
    node = tree.call(call.span) if tree else None
    statement = tree.parents[node] if tree and node else None
    if tree is None or not isinstance(statement, ast.Expr):
        return None
    name = fresh_name(facts, name)
    add, forget = f"‹{collection} = set()›.add({name})", f"{name}.add_done_callback({collection}.discard)"
    keep = layout.after(tree, statement, f"{add}\n{forget}") or layout.after(
        tree, statement, f"{add}; {forget}"
    )
    return None if keep is None else (tree.insert(tree.start(statement), f"{name} = "), *keep)


def fresh_name(facts: Facts, name: str) -> str:
    """`name`, or `name_2`, `name_3`... where the block uses it already."""
    tree = tree_of(facts)
    nodes = ast.walk(tree.root) if tree else ()
    taken = {getattr(node, "id", getattr(node, "arg", getattr(node, "name", None))) for node in nodes}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def function_at(tree: Tree, scope: Scope) -> Function | None:
    """The function of a scope, found by its name's line."""
    for node in ast.walk(tree.root):
        if isinstance(node, Function) and node.name == scope.name:
            span = tree.span(node)
            if span[:2] == scope.keyword_span[:2] or (
                scope.span.contains(*span[:2]) and span[2:] == scope.span[2:]
            ):
                return node
    return None


def _to_async(facts: Facts, span: Span, kind: type[ast.With] | type[ast.For]) -> Edits | None:
    tree = tree_of(facts)
    statement = tree.statement_at(span) if tree else None
    if tree is None or not isinstance(statement, kind) or not may_await(tree, statement):
        return None
    if isinstance(statement, ast.With) and len(statement.items) > 1:
        return None
    return (tree.insert(tree.start(statement), "async "),)


def _to_sync(facts: Facts, span: Span, kind: type[ast.AsyncWith] | type[ast.AsyncFor]) -> Edits | None:
    tree = tree_of(facts)
    statement = tree.statement_at(span) if tree else None
    if tree is None or not isinstance(statement, kind):
        return None
    if isinstance(statement, ast.AsyncWith) and len(statement.items) > 1:
        return None
    start = tree.start(statement)
    end = start + len("async")
    while tree.text[end] in " \t\f":
        end += 1
    return (tree.edit(start, end, ""),)


def _generator(tree: Tree, iterable: Span) -> ast.comprehension | None:
    node = tree.expression(iterable)
    parent = tree.parents[node] if node else None
    return (
        parent
        if isinstance(parent, ast.comprehension) and isinstance(tree.parents[parent], Comprehension)
        else None
    )


def _keyword_before(tree: Tree, keyword: str, offset: int) -> int | None:
    found = [start for text, _, start, _ in tree.tokens if text == keyword and start < offset]
    return found[-1] if found else None


def _handler(tree: Tree, context: Context) -> ast.ExceptHandler | None:
    for node in ast.walk(tree.root):
        if isinstance(node, ast.ExceptHandler) and node.lineno - 1 - tree.shift == context.span.line:
            return node
    return None


def _may_declare(function: Function, name: str) -> bool:
    arguments = function.args
    every = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    annotated = (node.target for node in ast.walk(function) if isinstance(node, ast.AnnAssign))
    return not any(each is not None and each.arg == name for each in every) and not any(
        isinstance(target, ast.Name) and target.id == name for target in annotated
    )


def _is_elif(tree: Tree, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and tree.text.startswith("elif", tree.start(statement))


def _is_ellipsis(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is Ellipsis
    )
