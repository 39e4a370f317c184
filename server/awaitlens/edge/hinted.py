"""The hints that clients show, so that they are bidden to ask again when those have changed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from awaitlens.edge.answers import hints_in_span
from awaitlens.present.hints import Hint
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.edge.server import Server


_DEAF_SECONDS = 0.05
"""VS Code does not hear that hints have changed while it waits for hints, nor until it has taken them in (1.139)."""


class Hinted:
    """What was answered last about each document, and for which stretch of it."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._shown: dict[str, tuple[Span, list[Hint]]] = {}
        self._unanswered = 0
        self._all_answered = asyncio.Event()
        self._all_answered.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While the client waits for hints."""
        self._unanswered += 1
        self._all_answered.clear()
        try:
            yield
        finally:
            self._unanswered -= 1
            if not self._unanswered:
                self._all_answered.set()

    async def heard(self) -> None:
        """Wait until the client hears that it should ask for hints again."""
        await self._all_answered.wait()
        await asyncio.sleep(_DEAF_SECONDS)

    def told(self, path: str, span: Span, hints: list[Hint]) -> None:
        self._shown[path] = span, hints

    def forget(self, path: str) -> None:
        self._shown.pop(path, None)

    def look_again(self, path: str) -> None:
        """Nobody typed into the document, but what its hints rest on may have changed."""
        if path in self._shown and self._ls.client.refreshes_hints:
            self._ls.spawn(self._compare(path))

    async def _compare(self, path: str) -> None:
        document = self._ls.documents.get(path)
        if document is None or path not in self._shown:
            return
        span, hints = self._shown[path]
        snapshot = (await self._ls.turns.later(path)).snapshot
        now = await self._ls.turns.work(partial(hints_in_span, span, snapshot))
        if document.open and now != hints:
            self._ls.refresh(types.WORKSPACE_INLAY_HINT_REFRESH)
