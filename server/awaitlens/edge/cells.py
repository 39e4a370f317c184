"""Notebooks: the cells of one notebook are one module, and each cell is a document of its own.

`Cells` stands between the edge and the session. The session sees one text a notebook, the cells one below the other;
the edge sees cells, each with its own lines. Magics and shell lines become comments of the same length, so that columns
stay where they are; `await` at the top level is legal there (IPython 7 and later).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from awaitlens.edge.analysis import Session, Snapshot
from awaitlens.pitfall import Edit, Finding, Patch, Step
from awaitlens.present.hints import Hint
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.session import Change
from awaitlens.settings import Settings
from awaitlens.source import Source, Span, split_lines

T = TypeVar("T")

_MAGIC = re.compile(r"[ \t]*(?:%{1,2}[A-Za-z]|!|\?{1,2}\w)|[ \t]*[\w.]+\?{1,2}[ \t]*[\r\n]*\Z")
_ASSIGNED = re.compile(r"[ \t]*\w[\w, \t]*=[ \t]*(?=%[A-Za-z]|!(?!=))")
_PYTHON_CELLS = re.compile(r"%%(?:time|timeit|capture|prun|python3?|debug|memit|pypy)\b")


def masked(text: str) -> str:
    """A cell's text as Python of the same shape: what IPython reads in its own way stands for a number."""
    lines = split_lines(text)
    if lines and lines[0].startswith("%%") and not _PYTHON_CELLS.match(lines[0]):
        return "".join(map(_as_comment, lines))
    return "".join(map(_masked_line, lines))


def _masked_line(line: str) -> str:
    if _MAGIC.match(line):
        return _as_number(line, len(line) - len(line.lstrip()))
    found = _ASSIGNED.match(line)
    return _as_number(line, found.end()) if found else line


def _as_number(line: str, start: int) -> str:
    """`!ls -l` as `0#s -l`: a statement, since it may be all there is in a block."""
    body = line[start:].rstrip("\r\n")
    return line[:start] + ("0" + "#" * (len(body) > 1) + body[2:]) + line[start + len(body) :]


def _as_comment(line: str) -> str:
    body = line.rstrip("\r\n")
    return ("#" + body[1:] if body else "") + line[len(body) :]


@dataclass(frozen=True)
class Sheet:
    """The cells of a notebook, as they lie in its module: their paths and the line each one begins on."""

    cells: tuple[str, ...]
    starts: tuple[int, ...]

    def locate(self, line: int) -> tuple[str, int]:
        """The cell that holds a line of the module, and the line it begins on."""
        number = max(bisect_right(self.starts, line) - 1, 0)
        return self.cells[number], self.starts[number]

    def start(self, cell: str) -> int:
        return self.starts[self.cells.index(cell)]


class CellSnapshot:
    """One cell of a notebook at one version."""

    def __init__(self, path: str, source: Source, module: Snapshot, sheet: Sheet) -> None:
        self.path, self.source = path, source
        self._module, self._sheet, self._start = module, sheet, sheet.start(path)

    @property
    def settings(self) -> Settings:
        return self._module.settings

    @cached_property
    def _own(self) -> dict[Finding, Finding]:
        """The findings of this cell, each with the one of the module that it is."""
        here = [f for f in self._module.findings if self._sheet.locate(f.span.line)[0] == self.path]
        return {self._local(finding): finding for finding in here}

    def _local(self, finding: Finding) -> Finding:
        trail = tuple(self._placed(step) for step in finding.trail)
        return finding._replace(span=finding.span.shifted(-self._start), trail=trail)

    def _placed(self, step: Step) -> Step:
        if step.path not in ("", self._module.path):
            return step
        cell, start = self._sheet.locate(step.span.line)
        return step._replace(span=step.span.shifted(-start), path="" if cell == self.path else cell)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self._own)

    def at(self, span: Span) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.span.overlaps(span))

    def patches(self, finding: Finding) -> tuple[Patch, ...]:
        original = self._own.get(finding)
        made = self._module.patches(original) if original is not None else ()
        return tuple(patch._replace(edits=tuple(map(self._edit, patch.edits))) for patch in made)

    def _edit(self, edit: Edit) -> Edit:
        if edit.path:
            return edit
        cell, start = self._sheet.locate(edit.span.line)
        return Edit(edit.span.shifted(-start), edit.text, "" if cell == self.path else cell)

    def ask(self, question: Callable[[Program, FileFacts], T]) -> T | None:
        """The question is put in the cell's own lines; hints come back with their witnesses in the right cells."""

        def moved(program: Program, file: FileFacts) -> T:
            blocks = tuple((line - self._start, facts) for line, facts in file.blocks)
            return question(program, file.with_same_outline(blocks))

        found = self._module.ask(moved)
        if isinstance(found, tuple) and found and isinstance(found[0], Hint):
            return tuple(self._hint(hint) for hint in found)  # type: ignore[return-value]
        return found

    def _hint(self, hint: Hint) -> Hint:
        if hint.at is None or hint.at.path != self._module.path:
            return hint
        return hint._replace(at=self._placed(hint.at))


class Cells:
    """A session in which cells can be opened. What is no cell goes through untouched."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._order: dict[str, tuple[str, ...]] = {}
        self._notebooks: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._sheets: dict[str, Sheet] = {}
        self._newest: dict[str, Snapshot] = {}
        self._given: dict[str, Snapshot] = {}

    # --- notebooks -----------------------------------------------------------------------------------------

    def arrange(self, notebook: str, cells: Sequence[str]) -> None:
        """The cells of a notebook in their order; none when it is closed."""
        for cell in self._order.pop(notebook, ()):
            self._notebooks.pop(cell, None)
            if cell not in cells:
                self._sources.pop(cell, None)
        if cells:
            self._order[notebook] = tuple(cells)
        self._notebooks.update(dict.fromkeys(cells, notebook))
        self._compose(notebook)

    def _compose(self, notebook: str) -> None:
        """Hand the module of a notebook to the session."""
        cells = tuple(cell for cell in self._order.get(notebook, ()) if cell in self._sources)
        if not cells:
            if self._sheets.pop(notebook, None) is not None:
                self.session.close(notebook)
            return
        texts = [masked(self._sources[cell].text) + "\n" for cell in cells]
        starts = accumulate((len(split_lines(text)) for text in texts[:-1]), initial=0)
        if notebook in self._sheets:
            self.session.change(notebook, [Change(None, "".join(texts))], None)
        else:
            self.session.open(notebook, "".join(texts), None)
        self._sheets[notebook] = Sheet(cells, tuple(starts))

    # --- documents -----------------------------------------------------------------------------------------

    def open(self, path: str, text: str, version: int | None) -> None:
        if path not in self._notebooks:
            return self.session.open(path, text, version)
        self._sources[path] = Source(path, text, version)
        return self._compose(self._notebooks[path])

    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None:
        if path not in self._notebooks:
            return self.session.change(path, changes, version)
        for change in changes:
            self._sources[path] = self._sources[path].edited(change.span, change.text, version)
        return self._compose(self._notebooks[path])

    def close(self, path: str) -> None:
        if path not in self._notebooks and path not in self._sources:
            return self.session.close(path)
        self._sources.pop(path, None)
        self._given.pop(path, None)
        return self._compose(self._notebooks.get(path, ""))

    # --- answers -------------------------------------------------------------------------------------------

    def is_cheap(self, path: str) -> bool:
        return self.session.is_cheap(self._notebooks.get(path, path))

    def snapshot(self, path: str) -> Snapshot:
        notebook = self._notebooks.get(path)
        if notebook is None:
            return self.session.snapshot(path)
        module = self._newest[notebook] = self._given[path] = self.session.snapshot(notebook)
        return CellSnapshot(path, self._sources[path], module, self._sheets[notebook])

    def affected(self) -> Sequence[str]:
        """Also the cells beside one that has changed."""
        changed = self.session.affected()
        cells = [
            cell for cell, notebook in self._notebooks.items() if self._is_behind(cell, notebook, changed)
        ]
        return [path for path in changed if path not in self._sheets] + cells

    def _is_behind(self, cell: str, notebook: str, changed: Sequence[str]) -> bool:
        known = self._given.get(cell)
        return cell in self._sources and (notebook in changed or known is not self._newest.get(notebook))

    def survey(self, path: str) -> Snapshot | None:
        return self.snapshot(path) if path in self._notebooks else self.session.survey(path)

    def consult(self, question: Callable[[Program], T]) -> T | None:
        return self.session.consult(question)

    def file_changed(self, path: str) -> None:
        self.session.file_changed(path)

    def settings_changed(self) -> None:
        self.session.settings_changed()

    def rest(self) -> None:
        self.session.rest()
