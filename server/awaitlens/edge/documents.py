"""The documents the client has open: under which URI, at which version, after how many edits.

The texts are the session's. This is the edge's own store because the library's splits lines at form feeds, where
neither Python nor any editor does, and then edits the wrong line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awaitlens.edge.analysis import Session
from awaitlens.edge.client import Json
from awaitlens.edge.convert import change, path_of, uri_of
from awaitlens.source import Encoding, Span


@dataclass(slots=True)
class Document:
    """`uri` is spelled as the client spells it. `edited` is the time of the last change on the clock of edits."""

    uri: str
    path: str
    version: int | None
    edited: int
    open: bool = True


class LostDocument(Exception):
    """A document whose text is not known any more, because a change to it made no sense."""

    def __init__(self, document: Document) -> None:
        super().__init__("a change that makes no sense")
        self.document = document


class Documents:
    """Open documents by path, and a clock that goes on with every edit, also where clients send no versions."""

    def __init__(self, session: Session, encoding: Encoding) -> None:
        self._session, self._encoding = session, encoding
        self._open: dict[str, Document] = {}
        self._clock = 0

    def clock(self) -> int:
        return self._clock

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def get(self, path: str) -> Document | None:
        return self._open.get(path)

    def address(self, path: str) -> tuple[str, int | None]:
        """The URI and version to name a file by in an edit; no version for one that is not open."""
        document = self._open.get(path)
        return (document.uri, document.version) if document else (uri_of(path), None)

    def open(self, item: Json) -> Document:
        document = Document(item["uri"], path_of(item["uri"]), item.get("version"), self._tick())
        self._session.open(document.path, item["text"], document.version)
        self._open[document.path] = document
        return document

    def change(self, params: Json) -> tuple[Document, list[Span | None]] | None:
        """Apply a didChange message; what it replaced, in order, or None for a document that is not open.

        Each change counts in the text that the one before it left. After a malformed one the document is dropped and
        LostDocument raised: claims about a text that is not known would be wrong.
        """
        document = self._open.get(path_of(params["textDocument"]["uri"]))
        if document is None:
            return None
        document.edited = self._tick()
        try:
            document.version = params["textDocument"].get("version")
            return document, [self._apply(document, raw) for raw in params["contentChanges"]]
        except Exception as error:
            self.close(document.path)
            raise LostDocument(document) from error

    def _apply(self, document: Document, raw: Json) -> Span | None:
        source = self._session.source(document.path)
        if source is None:
            raise KeyError(document.path)
        changed = change(raw, source, self._encoding)
        self._session.change(document.path, [changed], document.version)
        return changed.span

    def close(self, path: str) -> Document | None:
        document = self._open.pop(path, None)
        if document is not None:
            document.open = False
            self._session.close(path)
        return document
