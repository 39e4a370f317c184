"""What a suppression covers, which are unused, and the edits that write and remove them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awaitlens.cli.fixing import applied
from awaitlens.pitfall import Finding
from awaitlens.source import Source, Span
from awaitlens.suppression import UNUSED, apply, ignore_edit, ignore_file_edit, removal, suppressions_in

KNOWN = {"sleepy", "racy"}


def finding(line: int, pitfall: str = "sleepy", column: int = 0) -> Finding:
    return Finding(Span(line, column, line, column + 1), "Words.", pitfall=pitfall)


def lines_kept(text: str, *findings: Finding) -> list[int]:
    return [f.span.line for f in apply(Source("a.py", text), findings, KNOWN)[0]]


def unused_in(text: str, *findings: Finding, unchecked: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    return apply(Source("a.py", text), findings, KNOWN, unchecked)[1]


@pytest.mark.parametrize(
    ("text", "silenced"),
    [
        ("f()  # awaitlens: ignore[sleepy]\ng()\n", {0}),
        ("f()  # awaitlens: ignore\ng()\n", {0}),
        ("f()  # awaitlens: ignore[racy, sleepy] it is fine\ng()\n", {0}),
        ("f()  # awaitlens: ignore[racy]\ng()\n", set()),
        ("f()  # awaitlens: ignored\ng()\n", set()),
        ("f()  # awaitlens: ignore[sleepy\ng()\n", set()),
        ("f()  # noqa  # awaitlens: ignore[sleepy]\ng()\n", {0}),
        ("# awaitlens: ignore[sleepy]\nf()\ng()\n", {1}),
        ("# awaitlens: ignore[sleepy]\n\n# why\nf()\ng()\n", {3}),
        ("f(\n    1,\n    2,\n)  # awaitlens: ignore[sleepy]\ng()\n", {0, 1, 2, 3}),
        ("f(  # awaitlens: ignore[sleepy]\n    1,\n)\ng()\n", {0, 1, 2}),
        ("f(\n    1,  # awaitlens: ignore[sleepy]\n    2,\n)\n", {1}),
        ("f(\n    # awaitlens: ignore[sleepy]\n    1,\n    2,\n)\n", {2}),
        ("# awaitlens: ignore[sleepy]\n@d\n@e\ndef f():\n    g()\n", {1, 2, 3}),
        ("def f(\n    a,\n):  # awaitlens: ignore[sleepy]\n    g()\n", {0, 1, 2}),
        ("x = '''\n# awaitlens: ignore[sleepy]\n'''\ng()\n", set()),
        ("x = '# awaitlens: ignore[sleepy]'\n", set()),
        ("x = f'{1}' '# awaitlens: ignore[sleepy]'  # no\n", set()),
        ("f()\r\ng()  # awaitlens: ignore[sleepy]\r\nh()\r\n", {1}),
        ("f()\x0c\ng()  # awaitlens: ignore[sleepy]\n", {1}),
        ("f()\ng()\n# awaitlens: ignore-file[sleepy]\n", {0, 1}),
        ("# awaitlens: ignore-file\nf()\n", {1}),
        ("x = 1 + \\\n    f()  # awaitlens: ignore[sleepy]\n", {0, 1}),
    ],
)
def test_what_a_comment_covers(text: str, silenced: set[int]) -> None:
    every = range(len(Source("a.py", text).lines))
    code = [line for line in every if not Source("a.py", text).line_text(line).lstrip().startswith("#")]
    assert lines_kept(text, *(finding(line) for line in code)) == [
        line for line in code if line not in silenced
    ]


@pytest.mark.parametrize(
    "broken",
    ["x = f(1,\n", "x = 'abc\n", 'x = """abc\n', "x = [(\n", "else:\n", "x = f'{\n"],
)
def test_a_comment_counts_below_code_that_is_half_typed(broken: str) -> None:
    text = broken + "def f():\n    g()  # awaitlens: ignore[sleepy]\n    h()\n"
    assert lines_kept(text, finding(2), finding(3)) == [3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f()  # awaitlens: ignore[sleepy]\n", "This suppression of sleepy silences nothing."),
        ("f()  # awaitlens: ignore\n", "This suppression silences nothing."),
        ("f()  # awaitlens: ignore[]\n", "This suppression names no pitfall, so it silences nothing."),
        ("f()  # awaitlens: ignore[sleppy]\n", "There is no pitfall called sleppy; did you mean 'sleepy'?"),
        ("f()  # awaitlens: ignore-file[racy]\n", "This suppression of racy silences nothing."),
    ],
)
def test_an_unused_suppression_is_reported(text: str, message: str) -> None:
    (unused,) = unused_in(text)
    assert (unused.pitfall, unused.message) == (UNUSED, message)
    assert Source("a.py", text).slice(unused.span).startswith("# awaitlens: ignore")


@pytest.mark.parametrize(
    "text",
    [
        "f(  # awaitlens: ignore[sleepy]\n",
        "f()  # awaitlens: ignore[unchecked]\n",
        "f()  # awaitlens: blocking\n",
        "x = '# awaitlens: ignore[sleepy]'\n",
        "f()  # awaitlens: ignore[unused-suppression]\n",
        "f()  # awaitlens: ignore[sleepy, unused-suppression]\n",
    ],
)
def test_no_false_claim_that_a_suppression_is_unused(text: str) -> None:
    assert unused_in(text, unchecked=frozenset({"unchecked"})) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()  # awaitlens: ignore[sleepy] why\ng()\n", "f()\ng()\n"),
        ("a()\n# awaitlens: ignore[sleepy]\ng()\n", "a()\ng()\n"),
        ("f()  # noqa: E501  # awaitlens: ignore[sleepy]\n", "f()  # noqa: E501\n"),
        ("f()  # awaitlens: ignore[sleepy] why  # noqa: E501\n", "f()  # noqa: E501\n"),
        ("racy()  # awaitlens: ignore[sleepy, racy] why\n", "racy()  # awaitlens: ignore[racy] why\n"),
        ("g()\n# awaitlens: ignore[sleepy]", "g()\n"),
        ("f()  # awaitlens: ignore[sleepy]\r\ng()\r\n", "f()\r\ng()\r\n"),
    ],
)
def test_removing_an_unused_suppression(before: str, after: str) -> None:
    findings = [finding(0, "racy")] if "racy" in before else []
    source = Source("a.py", before)
    (unused,) = apply(source, findings, KNOWN)[1]
    patch = removal(source, unused)
    assert patch is not None
    assert patch.safety == "safe"
    assert applied(before, patch.edits) == after


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("f()\n", 0, "f()  # awaitlens: ignore[sleepy]\n"),
        ("f()", 0, "f()  # awaitlens: ignore[sleepy]"),
        ("f()  \n", 0, "f()  # awaitlens: ignore[sleepy]\n"),
        ("f()  # noqa\n", 0, "f()  # noqa  # awaitlens: ignore[sleepy]\n"),
        ("f()  # awaitlens: ignore[racy] why\n", 0, "f()  # awaitlens: ignore[racy, sleepy] why\n"),
        ("# awaitlens: ignore[racy]\nf()\n", 1, "# awaitlens: ignore[racy, sleepy]\nf()\n"),
        ("f(\n    1,\n)\n", 0, "f(  # awaitlens: ignore[sleepy]\n    1,\n)\n"),
        ("f(\n    1,\n)\n", 1, "f(\n    1,  # awaitlens: ignore[sleepy]\n)\n"),
        ("f('''\na\n''')\n", 0, "f('''\na\n''')  # awaitlens: ignore[sleepy]\n"),
        ("x = 1 + \\\n    2\n", 0, "x = 1 + \\\n    2  # awaitlens: ignore[sleepy]\n"),
        ("f()\r\ng()\r\n", 1, "f()\r\ng()  # awaitlens: ignore[sleepy]\r\n"),
    ],
)
def test_ignoring_one_finding(before: str, line: int, after: str) -> None:
    source = Source("a.py", before)
    silenced = applied(before, [ignore_edit(source, finding(line))])
    assert silenced == after
    moved = finding(line)
    assert lines_kept(silenced, moved) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "# awaitlens: ignore-file[sleepy]\nf()\n"),
        ("", "# awaitlens: ignore-file[sleepy]\n"),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nf()\n", None),
        ("#!/usr/bin/env python", "#!/usr/bin/env python\n# awaitlens: ignore-file[sleepy]\n"),
        ("f()  # awaitlens: ignore-file[racy]\n", "f()  # awaitlens: ignore-file[racy, sleepy]\n"),
        ("f()\r\n", "# awaitlens: ignore-file[sleepy]\r\nf()\r\n"),
        ("\ufefff()\n", "\ufeff# awaitlens: ignore-file[sleepy]\nf()\n"),
    ],
)
def test_ignoring_a_pitfall_in_the_file(before: str, after: str | None) -> None:
    silenced = applied(before, [ignore_file_edit(Source("a.py", before), "sleepy")])
    if after is None:
        after = "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# awaitlens: ignore-file[sleepy]\nf()\n"
    assert silenced == after
    assert lines_kept(silenced, finding(len(silenced.splitlines()) - 1)) == []


PIECES = st.sampled_from(
    ["'", '"', '"""', "'''", "#", "\\", "\n", "\r\n", "\r", "(", ")", "[", "]", "{", "def f():", " ", "x", "f'", "@d",
     "# awaitlens: ignore[sleepy]", "# awaitlens: ignore", "# awaitlens: ignore-file[racy] why", "\x0c", "é", "😀"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
@example("#\\\n# awaitlens: ignore")
def test_nothing_raises_on_any_text(text: str) -> None:
    source = Source("a.py", text)
    every = [finding(line) for line in range(len(source.lines) + 1)]
    _, unused = apply(source, every[:1], KNOWN)
    for suppression in suppressions_in(source):
        assert source.slice(suppression.span).startswith("#")
    for one in unused:
        assert removal(source, one) is not None
    for one in every:
        applied(text, [ignore_edit(source, one)])
    applied(text, [ignore_file_edit(source, "sleepy")])
