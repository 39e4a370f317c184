"""Blocks to trees. Nothing here raises, whatever the text.

Positions are `ast`'s own: lines count from 1 at the block's first line, columns are UTF-8 bytes in the file's line.
Whoever turns them into spans converts the columns (source.column_from_utf8).
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from awaitlens.source import Span, split_lines
from awaitlens.syntax.blocks import Block, Layout
from awaitlens.syntax.relayout import may_be_joined
from awaitlens.syntax.repair import Failure, repaired
from awaitlens.syntax.scan import mask

T = TypeVar("T")

_NAME = "<awaitlens>"
# Python warns of odd escapes and the like while it parses. That is between the user and Python.
warnings.filterwarnings("ignore", module=re.escape(_NAME))


class Parsed(NamedTuple):
    """The statements of a block.

    For a member they are the member's statements; for a class header one `ast.ClassDef` that holds what the header
    itself holds (nothing, unless the class is written on one line) and ends where the header ends.

    `error` is Python's message if the block does not parse as it stands, `error_line` its line, counted from 0 at the
    block's first line. `repaired` is true if `body` was won by patching lines; `body` is empty if that failed too.
    """

    body: list[ast.stmt]
    repaired: bool
    error: str | None
    error_line: int | None


def parse(block: Block) -> Parsed:
    """The statements of a block, repaired line by line if it does not parse."""
    outcome = _tree(block.text, block)
    if isinstance(outcome, ast.Module):
        return Parsed(outcome.body, False, None, None)
    last = max(len(split_lines(block.text)) - 1, 0)
    error_line = min(max(outcome.line, 0), last)
    mended = repaired(block.text, outcome, lambda text: _tree(text, block))
    return Parsed(mended.body if mended else [], True, outcome.message, error_line)


def parse_layout(layout: Layout) -> tuple[tuple[int, Block, Parsed], ...]:
    """(first line, block, tree) of every block in order; blocks that parse only together come joined.

    The last trees are kept, and equal blocks share one: leave them as they are. Callers that need something smaller than the tree are better
    served by a Reader of their own.
    """
    return _TREES.read(layout)


class Reader(Generic[T]):
    """Reads layouts with a memo: `extract` is called once for each block, and its result kept instead of the tree.

    `budget` is how many characters of blocks are remembered besides those of the layout just read (four million are a
    hundred thousand lines); beyond it the oldest go. `read_alone` says of one block, likely to be read again with a small
    change, whether it parses as it stands, and its result. Equal blocks share one result. Not safe to share between threads.
    """

    def __init__(
        self,
        extract: Callable[[Block, Parsed], T],
        budget: int = 4_000_000,
        read_alone: Callable[[Block], tuple[bool, T]] | None = None,
    ) -> None:
        self._extract = extract
        self._reads_alone = read_alone or self._reads
        self._budget = budget
        self._held = 0
        self._most = budget
        self._memo: dict[Block, tuple[bool, T]] = {}
        self._unjoinable: dict[str, None] = {}

    def read(self, layout: Layout) -> tuple[tuple[int, Block, T], ...]:
        """(first line, block, result) in order; blocks that parse only together come joined."""
        known = self._memo.get
        hits = [known(block) or self._read(block) for block in layout.blocks]
        if self._held > self._most:
            self._forget(layout)
        broken = [number for number, (whole, _) in enumerate(hits) if not whole]
        if broken and len(hits) > 1 and (joined := self._joined(layout, broken)) is not None:
            return self.read(joined)
        return tuple([(line, block, hit[1]) for line, block, hit in zip(layout.lines, layout.blocks, hits)])

    def read_alone(self, layout: Layout, number: int) -> tuple[bool, T] | None:
        """Whether one block of the layout parses as it stands, and its result, where all others do; None if it does not and
        others may have to join it."""
        block = layout.blocks[number]
        whole, result = self._memo.get(block) or self._noted(block, self._reads_alone(block))
        if self._held > self._most:
            self._forget(layout)
        return (whole, result) if whole or not may_be_joined(layout, number) else None

    def _read(self, block: Block) -> tuple[bool, T]:
        return self._noted(block, self._reads(block))

    def _reads(self, block: Block) -> tuple[bool, T]:
        parsed = parse(block)
        return parsed.error is None, self._extract(block, parsed)

    def _noted(self, block: Block, hit: tuple[bool, T]) -> tuple[bool, T]:
        self._memo[block] = hit
        self._held += len(block.text)
        return hit

    def _forget(self, layout: Layout) -> None:
        """Drop the oldest results until half of the budget is free, so that this is seldom needed."""
        current = {block: self._memo.pop(block) for block in dict.fromkeys(layout.blocks)}
        size = sum([len(block.text) for block in current])
        for block in [*self._memo]:
            if self._held <= size + self._budget // 2:
                break
            del self._memo[block]
            self._held -= len(block.text)
        self._memo |= current
        self._most = size + self._budget

    def _joined(self, layout: Layout, broken: list[int]) -> Layout | None:
        """The layout with some broken blocks joined to others, if what they make up parses.

        A statement cut apart leaves two broken blocks, or one if the rest stands alone. So the whole stretch of
        broken blocks is tried, then the first and the last of them with either neighbour.
        """
        first, last = broken[0], broken[-1]
        tries = {
            (first, last + 1),
            (first - 1, first + 1),
            (first, first + 2),
            (last - 1, last + 1),
            (last, last + 2),
        }
        for start, end in sorted(tries, key=lambda pair: (pair != (first, last + 1), pair)):
            if start < 0 or end > len(layout.blocks) or end - start < 2:
                continue
            start, end, block = _join(layout, start, end)
            if self._parses(block):
                blocks = layout.blocks[:start] + (block,) + layout.blocks[end:]
                return Layout(blocks, layout.lines[: start + 1] + layout.lines[end:], layout.closed)
        return None

    def _parses(self, block: Block) -> bool:
        if block in self._memo:
            return self._memo[block][0]
        if block.text in self._unjoinable or len(block.text) > _JOIN_LIMIT:
            return False
        if isinstance(_tree(block.text, block), ast.Module):
            return True
        self._unjoinable[block.text] = None
        if len(self._unjoinable) > 64:
            del self._unjoinable[next(iter(self._unjoinable))]
        return False


_JOIN_LIMIT = (
    100_000  # Characters, some 20 ms of parsing: it is tried anew with each edit while code is broken.
)
_TREES: Reader[Parsed] = Reader(lambda block, parsed: parsed, budget=500_000)


def _join(layout: Layout, start: int, end: int) -> tuple[int, int, Block]:
    """The block that blocks[start:end] make up, and its place; whole top-level statements if they differ in kind."""
    blocks = layout.blocks
    if len({block[1:] for block in blocks[start:end]}) > 1 or blocks[start].kind == "class header":
        while start > 0 and blocks[start].owner:
            start -= 1
        while end < len(blocks) and blocks[end].owner:
            end += 1
        return start, end, Block("".join([block.text for block in blocks[start:end]]), (), "statement", "")
    return start, end, blocks[start]._replace(text="".join([block.text for block in blocks[start:end]]))


def parse_statement(text: str, span: Span) -> ast.stmt | None:
    """The one statement that fills a stretch of ASCII text, every line and column in its place; None if it is none."""
    lines = text.split("\n")[span.line : span.end_line + 1]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = _indent(span.column) + lines[0][span.column :]
    tree = _parsed("\n" * span.line + "\n".join(lines))
    if isinstance(tree, Failure) or len(tree.body) != 1:
        return None
    statement = tree.body[0]
    end = (statement.end_lineno, statement.end_col_offset)
    return statement if end == (span.end_line + 1, span.end_column) else None


def _indent(width: int) -> str:
    """White space of that width that indents nothing, as in `_lifted`."""
    return " " * (width - 1) + "\f" if width else ""


# --- one parse ----------------------------------------------------------------------------------------------


def _tree(text: str, block: Block) -> ast.Module | Failure:
    """The block's own tree, of this text in place of the block's."""
    if block.kind == "class header":
        return _header_tree(text, block.indent)
    return _parsed(_lifted(text, block.indent))


def _header_tree(text: str, indent: str) -> ast.Module | Failure:
    """A class header's tree. It is given a body to parse, and loses it again."""
    line_end = "" if text.endswith(("\n", "\r")) else "\n"
    tree = _parsed(_lifted(text, indent) + f"{line_end}{indent} pass\n")
    if isinstance(tree, Failure):
        whole = _parsed(_lifted(text, indent))
        return whole if isinstance(whole, ast.Module) else tree
    head = tree.body[-1]
    if isinstance(head, ast.ClassDef):
        head.body = head.body[:-1]
        head.end_lineno, head.end_col_offset = _end_of_header(text)
    return tree


def _end_of_header(text: str) -> tuple[int, int]:
    """The 1-based line and the UTF-8 column behind the header's colon."""
    lines = split_lines(text)
    for number in range(len(lines), 0, -1):
        content = lines[number - 1].strip()
        if content and not content.startswith("#"):
            colon = _COLON.search(lines[number - 1])
            end = colon.start() + 1 if colon else len(lines[number - 1].rstrip())
            return number, len(lines[number - 1][:end].encode("utf-8", "surrogatepass"))
    return 1, 0


_COLON = re.compile(r":[ \t\f]*(?:#.*)?[\r\n]*\Z")


def _lifted(text: str, indent: str) -> str:
    """A member's text as a top-level statement, every line and column in its place.

    A form feed in white space at a line's start sets Python's column counter back to 0 (Parser/tokenizer.c, CPython
    3.8-3.14). It takes the place of the last character of the indent wherever code stands at the member's own depth.
    """
    if not indent:
        return text
    if _own_depth("[\r\n]" if "\r" in text else "\n", indent).search(text) is None:
        return text[: len(indent) - 1] + "\f" + text[len(indent) :]
    lift = _lift_pattern(indent)
    ends = [match.end() for match in lift.finditer(mask(text).code)]
    parts = [text[start : end - 1] for start, end in zip([0, *ends], ends)]
    return "\f".join([*parts, text[ends[-1] :]]) if ends else text


@lru_cache(maxsize=64)
def _own_depth(line_end: str, indent: str) -> re.Pattern[str]:
    """A further line at the member's own depth, if it is one: quicker to look for, and mostly there is none. Comments have no
    depth, nor does what follows an open bracket."""
    return re.compile(rf"{line_end}{indent}[^\s#)\]}}]")


@lru_cache(maxsize=64)
def _lift_pattern(indent: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\r\n])(?<!\\[\r\n])(?<!\\\r\n)){indent}(?=\S)")


def _parsed(text: str) -> ast.Module | Failure:
    try:
        return ast.parse(text, _NAME)
    except SyntaxError as error:
        return Failure((error.lineno or 0) - 1, error.msg)
    except ValueError as error:
        odd = _UNREADABLE.search(text)
        line = len(split_lines(text[: odd.start()] + ".")) - 1 if odd else -1
        return Failure(line, str(error))
    except (RecursionError, MemoryError, OverflowError, SystemError) as error:
        return Failure(-1, str(error) or "too deeply nested")


_UNREADABLE = re.compile("[\0\ud800-\udfff]")
