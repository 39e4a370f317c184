"""A deck: a finding, or a lesson, told slide by slide. Plain values that any client can draw.

One idea a slide: the code as it is, then what happens step by step, then the repair, last the law.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from awaitlens.lesson import Code, Expectation
from awaitlens.lesson import Slide as LessonSlide
from awaitlens.pitfall import Finding, Law, Patch, Pitfall, Step
from awaitlens.present.change import ChangedLine, advice_of, changed_lines, other_files
from awaitlens.present.excerpt import common_indentation, excerpt
from awaitlens.present.phrase import opened, plain_sentence
from awaitlens.present.timeline import Timeline, timeline_of, trail_of
from awaitlens.source import Source, Span, split_lines

_FENCED = re.compile(r"^```.*?^```[ ]*$", re.MULTILINE | re.DOTALL)

_WORD = re.compile(r"[a-z]+(?![\w.(@])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an editor can go: 0-based line, 0-based column in UTF-16 units, as browsers and VS Code count."""

    path: str
    line: int
    column: int

    @property
    def label(self) -> str:
        return f"{PurePath(self.path).name}, line {self.line + 1}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A few words beside a line. `now` when this slide is about them."""

    words: str
    lane: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a listing: its 0-based number in the file, its text without end, what the slide says beside it."""

    number: int
    text: str
    focus: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Code to look at. Where line numbers jump, lines were left out."""

    kind: ClassVar[str] = "listing"
    path: str
    lines: tuple[Line, ...]
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Change:
    """The repair as lines taken out and put in."""

    kind: ClassVar[str] = "change"
    lines: tuple[ChangedLine, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The proof so far, one actor doing everything; `now` is the number of the last one."""

    kind: ClassVar[str] = "trail"
    steps: tuple[tuple[Place, str], ...]

    @property
    def now(self) -> int:
        return len(self.steps) - 1


@dataclass(frozen=True, slots=True)
class Words:
    """A plain sentence, perhaps in the user's names."""

    kind: ClassVar[str] = "words"
    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown of a lesson: written by the project, never by the user."""

    kind: ClassVar[str] = "prose"
    markdown: str


Part = Listing | Change | Timeline | Trail | Words | Prose


@dataclass(frozen=True, slots=True)
class Slide:
    """One idea. `kicker` says what kind of slide it is, `heading` is the idea, `place` where it is in the code.

    On a step the words beside the line are the idea; its heading only counts.
    """

    kicker: str
    heading: str
    parts: tuple[Part, ...] = ()
    place: Place | None = None
    law: Law | None = None
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Deck:
    """A talk about one finding or one lesson. `title` is plain text, `pitfall` the pitfall's name."""

    title: str
    pitfall: str
    slides: tuple[Slide, ...]


def deck_for_finding(
    finding: Finding,
    pitfall: Pitfall,
    source: Source,
    patches: Sequence[Patch],
    others: Mapping[str, Source] | None = None,
) -> Deck:
    """The deck about the user's own code. `others` are the further files the trail visits, as far as they are at hand."""
    sources, trail = {**(others or {}), "": source}, trail_of(finding, source)
    opening = Slide(
        "The code as it is",
        opened(finding.message),
        _listing(sources[""], _lines(finding.span), [step for step in trail if not step.path], ()),
        _place(source, source.path, finding.span),
    )
    told = [_told(trail, number, sources) for number in range(len(trail))]
    repairs = [_repair(source, patch) for patch in patches[:1]]
    return Deck(plain_sentence(pitfall.lesson.title), pitfall.name, (opening, *told, *repairs, _law(pitfall)))


def deck_for_lesson(pitfall: Pitfall) -> Deck:
    """The deck that the pitfall's lesson is: its headings, one slide each."""
    lesson = pitfall.lesson
    opening = Slide(
        f"Law {pitfall.law.number} of {len(Law)}: {pitfall.law.value}",
        lesson.title,
        (Prose(lesson.introduction),) if lesson.introduction else (),
    )
    told = map(_lesson_slide, lesson.slides)
    return Deck(plain_sentence(lesson.title), pitfall.name, (opening, *told, _law(pitfall)))


def _told(trail: Sequence[Step], number: int, sources: Mapping[str, Source]) -> Slide:
    """The slide for one step: its line in focus, its words beside it, what happened so far underneath."""
    step, source = trail[number], sources.get(trail[number].path)
    timeline = timeline_of(trail)
    parts: tuple[Part, ...] = ()
    if source:
        here = [other for other in trail if other.path == step.path]
        so_far = [other for other in trail[: number + 1] if other.path == step.path]
        parts = _listing(source, _lines(step.span), here, [step] if timeline else so_far)
    if timeline:
        parts += (timeline.until(number),)
    elif source is None or any(other.path for other in trail):
        parts += (_so_far(trail[: number + 1], sources),)
    heading = f"What happens, step {number + 1} of {len(trail)}"
    place = _place(source, step.path or sources[""].path, step.span)
    return Slide("", heading, parts, place, is_step=True)


def _listing(
    source: Source, focus: Iterable[int], visited: Sequence[Step], marked: Sequence[Step]
) -> tuple[Part, ...]:
    focused = set(focus)
    numbers = excerpt(source, focused, [step.span.line for step in visited])
    texts = {number: source.line_text(number).expandtabs(4) for number in numbers}
    indentation = common_indentation(texts.values())
    lines = [
        Line(number, text[indentation:], number in focused, _marks(marked, number))
        for number, text in texts.items()
    ]
    return (Listing(source.path, tuple(lines)),)


def _marks(marked: Sequence[Step], line: int) -> tuple[Mark, ...]:
    last = marked[-1] if marked else None
    return tuple(Mark(s.words, s.lane, now=s is last) for s in marked if s.span.line == line)


def _lines(span: Span) -> range:
    """The lines a span covers; a long statement is pointed at by its first lines."""
    last = span.end_line if span.end_column or span.end_line == span.line else span.end_line - 1
    return range(span.line, min(last, span.line + 5) + 1)


def _so_far(steps: Sequence[Step], sources: Mapping[str, Source]) -> Trail:
    own = sources[""].path
    return Trail(
        tuple((_place(sources.get(s.path), s.path or own, s.span), s.words) for s in steps),
    )


def _place(source: Source | None, path: str, span: Span) -> Place:
    column = source.column_to_units(span.line, span.column, "utf-16") if source else span.column
    return Place(path, span.line, column)


def _repair(source: Source, patch: Patch) -> Slide:
    parts: list[Part] = []
    if patch.safety == "review":
        parts.append(Words("This changes timing or meaning. Read it before you take it."))
    lines = changed_lines(source, patch)
    if lines:
        parts.append(Change(lines))
    advice = advice_of(patch)
    if advice.lines:
        told = (Line(number, text) for number, text in enumerate(advice.lines))
        parts.append(Listing("", tuple(told), "python" if advice.is_code else "text"))
    elif advice.words:
        parts.append(Words(advice.words))
    if other_files(patch):
        names = ", ".join(PurePath(path).name for path in other_files(patch))
        parts.append(Words(f"It also edits {names}."))
    return Slide("The repair" if patch.edits else "What to do", patch.title, tuple(parts))


def _law(pitfall: Pitfall) -> Slide:
    law = pitfall.law
    words = (Words(law.explanation), Words(f"Read on: `awaitlens explain {pitfall.name}`"))
    return Slide(f"Law {law.number} of {len(Law)}", f"{law.value}.", words, law=law)


_KICKERS = {"bad": "What goes wrong", "good": "The repair", "fine": "Looks alike, and is right", "story": ""}


def _lesson_slide(slide: LessonSlide) -> Slide:
    own = slide.heading.partition(":")[2].strip()
    own = own[:1].upper() + own[1:] if _WORD.match(own) else own
    kicker = _KICKERS[slide.kind]
    heading = slide.heading if slide.kind == "story" else own or kicker
    return Slide("" if heading == kicker else kicker, heading, tuple(_lesson_parts(slide)))


def _lesson_parts(slide: LessonSlide) -> Iterable[Part]:
    """Prose and code in the order the lesson has them."""
    proses = [text.strip() for text in _FENCED.split(slide.body)]
    for number, prose in enumerate(proses):
        if prose:
            yield Prose(prose)
        if number < len(slide.codes):
            yield _lesson_listing(slide.codes[number])


def _lesson_listing(code: Code) -> Listing:
    expected = code.expectations
    focused = {line for expectation in expected for line in _lines(expectation.span)}
    texts = [line.rstrip("\r\n") for line in split_lines(code.without_carets)]
    lines = [Line(n, text, n in focused, _said(expected, n)) for n, text in enumerate(texts)]
    return Listing(code.path, tuple(lines), code.language)


def _said(expected: Sequence[Expectation], line: int) -> tuple[Mark, ...]:
    return tuple(Mark(e.message, now=True) for e in expected if e.span.line == line and e.message)
