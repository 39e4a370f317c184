"""The documents the client has open: their URIs, versions and texts.

The texts are here as well as in the session, so that positions can be read while the session is busy. The library's
own store is not used: it splits lines at form feeds, where neither Python nor any editor does, and then edits the
wrong line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

from awaitlens.edge.analysis import source_on_disk
from awaitlens.edge.client import Json
from awaitlens.edge.convert import change, path_of, uri_of
from awaitlens.session import Change
from awaitlens.source import Encoding, Source


@dataclass(slots=True)
class Document:
    """`uri` is spelled as the client spells it. `edited` is the time of the last change on the clock of edits.

    The text is made anew only when it is asked for: mostly the session has made it by then, and the two share it.
    """

    uri: str
    path: str
    version: int | None
    edited: int
    base: Source
    open: bool = True
    waiting: list[Change] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def source(self) -> Source:
        with self.lock:
            for edit in self.waiting:
                self.base = self.base.edited(edit.span, edit.text, self.version)
            self.waiting.clear()
            return self.base

    def adopt(self, source: Source) -> None:
        """The session's text of the newest version."""
        if source.version == self.version:
            with self.lock:
                self.base = source
                self.waiting.clear()


class LostDocument(Exception):
    """A document whose text is not known any more, because a change to it made no sense."""

    def __init__(self, document: Document) -> None:
        super().__init__("a change that makes no sense")
        self.document = document


class Documents:
    """Open documents by path, and a clock that goes on with every edit, also where clients send no versions."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._open: dict[str, Document] = {}
        self._clock = 0
        self._on_disk = lru_cache(maxsize=256)(source_on_disk)

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def get(self, path: str) -> Document | None:
        return self._open.get(path)

    def clock(self) -> int:
        return self._clock

    def address(self, path: str) -> tuple[str, int | None]:
        """The URI and version to name a file by in an edit; no version for one that is not open."""
        document = self._open.get(path)
        return (document.uri, document.version) if document else (uri_of(path), None)

    def source(self, path: str) -> Source | None:
        """The text of a file, open or not; None when there is none."""
        document = self._open.get(path)
        return document.source if document else self._on_disk(path)

    def files_changed(self) -> None:
        self._on_disk.cache_clear()

    def open(self, item: Json) -> Document:
        uri, text, version = item["uri"], item["text"], item.get("version")
        path = path_of(uri)
        document = Document(uri, path, version, self._tick(), Source(path, text, version))
        self._open[path] = document
        return document

    def change(self, params: Json) -> tuple[Document, list[Change]] | None:
        """Apply a didChange message; its changes, or None for a document that is not open.

        Each change counts in the text that the one before it left. After a malformed one the document is dropped and
        LostDocument raised: claims about a text that is not known would be wrong.
        """
        document = self._open.get(path_of(params["textDocument"]["uri"]))
        if document is None:
            return None
        document.edited = self._tick()
        try:
            changes = [self._apply(document, raw) for raw in params["contentChanges"]]
            document.version = params["textDocument"].get("version")
            return document, changes
        except Exception as error:
            self.close(document.path)
            raise LostDocument(document) from error

    def close(self, path: str) -> Document | None:
        document = self._open.pop(path, None)
        if document is not None:
            document.open = False
        return document

    def _apply(self, document: Document, raw: Json) -> Change:
        changed = change(raw, document.source, self._encoding)
        with document.lock:
            document.waiting.append(changed)
        return changed

    def _tick(self) -> int:
        self._clock += 1
        return self._clock
