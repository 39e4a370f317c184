"""Text of the user's made harmless for where it is shown: the one place where Markdown is escaped.

HTML is escaped by the template engine (deck_html.py and pages.py switch its autoescape on). Terminals and Markdown get
their text through here. Names, strings and file names come from code nobody has reviewed: none of them may start a
link, a tag, a code block or a terminal command, or turn the reading direction around.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

_SPECIAL = re.compile(r"[\\`*\[\]<~&$]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.|@", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*)([#+=>-]|\d+(?=[.)]))", re.MULTILINE)
_TICKS = re.compile(r"`+")


def visible(text: str) -> str:
    """One line of text with everything unprintable spelled out: an escape character becomes the four letters `\\x1b`.

    Control characters, bidirectional marks, zero-width characters and lone surrogates are spelled out; tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else _spelled(c) for c in text)


def markdown_text(text: str) -> str:
    """Plain words as Markdown that shows exactly these words, on one line."""
    escaped = _SPECIAL.sub(r"\\\g<0>", visible(" ".join(text.split())))
    return _LINE_START.sub(_escaped_start, escaped)


def code_span(text: str) -> str:
    """A piece of code inside a Markdown sentence."""
    code = visible(" ".join(text.split()))
    if not code:
        return ""
    ticks = "`" * (_longest_ticks(code) + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{ticks}{space}{code}{space}{ticks}"


def fenced(lines: list[str], language: str) -> list[str]:
    """Lines of code as a fenced block that no line inside can close."""
    ticks = "`" * max(3, max(map(_longest_ticks, lines), default=0) + 1)
    return [ticks + language, *map(visible, lines), ticks]


def markdown_link(label: str, target: str | None) -> str:
    """A link, or the bare label where there is no target. The target is one the program built itself."""
    if not target:
        return markdown_text(label)
    return f"[{markdown_text(label)}]({quote(target, safe=_URI_SAFE)})"


def file_link(path: str, line: int, column: int = 0) -> str | None:
    """The URI of a place in a file (line and column 0-based); None for a path that is not absolute."""
    if not Path(path).is_absolute():
        return None
    uri = Path(path.encode("utf-8", "replace").decode()).as_uri()
    return f"{uri}#L{line + 1},{column + 1}"


_URI_SAFE = "%/:?#@!$&'*+,;=~-._"


def _spelled(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _escaped_start(match: re.Match[str]) -> str:
    spaces, start = match.groups()
    return f"{spaces}\\{start}" if not start.isdigit() else f"{spaces}{start}\\"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
