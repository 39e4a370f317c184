"""What jedi adds, later: when a document has rested for a moment, the calls that nobody could resolve are asked about.

The first answer to an edit never waits for it. What is learned makes the open documents be looked at again.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from awaitlens.edge.work import Worker
from awaitlens.edge.workspace import let_in
from awaitlens.program.oracle import Oracle, learn, questions
from awaitlens.targets import package_folders

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

_CALM_SECONDS = 0.6


class Late:
    """One oracle for each folder; they are asked one document at a time. Belongs to the event loop."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._worker = Worker("oracle")
        self._oracles: dict[str, Oracle] = {}
        self._asking: set[str] = set()

    def wanted(self, path: str) -> None:
        """The document has changed: ask about it once it rests."""
        if path not in self._asking:
            self._asking.add(path)
            self._ls.spawn(self._ask(path))

    async def _ask(self, path: str) -> None:
        try:
            await self._rest(path)
            document = self._ls.documents.get(path)
            asked = await self._ls.turns.work(partial(self._ls.session.consult, partial(questions, path)))
            if document is None or not asked:
                return
        finally:
            self._asking.discard(path)
        oracle = self._oracle(path)
        told = await self._worker.submit(partial(oracle.ask, path, document.source.text, asked))
        let_in(self._ls, partial(self._ls.session.consult, partial(learn, path, told)))

    async def _rest(self, path: str) -> None:
        """Until nobody has typed into the document for a moment."""
        edited = -1
        while (document := self._ls.documents.get(path)) is not None and document.edited != edited:
            edited = document.edited
            await asyncio.sleep(_CALM_SECONDS)

    def _oracle(self, path: str) -> Oracle:
        root = self._ls.folders.root_of(path)
        if root not in self._oracles:
            self._oracles[root] = Oracle(root, package_folders(root))
        return self._oracles[root]
