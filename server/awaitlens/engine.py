"""Facts to findings, and findings to patches. Pure: no file is read or written here, and no pitfall can break it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from awaitlens import selection
from awaitlens.pitfall import Finding, Patch, Pitfall
from awaitlens.pitfalls import pitfalls
from awaitlens.program.conditions import never_run
from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.memory import LINES, Ground
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program, module_name
from awaitlens.program.rereading import Rereader
from awaitlens.program.traits import traits
from awaitlens.program.view import View
from awaitlens.rewrite.imports import settle
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.syntax.blocks import layout
from awaitlens.syntax.parse import Reader

log = logging.getLogger("awaitlens")


def read(source: Source, module: str, reader: Reader[Facts]) -> FileFacts:
    """A file's facts, block by block; blocks that the reader has seen before are not parsed again."""
    blocks = reader.read(layout(source.text))
    return FileFacts(source.path, module, tuple((line, facts) for line, _, facts in blocks))


def new_reader(budget: int = 20_000) -> Reader[Facts]:
    """A reader of facts; `budget` are the characters it remembers besides those of the text it has read last."""
    return Reader(extract, budget)


def new_rereader(budget: int) -> Reader[Facts]:
    """A reader for a text that is being edited."""
    return Reader(extract, budget, Rereader().read)


class Chosen:
    """The pitfalls that are on somewhere."""

    def __init__(self, pitfalls: Iterable[Pitfall]) -> None:
        self.pitfalls = tuple(pitfalls)
        self._telling = frozenset[str]().union(*(pitfall.needs for pitfall in self.pitfalls))
        self._with_traits = lru_cache(maxsize=1024)(self._needing_no_more)

    def with_traits(self, words: frozenset[str], has_async: bool) -> tuple[Pitfall, ...]:
        """Those that may find something in a block with these traits."""
        return self._with_traits(words & self._telling, has_async)

    def _needing_no_more(self, words: frozenset[str], has_async: bool) -> tuple[Pitfall, ...]:
        return tuple(
            pitfall
            for pitfall in self.pitfalls
            if (has_async or pitfall.everywhere) and not (pitfall.needs and pitfall.needs.isdisjoint(words))
        )


def selected(settings: Settings, path: str = "") -> Chosen:
    """The pitfalls that are on for a file under these settings."""
    return _selected(settings, path if settings.per_file_ignores else "")


@lru_cache(maxsize=256)
def _selected(settings: Settings, path: str) -> Chosen:
    names = selection.selected(settings, pitfalls(), path)
    return Chosen(pitfall for pitfall in pitfalls().values() if pitfall.name in names)


def findings(program: Program, path: str, blocks: Iterable[int] | None = None) -> tuple[Finding, ...]:
    """All findings of a file, mere possibilities included, in file coordinates, in the order they stand in.

    `blocks` are the numbers of those that are worth a look, if the caller knows.
    """
    file = program.files[path]
    found: list[Finding] = []
    for number in range(len(file.blocks)) if blocks is None else blocks:
        line, facts = file.blocks[number]
        found.extend(finding.shifted(line) for finding in block_findings(program, file, facts))
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.span, finding.pitfall)


def block_findings(program: Program, file: FileFacts, facts: Facts) -> tuple[Finding, ...]:
    """The findings of one block, counted from its first line."""
    settings = program.settings_for(file.path)
    view = View(program, file, facts)
    found: list[Finding] = []
    for pitfall in worth_running(selected(settings, file.path), facts, view):
        found.extend(_detected(pitfall, facts, view, settings))
    view.forget()
    if found and (never := never_run(facts)):
        found = [each for each in found if not any(stretch.contains(*each.span[:2]) for stretch in never)]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def worth_running(chosen: Chosen, facts: Facts, view: View) -> tuple[Pitfall, ...]:
    """The pitfalls that may find something in the block, by what is in it."""
    return chosen.with_traits(traits(facts, view), facts.has_async)


class Look(NamedTuple):
    """A look at one block: what is found, and what that rests on beside the block itself and the meaning of names."""

    facts: Facts
    findings: tuple[Finding, ...]
    grounds: frozenset[Ground]


def look(program: Program, file: FileFacts, facts: Facts) -> Look:
    """The findings of one block, counted from its first line, to be kept until something they rest on changes."""
    found, grounds = program.names.memory.recorded(lambda: block_findings(program, file, facts))
    lines = {(step.path, LINES) for finding in found for step in finding.trail if step.path}
    return Look(facts, found, grounds | lines)


def _detected(pitfall: Pitfall, facts: Facts, view: View, settings: Settings) -> Iterator[Finding]:
    severity = (
        dict(settings.severity).get(pitfall.name, pitfall.severity) if settings.severity else pitfall.severity
    )
    try:
        for finding in pitfall.detect(facts, view):
            yield finding.named(pitfall.name, severity)  # type: ignore[arg-type]
    except Exception:
        log.exception("%s failed in %s", pitfall.name, view.path)


def patches(program: Program, source: Source, finding: Finding) -> tuple[Patch, ...]:
    """The repairs of a finding, best first, in file coordinates, with the imports they need."""
    pitfall = pitfalls().get(finding.pitfall)
    file = program.files.get(source.path)
    if pitfall is None or pitfall.fix is None or file is None:
        return ()
    for line, facts in file.blocks:
        if line <= finding.span.line and finding.span.end_line <= line + facts.text.count("\n") + 1:
            local = finding.shifted(-line)
            if _belongs(facts, local):
                return _patches(pitfall, facts, View(program, file, facts), local, line, source, file)
    return ()


def _belongs(facts: Facts, finding: Finding) -> bool:
    return finding.span.line < max(1, facts.text.count("\n") + (not facts.text.endswith("\n")))


def _patches(
    pitfall: Pitfall, facts: Facts, view: View, finding: Finding, line: int, source: Source, file: FileFacts
) -> tuple[Patch, ...]:
    assert pitfall.fix is not None
    try:
        made = pitfall.fix(facts, view, finding)
        offered: Iterable[Patch] = () if made is None else (made,) if isinstance(made, Patch) else made
        return tuple(settle(patch.shifted(line), file, source) for patch in offered)
    except Exception:
        log.exception("the fix of %s failed in %s", pitfall.name, view.path)
        return ()


@dataclass(frozen=True)
class CheckedProgram:
    """A handful of texts, analysed together."""

    program: Program
    sources: Mapping[str, Source]

    def findings(self, path: str) -> tuple[Finding, ...]:
        """The findings that are told: mere possibilities only where the settings ask for them."""
        possible = self.program.settings_for(path).show_possible
        return tuple(f for f in findings(self.program, path) if possible or f.confidence != "possible")

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        return patches(self.program, self.sources[path], finding)


def check_texts(files: Mapping[str, str], settings: Settings | None = None) -> CheckedProgram:
    """Analyse texts by their paths, as one program."""
    reader = new_reader()
    packages = {path.rpartition("/")[0] for path in files if path.endswith("/__init__.py")}
    sources = {path: Source(path, text) for path, text in files.items()}
    facts = [read(source, module_name(path, packages), reader) for path, source in sources.items()]
    chosen = settings or Settings()
    return CheckedProgram(Program(facts, lambda path: chosen), sources)
