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
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def wanted(self, path: str) -> None:
        """The document has changed: ask about it once nobody has typed into it for a moment."""
        if path in self._timers:
            self._timers[path].cancel()
        self._timers[path] = asyncio.get_running_loop().call_later(_CALM_SECONDS, self._begin, path)

    def _begin(self, path: str) -> None:
        del self._timers[path]
        if self._ls.protocol.stage == "running":
            self._ls.spawn(self._ask(path))

    async def _ask(self, path: str) -> None:
        document = self._ls.documents.get(path)
        asked = await self._ls.turns.work(partial(self._ls.session.consult, partial(questions, path)))
        if document is not None and asked:
            ask = partial(self._oracle(path).ask, path, document.source.text, asked)
            told = await self._worker.submit(ask)
            let_in(self._ls, partial(self._ls.session.consult, partial(learn, path, told)))

    def _oracle(self, path: str) -> Oracle:
        root = self._ls.folders.root_of(path)
        if root not in self._oracles:
            self._oracles[root] = Oracle(root, package_folders(root))
        return self._oracles[root]
