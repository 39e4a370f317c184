"""`slides`: a finding of the user's own, or a lesson, as a deck."""

# Paths are strings, as everywhere on the way to a check.
# ruff: noqa: PTH100, PTH113
from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from awaitlens.cli.arguments import CouldNotRun
from awaitlens.cli.checking import CheckedProgram, SettingsFor, check_sources, read_sources
from awaitlens.cli.nearby import files_around
from awaitlens.configuration import Configuration
from awaitlens.pitfall import Finding
from awaitlens.pitfalls import pitfalls
from awaitlens.present.deck_html import render_html
from awaitlens.present.deck_markdown import render_markdown
from awaitlens.present.slides import Deck, deck_for_finding, deck_for_lesson
from awaitlens.present.terminal import write_markdown
from awaitlens.selection import selectors
from awaitlens.source import Source
from awaitlens.spelling import did_you_mean


class Found(NamedTuple):
    """What is found on one line of a file: `here` is not empty. `sources` are the files read with it."""

    path: str
    here: tuple[Finding, ...]
    sources: Mapping[str, Source]
    program: CheckedProgram


def slides(target: str, output: str | None) -> int:
    """Show the deck of FILE:LINE (1-based) or of a pitfall's lesson; with `output` write it there, as Markdown if it
    ends in .md and as one HTML file otherwise. Raises CouldNotRun where there is nothing to tell."""
    known = pitfalls()
    deck = deck_for_lesson(known[target]) if target in known else _deck_at(target)
    if output is None:
        write_markdown(render_markdown(deck), sys.stdout)
        return 0
    text = render_markdown(deck) if output.endswith(".md") else render_html(deck)
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as error:
        raise CouldNotRun(f"{output} cannot be written: {error.strerror or error}") from error
    return 0


def _deck_at(target: str) -> Deck:
    found = found_at(target)
    return _deck(found.here[0], found.sources, found.program, found.path)


def found_at(target: str) -> Found:
    """The findings at FILE:LINE (1-based). Raises CouldNotRun where there are none."""
    file, colon, number = target.rpartition(":")
    if not colon or not number.isdecimal():
        wrong = did_you_mean(target, list(pitfalls()))
        raise CouldNotRun(f"{target!r} is neither FILE:LINE nor a pitfall{wrong}")
    path, line = os.path.abspath(file), int(number) - 1
    settings_for = Configuration(known=selectors(pitfalls())).settings_for
    sources = _sources(path, settings_for)
    program = check_sources(sources, settings_for)
    found = tuple(program.reported(path))
    here = [f for f in found if f.span.line <= line <= f.span.end_line and f.pitfall in pitfalls()]
    if not here:
        raise CouldNotRun(f"there is no pitfall on line {number} of {file}{_elsewhere(found)}")
    return Found(path, tuple(here), sources, program)


def _deck(finding: Finding, sources: Mapping[str, Source], program: CheckedProgram, path: str) -> Deck:
    pitfall = pitfalls()[finding.pitfall]
    patches = program.patches(path, finding) if pitfall.fix else ()
    return deck_for_finding(finding, pitfall, sources[path], patches, sources)


def _sources(path: str, settings_for: SettingsFor) -> Mapping[str, Source]:
    """The file, and those that a proof about it may visit."""
    if not os.path.isfile(path):
        raise CouldNotRun(f"there is no file {path}")
    reading = read_sources(files_around(path, settings_for), frozenset([path]), lambda *_: None)
    if path not in reading.sources:
        raise CouldNotRun(f"{path} cannot be read: {reading.unreadable.get(path, 'left out')}")
    return reading.sources


def _elsewhere(found: tuple[Finding, ...]) -> str:
    lines = sorted({finding.span.line + 1 for finding in found})
    if not lines:
        return ", nor anywhere else in it"
    return f"; there are some on {', '.join(map(str, lines[:8]))}"
