"""The language server of one client, from its first message to its exit code."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from awaitlens import __version__, heap
from awaitlens.edge import features, handlers, lookup, notebooks
from awaitlens.edge.analysis import REAL, Analysis
from awaitlens.edge.cells import Cells
from awaitlens.edge.client import Client, Json
from awaitlens.edge.diagnostics import Diagnostics, Encoder
from awaitlens.edge.documents import Documents
from awaitlens.edge.folders import Folders, initial_folders, initial_options
from awaitlens.edge.hinted import Hinted
from awaitlens.edge.late import Late
from awaitlens.edge.protocol import EdgeProtocol
from awaitlens.edge.survey import Survey
from awaitlens.edge.transport import Output, connect_stdio, listen_tcp, watch_parent
from awaitlens.edge.turns import Turns
from awaitlens.edge.work import Worker

log = logging.getLogger("awaitlens.edge")

_REFRESH_SECONDS = 5


class Server(LanguageServer):
    """What the handlers work with. All of it belongs to the event loop's thread, except the two workers' jobs."""

    protocol: EdgeProtocol
    client: Client
    documents: Documents
    session: Cells
    turns: Turns
    diagnostics: Diagnostics
    survey: Survey
    late: Late
    hinted: Hinted

    def __init__(self, analysis: Analysis, ended: Callable[[int], None]) -> None:
        super().__init__("awaitlens", __version__, protocol_cls=EdgeProtocol)
        self.analysis = analysis
        self.folders = Folders()
        self.notebooks: dict[str, list[str]] = {}
        self.indexing, self.housekeeping = Worker("indexing"), Worker("housekeeping")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._refresh_wanted: set[str] = set()
        self._refreshes: dict[str, asyncio.Task[Any]] = {}
        self.protocol.before_initialize = self._prepare
        self.protocol.offer = partial(features.offer, self)
        self.protocol.ended = ended

    def _prepare(self, params: Json) -> None:
        """Learn who the client is, before the server says what it offers."""
        self.client = client = Client.from_initialize(params)
        for uri in initial_folders(params):
            self.folders.add(uri)
        self.folders.configure({None: initial_options(params)})
        self.session = Cells(self.analysis.make_session(self.folders.settings_for, self.folders.roots))
        self.turns = Turns(self.session)
        self.hinted = Hinted(self)
        self.documents = documents = Documents(client.encoding)
        encoder = Encoder(client, documents.source, lookup.page)
        self.diagnostics = Diagnostics(
            self.turns,
            documents,
            encoder,
            self.protocol.send_text,
            self.refresh,
            self.hinted.look_again,
            partial(self.housekeeping.submit, heap.gather),
        )
        self.survey, self.late = Survey(self), Late(self)
        handlers.register(self)
        notebooks.register(self)
        if client.process is not None:
            self.spawn(watch_parent(client.process, self.lost))

    # --- the peer of the connection ---------------------------------------------------------------------------

    def receive(self, body: bytes) -> None:
        self.protocol.receive(body)

    def settle(self) -> None:
        if self.protocol.stage == "running":
            try:
                self.diagnostics.settle()
            except Exception as error:
                log.error("diagnostics failed: %s", type(error).__name__)

    def lost(self) -> None:
        """The client is gone without a word."""
        self.protocol.ended(0 if self.protocol.stage == "shut down" else 1)

    def connected(self, output: Output) -> bool:
        """Take the connection's output; False when another client has the server already."""
        if self.protocol.writer is not None:
            return False
        self.protocol.writer = output  # type: ignore[assignment]
        return True

    # --- work that goes on by itself ---------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let it run, and hold on to it until it is done."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def refresh(self, method: str) -> None:
        """Something changed that the client cannot know of: `method` bids it ask again for what it shows."""
        known = {
            types.WORKSPACE_DIAGNOSTIC_REFRESH: self.client.refreshes_diagnostics,
            types.WORKSPACE_INLAY_HINT_REFRESH: self.client.refreshes_hints,
        }
        if not known[method]:
            return
        self._refresh_wanted.add(method)
        running = self._refreshes.get(method)
        if running is None or running.done():
            self._refreshes[method] = self.spawn(self._refresh_client(method))

    async def _refresh_client(self, method: str) -> None:
        """One refresh of a kind at a time: a slow client is not asked again before it has answered."""
        while method in self._refresh_wanted:
            self._refresh_wanted.remove(method)
            if method == types.WORKSPACE_INLAY_HINT_REFRESH:
                await self.hinted.heard()
            with suppress(Exception):
                await asyncio.wait_for(self.protocol.send_request_async(method), _REFRESH_SECONDS)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """To the log; a window would be in the user's way."""
        log.error("%s: %s", getattr(source, "__name__", source), type(error).__name__)

    def state(self) -> dict[str, Any]:
        """What someone who looks for a fault wants to know. No text of the user's is in it."""
        return {
            "version": __version__,
            "encoding": self.client.encoding,
            "channel": "pull" if self.client.pulls else "push",
            "folders": len(self.folders.roots),
            "documents": len(list(self.documents)),
            "pending": len(self.protocol._request_futures),
            "tasks": len(self._tasks),
            "progress": len(self.work_done_progress.tokens),
        }


def serve(arguments: argparse.Namespace, analysis: Analysis = REAL) -> int:
    """Run until the client is gone. `arguments.tcp` is a port, or None for standard input and output.

    Returns 0 when the client said `shutdown` before it left, else 1.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    logging.getLogger("concurrent.futures").setLevel(logging.CRITICAL)
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    with suppress(KeyboardInterrupt):
        return asyncio.run(_run(getattr(arguments, "tcp", None), analysis))
    return 1


async def _run(port: int | None, analysis: Analysis) -> int:
    over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = Server(analysis, lambda code: None if over.done() else over.set_result(code))
    if port is None:
        await connect_stdio(server, server.connected)
        return await over
    listener = await listen_tcp(server, port, server.connected)
    try:
        return await over
    finally:
        listener.close()
