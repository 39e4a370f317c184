"""Source counts as editors, Python and people do, and an edit equals a fresh text."""

from __future__ import annotations

import ast
import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitlens.lines import Lines
from awaitlens.source import (
    Source,
    Span,
    UndecodableSource,
    column_from_units,
    column_from_utf8,
    column_to_units,
    split_lines,
)

# One, two, three and four UTF-8 bytes; the last is two UTF-16 units; a lone surrogate is what editors may send.
LINE = "aé→\U0001f40d\ud800b"


@pytest.mark.parametrize(
    ("encoding", "units"),
    [
        ("utf-8", [0, 1, 3, 6, 10, 13, 14]),
        ("utf-16", [0, 1, 2, 3, 5, 6, 7]),
        ("utf-32", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_columns_of_each_encoding(encoding, units):
    assert [column_to_units(LINE, column, encoding) for column in range(7)] == units
    assert [column_from_units(LINE, unit, encoding) for unit in units] == list(range(7))


@pytest.mark.parametrize(("encoding", "inside"), [("utf-8", [7, 8, 9]), ("utf-16", [4])])
def test_a_column_inside_a_character_falls_back_to_its_start(encoding, inside):
    assert {column_from_units(LINE, unit, encoding) for unit in inside} == {3}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("line", [LINE, "ascii", ""])
def test_columns_outside_the_line_are_clamped(encoding, line):
    assert column_from_units(line, 999, encoding) == len(line)
    assert column_from_units(line, -1, encoding) == 0
    assert column_to_units(line, 999, encoding) == column_to_units(line, len(line), encoding)
    assert column_to_units(line, -1, encoding) == 0


@given(st.text())
def test_utf16_columns_are_those_of_the_encoded_text(line):
    for column in range(len(line) + 1):
        units = len(line[:column].encode("utf-16-le", "surrogatepass")) // 2
        assert column_to_units(line, column, "utf-16") == units
        assert column_from_units(line, units, "utf-16") == column


def test_columns_of_ast_are_found_in_the_line():
    line = "x = 'é→\U0001f40d', f('ü') + needle"
    node = next(n for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Name) and n.id == "needle")
    column = column_from_utf8(line, node.col_offset)
    assert line[column:] == "needle"


@given(st.text(st.sampled_from("ab\r\n\f\v\x1c\x85\u2028")))
def test_only_line_feeds_and_carriage_returns_end_lines(text):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert lines == io.StringIO(text, newline="").readlines()


@given(st.text(st.sampled_from("x #\r\n\f"), min_size=1))
def test_lines_are_counted_as_python_counts_them(text):
    source = Source("m.py", text)
    try:
        tree = ast.parse(text + "\nneedle")
    except SyntaxError:
        return
    line = tree.body[-1].lineno - 1
    assert Source("m.py", text + "\nneedle").line_text(line) == "needle"
    assert len(source.starts) == len(source.lines) + 1


def test_offsets_are_clamped_into_the_text():
    source = Source("m.py", "ab\r\ncd")
    assert [source.offset(0, 0), source.offset(0, 2), source.offset(0, 9), source.offset(1, 1)] == [
        0,
        2,
        2,
        5,
    ]
    assert [source.offset(-1, 5), source.offset(1, 9), source.offset(9, 0)] == [0, 6, 6]
    assert source.slice(Span(0, 1, 1, 1)) == "b\r\nc"
    assert source.line_text(5) == ""


def test_span_shifts_contains_and_overlaps():
    span = Span(1, 2, 3, 4)
    assert span.shifted(2) == Span(3, 2, 5, 4)
    assert span.shifted(0) is span
    assert span.contains(3, 4) and span.contains(2, 99) and not span.contains(1, 1)
    assert span.overlaps(Span(3, 4, 9, 9)) and not span.overlaps(Span(3, 5, 9, 9))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        ("x = 'é'\r".encode(), "x = 'é'\r"),
        (b"", ""),
    ],
)
def test_bytes_are_decoded_as_python_does(data, text):
    assert Source.from_bytes("m.py", data).text == text


@pytest.mark.parametrize(
    "data", [b"x = '\xe9'\n", b"# coding: no-such-codec\n", b"# coding: ascii\n'\xe9'\n", b"# coding: hex\n"]
)
def test_bytes_that_are_not_text_are_refused(data):
    with pytest.raises(UndecodableSource, match=r"m\.py"):
        Source.from_bytes("m.py", data)


texts = st.text(st.sampled_from('ab("é\U0001f40d\r\n\f'), max_size=30)
numbers = st.integers(-1, 12)
spans = st.builds(Span, numbers, numbers, numbers, numbers)


@given(texts, st.lists(st.tuples(spans, texts), max_size=5))
def test_edits_equal_the_text_built_by_hand(text, edits):
    source = Source("m.py", text, 0)
    for version, (span, new) in enumerate(edits, 1):
        start = source.offset(span.line, span.column)
        end = max(source.offset(span.end_line, span.end_column), start)
        text = source.text[:start] + new + source.text[end:]
        source = source.edited(span, new, version)
        fresh = Source("m.py", text, version)
        assert source == fresh
        assert source.lines == fresh.lines
        assert source.starts == fresh.starts


@given(
    st.integers(0, 700),
    st.lists(st.tuples(st.integers(0, 800), st.integers(0, 400), st.integers(0, 300)), max_size=4),
)
def test_many_lines_are_replaced_as_in_a_list(size, edits):
    expected = [f"{number}\n" for number in range(size)]
    lines = Lines.of(expected)
    for start, removed, added in edits:
        before, kept = list(lines), lines
        new = [f"new {number}\n" for number in range(added)]
        lines = lines.replaced(start, start + removed, new)
        expected[start : start + removed] = new
        assert list(lines) == expected and len(lines) == len(expected)
        assert [lines[at] for at in range(-len(expected), len(expected))] == expected * 2
        assert lines[start : start + 5] == tuple(expected[start : start + 5])
        assert list(kept) == before, "an edit changed the lines before it"


def test_an_edit_in_the_middle_of_a_long_text_equals_the_text_built_by_hand():
    text = "".join(f"line {number}\r\n" for number in range(1000))
    source = Source("m.py", text, 1).edited(Span(500, 2, 502, 0), "é\n", 2)
    fresh = Source("m.py", text.replace("line 500\r\nline 501\r\n", "lié\n"), 2)
    assert source.lines == fresh.lines and source.starts == fresh.starts
    assert source == fresh and hash(source) == hash(fresh)
    assert not source.is_plain


def test_an_edit_without_a_span_replaces_everything():
    assert Source("m.py", "old", 1).edited(None, "new\n", 2) == Source("m.py", "new\n", 2)


def test_python_itself_agrees_that_a_form_feed_ends_no_line():
    tokens = list(tokenize.generate_tokens(io.StringIO("a\f\nb\n").readline))
    assert [token.start[0] for token in tokens if token.type == tokenize.NAME] == [1, 2]
