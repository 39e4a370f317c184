"""A look at the blocks of some lines of a file, each with its facts and its view of the program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import Facts
from awaitlens.program.modules import FileFacts
from awaitlens.program.view import View

if TYPE_CHECKING:
    from awaitlens.program.program import Program


class Window(NamedTuple):
    """One block: the line of the file it begins on, what it says, and what it may ask."""

    line: int
    facts: Facts
    view: View


def windows(program: Program, file: FileFacts, first: int, last: int) -> Iterator[Window]:
    """The blocks that reach into the lines `first` to `last` of a file (0-based, inclusive)."""
    for line, facts in file.blocks:
        if line > last:
            return
        if line + facts.text.count("\n") >= first:
            yield Window(line, facts, View(program, file, facts))
