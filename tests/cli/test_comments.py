"""Comments and statements, held against Python's own tokenizer on real files."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from awaitlens.comments import Layout
from awaitlens.source import Source

NOTHING = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
LIBRARY = Path(tokenize.__file__).parent
NAMES = (
    "typing",
    "tokenize",
    "textwrap",
    "argparse",
    "ast",
    "inspect",
    "dataclasses",
    "html/parser",
    "json/decoder",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_standard_library_reads_as_tokenize_reads_it(name: str) -> None:
    source = Source.from_bytes(name, (LIBRARY / f"{name}.py").read_bytes())
    tokens = list(tokenize.generate_tokens(io.StringIO(source.text, newline="").readline))
    layout = Layout(source)
    comments = [(t.start[0] - 1, t.start[1], t.string) for t in tokens if t.type == tokenize.COMMENT]
    assert [(c.line, c.column, c.text) for c in layout.comments] == comments
    begin = None
    for token in tokens:
        if token.type in NOTHING:
            continue
        begin = token.start[0] - 1 if begin is None else begin
        if token.type == tokenize.NEWLINE:
            end = token.start[0] - 1
            assert [layout.statement_at(line) for line in range(begin, end + 1)] == [(begin, end)] * (
                end - begin + 1
            )
            begin = None


@pytest.mark.parametrize(
    ("text", "line", "statement"),
    [
        ("from a \\\n  import b\n", 1, (0, 1)),
        ("f(\n\ndef g():\n    pass\n", 2, (2, 2)),
        ("f(\n\ndef g():\n    pass\n", 0, (0, 1)),
        ("x = '''\ndef f():\n'''\n", 1, (0, 2)),
        ("x = (  # )\n  1)\ny = 1\n", 1, (0, 1)),
        ("", 0, (0, 0)),
        ("\n\nx\n", 0, (0, 0)),
        ("x", 5, (5, 5)),
    ],
)
def test_where_a_statement_begins_and_ends(text: str, line: int, statement: tuple[int, int]) -> None:
    assert Layout(Source("a.py", text)).statement_at(line) == statement
