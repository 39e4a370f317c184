"""Code frames, and the names of the places around a finding."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitlens.pitfall import Finding
from awaitlens.present.frame import code_frame
from awaitlens.present.places import enclosing_qualname, fingerprint, shown_path
from awaitlens.present.styled import plain
from awaitlens.source import Source, Span


def framed(text: str, *span: int) -> str:
    return plain(code_frame(Source("a.py", text), Span(*span)))


def test_over_two_lines() -> None:
    assert framed("x = 1\nf(\n    1)\n", 1, 0, 2, 6) == (
        "  |\n1 | x = 1\n2 | f(\n  | ^^\n3 |     1)\n  |     ^^\n  |\n"
    )


def test_long_stretches_show_both_ends() -> None:
    text = "".join(f"line{n}\n" for n in range(12))
    assert framed(text, 0, 0, 10, 3).splitlines() == [
        "   |",
        " 1 | line0",
        "   | ^^^^^",
        " 2 | line1",
        "   | ^^^^^",
        ".. |",
        "10 | line9",
        "   | ^^^^^",
        "11 | line10",
        "   | ^^^",
        "   |",
    ]


def test_a_span_up_to_the_start_of_a_line_does_not_show_that_line() -> None:
    assert framed("a\nb\n", 0, 0, 1, 0) == "  |\n1 | a\n  | ^\n  |\n"


def test_an_empty_span_still_has_a_caret() -> None:
    assert framed("abc\n", 0, 1, 0, 1) == "  |\n1 | abc\n  |  ^\n  |\n"


def test_code_cannot_command_the_terminal() -> None:
    assert "\x1b" not in framed("x = '\x1b[31m'\x07\n", 0, 0, 0, 5)


@given(st.text(max_size=60), st.tuples(*[st.integers(0, 8)] * 4))
def test_any_span_of_any_text_has_a_frame(text: str, span: tuple[int, int, int, int]) -> None:
    assert "|" in framed(text, *span)


@pytest.mark.parametrize(
    ("line", "name"),
    [(0, "A"), (1, "A.f"), (2, "A.f"), (4, "A.f.g"), (6, "A.f"), (8, "A"), (10, ""), (11, "h")],
)
def test_the_function_around_a_line(line: int, name: str) -> None:
    text = (
        "class A:\n    async def f(self):\n        x = 1\n        def g():\n            y\n\n        z\n\n"
        "    w = 1\n\nv = 1\ndef h(): pass\n"
    )
    assert enclosing_qualname(Source("a.py", text), line) == name


def test_text_in_a_string_is_no_code() -> None:
    text = "def f():\n    x = '''\ndef g():\nselect\n'''\n    y = 1\n"
    assert enclosing_qualname(Source("a.py", text), 5) == "f"


def test_functions_of_a_real_module_are_named_as_python_names_them() -> None:
    source = Source.from_bytes("ast", Path(ast.__file__).read_bytes())

    def check(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                name = f"{prefix}.{child.name}".lstrip(".")
                assert enclosing_qualname(source, child.lineno - 1) == name
                check(child, name)
            else:
                check(child, prefix)

    check(ast.parse(source.text), "")


def test_a_fingerprint_forgets_layout_but_not_code() -> None:
    def mark(text: str, *span: int) -> str:
        return fingerprint("a.py", Source("a.py", text), Finding(Span(*span), "Words.", pitfall="racy"))

    assert mark("f( 1)\n", 0, 0, 0, 5) == mark("\nf(\n1)\n", 1, 0, 2, 2) != mark("f( 2)\n", 0, 0, 0, 5)


def test_paths_are_relative_below_the_folder_alone() -> None:
    assert shown_path("/work/shop/a.py", "/work/shop") == "a.py"
    assert shown_path("/work/shop-old/a.py", "/work/shop") == "/work/shop-old/a.py"
    assert shown_path("/a.py", "/") == "a.py"
