"""Edits that keep the user's formatting: the vocabulary of a pitfall's `fix`.

Every function takes the block's `Facts` and spans of it, and returns a tuple of `Edit`s, block-relative, or None where
the new code would not be legal or would mean something else. Tuples of edits may be joined, as long as they do not
overlap. A dotted name between single guillemets in an edit's text, `‹asyncio.to_thread›`, is replaced by its local
spelling, and imported where it must be; `‹tasks = set()›` by `tasks`, assigned at module level where nothing else binds
it (imports.py). libcst is imported when first needed, and only here.
"""

from awaitlens.rewrite.apply import Edits, OverlappingEdits, apply, merged
from awaitlens.rewrite.calls import (
    add_keyword,
    remove_argument,
    remove_keyword,
    unwrap_eager_adapter,
    unwrap_eager_call,
    wrap_in_adapter,
    wrap_in_call,
    wrap_in_executor,
)
from awaitlens.rewrite.cascade import made_async
from awaitlens.rewrite.crossing import through, to_loop_thread
from awaitlens.rewrite.expressions import (
    await_expression,
    await_method,
    await_with_callee,
    drop_await,
    is_awaited,
    iterate_over_copy,
    rename_method,
    replace,
    replace_callee,
    wrap_expression,
)
from awaitlens.rewrite.extract import extract_sync_function, move_block_to_thread
from awaitlens.rewrite.handing import (
    add_decorator,
    keep_argument,
    loop_over_delegate,
    replace_decorator,
    run_in_own_loop,
    unwrap_offloaded,
)
from awaitlens.rewrite.moves import hoist, move_statement_before, move_statement_below
from awaitlens.rewrite.rows import counted_in_database
from awaitlens.rewrite.statements import (
    add_global,
    add_handler_before,
    add_raise,
    async_def_to_def,
    async_for_to_for,
    async_with_to_with,
    comprehension_to_async,
    comprehension_to_sync,
    def_to_async_def,
    for_to_async_for,
    fresh_name,
    guard_with_lock,
    insert_before_block,
    insert_statement_after,
    insert_statement_before,
    keep_task,
    make_async,
    put_under_header,
    remove_statement,
    with_to_async_with,
)

__all__ = [
    "Edits",
    "OverlappingEdits",
    "add_decorator",
    "add_global",
    "add_handler_before",
    "add_keyword",
    "add_raise",
    "apply",
    "async_def_to_def",
    "async_for_to_for",
    "async_with_to_with",
    "await_expression",
    "await_method",
    "await_with_callee",
    "comprehension_to_async",
    "comprehension_to_sync",
    "counted_in_database",
    "def_to_async_def",
    "drop_await",
    "extract_sync_function",
    "for_to_async_for",
    "fresh_name",
    "guard_with_lock",
    "hoist",
    "insert_before_block",
    "insert_statement_after",
    "insert_statement_before",
    "is_awaited",
    "iterate_over_copy",
    "keep_argument",
    "keep_task",
    "loop_over_delegate",
    "made_async",
    "make_async",
    "merged",
    "move_block_to_thread",
    "move_statement_before",
    "move_statement_below",
    "put_under_header",
    "remove_argument",
    "remove_keyword",
    "remove_statement",
    "rename_method",
    "replace",
    "replace_callee",
    "replace_decorator",
    "run_in_own_loop",
    "through",
    "to_loop_thread",
    "unwrap_eager_adapter",
    "unwrap_eager_call",
    "unwrap_offloaded",
    "with_to_async_with",
    "wrap_expression",
    "wrap_in_adapter",
    "wrap_in_call",
    "wrap_in_executor",
]
