"""A lesson: the docstring of a pitfall, read as slides.

The first line is the title, a sentence. Prose may follow. Then come headings (`## Bad`, `## Good`, `## Fine`, or the
story's own), each one slide with prose and fenced Python code. A heading may carry words of its own after a colon:
`## Bad: with an alias`. In the code of a Bad slide, a comment line of carets names what is found on the line above:

    cursor = connection.cursor()
    #        ^^^^^^^^^^^^^^^^^^^ the message, or its beginning

A `#` that touches the carets counts as one of them, so that the first columns of a line can be reached. What ends on a
later line is marked to the end of its first line, with `...` behind the carets' last one: `# ^^^^...`.

A Good slide is what the pitfall's fix makes of the Bad slide before it; a Fine slide looks alike and is right.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from awaitlens.source import Span

_HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*) *([^\n]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
_CARETS = re.compile(r"^(\s*)#(\s*)(\^+(?:\.\.\.)?)(?: (.*))?$")


class MalformedLesson(ValueError):
    """A docstring that is no lesson. The message says what is missing."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What carets in a Bad slide say: this span, and a message that begins like this ("" for any).

    `open` is true where the finding goes on on later lines: then only the start of `span` counts.
    """

    span: Span
    message: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced block: `language` ("python", "toml"), the file name it stands for ("" for the slide's own file), text."""

    language: str
    path: str
    text: str

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        return _expectations(self.text)

    @property
    def without_carets(self) -> str:
        return "".join(line for line in self.text.splitlines(True) if not _CARETS.match(line.rstrip("\n")))


@dataclass(frozen=True, slots=True)
class Slide:
    """One heading of a lesson: `kind` is "bad", "good", "fine" or "story"; `body` its Markdown, code included."""

    heading: str
    kind: str
    body: str
    codes: tuple[Code, ...]

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.body).strip()


@dataclass(frozen=True, slots=True)
class Lesson:
    title: str
    introduction: str
    slides: tuple[Slide, ...]

    def of_kind(self, kind: str) -> tuple[Slide, ...]:
        return tuple(slide for slide in self.slides if slide.kind == kind)

    @property
    def pairs(self) -> tuple[tuple[Slide, Slide | None], ...]:
        """Each Bad slide with the Good slide that follows it before the next Bad one."""
        pairs: list[tuple[Slide, Slide | None]] = []
        for slide in self.slides:
            if slide.kind == "bad":
                pairs.append((slide, None))
            elif slide.kind == "good" and pairs and pairs[-1][1] is None:
                pairs[-1] = (pairs[-1][0], slide)
        return tuple(pairs)


def parse_lesson(docstring: str | None) -> Lesson:
    """Read a module's docstring. Raises MalformedLesson when it has no title or no Bad slide with carets."""
    text = inspect.cleandoc(docstring or "")
    title, _, rest = text.partition("\n")
    if not title.strip():
        raise MalformedLesson("a lesson begins with a title")
    parts = _HEADING.split(rest)
    slides = tuple(_slide(parts[i], parts[i + 1]) for i in range(1, len(parts), 2))
    lesson = Lesson(title.strip(), parts[0].strip(), slides)
    if not any(code.expectations for slide in lesson.of_kind("bad") for code in slide.codes):
        raise MalformedLesson(f"{title!r} has no Bad slide with carets under what is found")
    return lesson


def _slide(heading: str, body: str) -> Slide:
    kind = heading.partition(":")[0].strip().lower()
    codes = tuple(
        Code(language or "python", path.strip(), text) for language, path, text in _FENCE.findall(body)
    )
    return Slide(heading.strip(), kind if kind in ("bad", "good", "fine") else "story", body.strip(), codes)


def _expectations(text: str) -> tuple[Expectation, ...]:
    found, line = [], -1
    for raw in text.splitlines():
        carets = _CARETS.match(raw)
        if carets is None:
            line += 1
            continue
        marks = carets[3].rstrip(".")
        end = len(carets[1]) + 1 + len(carets[2]) + len(marks)
        column = end - len(marks) if carets[2] else len(carets[1])
        found.append(Expectation(Span(line, column, line, end), carets[4] or "", marks != carets[3]))
    return tuple(found)
