"""The hints in the line that the program gives where no finding is: what waits, what blocks, what is atomic."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from awaitlens.pitfall import Step
from awaitlens.present.hints import (
    Category,
    Glyphs,
    Hint,
    Wording,
    atomic,
    blocks,
    coloured,
    others_may_run,
    runs,
    runs_on,
    signed,
)
from awaitlens.present.remarks import argument_text, handed_over, is_sure, place_of, threads_name
from awaitlens.program.facts import Scope
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.program import Program
from awaitlens.program.sections import shared_sections, switches
from awaitlens.program.threads import RunsOn
from awaitlens.program.window import Window, windows
from awaitlens.source import Source, Span

Mark = tuple[int, Wording, Step | None]
"""A line of the file, what to say there, and where a click leads."""


def hints_in(
    span: Span,
    source: Source,
    categories: Collection[str],
    glyphs: Glyphs,
    program: Program,
    file: FileFacts,
) -> tuple[Hint, ...]:
    """The hints of the wanted categories in a stretch of a file, one a line and category."""
    found: dict[tuple[int, Category], Hint] = {}
    for window in windows(program, file, span.line, span.end_line):
        for category, marks in _MAKERS.items():
            if category not in categories:
                continue
            for line, wording, witness in marks(window, program):
                label, tooltip = signed(wording, category, glyphs)
                column = len(source.line_text(line).rstrip())
                found.setdefault((line, category), Hint(line, column, label, tooltip, category, witness))
    return tuple(found[key] for key in sorted(found) if span.contains(key[0], found[key].column))


def merged(first: Iterable[Hint], second: Iterable[Hint]) -> list[Hint]:
    """The hints of both in the order of the lines; where both have one of a line and category, the first counts."""
    kept = {(hint.line, hint.category): hint for hint in (*second, *first)}
    return [kept[key] for key in sorted(kept)]


def _switches(window: Window, _: Program) -> Iterator[Mark]:
    for switch in switches(window.facts, window.view):
        witness = Step(switch.write.shifted(window.line), "is written here")
        yield window.line + switch.at.line, others_may_run(place_of(switch, window.facts)), witness


def _blocking(window: Window, program: Program) -> Iterator[Mark]:
    facts, view = window.facts, window.view
    for call in facts.calls:
        chain = view.blocking(call) if facts.scopes[call.scope].is_async else None
        if chain is not None and is_sure(chain):
            last = chain.hops[-1]
            witness = Step(view.hop_span(last), "waits here", last.path)
            yield window.line + call.span.line, blocks(chain.names), witness


def _atomic(window: Window, _: Program) -> Iterator[Mark]:
    for section in shared_sections(window.facts, window.view):
        first, last = section.first + window.line, section.last + window.line
        yield first, atomic(first, last), Step(Span(last, 0, last, 0), "ends here")


def _colour(window: Window, program: Program) -> Iterator[Mark]:
    """Calls whose coroutine is handed on: there it matters that calling alone runs nothing."""
    facts, view = window.facts, window.view
    for call in facts.calls:
        if call.usage.kind in ("awaited", "dropped", "async entered", "async iterated"):
            continue
        target = view.target(call)
        if target.colour == "async" and target.confidence != "possible" and target.path:
            file = program.files[target.path]
            definition = file.definitions.get(target.qualname)
            if definition is not None:
                line = file.blocks[definition.block][0]
                where = file.scope(definition).name_span.shifted(line)
                name = target.qualname.rpartition(".")[2]
                yield (
                    window.line + call.span.line,
                    coloured(name, "async"),
                    Step(where, "is async", target.path),
                )


def _threads(window: Window, program: Program) -> Iterator[Mark]:
    """Where a function runs, where that is not plain: away from the loop, or on it although it blocks."""
    yield from _given_away(window)
    for scope in window.facts.functions():
        told = None if scope.is_async else _thread(scope, window, program)
        if told is not None:
            wording = runs_on(threads_name(told.thread), told.words)
            yield window.line + scope.name_span.line, wording, Step(told.span, told.words, told.path)


def _thread(scope: Scope, window: Window, program: Program) -> RunsOn | None:
    """The thread to tell of: never the module level, and the loop only of what blocks it."""
    for place in window.view.runs_on(scope.number):
        if place.confidence == "possible" or place.thread == "module level":
            continue
        key = (window.view.path, qualname(window.facts, scope))
        if place.thread != "event loop" or program.summaries.of(key) is not None:
            return place
    return None


def _given_away(window: Window) -> Iterator[Mark]:
    for call in window.facts.calls:
        given = handed_over(call, window)
        if given is not None and given[1] == "sensitive thread":
            name = argument_text(given[0], window)
            yield window.line + call.span.line, runs(name, "in the thread-sensitive worker"), None


_MAKERS: dict[Category, Callable[[Window, Program], Iterator[Mark]]] = {
    "threads": _threads,
    "switches": _switches,
    "blocking": _blocking,
    "atomic": _atomic,
    "colour": _colour,
}
