"""The same program written otherwise: what a fix must also get right.

A mutation takes code that parses and returns code that parses and means the same, or None where it does not apply.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterator

Mutation = Callable[[str], "str | None"]


def with_comments(code: str) -> str | None:
    """A comment at the end of every line that may have one, and one on a line of its own before every statement."""
    ends, starts = {}, {}
    first = True
    for token in _tokens(code):
        if first and token.type not in _NO_CODE:
            starts[token.start[0]] = token.line[: token.start[1]]
            first = False
        if token.type in (tokenize.NEWLINE, tokenize.NL) and token.line.strip() and "#" not in token.line:
            ends[token.start[0]] = token.start[1]
        first = first or token.type == tokenize.NEWLINE
    lines = []
    for number, line in enumerate(code.splitlines(), 1):
        if number in starts:
            lines.append(f"{starts[number]}# before {number}")
        lines.append(f"{line}  # behind {number}" if number in ends else line)
    return _if_parses("\n".join(lines) + "\n")


def with_tabs(code: str) -> str | None:
    inside = _inside_strings(code)
    lines = []
    for number, line in enumerate(code.splitlines(), 1):
        body = line.lstrip(" ")
        depth = len(line) - len(body)
        whole = "\t" * (depth // 4) + " " * (depth % 4) + body
        lines.append(line if number in inside else whole)
    return _if_parses("\n".join(lines) + "\n")


def with_windows_line_ends(code: str) -> str:
    return code.replace("\n", "\r\n")


def without_last_line_end(code: str) -> str:
    return code.rstrip("\n")


def with_emoji_and_semicolons(code: str) -> str | None:
    """Every simple statement stands behind another one on its line, with characters beyond the first plane."""
    return _before_each(code, [each for each in _simple(code) if not _is_docstring(each)], '"🙂 é"; ')


def with_semicolons_behind(code: str) -> str | None:
    lines = code.splitlines()
    for each in _simple(code):
        last = (each.end_lineno or 0) - 1
        if not lines[last].encode()[each.end_col_offset :].strip():
            lines[last] += "; True"
    return _if_parses("\n".join(lines) + "\n")


def as_one_liners(code: str) -> str | None:
    """Bodies that hold simple statements alone, each on one line, go behind their colon."""
    lines, changed = code.splitlines(), False
    for node in ast.walk(ast.parse(code)):
        body = getattr(node, "body", None)
        if (
            not isinstance(body, list)
            or isinstance(node, ast.Module | ast.ClassDef)
            or not _fits(body, lines)
        ):
            continue
        header = body[0].lineno - 2
        if not lines[header].rstrip().endswith(":"):
            continue
        joined = "; ".join(lines[each.lineno - 1].strip() for each in body)
        lines[header] = f"{lines[header].rstrip()} {joined}"
        for each in body:
            lines[each.lineno - 1] = "\0"
        changed = True
    return _if_parses("\n".join(line for line in lines if line != "\0") + "\n") if changed else None


def with_decorators(code: str) -> str | None:
    """Every function has one decorator more."""
    lines = code.splitlines()
    functions = [
        each for each in _statements(code) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for each in sorted(functions, key=lambda node: -node.lineno):
        line = min((decorator.lineno for decorator in each.decorator_list), default=each.lineno) - 1
        lines.insert(line, " " * each.col_offset + "@functools.wraps(print)")
    return "\n".join(("import functools", *lines)) + "\n" if functions else None


def in_a_function(code: str) -> str | None:
    return _under("def outer():", code)


def in_an_if(code: str) -> str | None:
    return _under("if __debug__:", code)


def in_a_class(code: str) -> str | None:
    """Functions at module level become static methods, the rest stays."""
    tree = ast.parse(code)
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    if len(functions) != 1 or functions[0].decorator_list:
        return None
    lines, inside = code.splitlines(), _inside_strings(code)
    start, end = functions[0].lineno, functions[0].end_lineno or 0
    for number in range(start, end + 1):
        if lines[number - 1].strip() and number not in inside:
            lines[number - 1] = "    " + lines[number - 1]
    lines[start - 1 : start - 1] = ["class Wrapper:", "    @staticmethod"]
    return _if_parses("\n".join(lines) + "\n")


# Those that change white space alone: the fix of a text so changed is the so changed fix of the text.
LAYOUT: tuple[Mutation, ...] = (with_tabs, with_windows_line_ends, without_last_line_end)
# Those that change how code is written and nothing else: what is found must stay the same.
SPELLING: tuple[Mutation, ...] = (
    *LAYOUT,
    with_comments,
    with_emoji_and_semicolons,
    with_semicolons_behind,
    as_one_liners,
)
# Those that move it somewhere else: what is found may change, what is repaired must still be right.
PLACE: tuple[Mutation, ...] = (with_decorators, in_a_function, in_an_if, in_a_class)

_NO_CODE = (
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def _under(header: str, code: str) -> str | None:
    inside = _inside_strings(code)
    lines = (
        line if number in inside or not line.strip() else "    " + line
        for number, line in enumerate(code.splitlines(), 1)
    )
    return _if_parses("\n".join((header, *lines)) + "\n")


def _before_each(code: str, statements: list[ast.stmt], text: str) -> str | None:
    lines = code.splitlines()
    for each in sorted(statements, key=lambda node: (-node.lineno, -node.col_offset)):
        line = lines[each.lineno - 1].encode()
        lines[each.lineno - 1] = (line[: each.col_offset] + text.encode() + line[each.col_offset :]).decode()
    return _if_parses("\n".join(lines) + "\n")


def _fits(body: list[ast.stmt], lines: list[str]) -> bool:
    return all(
        not _is_compound(each)
        and not _is_docstring(each)
        and each.lineno == each.end_lineno
        and "#" not in lines[each.lineno - 1]
        and lines[each.lineno - 1].strip() != "\0"
        for each in body
    )


def _statements(code: str) -> list[ast.stmt]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]


def _simple(code: str) -> list[ast.stmt]:
    """The simple statements, but not those that are all a loop does: with company, that would be another loop."""
    loops = (
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For | ast.AsyncFor | ast.While)
    )
    alone = {(loop.body[0].lineno, loop.body[0].col_offset) for loop in loops if len(loop.body) == 1}
    simple = (each for each in _statements(code) if not _is_compound(each))
    return [each for each in simple if (each.lineno, each.col_offset) not in alone]


def _is_compound(node: ast.stmt) -> bool:
    return hasattr(node, "body") or isinstance(node, ast.Match)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(code).readline)


def _inside_strings(code: str) -> set[int]:
    strings = (
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
    )
    return {line for node in strings for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)}


def _if_parses(code: str) -> str | None:
    try:
        ast.parse(code)
    except SyntaxError:
        return None
    return code
