"""Blocks promise: they are the text, they say what the whole file says, and an edit ends where a fresh split does."""

from __future__ import annotations

import ast
import copy
import random
import sysconfig
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitlens.source import Source, Span
from awaitlens.syntax.blocks import Layout, layout
from awaitlens.syntax.parse import Reader, parse, parse_layout
from awaitlens.syntax.relayout import relayout

STDLIB = Path(sysconfig.get_paths()["stdlib"])
# Every tenth file or so of the packages that are written in every style there is.
SAMPLE = sorted(
    [*STDLIB.glob("*.py")][::6] + [*STDLIB.glob("asyncio/*.py")][::2] + [*STDLIB.glob("email/*.py")][::3]
)


def rebuilt(text: str) -> ast.Module | str:
    """The whole file's tree put together from its blocks, or the first error."""
    body: list[ast.stmt] = []
    classes: list[ast.ClassDef] = []
    for line, block, parsed in Reader(lambda block, parsed: parsed).read(layout(text)):
        if parsed.error is not None:
            return f"{line + parsed.error_line}: {parsed.error}"
        del classes[len(block.owner) :]
        nodes = [ast.increment_lineno(copy.deepcopy(node), line) for node in parsed.body]
        (classes[-1].body if classes else body).extend(nodes)
        for around in classes if nodes else ():
            around.end_lineno, around.end_col_offset = nodes[-1].end_lineno, nodes[-1].end_col_offset
        if block.kind == "class header":
            classes.append(nodes[-1])
    return ast.Module(body, [])


def check(text: str) -> None:
    """The blocks' statements are those of the whole, at the same places."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    found = rebuilt(text)
    assert not isinstance(found, str), found
    assert ast.dump(found, include_attributes=True) == ast.dump(tree, include_attributes=True)


def shape(text: str) -> list[tuple[int, str, str]]:
    """First line, kind and dotted owner of each block."""
    found = layout(text)
    return [(line, block.kind, ".".join(block.owner)) for line, block in zip(found.lines, found.blocks)]


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_blocks_say_what_the_whole_file_says(path):
    text = Source.from_bytes(str(path), path.read_bytes()).text
    check(text)
    assert all(block.text.count("\n") < 700 for block in layout(text).blocks)


SHAPES = {
    "statements": (
        "import a\nimport b\n\nx = 1\ndef f():\n    pass\ny = 2\n",
        [(0, "statement", ""), (3, "statement", ""), (4, "statement", ""), (6, "statement", "")],
    ),
    "a class": (
        "class A(B):\n    '''Doc.'''\n    x = 1\n\n    def f(self):\n        pass\n\n    @p\n    async def g(self): ...\n",
        [(0, "class header", ""), (1, "member", "A"), (4, "member", "A"), (7, "member", "A")],
    ),
    "nested classes": (
        "class A:\n  class B:\n      x = 1\n      class C: pass\n  y = 2\nz = 3\n",
        [
            (0, "class header", ""),
            (1, "class header", "A"),
            (2, "member", "A.B"),
            (3, "class header", "A.B"),
            (4, "member", "A"),
            (5, "statement", ""),
        ],
    ),
    "decorated, wrapped and commented": (
        "@a(\n    1,\n)\n# why\n@b\nclass A(\n    B,\n    metaclass=M,\n):  # note: x\n\n    # first\n\tdef f(self): pass\n",
        [(0, "class header", ""), (11, "member", "A")],
    ),
    "continuations": (
        "try:\n    pass\nexcept E:\n    pass\nelse:\n    pass\nfinally:\n    pass\nelsewhere = 1\n",
        [(0, "statement", ""), (8, "statement", "")],
    ),
    "brackets at column 0": (
        "x = [\n\n1,\n\nif_,\n]\n\ny = '''\ndef f():\n'''\nz = \\\n1\n",
        [(0, "statement", ""), (7, "statement", "")],
    ),
    "line ends": (
        "def f():\r\n    pass\r\ndef g():\r    pass\rdef h(): pass",
        [(0, "statement", ""), (2, "statement", ""), (4, "statement", "")],
    ),
    "comments on top": (
        "# c\n\nimport a\n# d\nimport b\n@e\ndef f(): pass\n",
        [(0, "statement", ""), (2, "statement", ""), (5, "statement", "")],
    ),
    "only a comment": ("# nothing\n\n", [(0, "statement", "")]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", SHAPES)
def test_where_blocks_start(name):
    text, expected = SHAPES[name]
    assert shape(text) == expected
    check(text)


ODD = [
    "if TYPE_CHECKING:\n    import a\nelse:\n    a = None\n",
    "class A:\n    if X:\n        def f(self): ...\n    else:\n        def f(self): ...\n    for i in x: pass\n",
    "class A:\n\tdef f(self):\n\t\tpass\n\n\tx = 1; y = 2\n",
    "class A:\n\n\n    async def f(self):\n        async with a as b, c: await d\n",
    "class A: x = 1; y = 2\nclass B: pass\n",
    "class A:\n    '''Doc\n    at the member's depth\n    '''\n    x = '''\n    y\n    '''\n    @d\n    def f(self): return '''\n    z'''\n",
    "class A:\n    x = foo(\n    a,\n    b)\n    y = (1\n    )\n    s = 'a\\\n    b'\n",
    "class A:\n    def f(\n        self,\n    ) -> None:\n        pass\n    # end\n\n# out\nx = 1\n",
    "match x:\n    case 1: pass\nmatch = 3\ncase = 4\n",
    "\f\nclass A:\n    pass\n\f\ndef f(): pass\n\fx = 1\n",
    "class A:\n    pass\n\fx = 1\ny = 2\n",
    "x = 'é→\U0001f40d'; y = f'{x} {y!r:>{w}}'\nclass É:\n    ü = f'é{x}'; z = 1\n",
    "class A(metaclass=M['a:# ']):  # x: y\n    pass\n",
    "class A: # c\n    pass\n@d\n\n# c\nclass B(A\n): x = 1\n",
    "x = \"'''\"\ny = '\"\"\"'\n# ''' \"\"\"\nclass A:\n    x = r'\\\\'\n    y = ''''''\n",
    "x = '\\\n'''\n'''a\ndef f(): pass\n'''\n",
    "def f():\n    '''x'''\nif x: pass\nelif y: pass\nelse: pass\nwhile x:\n  pass\nelse:\n  pass",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_odd_layouts_say_the_same(text, line_end):
    check(text.replace("\n", line_end))


def test_a_statement_cut_apart_is_joined():
    # A line that starts with `@` looks like a decorator, and is a matrix product here.
    text = "a = 1\n\nx = (1\n\n@y\n)\nb = 2\n\nclass A:\n    x = (1\n\n    @ y)\n    def f(): pass\n"
    assert len(parse_layout(layout(text))) < len(layout(text).blocks)
    check(text)


def test_members_count_lines_from_their_own_first_line():
    text = "class A:\n    x = 1\n\n    @d\n    def f(self):\n        return 1\n"
    block = layout(text).blocks[2]
    function = parse(block).body[0]
    assert (function.lineno, function.col_offset, function.decorator_list[0].lineno) == (2, 4, 1)
    assert function.body[0].lineno == 3


def test_header_holds_only_itself():
    header = parse(layout("class A(B):  # c: d\n    # more\n    x = 1\n").blocks[0]).body[0]
    assert (header.name, header.body, header.end_lineno, header.end_col_offset) == ("A", [], 1, 11)


def test_block_at():
    found = layout("import a\n\ndef f():\n    pass\n")
    assert [found.block_at(line) for line in (0, 1, 2, 3, 9)] == [0, 0, 1, 1, 1]
    assert Layout((), ()).block_at(0) == -1


def test_unchanged_blocks_are_read_once():
    seen = []
    reader = Reader(lambda block, parsed: seen.append(block.text) or len(seen))
    old = Source("m.py", "def f(): pass\ndef g(): pass\ndef h(): (\n")
    first = layout(old.text)
    reader.read(first)
    span = Span(0, 9, 0, 13)
    new = old.edited(span, "return", None)
    rows = reader.read(relayout(first, old, new, span, "return"))
    assert seen == ["def f(): pass\n", "def g(): pass\n", "def h(): (\n", "def f(): return\n"]
    assert [result for _, _, result in rows] == [4, 2, 3]


def test_a_reader_forgets_the_oldest_but_nothing_it_just_read():
    seen = []
    reader = Reader(lambda block, parsed: seen.append(block.text), budget=20)
    small, large = layout("def f(): pass\ndef g(): pass\n"), layout("def h():\n" + "    pass\n" * 9)
    for found in (small, large, large, small):
        reader.read(found)
    assert seen == [
        *[b.text for b in small.blocks],
        *[b.text for b in large.blocks],
        *[b.text for b in small.blocks],
    ]


# --- texts nobody thought of --------------------------------------------------------------------------------

PIECES = [
    "import a\n", "x = 1\n", "class A:\n", "class B(A): pass\n", "def f(self):\n", "async def g(): await h()\n", "pass\n", "@d\n",
    "'''doc'''\n", "'''", '"""', '"', "'", "(", ")", "[\n", "]\n", "#", "\\\n", "\\", "\n", "\r\n", "\r", "\f", "\t", "    ", "  ",
    "if x:\n", "else:\n", "return 1\n", "async ", "def", " ", "é", "\U0001f40d", ":", ",", "{", "}", "a", "f'{x}'\n", "lambda: 0\n", "class",
]  # fmt: skip
programs = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
indents = st.sampled_from(["", "    ", "    ", "        ", "\t", "  "])
line_pieces = [piece for piece in PIECES if piece.endswith("\n") and piece.strip()]
lined = st.lists(st.tuples(indents, st.sampled_from(line_pieces)).map("".join), max_size=15).map("".join)
numbers = st.integers(0, 15)


@given(st.one_of(programs, lined))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_layout_and_reads_without_raising(text):
    found = layout(text)
    assert "".join([block.text for block in found.blocks]) == text
    fresh = Source("m.py", text)
    ends = [*found.lines[1:], len(fresh.lines)]
    assert ["".join(fresh.lines[a:b]) for a, b in zip(found.lines, ends)] == [b.text for b in found.blocks]
    rows = Reader(lambda block, parsed: parsed, budget=200).read(found)
    assert "".join([block.text for _, block, _ in rows]) == text
    try:
        ast.parse(text)
    except SyntaxError:
        return
    check(text)


@given(
    st.one_of(programs, lined),
    st.lists(st.tuples(numbers, numbers, numbers, st.sampled_from(PIECES)), max_size=6),
)
@settings(max_examples=400, deadline=None)
def test_an_edited_layout_is_the_layout_of_the_edited_text(text, edits):
    source = Source("m.py", text)
    found = layout(text)
    for line, column, length, new in edits:
        span = Span(line, column, line, column + length)
        after = source.edited(span, new, None)
        found = relayout(found, source, after, span, new)
        source = after
        assert found == layout(source.text)


TYPED = ["x", "1", " ", ".", "(", ")", "[", "]", "{", "}", '"', "'", "#", "\\", "\n", "\n    ", "\n        ", "\n            ",
         '""', '"""', "()", "def f", "class C", "async ", "else:", "@", "r", "f", ", ", "", "", "", "\r", "\f", "    "]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_is_typed_into_functions_keeps_the_layout_true(seed):
    chance = random.Random(seed)
    for path in SAMPLE:
        source = Source.from_bytes(str(path), path.read_bytes())
        if len(source.lines) > 800:
            continue
        found = layout(source.text)
        for _ in range(40):
            line = chance.randrange(len(source.lines) + 1)
            column = chance.randrange(len(source.line_text(line)) + 1)
            column = min(column, chance.choice([column, 4, 8, 9, 12]))
            span = Span(line, column, line, column + chance.choice([0, 0, 0, 1, 3]))
            new = chance.choice(TYPED)
            after = source.edited(span, new, None)
            found = relayout(found, source, after, span, new)
            assert found == layout(after.text), (path, span, new)
            source = after


def test_a_bracket_decides_about_a_line_that_only_brackets_keep_from_beginning_a_block():
    text = "class A:\n    def f(\n        self,\n    ):\n        x = [\n            1,\n    .y,\n        ]\n\n    def g(self): pass\n"
    source, span = Source("m.py", text), Span(2, 9, 2, 9)
    after = source.edited(span, "{", None)
    found = relayout(layout(text), source, after, span, "{")
    assert found == layout(after.text) and len(found.blocks) > len(layout(text).blocks)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_edits_of_real_code_keep_the_layout_true(data):
    path = data.draw(st.sampled_from(SAMPLE))
    source = Source.from_bytes(str(path), path.read_bytes())
    found = layout(source.text)
    for _ in range(5):
        line = data.draw(st.integers(0, len(source.lines)))
        column = data.draw(st.integers(0, len(source.line_text(line)) + 1))
        length = data.draw(st.sampled_from([0, 0, 0, 1, 3]))
        new = data.draw(st.sampled_from([*PIECES, "x", "y = 2", ".", ""]))
        span = Span(line, column, line, column + length)
        after = source.edited(span, new, None)
        found = relayout(found, source, after, span, new)
        source = after
        assert found == layout(source.text)
