"""A file's text and its coordinates: the one place where units change.

Everywhere inside AwaitLens a position is a 0-based line and a column in code points. The world outside counts
differently, and each of its units is converted here and nowhere else:

- editors count UTF-8 bytes, UTF-16 units or code points ("utf-8", "utf-16", "utf-32"), as negotiated;
- `ast` counts UTF-8 bytes and 1-based lines;
- reports for people count from 1.

A line ends at `\\r\\n`, `\\n` or `\\r` and nowhere else: a form feed is white space to Python's own tokenizer
(CPython 3.8-3.14, Lib/tokenize.py and Parser/tokenizer), so `str.splitlines` must not be used on source text.
"""

from __future__ import annotations

import io
import re
import tokenize
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from awaitlens.lines import Lines

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


class Span(NamedTuple):
    """A stretch of text: 0-based lines, columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def shifted(self, lines: int) -> Span:
        """The same stretch, `lines` further down."""
        return Span(self.line + lines, self.column, self.end_line + lines, self.end_column) if lines else self

    def contains(self, line: int, column: int) -> bool:
        """Whether the position lies in the stretch or touches its end, as editors mean it."""
        return (self.line, self.column) <= (line, column) <= (self.end_line, self.end_column)

    def overlaps(self, other: Span) -> bool:
        return self[:2] <= other[2:] and other[:2] <= self[2:]


class UndecodableSource(ValueError):
    """The bytes of a file are not text in the encoding it declares. The message says which and where."""


class Source:
    """One file at one moment: where it lies, its text, and the editor's version if it is open there. A plain value.

    After an edit the text is put together when somebody asks for it: of most versions nobody asks more than a few lines.
    """

    def __init__(self, path: str, text: str, version: int | None = None) -> None:
        self.path, self.version = path, version
        self.__dict__["text"] = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    @property
    def _value(self) -> tuple[str, str, int | None]:
        return self.path, self.text, self.version

    @cached_property
    def text(self) -> str:
        return "".join(self.lines)

    @cached_property
    def lines(self) -> Lines:
        """The lines with their ends. Text that ends in a line end has no empty last line here."""
        return Lines.of(split_lines(self.text))

    @cached_property
    def starts(self) -> list[int]:
        """The offset in code points at which each line starts, and one more for the position behind the text."""
        return list(accumulate(map(len, self.lines), initial=0))

    @cached_property
    def is_plain(self) -> bool:
        """Whether the text is all ASCII, so that every unit of columns is the same. An edit never makes it so again."""
        return self.text.isascii()

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; positions outside the text are clamped into it, line ends excluded."""
        if line < 0:
            return 0
        if line >= len(self.lines):
            return len(self.text)
        return self.starts[line] + min(max(column, 0), len(self.line_text(line)))

    def edited(self, span: Span | None, text: str, version: int | None) -> Source:
        """The source after `text` took the place of `span` (clamped into the text), or of everything if it is None.

        What the edit does not touch is shared, so a small edit in a large file costs little.
        """
        if span is None:
            return Source(self.path, text, version)
        lines = self.lines
        is_plain = self.is_plain and text.isascii()
        if (line := self._typed_into(span, text)) is not None:
            return self._with_lines(lines.replaced(span.line, span.line + 1, (line,)), version, is_plain)
        first, before = self._clamped(span.line, span.column)
        last, after = max(self._clamped(span.end_line, span.end_column), (first, before))
        head = lines[first][:before] if first < len(lines) else ""
        tail = lines[last][after:] if last < len(lines) else ""
        if before == 0 and first > 0:
            # A line feed written here joins a carriage return that ends the line before.
            first -= 1
            head = lines[first]
        return self._with_lines(
            lines.replaced(first, last + 1, split_lines(head + text + tail)),
            version,
            is_plain,
        )

    def _typed_into(self, span: Span, text: str) -> str | None:
        """The line after an edit inside of it, if it is nothing but that: as most are, it is answered without detours."""
        if span.line != span.end_line or not 0 <= span.line < len(self.lines) or not text.isprintable():
            return None
        line = self.lines[span.line]
        if not 0 < span.column <= span.end_column < len(line) or line.endswith("\r\n") or line[-1] != "\n":
            return None
        return line[: span.column] + text + line[span.end_column :]

    def _with_lines(self, lines: Lines, version: int | None, is_plain: bool) -> Source:
        new = Source.__new__(Source)
        new.__dict__.update(path=self.path, version=version, lines=lines, is_plain=is_plain)
        return new

    def _clamped(self, line: int, column: int) -> tuple[int, int]:
        """The position moved into the text; behind its last line end, the line after the last."""
        if line < 0:
            return 0, 0
        if line < len(self.lines):
            return line, min(max(column, 0), len(self.line_text(line)))
        if self.lines and not self.lines[-1].endswith(("\n", "\r")):
            return len(self.lines) - 1, len(self.lines[-1])
        return len(self.lines), 0

    def slice(self, span: Span) -> str:
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]

    def line_text(self, line: int) -> str:
        """The line without its end; empty past the last line."""
        return self.lines[line].rstrip("\r\n") if 0 <= line < len(self.lines) else ""

    def column_from_units(self, line: int, units: int, encoding: Encoding) -> int:
        """An editor's column as code points. Columns past the line's end, or inside a character, are clamped back."""
        return column_from_units(self.line_text(line), units, encoding)

    def column_to_units(self, line: int, column: int, encoding: Encoding) -> int:
        return column_to_units(self.line_text(line), column, encoding)

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """Decode a file as Python does: byte order mark, PEP 263 declaration, else UTF-8. Line ends are kept.

        Raises UndecodableSource when the declaration names no codec or the bytes do not fit it.
        """
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(
                encoding
            )  # Unlike codecs.decode, refuses codecs that make no text, such as hex.
        except (SyntaxError, UnicodeError, LookupError) as error:
            raise UndecodableSource(f"{path}: {error}") from error
        return cls(path, text)


def split_lines(text: str) -> list[str]:
    """The lines of the text with their ends, as Python and editors count lines."""
    return _LINE.findall(text) if "\r" in text else io.StringIO(text, newline="\n").readlines()


def column_from_units(line: str, units: int, encoding: Encoding) -> int:
    """Columns of an editor's unit to code points; clamped into the line (`line` comes without its end)."""
    if encoding == "utf-32" or line.isascii():
        return min(max(units, 0), len(line))
    width = _utf8_width if encoding == "utf-8" else _utf16_width
    used = 0
    for column, character in enumerate(line):
        used += width(character)
        if used > units:
            return column
    return len(line)


def column_to_units(line: str, column: int, encoding: Encoding) -> int:
    """Code points to an editor's unit; clamped into the line (`line` comes without its end)."""
    column = min(max(column, 0), len(line))
    if encoding == "utf-32" or line.isascii():
        return column
    if encoding == "utf-8":
        return len(line[:column].encode("utf-8", "surrogatepass"))
    return len(line[:column].encode("utf-16-le", "surrogatepass")) // 2


def column_from_utf8(line: str, byte_column: int) -> int:
    """A column of `ast` (UTF-8 bytes) as code points."""
    return column_from_units(line, byte_column, "utf-8")


def _utf8_width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16_width(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
