"""The vocabulary a pitfall speaks: what it finds, how it proves it, how it repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.lesson import Lesson
    from awaitlens.program.facts import Facts
    from awaitlens.program.flow.story import Scene
    from awaitlens.program.view import View

Severity = Literal["error", "warning", "information", "hint"]
Safety = Literal["safe", "review", "show"]


class Law(Enum):
    """The seven laws of async Python. Every pitfall breaks one."""

    NEVER_BLOCK_THE_LOOP = "Never block the loop"
    AWAIT_WHAT_YOU_CALL = "Await what you call"
    ALONE_BETWEEN_AWAITS = "Between awaits you are alone; across an await you are not"
    KNOW_YOUR_THREAD = "Know which thread you are on"
    ONE_COLOUR = "A function has one colour"
    HOLD_YOUR_TASKS = "Hold on to your tasks"
    LET_CANCELLATION_THROUGH = "Let cancellation through"

    @property
    def number(self) -> int:
        return list(Law).index(self) + 1

    @property
    def slug(self) -> str:
        """The law's name for `--select` and links: "never-block-the-loop"."""
        return self.name.lower().replace("_", "-")

    @property
    def explanation(self) -> str:
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    Law.NEVER_BLOCK_THE_LOOP: "While one task sits in time.sleep, nobody else moves.",
    Law.AWAIT_WHAT_YOU_CALL: "A coroutine that nobody awaits never runs.",
    Law.ALONE_BETWEEN_AWAITS: "Atomic sections come for free, and end at every await.",
    Law.KNOW_YOUR_THREAD: "A connection, a transaction, a loop belong to one thread.",
    Law.ONE_COLOUR: "Sync where sync is expected, async where async is expected.",
    Law.HOLD_YOUR_TASKS: "Keep them, wait for them, look at how they ended.",
    Law.LET_CANCELLATION_THROUGH: "Timeouts and shutdown arrive as an exception; do not swallow it.",
}


class Step(NamedTuple):
    """One step of a proof: where, and in words what happens there.

    `path` is "" for the file the finding is in. `lane` names who does it ("task 1", "event loop", "worker thread"),
    or is "" where one actor does everything.
    """

    span: Span
    words: str
    path: str = ""
    lane: str = ""


def steps(story: Iterable[Scene], path: str) -> tuple[Step, ...]:
    """The scenes of a race as steps; `path` is the file's, for scenes in another of its blocks."""
    return tuple(
        Step(scene.span.shifted(scene.line), scene.words, path, scene.lane)
        if scene.line >= 0
        else Step(scene.span, scene.words, lane=scene.lane)
        for scene in story
    )


class Finding(NamedTuple):
    """A pitfall seen at a place.

    `message` is one plain sentence in the user's own names that stands alone; `trail` is the proof, step by step.
    `data` carries what the fix needs to know, as plain strings: a finding is compared and stored by value.
    Inside detect, spans count from the block's first line; the engine shifts them to the file's.
    """

    span: Span
    message: str
    confidence: Confidence = "certain"
    trail: tuple[Step, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    pitfall: str = ""
    severity: Severity = "warning"

    def value(self, key: str) -> str:
        """The datum `key` of this finding; "" where there is none."""
        return next((value for name, value in self.data if name == key), "")

    def shifted(self, lines: int) -> Finding:
        trail = tuple(s._replace(span=s.span.shifted(lines)) if not s.path else s for s in self.trail)
        return self._with(self.span.shifted(lines), trail, self.pitfall, self.severity)

    def named(self, pitfall: str, severity: Severity) -> Finding:
        """The finding as one of this pitfall."""
        return self._with(self.span, self.trail, pitfall, severity)

    def _with(self, span: Span, trail: tuple[Step, ...], pitfall: str, severity: Severity) -> Finding:
        # A third of what `replace` takes.
        return Finding(span, self.message, self.confidence, trail, self.data, pitfall, severity)


class Edit(NamedTuple):
    """Replace the text under `span` by `text`. `path` is "" for the file of the finding."""

    span: Span
    text: str
    path: str = ""


class Patch(NamedTuple):
    """A repair: `safe` keeps the meaning, `review` changes timing or meaning, `show` is advice to read.

    `imports` are the dotted names the new code needs ("asyncio", "asgiref.sync.sync_to_async"); the import statements
    are added where the file keeps its own. `advice` is for `show`: code or words to look at, when there is no edit.
    """

    title: str
    safety: Safety
    edits: tuple[Edit, ...] = ()
    imports: tuple[str, ...] = ()
    advice: str = ""

    def shifted(self, lines: int) -> Patch:
        edits = tuple(e._replace(span=e.span.shifted(lines)) if not e.path else e for e in self.edits)
        return self._replace(edits=edits)


def quoted(name: str) -> str:
    """A name in a sentence: between backticks where it would read like a word of English, as `ready` and `join` do."""
    return f"`{name}`" if name.isidentifier() else name


class Brief(NamedTuple):
    """A pitfall in short: what a report may say of each of its findings."""

    law: Law
    title: str
    introduction: str


Detect = Callable[["Facts", "View"], Iterable[Finding]]
Fix = Callable[["Facts", "View", Finding], "Patch | Iterable[Patch] | None"]


@dataclass(frozen=True, slots=True)
class Pitfall:
    """One way to get async Python wrong: a module of pitfalls/, read as a value.

    `name` is the module's name with dashes. `everywhere` is true for pitfalls that can sit in code with nothing async
    in the same block. `default` says whether it is on without being asked for. `needs` are words of program/traits.py:
    a block with none of them is passed over; empty means that every block is looked at.
    """

    name: str
    law: Law
    severity: Severity
    default: bool
    everywhere: bool
    needs: frozenset[str]
    lesson: Lesson
    detect: Detect
    fix: Fix | None

    @property
    def brief(self) -> Brief:
        return Brief(self.law, self.lesson.title, self.lesson.introduction)
