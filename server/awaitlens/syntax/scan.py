"""Where strings, comments and brackets lie: what the layout of blocks must not be fooled by.

A scan is one pass of a C regular expression. It never fails: an open string ends at its line, an open
triple-quoted string at the first line that can only be code again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Nothing below can fail once it has begun, so nothing backtracks: each alternative also ends at the end of its line or
# of the text. Group 1 is a triple-quoted string; a later group says that a string is open.
_SINGLE = r'"[^"\\\n]*(?:\\(?:\r\n|.)[^"\\\n]*)*(?:"|())' + r"|'[^'\\\n]*(?:\\(?:\r\n|.)[^'\\\n]*)*(?:'|())"
_COMMENT = r"#[^\n]*"
_TRIPLE = (
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)'
    + r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\\?\Z)"
)
# Once a triple quote is known to be open, no string may hold a line that opens a function or a class.
_CODE_LINE = r"[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w"
_WARY_TRIPLE = "|".join(
    rf"{q * 3}[^{q}\\\n]*(?:(?:\\.|{q}(?!{q * 2})|\n(?!{_CODE_LINE}))[^{q}\\\n]*)*{q * 3}" for q in "\"'"
)
_OPEN_TRIPLE = r'"""[^\n]*' + r"|'''[^\n]*"

_TRUSTING = re.compile(rf"({_TRIPLE})|{_SINGLE}|{_COMMENT}", re.DOTALL)
_WARY = re.compile(rf"({_WARY_TRIPLE})|{_OPEN_TRIPLE}|{_SINGLE}|{_COMMENT}", re.DOTALL)
_LONE_CR = re.compile(r"\r(?!\n)")


class Mask(NamedTuple):
    """The text without its triple-quoted strings.

    `plain` is the text with every lone carriage return as a line feed: as long as the text, and `\\n` ends each line.
    `code` is `plain` with triple-quoted strings overwritten by dollar signs, line ends included: as long as the text.
    `closed` is false if some triple quote was found open; then no string may hold a function or a class. `wary` is true
    if a string holds what looks like one: then a lone quote anywhere tells that a triple quote is open.
    """

    plain: str
    code: str
    closed: bool
    wary: bool


def mask(text: str) -> Mask:
    plain = _LONE_CR.sub("\n", text) if "\r" in text else text
    spans = list(_triple_quoted(plain))
    wary = any(_CODE_IN_STRING.search(plain, start, end) for start, end in spans)
    closed = not _is_suspicious(plain, spans, wary)
    if not closed:
        spans = [match.span() for match in _WARY.finditer(plain) if match.lastindex == 1]
    return Mask(plain, _overwritten(plain, spans), closed, wary)


def _is_suspicious(text: str, spans: list[tuple[int, int]], wary: bool) -> bool:
    """Whether these triple-quoted strings cannot all be meant: one is left open somewhere.

    From there on, strings and code change places. The last string then runs to the end of the text; or else strings
    hold functions, and prose with its lone apostrophes stands where code should.
    """
    if not spans:
        return False
    if spans[-1][1] == len(text) and _WELL_CLOSED.fullmatch(text, *spans[-1]) is None:
        return True
    return wary and any((match.lastindex or 0) > 1 for match in _TRUSTING.finditer(text))


def _triple_quoted(text: str) -> Iterator[tuple[int, int]]:
    """Where triple-quoted strings start and end, in order. Only the last may lack its closing quotes.

    Other strings and comments end with their line, so only lines with a triple quote are looked at; together with the
    lines before them that end in a backslash.
    """
    done = 0
    while quotes := _TRIPLE_QUOTE.search(text, done):
        start, done = _line_start(text, quotes.start(), done), quotes.end()
        for match in _TRUSTING.finditer(text, start):
            if match.lastindex == 1:
                yield match.span()
            if match.end() > quotes.start():
                done = match.end()
                break


def _line_start(text: str, at: int, floor: int) -> int:
    """The start of the line, or of the first of the lines it continues; not before `floor`."""
    start = max(text.rfind("\n", floor, at) + 1, floor)
    while start > floor and text.endswith(("\\\n", "\\\r\n"), floor, start):
        start = max(text.rfind("\n", floor, start - 1) + 1, floor)
    return start


def looks_like_code(line: str) -> bool:
    """Whether a line looks as if a function or a class began there. In a string that counts against its quotes."""
    return _CODE_START.match(line) is not None


_CODE_START = re.compile(_CODE_LINE)
_CODE_IN_STRING = re.compile(rf"\n{_CODE_LINE}")
_TRIPLE_QUOTE = re.compile("\"\"\"|'''")
_WELL_CLOSED = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""' + r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''", re.DOTALL
)


def _overwritten(text: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts.append(text[last:start])
        parts.append("$" * (end - start))
        last = end
    parts.append(text[last:])
    return "".join(parts)


def bracket_balance(code: str) -> int:
    """Opening less closing brackets in text without triple-quoted strings; other strings and comments do not count."""
    if '"' in code or "'" in code or "#" in code:
        code = without_strings(code)
    count = code.count
    return count("(") + count("[") + count("{") - count(")") - count("]") - count("}")


def without_strings(code: str) -> str:
    """The code without strings and comments. Offsets are lost, line ends outside strings are kept."""
    return _TRUSTING.sub("", code)
