"""Work shared out to copies of this process.

A copy starts with everything this process knows, at no cost, and hands back bytes. Where the system cannot copy a
process (Windows), or a copy dies, the work is done here: slower, and with the same result.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import struct
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

Work = Callable[[int], bytes]
"""Does job number n."""

_JOB = struct.Struct("<I")
_RESULT = struct.Struct("<II")


class _Copy(NamedTuple):
    process: int
    results: int


def processes_for(size: int, least: int) -> int:
    """How many processes work of this size deserves: one for each `least` of it, no more than there are processors."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, size // least)) if hasattr(os, "fork") else 1


def share_out(work: Work, jobs: int, processes: int) -> Iterator[tuple[int, bytes]]:
    """The results of jobs 0 to `jobs` - 1 with their numbers, as they come in."""
    done = set()
    if processes > 1 and jobs > 1:
        for number, result in _in_copies(work, jobs, min(processes, jobs)):
            done.add(number)
            yield number, result
    for number in range(jobs):
        if number not in done:
            yield number, work(number)


def _in_copies(work: Work, jobs: int, processes: int) -> Iterator[tuple[int, bytes]]:
    waiting = _waiting_jobs(jobs)
    copies: list[_Copy] = []
    gc.collect()
    gc.freeze()
    try:
        while len(copies) < processes:
            copies.append(_copy(work, waiting, copies))
        os.close(waiting)
        yield from _collected(copies)
    finally:
        gc.unfreeze()
        for copy in copies:
            os.close(copy.results)
            with contextlib.suppress(ProcessLookupError):
                os.kill(copy.process, signal.SIGTERM)
            os.waitpid(copy.process, 0)


def _waiting_jobs(jobs: int) -> int:
    """A pipe that holds the numbers of the jobs: whoever reads one does that job."""
    reading, writing = os.pipe()
    # A pipe holds 64 KB at least where copies can be made; jobs are counted in hundreds.
    os.write(writing, b"".join(_JOB.pack(number) for number in range(min(jobs, 8000))))
    os.close(writing)
    return reading


def _copy(work: Work, waiting: int, others: list[_Copy]) -> _Copy:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # The threads that may run here only draw a progress bar, and the copy never touches it.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        os.close(writing)
        return _Copy(process, reading)
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reading)
        for other in others:
            os.close(other.results)
        _do(work, waiting, writing)
    finally:
        os._exit(0)


def _do(work: Work, waiting: int, writing: int) -> None:
    gc.disable()
    while True:
        number = os.read(waiting, _JOB.size)
        if len(number) < _JOB.size:
            return
        result = work(_JOB.unpack(number)[0])
        _write(writing, _RESULT.pack(_JOB.unpack(number)[0], len(result)) + result)


def _write(to: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(to, view) :]


def _collected(copies: list[_Copy]) -> Iterator[tuple[int, bytes]]:
    buffers = {copy.results: bytearray() for copy in copies}
    with selectors.DefaultSelector() as selector:
        for copy in copies:
            selector.register(copy.results, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                buffers[key.fd] += data
                yield from _complete(buffers[key.fd])


def _complete(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    while len(buffer) >= _RESULT.size:
        number, size = _RESULT.unpack_from(buffer)
        if len(buffer) < _RESULT.size + size:
            return
        yield number, bytes(buffer[_RESULT.size : _RESULT.size + size])
        del buffer[: _RESULT.size + size]
