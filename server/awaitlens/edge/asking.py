"""How a question about an open document is answered: on its newest snapshot, in a thread, and never late."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.convert import path_of
from awaitlens.edge.documents import Document
from awaitlens.edge.protocol import ARRIVED, CONTENT_MODIFIED, Refused

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

T = TypeVar("T")


async def answer(ls: Server, uri: str, job: Callable[[Snapshot], T]) -> T | None:
    """Do the job on the document's newest snapshot. An answer that would be stale when it is ready is not given: where
    the text has changed the client asks again, and where anything else has, such as a setting, the job is done again.
    """
    document = ls.documents.get(path_of(uri))
    if document is None:
        return None
    while _is_current(document):
        snapshot = await _snapshot(ls, document)
        state = ls.diagnostics.state(document)
        result = await ls.turns.work(partial(job, snapshot)) if _is_current(document) else None
        if _is_current(document) and ls.diagnostics.state(document) == state:
            return result
    if ls.client.retries_stale:
        raise Refused(CONTENT_MODIFIED, "The document has changed.")
    return None


def _is_current(document: Document) -> bool:
    """Whether the text is still the one the request being answered was asked about."""
    return document.open and document.edited <= ARRIVED.get()


async def _snapshot(ls: Server, document: Document) -> Snapshot:
    path, newest = document.path, False
    while not newest:
        state = ls.diagnostics.state(document)
        answer = ls.turns.now(path) if ls.turns.is_cheap(path) else await ls.turns.later(path)
        newest = ls.diagnostics.state(document) == state
    ls.diagnostics.noticed(answer)
    ls.settle()
    return answer.snapshot
