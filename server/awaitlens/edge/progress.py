"""A progress bar in the editor for work that takes long, with the editor's button to stop it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types

from awaitlens.edge.protocol import Refused

if TYPE_CHECKING:
    from awaitlens.edge.server import Server


class Bar:
    """Tells the editor how far the work is. `report` may be called in any thread; it is False when to stop."""

    def __init__(self, ls: Server, token: str) -> None:
        self._ls, self._token = ls, token
        self._loop = asyncio.get_running_loop()
        self._percentage = -1

    def report(self, done: int, total: int) -> bool:
        percentage = 100 * done // max(total, 1)
        if percentage != self._percentage:
            self._percentage = percentage
            self._loop.call_soon_threadsafe(self._send, percentage, f"{done} of {total} files")
        return not self.cancelled

    @property
    def cancelled(self) -> bool:
        future = self._ls.work_done_progress.tokens.get(self._token)
        return future is not None and future.cancelled()

    def _send(self, percentage: int, message: str) -> None:
        if self._token in self._ls.work_done_progress.tokens:
            value = types.WorkDoneProgressReport(message=message, percentage=percentage)
            self._ls.work_done_progress.report(self._token, value)


class Silent:
    """For clients that show no progress."""

    def report(self, done: int, total: int) -> bool:
        return True


@asynccontextmanager
async def bar(ls: Server, title: str) -> AsyncIterator[Bar | Silent]:
    """A progress bar while the block runs. The client may refuse it; then nothing is shown."""
    token = str(uuid.uuid4())
    try:
        if not ls.client.shows_progress:
            raise Refused(0, "")
        await ls.work_done_progress.create_async(token)
    except Refused:
        yield Silent()
        return
    begin = types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0)
    ls.work_done_progress.begin(token, begin)
    try:
        yield Bar(ls, token)
    finally:
        ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
        ls.work_done_progress.tokens.pop(token, None)
