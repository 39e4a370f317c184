"""Statements as lines: indentation, semicolons, one-liners, comments, line ends.

Everything that adds, removes or shifts a statement goes through here, so that tabs stay tabs, `\\r\\n` stays `\\r\\n`,
and the inside of a string is never indented.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tokenize

from awaitlens.rewrite.apply import Edits
from awaitlens.rewrite.tree import Tree, newline_of

_FORMATTED: tuple[type[ast.expr], ...] = (ast.JoinedStr, getattr(ast, "TemplateStr", ast.JoinedStr))
_REST = re.compile(r"[ \t\f]*;[ \t\f]*")


def before(tree: Tree, statement: ast.stmt, code: str) -> Edits | None:
    """`code` as statements of its own before the statement: on lines of their own, or behind the same colon.

    None where lines would have to go behind a semicolon.
    """
    start = tree.first(statement)
    if starts_line(tree, start):
        line = start - len(indent_at(tree, start))
        return (tree.insert(line, indented(tree, code, indent_at(tree, start)) + newline(tree)),)
    if is_simple(code):
        return (tree.insert(start, f"{code}; "),)
    if tree.suite_of(statement)[0] is not statement:
        return None
    opened, indent = _opened(tree, statement)
    return (*opened, tree.insert(start, indented(tree, code, indent).lstrip() + newline(tree) + indent))


def verbatim_before(tree: Tree, statement: ast.stmt, text: str) -> Edits | None:
    """Like `before`, for text that is the block's own: its further lines stay as they are, strings in it too."""
    start = tree.first(statement)
    if starts_line(tree, start):
        return (tree.insert(start, text + newline(tree) + indent_at(tree, start)),)
    return (tree.insert(start, f"{text}; "),) if text.splitlines() == [text] else None


def after(tree: Tree, statement: ast.stmt, code: str) -> Edits | None:
    """`code` as statements of its own after the statement; None where lines would have to go behind a semicolon."""
    end = tree.end(statement)
    rest = _REST.match(tree.text, end)
    shares = rest is not None or not starts_line(tree, tree.first(statement))
    if shares and is_simple(code) and not is_compound(statement):
        return (tree.insert(end, f"; {code}"),)
    if shares:
        return _after_opened(tree, statement, code) if rest is None else None
    return _line_after(tree, end, indented(tree, code, indent_at(tree, tree.first(statement))))


def removed(tree: Tree, statement: ast.stmt, comment: str = "") -> Edits | None:
    """The statement is gone, with its line or its semicolon. None where its suite would be left empty.

    A comment at the end of its line stays, on a line of its own, unless it is `comment`, which goes too.
    """
    suite = tree.suite_of(statement)
    if len(suite) == 1:
        return None
    start, end = tree.first(statement), tree.end(statement) + len(comment)
    rest = _REST.match(tree.text, end)
    if rest is not None and _line_end(tree.text, rest.end()) > rest.end():
        return (tree.edit(start, rest.end(), ""),)
    end = rest.end() if rest else end
    if not starts_line(tree, start):
        previous = tree.end(suite[_index(suite, statement) - 1])
        return (tree.edit(previous, end, ""),)
    line_end = _line_end(tree.text, end)
    if tree.text[end:line_end].strip():
        return (tree.edit(start, len(tree.text) - len(tree.text[end:].lstrip(" \t\f")), ""),)
    return (tree.edit(start - len(indent_at(tree, start)), _next_line(tree.text, line_end), ""),)


def deepened(tree: Tree, start: int, end: int) -> Edits:
    """Each line that starts between the offsets moves one level to the right; blank lines and strings stay."""
    unit, inside = indent_unit(tree), _inside_strings(tree)
    first = tree.position(start)[0]
    last = tree.position(max(end - 1, start))[0]
    lines = (
        line for line in range(first, last + 1) if line not in inside and tree.source.line_text(line).strip()
    )
    return tuple(tree.insert(tree.source.starts[line], unit) for line in lines)


def indented(tree: Tree, code: str, indent: str) -> str:
    """Code written with four spaces and `\\n`, in the block's own units and line ends, without a line end at the end."""
    unit, lines = indent_unit(tree), []
    for line in code.split("\n"):
        depth = (len(line) - len(line.lstrip(" "))) // 4
        lines.append(indent + unit * depth + line[4 * depth :] if line.strip() else "")
    return newline(tree).join(lines)


def indent_at(tree: Tree, offset: int) -> str:
    """The white space that begins the line of the offset."""
    line = tree.source.line_text(tree.position(offset)[0])
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def indent_unit(tree: Tree) -> str:
    """One level of indentation as the block writes it, four spaces where it has no two levels."""
    for statement in tree.statements:
        parent = tree.parents[statement]
        if not isinstance(parent, ast.stmt) or parent not in tree.statements:
            continue
        start = tree.first(statement)
        outer, inner = indent_at(tree, tree.first(parent)), indent_at(tree, start)
        if starts_line(tree, start) and inner.startswith(outer) and len(inner) > len(outer):
            return inner[len(outer) :]
    first = tree.statements[0] if tree.statements else None
    return (indent_at(tree, tree.first(first)) if first else "") or "    "


def newline(tree: Tree) -> str:
    return newline_of(tree.text)


def starts_line(tree: Tree, offset: int) -> bool:
    return tree.position(offset)[1] == len(indent_at(tree, offset))


def is_simple(code: str) -> bool:
    """Whether the code fits behind a colon or a semicolon: one line, no statement with a body."""
    if "\n" in code:
        return False
    try:
        body = ast.parse(re.sub(r"‹([\w.]+)[^›]*›", r"\1", textwrap.dedent(code))).body
    except SyntaxError:
        return True
    return not any(is_compound(each) for each in body)


def is_compound(statement: ast.stmt) -> bool:
    return hasattr(statement, "body") or isinstance(statement, ast.Match)


def end_with_comments(tree: Tree, statement: ast.stmt) -> int:
    """Where the statement's lines end, comments that are indented deeper than it included; no line end."""
    indent = len(indent_at(tree, tree.first(statement)))
    end = _line_end(tree.text, tree.end(statement))
    line = tree.position(end)[0] + 1
    for number in range(line, len(tree.source.lines)):
        text = tree.source.line_text(number)
        if not text.strip():
            continue
        if not text.lstrip().startswith("#") or len(text) - len(text.lstrip()) <= indent:
            break
        end = tree.source.offset(number, len(text))
    return end


def trailing_comment(tree: Tree, statement: ast.stmt) -> str:
    """The comment at the end of a statement that has its lines to itself, with the space before it; else ""."""
    end = tree.end(statement)
    comment = tree.text[end : _line_end(tree.text, end)]
    alone = starts_line(tree, tree.first(statement)) and comment.lstrip().startswith("#")
    return comment if alone else ""


def _opened(tree: Tree, statement: ast.stmt) -> tuple[Edits, str]:
    """A one-line suite (`if x: f()`) put on lines of its own: the edits, and its indentation."""
    suite = tree.suite_of(statement)
    start = tree.start(suite[0])
    colon = len(tree.text[:start].rstrip(" \t\f"))
    indent = indent_at(tree, start) + indent_unit(tree)
    return (tree.edit(colon, start, newline(tree) + indent),), indent


def _after_opened(tree: Tree, statement: ast.stmt, code: str) -> Edits | None:
    suite = tree.suite_of(statement)
    if len(suite) != 1 or is_compound(statement):
        return None
    opened, indent = _opened(tree, statement)
    return (*opened, *_line_after(tree, tree.end(statement), indented(tree, code, indent)))


def _line_after(tree: Tree, offset: int, line: str) -> Edits:
    end = _line_end(tree.text, offset)
    following = _next_line(tree.text, end)
    if following == end:
        return (tree.insert(end, newline(tree) + line),)
    return (tree.insert(following, line + newline(tree)),)


def _inside_strings(tree: Tree) -> frozenset[int]:
    """The lines that start inside a string."""
    spans = [(start, end) for _, kind, start, end in tree.tokens if kind == tokenize.STRING]
    # Since Python 3.12 the tokenizer takes f-strings apart, since 3.14 t-strings too.
    spans += [
        (tree.start(node), tree.end(node)) for node in ast.walk(tree.root) if isinstance(node, _FORMATTED)
    ]
    found: set[int] = set()
    for start, end in spans:
        found.update(range(tree.position(start)[0] + 1, tree.position(end)[0] + 1))
    return frozenset(found)


def _index(suite: list[ast.stmt], statement: ast.stmt) -> int:
    return next(index for index, each in enumerate(suite) if each is statement)


def _line_end(text: str, offset: int) -> int:
    while offset < len(text) and text[offset] not in "\r\n":
        offset += 1
    return offset


def _next_line(text: str, line_end: int) -> int:
    return line_end + (2 if text.startswith("\r\n", line_end) else 1 if line_end < len(text) else 0)
