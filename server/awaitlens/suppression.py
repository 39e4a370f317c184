"""Comments that silence findings, and what becomes of those that silence nothing.

    await load()  # awaitlens: ignore[blocking-call] the file is tiny
    # awaitlens: ignore-file[unawaited-call]

Names are separated by commas; without brackets every pitfall is meant. What a comment covers:

- at the end of a line: the findings that start on that line; on the first or last line of a statement that spans
  several (of its header, if it has a body), those anywhere in the statement;
- alone on a line: the next statement, decorators included; inside a statement, the next line;
- `ignore-file`, wherever it stands: the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.pitfall import Edit, Finding, Patch
from awaitlens.source import Source, Span
from awaitlens.spelling import did_you_mean

if TYPE_CHECKING:
    from awaitlens.comments import Comment, Layout

UNUSED = "unused-suppression"
"""The name under which a suppression that silences nothing is reported."""

_MARK = "awaitlens:"
_DIRECTIVE = (
    r"#\s*awaitlens:\s*(?P<kind>ignore-file|ignore)(?![\w-])"
    r"(?P<names>\s*\[[^\]\r\n]*\])?(?!\s*\[)"
    r"(?P<reason>(?:(?!\s#\s*[\w-]+(?::|$)|\s#\s*noqa\b).)*)"
)


class Suppression(NamedTuple):
    """One comment's word. `names` is None for every pitfall; `covered` are the first and last line it speaks for."""

    comment: Comment
    span: Span
    names: tuple[str, ...] | None
    covered: tuple[int, int]
    whole_file: bool

    def silences(self, finding: Finding) -> bool:
        named = self.names is None or finding.pitfall in self.names
        return named and self.covered[0] <= finding.span.line <= self.covered[1]


def apply(
    source: Source,
    findings: Iterable[Finding],
    known: Collection[str],
    unchecked: Collection[str] = (),
    is_intact: Callable[[], bool] | None = None,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that nobody silenced, and one finding for each suppression that silenced nothing.

    `known` are the names of all pitfalls. `unchecked` are those that did not run here: nothing is claimed of them. Nor
    is anything claimed in a text that does not parse, where findings may be missing only for the moment: `is_intact`
    says whether it does, for callers who know without parsing it all again.
    """
    findings = tuple(findings)
    if not may_suppress(source.text):
        return findings, ()
    suppressions = suppressions_in(source)
    used: set[tuple[int, str]] = set()
    kept = []
    for finding in findings:
        silencing = [n for n, suppression in enumerate(suppressions) if suppression.silences(finding)]
        used.update((n, finding.pitfall) for n in silencing)
        if not silencing:
            kept.append(finding)
    unused = [u for n, s in enumerate(suppressions) if (u := _unused(n, s, used, known, unchecked))]
    if not unused or not (is_intact() if is_intact else _parses(source.text)):
        return tuple(kept), ()
    about_unused = [s for s in suppressions if s.names is not None and UNUSED in s.names]
    return tuple(kept), tuple(u for u in unused if not any(s.silences(u) for s in about_unused))


def may_suppress(text: str) -> bool:
    """Whether a look at the comments is worth while. What is true of a text is true of one of its lines."""
    return _MARK in text


def suppressions_in(source: Source) -> tuple[Suppression, ...]:
    """All suppressions of a text, in order. Strings that look like comments are none."""
    if not may_suppress(source.text):
        return ()
    from awaitlens.comments import Layout

    layout = Layout(source)
    return tuple(
        _suppression(layout, comment, match)
        for comment in layout.comments
        for match in _directive().finditer(comment.text)
    )


def removal(source: Source, unused: Finding) -> Patch | None:
    """The fix of an unused suppression: what else the comment says stays, and so do names that are used."""
    suppression = next((s for s in suppressions_in(source) if s.span == unused.span), None)
    if suppression is None:
        return None
    gone = unused.value("unused").split()
    if suppression.names is not None and (left := [n for n in suppression.names if n not in gone]):
        edit = _renamed(source, suppression, left)
        return Patch(f"Remove {', '.join(gone)} from the suppression", "safe", (edit,))
    return Patch("Remove the unused suppression", "safe", (_without(source, suppression),))


def ignore_edit(source: Source, finding: Finding) -> Edit:
    """Silence one finding where it stands; a suppression already there takes the name in."""
    from awaitlens.comments import Layout

    layout = Layout(source)
    line = finding.span.line
    if layout.is_continued(line):
        line = layout.statement_at(line)[1]
    for suppression in suppressions_in(source):
        if suppression.names is None or suppression.whole_file:
            continue
        if suppression.covered[0] <= line <= suppression.covered[1]:
            return _renamed(source, suppression, [*suppression.names, finding.pitfall])
    text = source.line_text(line).rstrip()
    end = len(source.line_text(line))
    return Edit(Span(line, len(text), line, end), f"  # awaitlens: ignore[{finding.pitfall}]")


def ignore_file_edit(source: Source, name: str) -> Edit:
    """Silence a pitfall in the whole file, below a shebang and an encoding declaration."""
    for suppression in suppressions_in(source):
        if suppression.names is not None and suppression.whole_file:
            return _renamed(source, suppression, [*suppression.names, name])
    line = 0
    while line < 2 and re.match(r"#!|[ \t\f]*#.*?coding[:=]", source.line_text(line)):
        line += 1
    newline = "\r\n" if "\r\n" in source.text else "\n"
    column = 1 if line == 0 and source.text.startswith("\ufeff") else 0
    before = newline if line and line == len(source.lines) and not source.text.endswith(("\n", "\r")) else ""
    if before:
        line, column = line - 1, len(source.line_text(line - 1))
    return Edit(Span(line, column, line, column), f"{before}# awaitlens: ignore-file[{name}]{newline}")


@lru_cache(maxsize=1)
def _directive() -> re.Pattern[str]:
    """Compiled when the first file has a suppression: most runs never need it."""
    return re.compile(_DIRECTIVE)


def _suppression(layout: Layout, comment: Comment, match: re.Match[str]) -> Suppression:
    end = match.start() + len(match[0].rstrip())
    span = Span(comment.line, comment.column + match.start(), comment.line, comment.column + end)
    names = None
    if match["names"] is not None:
        names = tuple(name for part in match["names"].strip("[] \t").split(",") if (name := part.strip()))
    whole_file = match["kind"] == "ignore-file"
    covered = (0, len(layout.source.lines)) if whole_file else _covered(layout, comment)
    return Suppression(comment, span, names, covered, whole_file)


def _covered(layout: Layout, comment: Comment) -> tuple[int, int]:
    if comment.alone:
        if layout.is_inside_statement(comment.line):
            line = layout.next_code(comment.line)
            return (line, line)
        return layout.statement_after(comment.line)
    statement = layout.statement_at(comment.line)
    return statement if comment.line in statement else (comment.line, comment.line)


def _unused(
    number: int,
    suppression: Suppression,
    used: set[tuple[int, str]],
    known: Collection[str],
    unchecked: Collection[str],
) -> Finding | None:
    """The finding that says so, with the unused names in `unused`; None where all is in use."""
    if suppression.names is None:
        if any(n == number for n, _ in used):
            return None
        return Finding(suppression.span, "This suppression silences nothing.", pitfall=UNUSED)
    idle = [n for n in suppression.names if (number, n) not in used and n not in unchecked and n != UNUSED]
    if not idle and suppression.names:
        return None
    found = Finding(suppression.span, _words(idle, known), pitfall=UNUSED)
    return found._replace(data=(("unused", " ".join(idle)),))


def _words(idle: Sequence[str], known: Collection[str]) -> str:
    if not idle:
        return "This suppression names no pitfall, so it silences nothing."
    unknown = [name for name in idle if name not in known]
    if unknown:
        return f"There is no pitfall called {unknown[0]}{did_you_mean(unknown[0], known) or '.'}"
    return f"This suppression of {' and '.join(idle)} silences nothing."


def _renamed(source: Source, suppression: Suppression, names: Iterable[str]) -> Edit:
    """The suppression with another list of names, its reason kept."""
    text = source.slice(suppression.span)
    span = suppression.span
    opened, closed = text.index("["), text.index("]")
    inner = Span(span.line, span.column + opened + 1, span.line, span.column + closed)
    return Edit(inner, ", ".join(dict.fromkeys(names)))


def _without(source: Source, suppression: Suppression) -> Edit:
    span, comment = suppression.span, suppression.comment
    line = source.line_text(span.line)
    before, after = line[: span.column], line[span.end_column :]
    if after.strip():
        return Edit(Span(span.line, span.column, span.line, len(line) - len(after.lstrip())), "")
    if comment.alone and not before.strip():
        return Edit(Span(span.line, 0, span.line + 1, 0), "")
    return Edit(Span(span.line, len(before.rstrip()), span.line, len(line)), "")


def _parses(text: str) -> bool:
    import ast

    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
