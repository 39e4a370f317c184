"""Line repair: half-typed code made parseable by replacing as few lines as it takes.

The line Python stumbles over gives way to a stand-in (`pass`, or a header of the same kind that keeps its body), at
the same place, so that all other lines keep their numbers and columns. If that does not bring the parser further,
the line that really is at fault is looked for: an open bracket, the line before, an open triple quote.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from awaitlens.source import split_lines
from awaitlens.syntax.scan import bracket_balance, mask, without_strings

_TRIES = 24  # Parses at most; a block costs a millisecond at worst.
_SIZE = 400_000  # Characters parsed at most in all tries together.


class Failure(NamedTuple):
    """Why a text does not parse: the 0-based line Python names, -1 if none, and its message."""

    line: int
    message: str


Parse = Callable[[str], "ast.Module | Failure"]
Patch = dict[int, str]  # New contents by line, line ends apart.


def repaired(text: str, failure: Failure, parse: Parse) -> ast.Module | None:
    """The tree of the patched text, or of what stands before the trouble; None if that does not parse either."""
    lines = _Lines(_clean(text))
    tries = max(6, min(_TRIES, _SIZE // (len(text) + 1)))
    seen: set[str] = set()
    while tries > 0:
        best: tuple[_Lines, Failure] | None = None
        for patch in _patches(lines, failure):
            patched = lines.patched(patch)
            attempt = "".join(patched.lines)
            if attempt in seen:
                continue
            seen.add(attempt)
            tries -= 1
            outcome = parse(attempt)
            if isinstance(outcome, ast.Module):
                return outcome
            if best is None or outcome.line > best[1].line:
                best = patched, outcome
            if outcome.line > failure.line or tries == 0:
                break
        if best is None:
            break
        lines, failure = best
    return _tree_before(lines, failure, parse)


def _tree_before(lines: _Lines, failure: Failure, parse: Parse) -> ast.Module | None:
    """The tree of the lines before the one that fails, or before one of the few in front of it."""
    at = lines.code_at(failure.line)
    for _ in range(5):
        if at is None:
            return None
        outcome = parse("".join(lines.patched(dict.fromkeys(range(at, len(lines.lines)), "")).lines))
        if isinstance(outcome, ast.Module):
            return outcome
        at = lines.code_before(at)
    return None


def _clean(text: str) -> str:
    """The text without what Python refuses to read at all; as many UTF-8 bytes as before."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", " "))


_SURROGATE = re.compile("[\ud800-\udfff]")

# --- what to try --------------------------------------------------------------------------------------------


def _patches(lines: _Lines, failure: Failure) -> Iterator[Patch]:
    """Patches worth a try, the likeliest first."""
    at = lines.code_at(failure.line)
    if at is None:
        return
    message = failure.message
    if message.startswith("expected an indented block"):
        yield from _body_for_header(lines, failure.line)
    if message.startswith(("unexpected indent", "unindent does not match")):
        yield from _reindented(lines, at)
    if message.startswith("expected 'except' or 'finally'"):
        yield from _without_try(lines, at)
    yield from _around(lines, at)


def _around(lines: _Lines, at: int) -> Iterator[Patch]:
    """The line itself, the bracket it sits in, the line before, the triple quotes before."""
    opener = lines.open_bracket_before(at)
    if opener is not None and lines.balance() > 0:
        yield lines.stand_in(opener)
    elif opener is not None:
        yield {at: ""}
    if lines.is_before_clause(at):
        yield {at: ""}
    yield lines.stand_in(at)
    if opener is not None:
        yield lines.stand_in(opener)
    before = lines.code_before(at)
    if before is not None:
        yield lines.stand_in(before)
        yield lines.stand_in(before) | lines.stand_in(at)
    yield from (lines.stand_in(quote) for quote in lines.triple_quotes_before(at))


def _body_for_header(lines: _Lines, line: int) -> Iterator[Patch]:
    header = lines.code_before(line)
    if header is None:
        return
    content = lines.content(header)
    if "#" not in content:
        yield {header: content + " pass"}
    yield {header: lines.indent(header) + "pass"}


def _reindented(lines: _Lines, at: int) -> Iterator[Patch]:
    """The line before as the header it may have been; the line at the nearest depths known; nothing in its place."""
    before = lines.code_before(at)
    if before is None:
        return
    if (header := lines.lost_header(before, at)) is not None:
        yield {before: lines.indent(before) + header}
    depth = len(lines.indent(at))
    known = dict.fromkeys([lines.indent(line) for line in range(before, -1, -1) if lines.has_code(line)])
    for indent in sorted(known, key=lambda indent: abs(len(indent) - depth))[:2]:
        yield {at: indent + lines.content(at).lstrip()}
    yield {at: lines.indent(before) + "pass"}


def _without_try(lines: _Lines, at: int) -> Iterator[Patch]:
    for line in range(at, -1, -1):
        if re.match(r"[ \t\f]*try\b", lines.content(line)):
            yield {line: lines.indent(line) + "if 1:"}
            return


# --- the lines under repair ---------------------------------------------------------------------------------

_CONTENT = re.compile(r"[^\r\n]*")
_INDENT = re.compile(r"[ \t\f]*")
_DEF = re.compile(r"(?:(async)[ \t]+)?def\b[ \t]*(\w*)")
_CLASS = re.compile(r"class\b[ \t]*(\w*)")
_HEADER = re.compile(r"(?:async[ \t]+)?(if|for|while|with|try|else|elif|except|finally|match|case)\b")
_CLAUSE = re.compile(r"[ \t\f]*(elif|else|except|finally)\b")
_STAND_INS = {
    "try": "try:",
    "else": "else:",
    "elif": "elif 1:",
    "except": "except Exception:",
    "finally": "finally:",
    "match": "match 1:",
    "case": "case 1:",
}


class _Lines:
    """The lines of a block, and what repair asks about them."""

    def __init__(self, text: str) -> None:
        self.lines = split_lines(text)

    def patched(self, patch: Patch) -> _Lines:
        """The lines with new contents under their old line ends."""
        result = _Lines("")
        result.lines = list(self.lines)
        for line, content in patch.items():
            result.lines[line] = content + self.lines[line][len(self.content(line)) :]
        return result

    def content(self, line: int) -> str:
        match = _CONTENT.match(self.lines[line])
        return match[0] if match else ""

    def indent(self, line: int) -> str:
        match = _INDENT.match(self.lines[line])
        return match[0] if match else ""

    def code_at(self, line: int) -> int | None:
        """The line if it holds code, else the nearest before it that does; the longest if Python named none."""
        if line < 0:
            return max(range(len(self.lines)), key=lambda at: len(self.lines[at]), default=None)
        line = min(line, len(self.lines) - 1)
        return line if line >= 0 and self.has_code(line) else self.code_before(line)

    def code_before(self, line: int) -> int | None:
        for at in range(min(line, len(self.lines)) - 1, -1, -1):
            if self.has_code(at):
                return at
        return None

    def code_after(self, line: int) -> int | None:
        return next(filter(self.has_code, range(line + 1, len(self.lines))), None)

    def is_before_clause(self, line: int) -> bool:
        """Whether the next line of code is an `elif`, `else`, `except` or `finally`, which no statement may precede."""
        following = self.code_after(line)
        return following is not None and _CLAUSE.match(self.lines[following]) is not None

    def lost_header(self, line: int, body: int) -> str | None:
        """What the line must be if the deeper line `body` and more that follow belong to it; None if nothing says so."""
        depth, inner = len(self.indent(line)), len(self.indent(body))
        alike = False
        for at in filter(self.has_code, range(body + 1, len(self.lines))):
            here = len(self.indent(at))
            alike = alike or here == inner
            if here > depth:
                continue
            if here == depth and (clause := _CLAUSE.match(self.lines[at])):
                return "try:" if clause[1] in ("except", "finally") else "if 1:"
            break
        return "if 1:" if alike else None

    def balance(self) -> int:
        return sum(self._balances)

    @cached_property
    def _balances(self) -> list[int]:
        """Opening less closing brackets of each line."""
        code = mask("".join(self.lines)).code
        ends = list(accumulate(map(len, self.lines)))
        return [bracket_balance(code[start:end]) for start, end in zip([0, *ends], ends)]

    def open_bracket_before(self, line: int) -> int | None:
        """The line of the innermost bracket still open where the line starts."""
        opened: list[tuple[int, int]] = []
        depth = 0
        for at, balance in enumerate(self._balances[:line]):
            before = depth
            depth = max(depth + balance, 0)
            while opened and depth <= opened[-1][1]:
                opened.pop()
            if depth > before:
                opened.append((at, before))
        return opened[-1][0] if opened else None

    def triple_quotes_before(self, line: int) -> list[int]:
        """The nearest lines up to this one that hold a triple quote, three at most."""
        found = [at for at in range(line + 1) if '"""' in self.lines[at] or "'''" in self.lines[at]]
        return found[:-4:-1]

    def stand_in(self, line: int) -> Patch:
        """A statement or header in the line's place; the lines its brackets run on over become empty."""
        end = self._end_of_brackets(line)
        patch = dict.fromkeys(range(line + 1, end + 1), "")
        patch[line] = self.indent(line) + self._replacement(line, end)
        return patch

    def _replacement(self, line: int, end: int) -> str:
        content = self.content(line).lstrip(" \t\f")
        if not self._has_body(line, end):
            return "pass"
        if match := _DEF.match(content):
            return f"{'async ' if match[1] else ''}def {match[2] or '_'}():"
        if match := _CLASS.match(content):
            return f"class {match[1] or '_'}:"
        match = _HEADER.match(content)
        return _STAND_INS.get(match[1], "if 1:") if match else "pass"

    def _has_body(self, line: int, end: int) -> bool:
        """Whether the next line of code stands deeper."""
        for at in range(end + 1, len(self.lines)):
            if self.has_code(at):
                return len(self.indent(at)) > len(self.indent(line))
        return False

    def _end_of_brackets(self, line: int) -> int:
        """The line where the brackets opened here are closed, or the line itself if they are not."""
        depth = self._balances[line]
        for at in range(line + 1, len(self.lines) if depth > 0 else 0):
            depth += self._balances[at]
            if depth <= 0:
                return at
        return line

    def has_code(self, line: int) -> bool:
        content = self.lines[line].lstrip()
        return bool(content) and content[0] != "#" and bool(without_strings(content) or content[0] in "\"'")
