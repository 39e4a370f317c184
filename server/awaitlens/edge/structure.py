"""The answers about a file's shape: atomic sections, the functions of the file, who calls whom.

They run in a thread, on a frozen snapshot, and change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.convert import path_of, range_of, span_of_range, units
from awaitlens.edge.protocol import INVALID_PARAMS, Refused
from awaitlens.present.overview import detail, overviews
from awaitlens.program.calls import Located, Related, function_at, function_named, incoming, outgoing
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.program.sections import Section, sections, shared_sections, suspension_points, touches
from awaitlens.program.window import Window, windows
from awaitlens.source import Source, Span

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

LEGEND = types.SemanticTokensLegend(token_types=["variable"], token_modifiers=["atomic"])
_WHOLE = 1 << 30
Find = Callable[[Window, int, int, int], list[tuple[Span, str]]]
_KINDS = {
    "read": types.DocumentHighlightKind.Read,
    "write": types.DocumentHighlightKind.Write,
    "text": types.DocumentHighlightKind.Text,
}


# --- atomic sections ------------------------------------------------------------------------------------------------


def highlights(
    ls: Server, position: types.Position, snapshot: Snapshot
) -> list[types.DocumentHighlight] | None:
    """At an await, the sections it parts; at a shared variable, its reads and writes, and the section around.

    Editors show the answer of one server: what others say of variables gives way to those alone who want to see sections.
    """
    looks: tuple[Find, ...] = (_at_await,)
    if "atomic" in snapshot.settings.hints:
        looks = (_at_await, _at_variable)
    point = span_of_range(types.Range(position, position), snapshot.source, ls.client.encoding)
    found = snapshot.ask(partial(_highlighted, looks, point.line, point.column)) or ()
    return [
        types.DocumentHighlight(
            range_of(_trimmed(span, snapshot.source), snapshot.source, ls.client.encoding), _KINDS[kind]
        )
        for span, kind in found
    ] or None


def _highlighted(
    looks: tuple[Find, ...], line: int, column: int, program: Program, file: FileFacts
) -> list[tuple[Span, str]]:
    for window in windows(program, file, line, line):
        for scope in window.facts.async_functions():
            for look in looks:
                if local := look(window, scope.number, line - window.line, column):
                    return [(span.shifted(window.line), kind) for span, kind in local]
    return []


def _at_await(window: Window, scope: int, line: int, column: int) -> list[tuple[Span, str]]:
    facts, view = window.facts, window.view
    for point in suspension_points(facts, view, scope):
        if point.keyword_span.contains(line, column):
            every = sections(facts, view, scope)
            before = [s for s in every if s.last < point.span.line][-1:]
            after = [s for s in every if s.first > point.span.end_line][:1]
            return [(point.keyword_span, "text"), *((_lines(section), "text") for section in before + after)]
    return []


def _at_variable(window: Window, scope: int, line: int, column: int) -> list[tuple[Span, str]]:
    found = [t._replace(span=_named(t.span, t.place, window)) for t in touches(window.facts, scope)]
    here = next((touch for touch in found if touch.span.contains(line, column)), None)
    if here is None:
        return []
    around = [s for s in sections(window.facts, window.view, scope) if s.first <= line <= s.last]
    return [
        *((t.span, t.kind) for t in found if t.place == here.place),
        *((_lines(s), "text") for s in around),
    ]


def _lines(section: Section) -> Span:
    return Span(section.first, 0, section.last, _WHOLE)


def _trimmed(span: Span, source: Source) -> Span:
    """Whole lines without their indentation."""
    if span.end_column != _WHOLE:
        return span
    text = source.line_text(span.line)
    return Span(
        span.line,
        len(text) - len(text.lstrip()),
        span.end_line,
        len(source.line_text(span.end_line).rstrip()),
    )


def folding(snapshot: Snapshot) -> list[types.FoldingRange] | None:
    if "atomic" not in snapshot.settings.hints:
        return None
    return [
        types.FoldingRange(first, last, kind="atomic", collapsed_text="atomic")
        for first, last in snapshot.ask(partial(_shared, len(snapshot.source.lines))) or ()
    ]


def _shared(last: int, program: Program, file: FileFacts) -> list[tuple[int, int]]:
    return [
        (section.first + window.line, section.last + window.line)
        for window in windows(program, file, 0, last)
        for section in shared_sections(window.facts, window.view)
    ]


def tokens(ls: Server, snapshot: Snapshot) -> types.SemanticTokens:
    """The shared variables in atomic sections that write them, as variables with the modifier `atomic`."""
    spans = snapshot.ask(partial(_touched, len(snapshot.source.lines))) or ()
    data: list[int] = []
    before = (0, 0)
    for span in sorted(span for span in spans if span.line == span.end_line):
        line, column, _, end = units(span, snapshot.source, ls.client.encoding)
        start = column - before[1] if line == before[0] else column
        data += [line - before[0], start, end - column, 0, 1]
        before = line, column
    return types.SemanticTokens(data)


def _touched(last: int, program: Program, file: FileFacts) -> set[Span]:
    found = set()
    for window in windows(program, file, 0, last):
        for section in shared_sections(window.facts, window.view):
            for touch in touches(window.facts, section.scope):
                if touch.place in section.places and section.first <= touch.span.line <= section.last:
                    found.add(_named(touch.span, touch.place, window).shifted(window.line))
    return found


def _named(span: Span, place: str, window: Window) -> Span:
    """The name itself, `stock` of `stock[key] = value` or `self.seen` of `self.seen.pop(key)`: what is around it, keys and
    values, belongs to others."""
    first = window.facts.slice(span).split("\n")[0]
    name = re.search(rf"(?<![\w.]){re.escape(place.partition('[')[0])}(?!\w)", first)
    if name is None:
        return span
    return Span(span.line, span.column + name.start(), span.line, span.column + name.end())


# --- functions --------------------------------------------------------------------------------------------------------


def lenses(ls: Server, snapshot: Snapshot) -> list[types.CodeLens] | None:
    if not snapshot.settings.code_lens:
        return None
    return [
        types.CodeLens(
            range_of(each.span, snapshot.source, ls.client.encoding), types.Command(each.words, "")
        )
        for each in snapshot.ask(partial(overviews, len(snapshot.source.lines))) or ()
    ]


def callable_at(
    ls: Server, position: types.Position, snapshot: Snapshot
) -> list[types.CallHierarchyItem] | None:
    """The function that is defined or called at a position."""
    point = span_of_range(types.Range(position, position), snapshot.source, ls.client.encoding)

    def find(program: Program, file: FileFacts) -> types.CallHierarchyItem | None:
        found = function_at(point.line, point.column, program, file)
        return _item(ls, found, program) if found else None

    item = snapshot.ask(find)
    return [item] if item else None


def callers(ls: Server, item: types.CallHierarchyItem) -> list[types.CallHierarchyIncomingCall]:
    found = ls.session.consult(partial(_related, ls, _key(item), incoming)) or ()
    return [types.CallHierarchyIncomingCall(other, _ranges(ls, spans, other.uri)) for other, spans in found]


def called(ls: Server, item: types.CallHierarchyItem) -> list[types.CallHierarchyOutgoingCall]:
    found = ls.session.consult(partial(_related, ls, _key(item), outgoing)) or ()
    return [types.CallHierarchyOutgoingCall(other, _ranges(ls, spans, item.uri)) for other, spans in found]


Ask = Callable[[Program, Located], Iterable[Related]]


def _related(
    ls: Server, key: tuple[str, str], ask: Ask, program: Program
) -> list[tuple[types.CallHierarchyItem, tuple[Span, ...]]]:
    function = function_named(program, *key)
    found = ask(program, function) if function is not None else ()
    return [(_item(ls, related.function, program), related.calls) for related in found]


def _key(item: types.CallHierarchyItem) -> tuple[str, str]:
    data = item.data
    if not isinstance(data, dict) or not isinstance(data.get("function"), str):
        raise Refused(INVALID_PARAMS, "This item is not one of this server's.")
    return path_of(item.uri), data["function"]


def _item(ls: Server, function: Located, program: Program) -> types.CallHierarchyItem:
    source, encoding = ls.documents.source(function.path), ls.client.encoding
    return types.CallHierarchyItem(
        name=function.scope.name,
        kind=types.SymbolKind.Method if "." in function.qualname else types.SymbolKind.Function,
        uri=ls.documents.address(function.path)[0],
        range=range_of(function.span, source, encoding),
        selection_range=range_of(function.name_span, source, encoding),
        detail=detail(program, function.path, function.facts, function.scope),
        data={"function": function.qualname},
    )


def _ranges(ls: Server, spans: Iterable[Span], uri: str) -> list[types.Range]:
    source = ls.documents.source(path_of(uri))
    return [range_of(span, source, ls.client.encoding) for span in spans]
