"""The blocks of a text after an edit: mostly those of the text before, but for one."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from operator import is_not

from awaitlens.source import Source, Span, split_lines
from awaitlens.syntax.blocks import HARD, Block, Layout, layout, start_pattern
from awaitlens.syntax.scan import looks_like_code

_STRUCTURAL = re.compile(r"""[\r\n\f'"()\[\]{}#\\]""")
# A line's part in the layout is settled by its first word; by two if the first is `async`; never in a class header.
_SETTLED = re.compile(r"[ \t]*(?:(?:async[ \t]+\w+|(?!(?:async|class)\b)\w+)\W|[^\w\s])")


def relayout(old: Layout, old_source: Source, new_source: Source, span: Span, new_text: str) -> Layout:
    """The layout after `new_text` took the place of `span` in `old_source`; always equal to `layout(new_source.text)`.

    An edit inside a line that adds and removes no line end, quote, bracket, comment sign or backslash, and lies
    behind the line's first word, changes one block's text and nothing else; so do most edits in the body of a function.
    Any other edit, any in a class header, and any while a triple quote is open lays the text out afresh and keeps the old
    objects of the blocks that are equal.
    """
    if _keeps_layout(old, old_source, span, new_text):
        return _with_edit(old, span, new_text)
    if _breaks_line_only(old, old_source, span, new_text):
        return _with_line_more(_with_edit(old, span, new_text), span.line)
    fresh = layout(new_source.text)
    known = dict(zip(old.blocks, old.blocks))
    return replace(fresh, blocks=tuple([known.get(block, block) for block in fresh.blocks]))


def only_change(old: Layout, new: Layout) -> int:
    """The number of the one block that the two do not share; -1 if there are several or none."""
    if len(old.blocks) != len(new.blocks):
        return -1
    differs = [*map(is_not, old.blocks, new.blocks)]
    return differs.index(True) if differs.count(True) == 1 else -1


def _keeps_layout(old: Layout, source: Source, span: Span, new_text: str) -> bool:
    line = source.line_text(span.line)
    if span.line != span.end_line or not 0 < span.column <= span.end_column <= len(line):
        return False
    number = old.block_at(span.line)
    if number < 0 or not old.closed or old.blocks[number].kind == "class header":
        return False
    before, removed, after = line[: span.column], line[span.column : span.end_column], line[span.end_column :]
    edited = before + new_text + after
    is_structural = bool(_STRUCTURAL.search(new_text) or _STRUCTURAL.search(removed))
    if is_structural or not _SETTLED.match(before):
        if not _is_in_body(old, number, span.line, before) or not _stands_alone(old, number):
            return False
        if is_structural and not (_ends_with_line(line, old.wary) and _ends_with_line(edited, old.wary)):
            return False
    if looks_like_code(line) != looks_like_code(edited):
        return False
    # Quotes that meet or part may make or break a triple quote; what follows a backslash is part of its meaning.
    return before[-1] != "\\" and not (before[-1] in "\"'" and after[:1] in ('"', "'"))


def _breaks_line_only(old: Layout, source: Source, span: Span, new_text: str) -> bool:
    """Whether the edit breaks a line of a function in two that both lie in its body, and changes nothing else."""
    if span[:2] != span[2:] or not _BROKEN_LINE.fullmatch(new_text) or not old.closed:
        return False
    number, line = old.block_at(span.line), source.line_text(span.line)
    if number < 0 or span.column > len(line) or _OPENS_MORE.search(line):
        return False
    before, after = line[: span.column], new_text[1:] + line[span.column :]
    if looks_like_code(after) or looks_like_code(line) != looks_like_code(before):
        return False
    return (
        _is_in_body(old, number, span.line, before)
        and _is_in_body(old, number, span.line + 1, after + ".")
        and _stands_alone(old, number)
    )


_BROKEN_LINE = re.compile(r"\n[ \t]+")
_OPENS_MORE = re.compile(r"""[\r\f"'#\\]""")
_FUNCTION = re.compile(r"(?:[ \t]*@[^\n]*\n)*[ \t]*(?:async[ \t]+)?def\b")
_BEYOND_ITS_LINE = re.compile(r"""[\r\n\f\\]|\"{3}|'{3}""")


def _is_in_body(layout: Layout, number: int, line: int, before: str) -> bool:
    """Whether a line that begins so lies below a function's first one and further in: no block begins there, whatever it
    says."""
    block = layout.blocks[number]
    header = _FUNCTION.match(block.text)
    if header is None or "\r" in block.text:
        return False
    if not before.startswith(block.indent) or before[len(block.indent) :][:1] not in (" ", "\t"):
        return False
    return line > layout.lines[number] + block.text.count("\n", 0, header.end())


def _stands_alone(layout: Layout, number: int) -> bool:
    """Whether a function's brackets decide about no block: it holds no line that only they keep from beginning one, and
    the next block begins like a statement, whatever is open before it."""
    block, following = layout.blocks[number], layout.blocks[number + 1 : number + 2]
    if start_pattern(block.indent).search(block.text):
        return False
    return all(HARD.match(each.text) for each in following)


def _ends_with_line(line: str, wary: bool) -> bool:
    """Whether the strings and comments of a line end with it, and tell nothing of triple quotes elsewhere."""
    return not _BEYOND_ITS_LINE.search(line) and not (wary and ('"' in line or "'" in line))


def may_be_joined(layout: Layout, number: int) -> bool:
    """Whether a block that does not parse alone may do so together with its neighbours, which do."""
    if not layout.closed or not _FUNCTION.match(layout.blocks[number].text):
        return True
    return not all(_STATEMENT.match(block.text) for block in layout.blocks[number + 1 : number + 2])


# What begins so stands in no bracket, and is no body of what comes before it. A line with `@` may be a product.
_STATEMENT = re.compile(rf"{_FUNCTION.pattern}|(?![ \t\f]*(?:from\b|@)){HARD.pattern}")


def _with_line_more(layout: Layout, line: int) -> Layout:
    """The layout when a line of a block has become two."""
    first = bisect_right(layout.lines, line)
    return replace(layout, lines=layout.lines[:first] + tuple([n + 1 for n in layout.lines[first:]]))


def _with_edit(old: Layout, span: Span, new_text: str) -> Layout:
    number = old.block_at(span.line)
    block = old.blocks[number]
    start = _offset_of_line(block.text, span.line - old.lines[number])
    text = block.text[: start + span.column] + new_text + block.text[start + span.end_column :]
    edited = Block(text, block.owner, block.kind, block.indent)
    blocks = old.blocks[:number] + (edited,) + old.blocks[number + 1 :]
    return Layout(blocks, old.lines, old.closed, old.wary)


def _offset_of_line(text: str, line: int) -> int:
    if "\r" in text:
        return sum(map(len, split_lines(text)[:line]))
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return at
