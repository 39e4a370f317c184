"""What went wrong inside AwaitLens during a check: a report must not look clean when a pitfall could not look."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

_TOLD = 5
_FRAMES = 12


class Failures(logging.Handler):
    """Collects what the engine logs. The first failures are a line each on stderr, the very first with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: dict[str, None] = {}

    def __enter__(self) -> Failures:
        logger = logging.getLogger("awaitlens")
        logger.addHandler(self)
        self._propagated, logger.propagate = logger.propagate, False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logger = logging.getLogger("awaitlens")
        logger.removeHandler(self)
        logger.propagate = self._propagated
        if len(self.messages) > _TOLD:
            print(f"awaitlens: {len(self.messages) - _TOLD} more failures like these", file=sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message in self.messages:
            return
        if not self.messages and record.exc_info:
            traceback.print_exception(*record.exc_info, limit=-_FRAMES, file=sys.stderr)
        self.messages[message] = None
        if len(self.messages) <= _TOLD:
            print(f"awaitlens: {message} (this is a bug in AwaitLens)", file=sys.stderr)
