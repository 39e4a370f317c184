"""How findings reach the client: pushed or pulled, never both, and each set only once.

The first answer to an edit waits for nothing: when the session can answer cheaply it is asked at once, on the loop.
Otherwise a thread asks it, and whatever was typed meanwhile makes it ask again; only the newest version is shown.
Diagnostics are written as JSON directly, and what did not change since the last time is not written again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import count
from typing import Any

from awaitlens.edge.analysis import Session, Snapshot
from awaitlens.edge.client import Client
from awaitlens.edge.convert import SourceOf, units, uri_of
from awaitlens.edge.documents import Document, Documents
from awaitlens.edge.work import Worker
from awaitlens.pitfall import Finding, Step
from awaitlens.source import Source, Span

log = logging.getLogger("awaitlens.edge")

_SEVERITY = {"error": 1, "warning": 2, "information": 3, "hint": 4}
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
    """What the client was told about one document: the diagnostics as JSON, and a number for that state."""

    body: str | None = None
    number: int = 0
    spans: tuple[Span, ...] = ()
    written: dict[int, tuple[Finding, str]] = field(default_factory=dict)
    disturbed: bool = False

    def update(self, snapshot: Snapshot, encoder: Encoder, numbers: Iterable[int]) -> bool:
        """Take over the snapshot's findings; whether the client has to be told.

        A set equal to the last one needs no telling, unless the user has typed into one of its ranges since: then
        the editor has squeezed or moved its marks on its own account.
        """
        known, source = self.written, snapshot.source
        stable = source.text.isascii()
        self.written = {}
        for finding in snapshot.findings:
            entry = known.get(id(finding)) if stable else None
            self.written[id(finding)] = entry or (finding, encoder.encode(finding, source))
        body = ",".join(text for _, text in self.written.values())
        news = body != self.body or self.disturbed
        if body != self.body:
            self.number = next(iter(numbers))
        self.body, self.disturbed = body, False
        self.spans = tuple(finding.span for finding in snapshot.findings)
        return news

    def touch(self, span: Span | None) -> None:
        """The user replaces what is under `span`."""
        self.disturbed = self.disturbed or span is None or any(span.overlaps(shown) for shown in self.spans)


class Diagnostics:
    """Keeps the client's picture of every open document up to date. Everything here happens on the event loop."""

    def __init__(
        self,
        session: Session,
        documents: Documents,
        client: Client,
        encoder: Encoder,
        send: Callable[[str], None],
        refresh: Callable[[], None],
    ) -> None:
        self._session, self._documents, self._client = session, documents, client
        self._encoder, self._send, self._refresh = encoder, send, refresh
        self._worker = Worker("analysis")
        self._shown: dict[str, Shown] = {}
        self._stale: dict[str, None] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = count(1)

    def edited(self, path: str, spans: Iterable[Span | None]) -> None:
        shown = self._shown.setdefault(path, Shown())
        for span in spans:
            shown.touch(span)
        self.mark([path])

    def mark(self, paths: Iterable[str]) -> None:
        """The findings of these documents may be out of date."""
        self._stale.update(dict.fromkeys(paths))

    def mark_all(self) -> None:
        self.mark(self._documents)
        self._refresh()

    def clear(self, document: Document) -> None:
        """The document is closed or its file is gone: the client shows nothing for it any more."""
        shown = self._shown.pop(document.path, None)
        self._stale.pop(document.path, None)
        if shown is not None and shown.body and not self._client.pulls:
            self._send(_publication(document.uri, None, ""))

    def settle(self) -> None:
        """Answer for everything that is out of date. Called when no further message is waiting."""
        while self._stale and not self._client.pulls:
            path, _ = self._stale.popitem()
            document = self._documents.get(path)
            if document is None:
                continue
            if self._is_cheap(path):
                self._show_now(document)
            elif path not in self._running:
                self._running[path] = asyncio.ensure_future(self._analyse(document))
        self._stale.clear()

    def report(self, path: str, previous: str | None) -> str | None:
        """The answer to a pull as JSON; None when it cannot be given at once."""
        document = self._documents.get(path)
        if document is None:
            return '{"kind":"full","items":[]}'
        return (
            self._reported(document, self._session.snapshot(path), previous) if self._is_cheap(path) else None
        )

    async def report_later(self, path: str, previous: str | None) -> dict[str, Any]:
        """The answer to a pull, for the newest version at the time it is given."""
        document, edited = self._documents.get(path), -1
        while document is not None and document.edited != edited:
            edited = document.edited
            snapshot = await self.snapshot(path)
            document = self._documents.get(path)
        text = self._reported(document, snapshot, previous) if document else '{"kind":"full","items":[]}'
        return dict(json.loads(text))

    async def snapshot(self, path: str) -> Snapshot:
        if self._is_cheap(path):
            return self._session.snapshot(path)
        return await self._worker.run(partial(self._session.snapshot, path))

    def _is_cheap(self, path: str) -> bool:
        return not self._worker.busy and self._session.is_cheap(path)

    async def _analyse(self, document: Document) -> None:
        """Ask in the thread until the answer is for the newest version, then show it."""
        try:
            edited = -1
            while document.edited != edited and document.open:
                edited = document.edited
                snapshot = await self.snapshot(document.path)
            if document.open:
                self._show(document, snapshot)
        except Exception as error:
            log.error("analysis failed: %s", type(error).__name__)
        finally:
            del self._running[document.path]
        self.settle()

    def _show_now(self, document: Document) -> None:
        try:
            self._show(document, self._session.snapshot(document.path))
        except Exception as error:
            log.error("analysis failed: %s", type(error).__name__)

    def _show(self, document: Document, snapshot: Snapshot) -> None:
        shown = self._shown.setdefault(document.path, Shown())
        if shown.update(snapshot, self._encoder, self._numbers):
            self._send(_publication(document.uri, document.version, shown.body or ""))
        others = [path for path in self._session.affected() if path != document.path]
        if others:
            self.mark(others)
            self._refresh()

    def _reported(self, document: Document, snapshot: Snapshot, previous: str | None) -> str:
        shown = self._shown.setdefault(document.path, Shown())
        shown.update(snapshot, self._encoder, self._numbers)
        if any(path != document.path for path in self._session.affected()):
            self._refresh()
        if previous == str(shown.number):
            return f'{{"kind":"unchanged","resultId":"{shown.number}"}}'
        return f'{{"kind":"full","resultId":"{shown.number}","items":[{shown.body}]}}'


def _publication(uri: str, version: int | None, body: str) -> str:
    numbered = f'"version":{version},' if version is not None else ""
    params = f'{{"uri":{json.dumps(uri)},{numbered}"diagnostics":[{body}]}}'
    return f'{{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{params}}}'
