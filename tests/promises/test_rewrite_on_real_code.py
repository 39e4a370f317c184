"""Edits on code that nobody wrote for this test: the standard library.

The edited text must parse to exactly the tree in which the one node is changed. That says in one sentence that nothing
else is touched, whatever the indentation, comments, semicolons, parentheses and strings around it.
"""

from __future__ import annotations

import ast
import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from awaitlens import rewrite
from awaitlens.program.extract import extract
from awaitlens.program.facts import Call, Facts
from awaitlens.rewrite import Edits, apply, expressions
from awaitlens.rewrite.tree import Tree, _tree, suites, tree_of
from awaitlens.syntax.blocks import layout
from awaitlens.syntax.parse import parse

LIBRARY = Path(ast.__file__).parent
FILES = (
    *sorted(Path(asyncio.__file__).parent.glob("*.py")),
    *(LIBRARY / f"{n}.py" for n in ("argparse", "ast", "typing")),
)

OnCall = Callable[[Facts, Call], "Edits | None"]
Change = Callable[[ast.Call], ast.expr]


def blocks(seed: int, number: int) -> Iterator[Facts]:
    """Some blocks of the library, chosen by a seed."""
    chosen = random.Random(seed)
    for path in FILES:
        every = layout(path.read_text(encoding="utf-8")).blocks
        for block in chosen.sample(every, min(number, len(every))):
            yield extract(block, parse(block))


def fresh_tree(facts: Facts) -> Tree | None:
    """A tree that may be changed without another seeing it."""
    _tree.cache_clear()
    return tree_of(facts)


def assert_makes(facts: Facts, tree: Tree, edits: Edits) -> None:
    """The edits make a text whose tree is the one that was changed by hand."""
    text = apply(facts.text, edits).replace("‹", "").replace("›", "")
    try:
        made = ast.parse("class _:\n" * tree.shift + text)
    except SyntaxError as error:
        raise AssertionError(f"{error} in\n{text}") from error
    assert ast.dump(made) == ast.dump(tree.root), text


def may_await_anywhere(tree: Tree, node: ast.AST) -> bool:
    return True


def in_thread(call: ast.Call) -> ast.expr:
    to_thread = ast.parse("asyncio.to_thread", mode="eval").body
    return ast.Await(ast.Call(to_thread, [call.func, *call.args], call.keywords))


def in_adapter(call: ast.Call) -> ast.expr:
    adapter = ast.Call(ast.Name("adapter", ast.Load()), [call.func], [])
    return ast.Await(ast.Call(adapter, call.args, call.keywords))


def with_keyword(call: ast.Call) -> ast.expr:
    return ast.Call(call.func, call.args, [*call.keywords, ast.keyword("added", ast.Constant(1))])


def without_first(call: ast.Call) -> ast.expr:
    return ast.Call(call.func, call.args[1:], call.keywords)


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (lambda facts, call: rewrite.await_expression(facts, call.span), ast.Await),
        (rewrite.wrap_in_call, in_thread),
        (lambda facts, call: rewrite.wrap_in_adapter(facts, call, "adapter"), in_adapter),
        (lambda facts, call: rewrite.add_keyword(facts, call, "added", "1"), with_keyword),
        (lambda facts, call: rewrite.remove_argument(facts, call, 0), without_first),
    ],
    ids=["await", "thread", "adapter", "add keyword", "remove argument"],
)  # fmt: skip
def test_one_call_changes_and_nothing_else(edit: OnCall, change: Change) -> None:
    made = 0
    with mock.patch.object(expressions, "may_await", may_await_anywhere):
        for facts in blocks(1, 8):
            for call in random.Random(made).sample(facts.calls, min(2, len(facts.calls))):
                tree = fresh_tree(facts)
                node = tree.call(call.span) if tree else None
                if tree is None or node is None or isinstance(tree.parents[node], ast.Await):
                    continue
                if change is without_first and not node.args:
                    continue
                edits = edit(facts, call)
                if edits is not None:
                    exchange(tree, node, change(node))
                    assert_makes(facts, tree, edits)
                    made += 1
    assert made > 50


def exchange(tree: Tree, old: ast.AST, new: ast.AST) -> None:
    parent = tree.parents[old]
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            setattr(parent, name, [new if each is old else each for each in value])


def statement(code: str) -> ast.stmt:
    return ast.parse(code).body[0]


def insert_before(suite: list[ast.stmt], index: int) -> None:
    suite.insert(index, statement("added()"))


def insert_after(suite: list[ast.stmt], index: int) -> None:
    suite.insert(index + 1, statement("if added:\n    added()"))


def remove(suite: list[ast.stmt], index: int) -> None:
    del suite[index]


def guard(suite: list[ast.stmt], index: int) -> None:
    header = statement("async with lock: pass")
    assert isinstance(header, ast.AsyncWith)
    header.body = [suite[index]]
    suite[index] = header


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (lambda facts, span: rewrite.insert_statement_before(facts, span, "added()"), insert_before),
        (lambda facts, span: rewrite.insert_statement_after(facts, span, "if added:\n    added()"), insert_after),
        (rewrite.remove_statement, remove),
        (lambda facts, span: rewrite.guard_with_lock(facts, span, span, "lock"), guard),
    ],
    ids=["insert before", "insert after", "remove", "guard"],
)  # fmt: skip
def test_one_statement_changes_and_nothing_else(
    edit: Callable[..., Edits | None], change: Callable[[list[ast.stmt], int], None]
) -> None:
    made = 0
    for facts in blocks(2, 8):
        tree = fresh_tree(facts)
        if tree is None or not tree.statements:
            continue
        chosen = random.Random(made).choice(tree.statements)
        edits = edit(facts, tree.span(chosen))
        if edits is not None:
            suite = next(s for s in suites(tree.parents[chosen]) if any(each is chosen for each in s))
            change(suite, next(index for index, each in enumerate(suite) if each is chosen))
            assert_makes(facts, tree, edits)
            made += 1
    assert made > 50
