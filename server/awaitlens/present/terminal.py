"""Writing to people: in colour on a terminal, plain everywhere else. rich is imported only when colour is wanted."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from awaitlens.pitfall import Law, Pitfall
from awaitlens.present.styled import Line, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PATIENCE = 0.6
"""Seconds before a progress bar appears."""


def columns_of(stream: TextIO) -> int:
    """How wide a terminal is; a pipe takes lines of any width."""
    return shutil.get_terminal_size().columns if stream.isatty() else 1_000


def is_coloured(stream: TextIO) -> bool:
    """Whether to write colour: on a terminal, unless NO_COLOR is set or it is a dumb one; always with FORCE_COLOR.

    The variables follow no-color.org and force-color.org: set and not empty.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def clear(stream: TextIO) -> bool:
    """Empty the screen of a terminal, what was scrolled away included; whether the stream is one."""
    is_screen = stream.isatty() and os.environ.get("TERM") != "dumb"
    if is_screen:
        stream.write("\x1b[H\x1b[2J\x1b[3J")
        stream.flush()
    return is_screen


def write_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Write styled lines. They are never wrapped: terminals do that, and copied paths stay whole."""
    if not is_coloured(stream):
        stream.write(plain(lines))
        return
    from rich.text import Text

    console = _console(stream)
    for line in lines:
        text = Text()
        for piece, style in line:
            text.append(piece, style or None)
        console.print(text, soft_wrap=True)


def write_markdown(markdown: str, stream: TextIO) -> None:
    """Write Markdown: rendered in colour, or as it is."""
    if not is_coloured(stream):
        stream.write(markdown.rstrip("\n") + "\n")
        return
    from rich.markdown import Markdown
    from rich.padding import Padding

    console = _console(stream)
    rendered = Markdown(
        markdown, code_theme="ansi_dark", inline_code_lexer="python", inline_code_theme="ansi_dark"
    )
    console.print(Padding(rendered, (1, 2)), width=min(console.width, 110))


def lesson_markdown(pitfall: Pitfall) -> str:
    """A pitfall's lesson as one Markdown page, its headings as they stand in the docstring."""
    lesson = pitfall.lesson
    switch = "on by default" if pitfall.default else "off by default"
    repair = "has a fix" if pitfall.fix else "has no fix of its own"
    facts = f"`{pitfall.name}`, {pitfall.severity}, {switch}, {repair}"
    law = f"> **Law {pitfall.law.number}: {pitfall.law.value}.** {pitfall.law.explanation}"
    slides = (f"## {slide.heading}\n\n{slide.body}" for slide in lesson.slides)
    return "\n\n".join(
        part for part in (f"# {lesson.title}", facts, law, lesson.introduction, *slides) if part
    )


def law_markdown(law: Law, pitfalls: Mapping[str, Pitfall]) -> str:
    """A law, and the pitfalls that break it."""
    broken = "\n".join(
        f"- `{name}`: {p.lesson.title}" for name, p in sorted(pitfalls.items()) if p.law is law
    )
    return f"# Law {law.number}: {law.value}\n\n{law.explanation}\n\n{broken or 'No pitfall names this law yet.'}"


def rules_lines(pitfalls: Mapping[str, Pitfall], columns: int) -> list[Line]:
    """All pitfalls by law: name, whether it is on, severity, fix, title. A title that does not fit gets its own line."""
    width = max(map(len, pitfalls), default=0)
    lines: list[Line] = []
    for law in Law:
        members = sorted(name for name, pitfall in pitfalls.items() if pitfall.law is law)
        if not members:
            continue
        lines.append([(f"{law.number}. {law.value}", "bold"), (f"  {law.slug}", "dim")])
        for name in members:
            title = pitfalls[name].lesson.title
            facts = _rule_facts(pitfalls[name], width)
            fits = sum(len(text) for text, _ in facts) + len(title) <= columns
            lines.extend([[*facts, (title, "")]] if fits else [facts, [(f"      {title}", "")]])
        lines.append([])
    return lines


def _rule_facts(pitfall: Pitfall, width: int) -> Line:
    switch = ("on ", "green") if pitfall.default else ("off", "dim")
    return [
        ("  ", ""),
        (f"{pitfall.name:<{width}}", "bold cyan"),
        ("  ", ""),
        switch,
        (f"  {pitfall.severity:<11}", ""),
        ("  fix  " if pitfall.fix else "       ", "green"),
    ]


class ProgressBar:
    """A bar on a terminal that appears only when the work takes long. Elsewhere it does nothing."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._begin = clock()
        self._wanted = stream.isatty() and is_coloured(stream)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, doing: str, done: int, total: int) -> None:
        """`done` of `total` files are through; `doing` says with what."""
        if not self._wanted or (self._bar is None and self._clock() - self._begin < _PATIENCE):
            return
        if self._bar is None:
            self._start()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=doing, completed=done, total=total)

    def _start(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=_console(self._stream), transient=True)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False, force_terminal=True)
