"""What installed packages and jedi add, later: when a document has rested for a moment, the names that no table lists
are looked up in the packages' source, and jedi is asked about the calls that nobody could resolve.

The first answer to an edit never waits for it. What is learned makes the open documents be looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from awaitlens.edge.work import Worker
from awaitlens.edge.workspace import let_in
from awaitlens.environment import package_folders, state
from awaitlens.index.outside import read_packages
from awaitlens.program.oracle import Oracle, learn, questions
from awaitlens.program.program import Program

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

_CALM_SECONDS = 0.6
_MOST_ROUNDS = 8
_IDLE_SECONDS = 20.0


class Late:
    """One oracle for each folder; they are asked one document at a time. Belongs to the event loop."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._worker, self._reader = Worker("oracle"), Worker("packages")
        self._oracles: dict[str, Oracle] = {}
        self._calm_since = 0.0
        self._disturbed: dict[str, float] = {}
        self._installed: tuple[object, ...] | None = None
        self._packages = read_packages((), later=True)

    def wanted(self, path: str) -> None:
        """The document has changed: ask about it once nobody has typed into it for a moment.

        This comes with every keystroke, so it only notes the time; the timer that runs already looks at it.
        """
        loop = asyncio.get_running_loop()
        if path not in self._disturbed:
            loop.call_later(_CALM_SECONDS, self._begin_when_calm, path)
        self._disturbed[path] = loop.time()

    def _begin_when_calm(self, path: str) -> None:
        loop, calm = asyncio.get_running_loop(), self._disturbed[path] + _CALM_SECONDS
        if calm > loop.time():
            loop.call_at(calm, self._begin_when_calm, path)
            return
        del self._disturbed[path]
        if self._ls.protocol.stage == "running":
            self._ls.spawn(self._ask(path))
            self._ls.spawn(self._look_into_packages(path))
            self._calm_since = loop.time()
            loop.call_later(_IDLE_SECONDS, self._rest_when_idle)

    def _rest_when_idle(self) -> None:
        """Give back what the next edit does not need at once: an oracle alone holds some 70 MB."""
        if self._disturbed or self._calm_since + _IDLE_SECONDS > asyncio.get_running_loop().time():
            return
        for oracle in self._oracles.values():
            self._worker.submit(oracle.close)
        self._ls.spawn(self._ls.turns.work(self._ls.session.rest))

    async def _ask(self, path: str) -> None:
        document = self._ls.documents.get(path)
        asked = await self._ls.turns.work(partial(self._ls.session.consult, partial(questions, path)))
        if document is not None and asked:
            ask = partial(self._oracle(path).ask, path, document.source.text, asked)
            told = await self._worker.submit(ask)
            let_in(self._ls, partial(self._ls.session.consult, partial(learn, path, told)))

    async def _look_into_packages(self, path: str) -> None:
        """Answer what was asked about names outside, and what the answers lead to."""
        installed, folders = await self._reader.submit(partial(self._find_packages, path))
        if installed != self._installed:
            self._installed, self._packages = installed, read_packages(folders, later=True)
            await self._tell(path, partial(Program.use, packages=self._packages))
        for _ in range(_MOST_ROUNDS):
            if not self._packages.wanted or not await self._reader.submit(self._packages.learn):
                return
            await self._tell(path, Program.forget)

    async def _tell(self, path: str, news: Callable[[Program], None]) -> None:
        """Have the documents looked at again, and wait until that is done for this one: it may ask new questions."""
        let_in(self._ls, partial(self._ls.session.consult, news))
        with suppress(KeyError):
            await self._ls.turns.later(path)

    def _find_packages(self, path: str) -> tuple[tuple[object, ...], tuple[str, ...]]:
        """The folders of all environments, and a value that differs when something is installed."""
        found: dict[str, None] = {}
        for root in dict.fromkeys((*self._ls.folders.roots, self._ls.folders.root_of(path))):
            interpreter = self._ls.folders.settings_for(f"{root}/").interpreter
            found.update(dict.fromkeys(package_folders(root, interpreter)))
        return state(found), tuple(found)

    def _oracle(self, path: str) -> Oracle:
        root = self._ls.folders.root_of(path)
        if root not in self._oracles:
            self._oracles[root] = Oracle(root, package_folders(root))
        return self._oracles[root]
