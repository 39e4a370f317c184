"""Open documents over the files of the disk: versions, settings, and snapshots of what is found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeVar

from awaitlens import heap
from awaitlens.engine import Look, findings, look, new_reader, new_rereader, patches, read
from awaitlens.pitfall import Finding, Patch
from awaitlens.pitfalls import pitfalls
from awaitlens.program.facts import Facts
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.program import Program, module_name
from awaitlens.selection import reported, unsuppressed
from awaitlens.settings import Settings
from awaitlens.source import Source, Span, UndecodableSource
from awaitlens.suppression import UNUSED, may_suppress, removal
from awaitlens.syntax.blocks import Layout, layout
from awaitlens.syntax.parse import Reader
from awaitlens.syntax.relayout import only_change, relayout

T = TypeVar("T")

_REMEMBERED = 100_000
"""Characters of code that an edit has done away with, kept for when it comes back: by another edit, or by undo."""

_WORTH_RELEASING = 4_000_000
"""Characters of texts of the disk; fewer are kept, as they are likely to be asked for again."""

_CHEAP_LINES = 400
"""A block of more lines than this is not analysed while the event loop waits."""


class Change(NamedTuple):
    """An edit against the text before it: code points; a span of None replaces the whole text."""

    span: Span | None
    text: str


@dataclass
class Document:
    """An open text and what is known of it.

    `known` holds looks at blocks by the identity of their facts, valid for `epoch`; `resting` are those of them that rest on
    other blocks. `placed` holds the findings of blocks with any, by the block's number and in the coordinates of the file
    (None: to be made from `known`), `waiting` the numbers of blocks that nobody has looked at. `broken` are the numbers
    of those that do not parse; None where the file's blocks are others than the layout's, as some parse only together.
    """

    source: Source
    layout: Layout
    reader: Reader[Facts] = field(default_factory=lambda: new_rereader(_REMEMBERED), repr=False)
    epoch: int = -1
    known: dict[int, Look] = field(default_factory=dict)
    resting: dict[int, Look] = field(default_factory=dict)
    placed: dict[int, tuple[Finding, ...]] | None = None
    waiting: set[int] = field(default_factory=set)
    snapshot: Snapshot | None = None
    restructured: bool = True
    broken: set[int] | None = None
    may_suppress: bool = True


@dataclass(frozen=True)
class Snapshot:
    """One document at one version, with what is found in it."""

    session: Session = field(repr=False, compare=False)
    path: str
    source: Source
    findings: tuple[Finding, ...]
    settings: Settings

    def at(self, span: Span) -> tuple[Finding, ...]:
        """The findings that touch the span."""
        return tuple(finding for finding in self.findings if finding.span.overlaps(span))

    def patches(self, finding: Finding) -> tuple[Patch, ...]:
        """The repairs of a finding, best first, in file coordinates. Empty if the document has changed since."""
        return self.session.patches(self, finding)

    def ask(self, question: Callable[[Program, FileFacts], T]) -> T | None:
        """What the program says about this document. None if the document has changed since."""
        return self.session.ask(self, question)

    @cached_property
    def program(self) -> Program:
        return self.session.program


class Session:
    """The workspace as the editor sees it. Safe to call from several threads; calls wait for each other."""

    def __init__(
        self,
        settings_for: Callable[[str], Settings] = lambda path: Settings(),
        read_file: Callable[[str], bytes | None] = lambda path: None,
        roots: tuple[str, ...] = (),
    ) -> None:
        """`settings_for` and `read_file` answer for a path; `read_file` gives None where there is no file."""
        self.settings_for = settings_for
        self._read_file = read_file
        self._lock = threading.RLock()
        self._reader = new_reader()
        self.documents: dict[str, Document] = {}
        self.program = Program((), settings_for, roots, self._load)

    # --- documents -----------------------------------------------------------------------------------------

    def open(self, path: str, text: str, version: int | None) -> None:
        with self._lock:
            source = Source(path, text, version)
            document = self.documents[path] = Document(source, layout(text))
            self.program.put(self._facts(document))

    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None:
        """Apply edits in order. Raises KeyError for a document that is not open."""
        with self._lock:
            document = self.documents[path]
            before = document.layout
            for change in changes:
                self._apply(document, change, version)
            document.snapshot = None
            number = only_change(before, document.layout)
            if number < 0 or not self._update_block(document, number):
                self._update(document)
            self._forget_touched()

    def _apply(self, document: Document, change: Change, version: int | None) -> None:
        old = document.source
        document.source = old.edited(change.span, change.text, version)
        if change.span is None:
            document.layout = layout(change.text)
        else:
            document.layout = relayout(document.layout, old, document.source, change.span, change.text)

    def _update_block(self, document: Document, number: int) -> bool:
        """Bring the program up to date with a document of which one block differs; False if that takes a closer look.

        Nothing here may cost more in a longer file, apart from copies of tuples.
        """
        if document.broken is None or not document.broken <= {number}:
            return False
        hit = document.reader.read_alone(document.layout, number)
        if hit is None:
            return False
        whole, facts = hit
        document.broken = set() if whole else {number}
        old = self.program.files[document.source.path]
        line, before = old.blocks[number]
        rest = old.blocks[number + 1 :]
        if rest and rest[-1][0] != document.layout.lines[-1]:
            rest = tuple(zip(document.layout.lines[number + 1 :], [facts for _, facts in rest]))
            document.placed = None
        blocks = (*old.blocks[:number], (line, facts), *rest)
        document.restructured = self.program.put_block(old, number, facts, blocks)
        document.may_suppress = document.may_suppress or may_suppress(facts.text)
        document.known.pop(id(before), None)
        document.resting.pop(id(before), None)
        document.waiting.add(number)
        return True

    def _update(self, document: Document) -> None:
        """Bring the program up to date with a document: one block if one block differs, else the file."""
        old = self.program.files[document.source.path]
        new = self._facts(document)
        document.restructured = False
        changed = [n for n, (a, b) in enumerate(zip(old.blocks, new.blocks)) if a[1] is not b[1]]
        if len(old.blocks) != len(new.blocks) or len(changed) > 1:
            document.restructured = self.program.put(new)
        elif changed:
            facts = new.blocks[changed[0]][1]
            document.restructured = self.program.put_block(old, changed[0], facts, new.blocks)
        else:
            self.program.files[new.path] = old.with_same_outline(new.blocks)
        document.placed = None
        self._wait_for_unknown(document)

    def _wait_for_unknown(self, document: Document) -> None:
        blocks = self.program.files[document.source.path].blocks
        document.waiting = {n for n, (_, facts) in enumerate(blocks) if id(facts) not in document.known}

    def _forget_touched(self) -> None:
        """Drop the looks that rest on what changed. What is said beside findings rests on the summaries of a document's own
        functions."""
        touched = self.program.touched
        if not touched:
            return
        summed_up = {
            what[2][0]
            for path, what in touched
            if not path and isinstance(what, tuple) and what[0] == "chain"
        }
        for document in self.documents.values():
            if document.source.path in summed_up:
                document.snapshot = None
            gone = [key for key, known in document.resting.items() if not known.grounds.isdisjoint(touched)]
            if gone:
                document.snapshot = document.placed = None
                for key in gone:
                    document.known.pop(key, None)
                    del document.resting[key]
                self._wait_for_unknown(document)
        touched.clear()

    def close(self, path: str) -> None:
        """Forget the editor's text: from now on the disk speaks for this path."""
        with self._lock:
            if self.documents.pop(path, None) is not None:
                self._from_disk(path)

    def file_changed(self, path: str) -> None:
        """A file that is not open was written, created or deleted."""
        with self._lock:
            if path not in self.documents:
                self._from_disk(path)

    def index(self, files: Iterable[FileFacts]) -> None:
        """Add files of the workspace that are not open."""
        with self._lock:
            for file in files:
                if file.path not in self.documents:
                    self.program.add(file)
            self.program.forget()

    def _from_disk(self, path: str) -> None:
        file = self._load(path)
        if file is None:
            self.program.remove(path)
        else:
            self.program.put(file)

    def _load(self, path: str) -> FileFacts | None:
        """A file of the disk, of which nothing is parsed before somebody asks. Thousands may change at once."""
        if self._read_file(path) is None:
            return None
        return FileOnDemand(path, self._module(path), lambda: self._text(path))

    def _text(self, path: str) -> str:
        source = self._source(path)
        return source.text if source is not None else ""

    def _source(self, path: str) -> Source | None:
        data = self._read_file(path)
        try:
            return Source.from_bytes(path, data) if data is not None else None
        except UndecodableSource:
            return None

    def _facts(self, document: Document) -> FileFacts:
        blocks = document.reader.read(document.layout)
        path = document.source.path
        document.broken = None
        if len(blocks) == len(document.layout.blocks):
            document.broken = {number for number, (_, _, facts) in enumerate(blocks) if facts.repaired}
        document.may_suppress = may_suppress(document.source.text)
        return FileFacts(path, self._module(path), tuple((line, facts) for line, _, facts in blocks))

    def _module(self, path: str) -> str:
        known = self.program.files.get(path) if hasattr(self, "program") else None
        return known.module if known else module_name(path, _Packages(self._read_file))

    # --- answers -------------------------------------------------------------------------------------------

    def is_cheap(self, path: str) -> bool:
        """Whether the next snapshot takes about a millisecond: one block of modest size has changed."""
        document = self.documents[path]
        if document.restructured or document.epoch != self.program.epoch:
            return False
        blocks = self.program.files[path].blocks
        return sum(blocks[number][1].text.count("\n") for number in document.waiting) <= _CHEAP_LINES

    def snapshot(self, path: str) -> Snapshot:
        """The document as it is now. Raises KeyError for a document that is not open."""
        with self._lock:
            document = self.documents[path]
            if document.snapshot is not None and document.epoch == self.program.epoch:
                return document.snapshot
            settings = self.settings_for(path)
            found = self._found(document)
            if document.may_suppress:
                told = reported(document.source, found, settings, pitfalls(), lambda: self._is_intact(path))
            else:
                told = unsuppressed(found, settings, pitfalls(), path)
            snapshot = Snapshot(self, path, document.source, told, settings)
            document.snapshot, document.restructured = snapshot, False
            return snapshot

    def _is_intact(self, path: str) -> bool:
        return not any(facts.repaired for _, facts in self.program.files[path].blocks)

    def _found(self, document: Document) -> tuple[Finding, ...]:
        file = self.program.files[document.source.path]
        if document.epoch != self.program.epoch:
            document.known, document.placed, document.epoch = {}, None, self.program.epoch
        known, placed, wanted = document.known, document.placed, document.waiting
        if placed is None:
            placed, wanted, document.known, document.resting = {}, {*range(len(file.blocks))}, {}, {}
        for number in wanted:
            line, facts = file.blocks[number]
            entry = known.get(id(facts)) or look(self.program, file, facts)
            document.known[id(facts)] = entry
            if entry.grounds:
                document.resting[id(facts)] = entry
            placed.pop(number, None)
            if entry.findings:
                placed[number] = tuple([finding.shifted(line) for finding in entry.findings])
        document.placed, document.waiting = placed, set()
        return tuple(chain.from_iterable(placed.values()))

    def affected(self) -> tuple[str, ...]:
        """The open documents whose findings may have changed since their last snapshot."""
        return tuple(
            path for path, d in self.documents.items() if d.snapshot is None or d.epoch != self.program.epoch
        )

    def patches(self, snapshot: Snapshot, finding: Finding) -> tuple[Patch, ...]:
        with self._lock:
            document = self.documents.get(snapshot.path)
            if document is None or document.source is not snapshot.source:
                return ()
            if finding.pitfall == UNUSED:
                patch = removal(snapshot.source, finding)
                return (patch,) if patch else ()
            return patches(self.program, snapshot.source, finding)

    def ask(self, snapshot: Snapshot, question: Callable[[Program, FileFacts], T]) -> T | None:
        with self._lock:
            document = self.documents.get(snapshot.path)
            if document is None or document.source is not snapshot.source:
                return None
            return question(self.program, self.program.files[snapshot.path])

    def consult(self, question: Callable[[Program], T]) -> T:
        """What the program says, whichever documents are open."""
        with self._lock:
            return question(self.program)

    def survey(self, path: str) -> Snapshot | None:
        """What is found in a file, open or not. None for what cannot be read."""
        with self._lock:
            if path in self.documents:
                return self.snapshot(path)
            source = self._source(path)
            if source is None:
                return None
            if path not in self.program.files:
                self.program.add(read(source, self._module(path), self._reader))
            settings = self.settings_for(path)
            found = findings(self.program, path)
            told = reported(source, found, settings, pitfalls(), lambda: self._is_intact(path))
            return Snapshot(self, path, source, told, settings)

    def rest(self) -> None:
        """Nobody has typed for a moment: give back memory that is not needed to answer what was answered last."""
        with self._lock:
            files = (file for file in self.program.files.values() if isinstance(file, FileOnDemand))
            if sum(file.held for file in files) < _WORTH_RELEASING:
                return
            self.program.release()
        heap.give_back()

    def settings_changed(self) -> None:
        """Settings may answer differently from now on."""
        with self._lock:
            self.program.forget()


class _Packages(Container[str]):
    """Whether a directory is a package, asked of the disk."""

    def __init__(self, read_file: Callable[[str], bytes | None]) -> None:
        self._read_file = read_file

    def __contains__(self, directory: object) -> bool:
        return self._read_file(f"{directory}/__init__.py") is not None
