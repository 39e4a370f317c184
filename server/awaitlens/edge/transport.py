"""How bytes come and go: standard input and output, or one connection on the loopback interface.

Nothing here blocks. Pipes are read and written by the event loop itself, which spares each message the hops between
threads that pygls takes; where the loop cannot do that (regular files, Windows), a thread of their own reads.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import BinaryIO, Protocol

from awaitlens.edge.frames import BrokenStream, Frames

log = logging.getLogger("awaitlens.edge")

PARENT_SECONDS = 1.0
_CHUNK = 1 << 18
_PIECE = 1 << 16
"""Bytes that the loop reads at once. For each of the 256 KiB reads that are its own way fresh memory is mapped: 17 us instead
of 1 (CPython 3.11, Linux)."""


class Peer(Protocol):
    """What a connection talks to."""

    def receive(self, body: bytes) -> None: ...
    def settle(self) -> None: ...
    def lost(self) -> None: ...


class Connection(asyncio.Protocol):
    """Cuts incoming bytes into messages. After each batch the peer settles: it answers for the newest state only."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._frames = Frames()
        self.broken = False

    def data_received(self, data: bytes) -> None:
        if self.broken:
            return
        try:
            for body in self._frames.feed(data):
                self._peer.receive(body)
        except BrokenStream as error:
            log.error("the client does not speak the protocol: %s", error)
            self.broken = True
            self._peer.lost()
        self._peer.settle()

    def eof_received(self) -> None:
        self._peer.lost()

    def connection_lost(self, _: Exception | None) -> None:
        self._peer.lost()


class Output:
    """Where messages are written. A client that has gone away is no error here: the input ends as well."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            self._write(data)


async def connect_stdio(peer: Peer, connected: Callable[[Output], object]) -> None:
    """Take standard input and output for the protocol alone.

    What the rest of the process prints goes to standard error from now on, and its children read nothing.
    """
    source, sink = _private(0, "rb"), _private(1, "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2 if sys.stderr is not None else nothing, 1)
    os.close(nothing)
    sys.stdout = sys.stderr
    connected(await _output(sink))
    await _listen(source, Connection(peer))


def _private(descriptor: int, mode: str) -> BinaryIO:
    return os.fdopen(os.dup(descriptor), mode, buffering=0)  # type: ignore[return-value]


async def _listen(source: BinaryIO, connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    if _is_stream(source):
        transport, _ = await loop.connect_read_pipe(lambda: connection, source)
        transport.max_size = _PIECE  # type: ignore[attr-defined]
    else:
        threading.Thread(target=_read, args=(source, loop, connection), daemon=True).start()


def _is_stream(file: BinaryIO) -> bool:
    """Whether an event loop can wait for it. Files and devices cannot be waited for, Windows' pipes not this way."""
    mode = os.fstat(file.fileno()).st_mode
    return os.name == "posix" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or file.isatty())


def _read(source: BinaryIO, loop: asyncio.AbstractEventLoop, connection: Connection) -> None:
    """Read on only when what was read has been handled, or a fast writer would fill the memory."""
    handled = threading.Event()
    with suppress(OSError, RuntimeError):
        while not connection.broken and (data := source.read(_CHUNK)):
            handled.clear()
            loop.call_soon_threadsafe(connection.data_received, data)
            loop.call_soon_threadsafe(handled.set)
            handled.wait()
        loop.call_soon_threadsafe(connection.eof_received)


async def _output(sink: BinaryIO) -> Output:
    if not _is_stream(sink):
        return Output(partial(_write_all, sink))
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, sink)
    return Output(transport.write)


def _write_all(sink: BinaryIO, data: bytes) -> None:
    while data:
        data = data[sink.write(data) :]


class _Caller(Connection):
    """One connection over TCP. The first caller is served, the others are sent away."""

    def __init__(self, peer: Peer, connected: Callable[[Output], bool]) -> None:
        super().__init__(peer)
        self._connected = connected
        self._served = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._served = self._connected(Output(transport.write))
        if not self._served:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._served:
            super().connection_lost(error)


async def listen_tcp(peer: Peer, port: int, connected: Callable[[Output], bool]) -> asyncio.Server:
    """Wait for one client on 127.0.0.1. Port 0 takes a free one; standard error says which."""
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: _Caller(peer, connected), "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{listener.sockets[0].getsockname()[1]}", file=sys.stderr, flush=True)
    return listener


async def watch_parent(process: int, gone: Callable[[], None]) -> None:
    """Call `gone` when the process ends. One that cannot be seen from here (another container) is not watched."""
    while os.name == "posix" and _lives(process):
        await asyncio.sleep(PARENT_SECONDS)
        if not _lives(process):
            gone()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
