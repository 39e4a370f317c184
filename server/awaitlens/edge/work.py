"""Threads of the server's own, so that nothing slow runs on its event loop.

The library's own pool is left alone: it also reads the input there, so busy handlers would make the server deaf.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[], Any]]


class Worker:
    """One thread that does one job after the other. It does not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._asked = 0
        self._answered = 0
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits. To be asked on the event loop only."""
        return self._asked != self._answered

    def submit(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """The job's result. When the future is cancelled, a job that has not begun never begins."""
        future: Future[T] = Future()
        if not self._thread.is_alive():
            self._thread.start()
        self._asked += 1
        self._jobs.put((future, job))
        return asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, job = self._jobs.get()
            settle = _outcome(future, job) if future.set_running_or_notify_cancel() else _nothing
            self._answered += 1
            settle()


def _outcome(future: Future[T], job: Callable[[], T]) -> Callable[[], None]:
    """Do the job; what is returned tells the result to whoever waits for it."""
    try:
        return partial(future.set_result, job())
    except BaseException as error:
        return partial(future.set_exception, error)


def _nothing() -> None:
    """Nobody waits any more."""
