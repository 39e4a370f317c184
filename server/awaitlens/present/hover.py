"""One screen about one finding: the law, the claim, why here, the repair, how sure, where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.pitfall import Finding, Patch, Pitfall, Safety, Step
from awaitlens.present.change import Kind, advice_of, changed_lines, other_files
from awaitlens.present.columns import displayed
from awaitlens.present.escape import fenced, file_link, markdown_link, visible
from awaitlens.present.phrase import markdown_sentence, opened, plain_sentence
from awaitlens.present.timeline import drawn, timeline_of, trail_of
from awaitlens.source import Source

Style = Literal["markdown", "plaintext"]

SCREEN = 28
"""Lines a hover may have: about 22 that say something, the rest blank or fences, which take little room once drawn."""

SURE: dict[Confidence, str] = {
    "certain": "Certain: every name was followed to what it stands for.",
    "likely": "Likely: one step rests on a convention or an annotation.",
    "possible": "Possible: a guess worth a look.",
}
LIKELY_RACE = "Likely: it takes two such tasks at once, on the same state."
"""What a proof with two tasks rests on is not a name, but that they meet."""

SAFETY: dict[Safety, str] = {
    "safe": "keeps the meaning",
    "review": "changes timing or meaning, read it first",
    "show": "advice",
}


class _Shown(NamedTuple):
    """How much of a change is shown: how many lines around it, and the kind of line that is left out."""

    context: int
    without: Kind | None = None


_LESS_AND_LESS = (_Shown(2), _Shown(1), _Shown(0), _Shown(0, without="out"))


@dataclass(frozen=True, slots=True)
class _Subject:
    finding: Finding
    pitfall: Pitfall
    source: Source
    patch: Patch | None
    link: str | None
    slides: str | None


def hover(
    finding: Finding,
    pitfall: Pitfall,
    source: Source,
    patches: Sequence[Patch],
    style: Style,
    link: str | None,
    slides: str | None = None,
) -> str:
    """The text of a hover, at most SCREEN lines. `source` is the file the finding is in, `link` the lesson's URI,
    `slides` a URI that shows the deck, where the client follows such links.

    Of several patches the first is shown. Long proofs and repairs lose their middle, and say so.
    """
    subject = _Subject(finding, pitfall, source, patches[0] if patches else None, link, slides)
    page = _Markdown(subject) if style == "markdown" else _Plain(subject)
    head, foot = page.head(), page.foot()
    room = SCREEN - len(head) - len(foot)
    why, repair = _fitting(page, room)
    return "\n".join([*head, *why, *repair, *foot])


def _fitting(page: _Plain, room: int) -> tuple[list[str], list[str]]:
    """Proof and repair in `room` lines: the repair gives up the lines around it, then those it takes out, which the
    reader has before him anyway; then both lose their middles.
    """
    why = page.why(SCREEN)
    for shown in _LESS_AND_LESS:
        repair = page.repair(SCREEN, shown)
        if len(why) + len(repair) <= room:
            return why, repair
    repair = page.repair(max(room - len(why), 8), _LESS_AND_LESS[-1])
    return page.why(room - len(repair)), repair


class _Plain:
    """The hover for clients that take plain text only."""

    def __init__(self, subject: _Subject) -> None:
        self.finding, self.pitfall, self.patch = subject.finding, subject.pitfall, subject.patch
        self.source, self.link, self.slides = subject.source, subject.link, subject.slides
        self.trail = trail_of(subject.finding, subject.source)

    def head(self) -> list[str]:
        law = self.pitfall.law
        return [f"Law {law.number}: {law.value}.", "", self.claim()]

    def claim(self) -> str:
        return self.sentence(opened(self.finding.message.rstrip("."))) + "."

    def why(self, room: int) -> list[str]:
        """The proof in at most `room` lines, the blank line before it included."""
        if not self.trail or room < 4:
            return []
        timeline = timeline_of(self.trail)
        if timeline is None:
            lines = [self.step(number, step) for number, step in enumerate(self.trail, 1)]
            return ["", *self.listed(lines, room - 1)]
        table = drawn(timeline)
        links = self.places(self.trail)
        space = room - len(links) - len(self.block([], "text")) - 1
        return ["", *self.block(table[:2] + _without_middle(table[2:], space - 2), "text"), *links]

    def repair(self, room: int, shown: _Shown) -> list[str]:
        """The first patch as code in at most `room` lines, the blank line before it included."""
        if self.patch is None:
            return []
        title = f"{self.sentence(self.patch.title.rstrip('.'))} ({SAFETY[self.patch.safety]}){_elsewhere(self.patch)}"
        lines, language = self.code(self.patch, shown)
        if not lines:
            words = advice_of(self.patch).words
            return ["", f"{title}: {self.sentence(words)}" if words else f"{title}."]
        kept = _without_middle(lines, room - 2 - len(self.block([], "")))
        return ["", f"{title}:", *self.block(kept, language)]

    def code(self, patch: Patch, shown: _Shown) -> tuple[list[str], str]:
        """What the patch changes, or what it advises, as lines and their language; blank lines go when room is scarce."""
        changed = changed_lines(self.source, patch, shown.context)
        if changed:
            kept = [
                c for c in changed if (c.text or c.kind == "gap" or shown.context) and c.kind != shown.without
            ]
            return [displayed(str(line)) for line in kept], "diff"
        advice = advice_of(patch)
        return list(advice.lines), "python" if advice.is_code else "text"

    def foot(self) -> list[str]:
        return ["", f"{self.sure()} {self.lesson()}".rstrip()]

    def sure(self) -> str:
        is_race = self.finding.confidence == "likely" and any(s.lane == "task 2" for s in self.trail)
        return LIKELY_RACE if is_race else SURE[self.finding.confidence]

    def lesson(self) -> str:
        return f"{self.pitfall.name}{': ' + self.link if self.link else ''}"

    def sentence(self, words: str) -> str:
        return visible(plain_sentence(" ".join(words.split())))

    def step(self, number: int, step: Step) -> str:
        return f"{number}. {_place(step)}: {self.sentence(_said(step))}"

    def listed(self, lines: list[str], room: int) -> list[str]:
        return _without_middle(lines, room)

    def places(self, trail: Sequence[Step]) -> list[str]:
        return []

    def block(self, lines: list[str], language: str) -> list[str]:
        return [visible(line) for line in lines]


class _Markdown(_Plain):
    """The hover for clients that draw Markdown."""

    def head(self) -> list[str]:
        law = self.pitfall.law
        return [f"**Law {law.number}: {law.value}.**", "", self.claim()]

    def lesson(self) -> str:
        lesson = markdown_link(self.pitfall.name, self.link)
        return f"{lesson} {markdown_link('Show slides', self.slides)}" if self.slides else lesson

    def sentence(self, words: str) -> str:
        return markdown_sentence(words)

    def step(self, number: int, step: Step) -> str:
        return f"{number}. {self.linked(step)}: {self.sentence(_said(step))}"

    def linked(self, step: Step) -> str:
        target = file_link(step.path or self.source.path, step.span.line, step.span.column)
        return markdown_link(_place(step), target)

    def listed(self, lines: list[str], room: int) -> list[str]:
        """Blank lines around the gap end the list there, so that the rest keeps its own numbers."""
        kept = _without_middle(lines, room if len(lines) <= room else room - 2)
        return [part for line in kept for part in (["", line, ""] if line.startswith("…") else [line])]

    def places(self, trail: Sequence[Step]) -> list[str]:
        """The way through the code as links, since the table itself is drawn letter by letter and has none."""
        stops = list(dict.fromkeys((step.path, step.span.line) for step in trail))
        first = {stop: next(s for s in trail if (s.path, s.span.line) == stop) for stop in stops}
        return ["See " + ", ".join(self.linked(first[stop]) for stop in stops[:6]) + "."]

    def block(self, lines: list[str], language: str) -> list[str]:
        return fenced(lines, language)


def _said(step: Step) -> str:
    return f"{step.lane}: {step.words}" if step.lane else step.words


def _place(step: Step) -> str:
    if not step.path:
        return f"line {step.span.line + 1}"
    return visible(f"{PurePath(step.path).name}:{step.span.line + 1}")


def _elsewhere(patch: Patch) -> str:
    names = [visible(PurePath(path).name) for path in other_files(patch)]
    return f", with edits in {len(names)} more file{'s' if len(names) > 1 else ''}" if names else ""


def _without_middle(lines: list[str], room: int) -> list[str]:
    """At most `room` lines (3 at least): the beginning and the end, and how many lines were left out between."""
    room = max(room, 3)
    if len(lines) <= room:
        return lines
    tail = (room - 1) // 2
    head = room - 1 - tail
    left_out = len(lines) - head - tail
    return [*lines[:head], f"… {left_out} more lines", *lines[-tail:]]
