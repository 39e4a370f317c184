"""How findings reach the client: pushed or pulled, never both, and each set only once.

The first answer to an edit waits for nothing: when the session can answer cheaply it is asked at once, on the loop.
Otherwise a thread asks it, and whatever was typed meanwhile makes it ask again; only the newest version is shown.
Diagnostics are written as JSON directly, and what did not change since the last time is not written again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any

from lsprotocol import types

from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.client import Client
from awaitlens.edge.convert import SourceOf, units, uri_of
from awaitlens.edge.documents import Document, Documents
from awaitlens.edge.turns import Answer, Turns
from awaitlens.pitfall import Finding, Step
from awaitlens.session import Change
from awaitlens.source import Source, Span

log = logging.getLogger("awaitlens.edge")

_SEVERITY = {"error": 1, "warning": 2, "information": 3, "hint": 4}
_NOTHING = '{"kind":"full","items":[]}'
_RANGE = '{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}}'


def fingerprint(finding: Finding) -> str:
    """What names a finding within one version of its document."""
    return f"{finding.pitfall}@{':'.join(map(str, finding.span))}"


@dataclass(frozen=True, slots=True)
class Encoder:
    """Findings as the JSON of diagnostics, with what the client can show and nothing else."""

    client: Client
    source_of: SourceOf
    page: Callable[[str], str]

    def encode(self, finding: Finding, source: Source) -> str:
        span = _RANGE % units(finding.span, source, self.client.encoding)
        parts = [f'{{"range":{span},{self._words(finding)}']
        if finding.trail and self.client.shows_related:
            steps = ",".join(self._related(step, source) for step in finding.trail)
            parts.append(f',"relatedInformation":[{steps}]')
        if self.client.keeps_data:
            parts.append(f',"data":{{"finding":{json.dumps(fingerprint(finding))}}}')
        return "".join(parts) + "}"

    def _words(self, finding: Finding) -> str:
        href = self.page(finding.pitfall) if self.client.shows_links else ""
        return _words(finding.pitfall, finding.severity, finding.message, href)

    def _related(self, step: Step, source: Source) -> str:
        path = step.path or source.path
        text = self.source_of(step.path) if step.path else source
        span = _RANGE % units(step.span, text, self.client.encoding)
        return f'{{"location":{{"uri":{json.dumps(uri_of(path))},"range":{span}}},"message":{json.dumps(step.words)}}}'


@lru_cache(maxsize=4096)
def _words(pitfall: str, severity: str, message: str, href: str) -> str:
    fields: dict[str, Any] = {"severity": _SEVERITY[severity], "code": pitfall}
    if href:
        fields["codeDescription"] = {"href": href}
    return json.dumps({**fields, "source": "awaitlens", "message": message})[1:-1]


@dataclass(slots=True)
class Shown:
    """What the client was told about one document: the diagnostics as JSON, and a number for that state.

    `disturbed`: the user typed into a range shown. `outdated`: the client was asked to ask again, and has not yet.
    `edited` is the time of the text it was told about.
    """

    body: str | None = None
    number: int = 0
    findings: tuple[Finding, ...] = ()
    written: dict[int, tuple[Finding, str]] = field(default_factory=dict)
    disturbed: bool = False
    outdated: bool = False
    edited: int = 0

    def update(self, snapshot: Snapshot, encoder: Encoder, numbers: Iterator[int]) -> bool:
        """Take over the snapshot's findings; whether they look different to the client now."""
        known, source = self.written, snapshot.source
        stable = source.is_plain
        self.written = {}
        for finding in snapshot.findings:
            entry = known.get(id(finding)) if stable else None
            self.written[id(finding)] = entry or (finding, encoder.encode(finding, source))
        body = ",".join(text for _, text in self.written.values())
        self.findings = snapshot.findings
        if body == self.body:
            return False
        self.body, self.number = body, next(numbers)
        return True

    def touch(self, span: Span | None) -> None:
        """The user replaces what is under `span`."""
        self.disturbed = (
            self.disturbed or span is None or any(span.overlaps(shown.span) for shown in self.findings)
        )


class Diagnostics:
    """Keeps the client's picture of every open document up to date. Everything here happens on the event loop."""

    def __init__(
        self,
        turns: Turns,
        documents: Documents,
        encoder: Encoder,
        send: Callable[[str], None],
        refresh: Callable[[str], None],
        look_again: Callable[[str], None],
        opened: Callable[[], object],
    ) -> None:
        """`send` takes a message as JSON, `refresh` the method that asks the client to ask again, `look_again` a
        document nobody typed in whose hints may be others now; `opened` is called when a document has its first answer."""
        self._turns, self._documents, self.encoder = turns, documents, encoder
        self._pulls = encoder.client.pulls
        self._send, self._refresh, self._look_again, self._opened = send, refresh, look_again, opened
        self._shown: dict[str, Shown] = {}
        self._noticed: dict[str, tuple[Finding, ...]] = {}
        self._stale: dict[str, None] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = count(1)
        self._marks: Counter[str] = Counter()

    def edited(self, path: str, changes: Iterable[Change]) -> None:
        shown = self._shown.setdefault(path, Shown())
        for change in changes:
            shown.touch(change.span)
        self._stale[path] = None

    def mark(self, paths: Iterable[str]) -> None:
        """The findings of these documents may be out of date, though nobody typed in them."""
        paths = list(paths)
        self._marks.update(paths)
        if not self._pulls:
            self._stale.update(dict.fromkeys(paths))
            return
        for path in paths:
            if self._waits_unknowingly(path):
                self._shown[path].outdated = True
                self._refresh(types.WORKSPACE_DIAGNOSTIC_REFRESH)

    def noticed(self, answer: Answer) -> None:
        """A question has had a document looked at. The session counts that as seen; the client has not seen it yet."""
        path, findings = answer.snapshot.path, answer.snapshot.findings
        shown = self._shown.get(path)
        is_news = (shown is None or shown.findings != findings) and self._noticed.get(path) != findings
        self._noticed[path] = findings
        self.mark([*([path] if is_news else []), *(other for other in answer.affected if other != path)])

    def _waits_unknowingly(self, path: str) -> bool:
        """Whether the client has shown this text's findings, was not yet asked to look again, and needs to be."""
        shown, document = self._shown.get(path), self._documents.get(path)
        return bool(shown and document and not shown.outdated and shown.edited == document.edited)

    def clear(self, document: Document) -> None:
        """The document is closed or its file is gone: the client shows nothing for it any more."""
        shown = self._shown.pop(document.path, None)
        self._noticed.pop(document.path, None)
        self._stale.pop(document.path, None)
        self._marks.pop(document.path, None)
        if shown is not None and shown.body and not self._pulls:
            self._send(publication(document.uri, None, ""))

    def settle(self) -> None:
        """Answer for everything that is out of date. Called when no further message is waiting."""
        while self._stale and not self._pulls:
            path, _ = self._stale.popitem()
            document = self._documents.get(path)
            if document is None:
                continue
            if self._turns.is_cheap(path):
                self._show_now(document)
            elif path not in self._running:
                self._running[path] = asyncio.ensure_future(self._analyse(document))
        self._stale.clear()

    def report(self, path: str, previous: str | None) -> str | None:
        """The answer to a pull as JSON; None when it cannot be given at once."""
        document = self._documents.get(path)
        if document is None:
            return _NOTHING
        return (
            self._reported(document, self._turns.now(path), previous) if self._turns.is_cheap(path) else None
        )

    async def report_later(self, path: str, previous: str | None) -> dict[str, Any]:
        """The answer to a pull, for the newest version at the time it is given."""
        document, state = self._documents.get(path), (-1, 0)
        while document is not None and self.state(document) != state:
            state = self.state(document)
            answer = await self._turns.later(path)
            document = self._documents.get(path)
        return dict(json.loads(self._reported(document, answer, previous) if document else _NOTHING))

    def state(self, document: Document) -> tuple[int, int]:
        """Changes when an answer that is being made may be out of date before it is there: by an edit, or by a mark."""
        return document.edited, self._marks[document.path]

    async def _analyse(self, document: Document) -> None:
        """Ask in the thread, and again when the text has changed before the answer was there."""
        path, edited, state = document.path, document.edited, self.state(document)
        try:
            answer = await self._turns.later(path)
            if document.open and document.edited == edited:
                self._show(document, answer)
        except Exception as error:
            if document.open:
                log.error("analysis failed: %s", type(error).__name__)
        finally:
            del self._running[path]
        newest = self._documents.get(path)
        if newest is not None and (newest is not document or self.state(newest) != state):
            self._stale[path] = None
        self.settle()

    def _show_now(self, document: Document) -> None:
        try:
            self._show(document, self._turns.now(document.path))
        except Exception as error:
            log.error("analysis failed: %s", type(error).__name__)

    def _show(self, document: Document, answer: Answer) -> None:
        """Push what is new. A set equal to the last one is not sent again, unless the user has typed into one of its
        ranges since: then the editor has squeezed or moved its marks on its own account.
        """
        shown, news = self._update(document, answer)
        if news or shown.disturbed:
            self._send(publication(document.uri, document.version, shown.body or ""))
        shown.disturbed = False

    def _reported(self, document: Document, answer: Answer, previous: str | None) -> str:
        shown, _ = self._update(document, answer)
        shown.outdated = False
        if previous == str(shown.number):
            return f'{{"kind":"unchanged","resultId":"{shown.number}"}}'
        return f'{{"kind":"full","resultId":"{shown.number}","items":[{shown.body}]}}'

    def _update(self, document: Document, answer: Answer) -> tuple[Shown, bool]:
        shown = self._shown.setdefault(document.path, Shown())
        self._noticed.pop(document.path, None)
        known = shown.body is not None
        news = shown.update(answer.snapshot, self.encoder, self._numbers)
        if not known:
            self._opened()
        elif shown.edited == document.edited:
            self._look_again(document.path)
        shown.edited = document.edited
        document.adopt(answer.snapshot.source)
        self.mark([path for path in answer.affected if path != document.path])
        return shown, news


def publication(uri: str, version: int | None, body: str) -> str:
    numbered = f'"version":{version},' if version is not None else ""
    params = f'{{"uri":{json.dumps(uri)},{numbered}"diagnostics":[{body}]}}'
    return f'{{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{params}}}'
