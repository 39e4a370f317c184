"""Who speaks with the session when.

The session answers one caller at a time, and others wait. The event loop must not wait, so it speaks with the session
only when nobody else does and the answer is cheap. Everything else takes its turn in a thread. Edits keep their order:
those that cannot be handed over at once are handed over before the next question.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from awaitlens.edge.analysis import Session, Snapshot
from awaitlens.edge.work import Worker

log = logging.getLogger("awaitlens.edge")

T = TypeVar("T")


class Answer(NamedTuple):
    """A snapshot, and the open documents whose findings may be others now."""

    snapshot: Snapshot
    affected: tuple[str, ...]


class Turns:
    """The session's only caller, apart from the questions that frozen snapshots pass on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._analysis, self._requests = Worker("analysis"), Worker("requests")
        self._edits: deque[Callable[[], object]] = deque()

    @property
    def free(self) -> bool:
        return not (self._analysis.busy or self._requests.busy)

    def edit(self, job: Callable[[], object]) -> None:
        """A small edit: handed over now, or when it is its turn."""
        self._edits.append(job)
        if self.free:
            self._catch_up()

    def load(self, job: Callable[[], object]) -> asyncio.Future[tuple[str, ...]]:
        """Something large: handed over in a thread. Returns the open documents it may have changed."""
        self._edits.append(job)
        return self._analysis.submit(self._load)

    def is_cheap(self, path: str) -> bool:
        try:
            return self.free and not self._edits and self._session.is_cheap(path)
        except Exception:
            return False

    def now(self, path: str) -> Answer:
        """The newest answer, on the loop. To be asked only when it is cheap."""
        return Answer(self._session.snapshot(path), tuple(self._session.affected()))

    def later(self, path: str) -> asyncio.Future[Answer]:
        """The newest answer, from the thread."""
        return self._analysis.submit(partial(self._answer, path))

    async def work(self, job: Callable[[], T]) -> T:
        """A request's work on a snapshot, in a thread of its own."""
        return await self._requests.submit(job)

    async def work_on_newest(self, job: Callable[[], T]) -> T:
        """Work that asks the session itself, in the thread that edits go through: those made before come first."""
        return await self._analysis.submit(partial(self._caught_up, job))

    def _caught_up(self, job: Callable[[], T]) -> T:
        self._catch_up()
        return job()

    def _load(self) -> tuple[str, ...]:
        self._catch_up()
        return tuple(self._session.affected())

    def _answer(self, path: str) -> Answer:
        self._catch_up()
        return self.now(path)

    def _catch_up(self) -> None:
        while self._edits:
            try:
                self._edits.popleft()()
            except Exception as error:
                log.error("the session failed: %s", type(error).__name__)
