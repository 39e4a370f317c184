"""The findings of all files of the folders, open or not: pulled by clients that ask, pushed when someone wants a check.

A pull that would say nothing new is held until something has changed. Files are looked at a few at a time, so that
what the user types comes in between, and what has not changed since the last look is not looked at again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from awaitlens.edge.diagnostics import publication
from awaitlens.edge.progress import bar
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.workspace import Files, files_of

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

_AT_ONCE = 4
_MOST_UNASKED = 1500
"""Some editors pull all the time. In folders with more files they are told of open documents alone, until somebody asks
for a check."""
_CALM_SECONDS = 1.0
"""How long a held pull waits after a change for further ones."""


State = tuple[int, int, "FileFacts | None"]


class Look(NamedTuple):
    """What was found in a file: the diagnostics as JSON, and how many."""

    body: str
    number: int

    @property
    def mark(self) -> str:
        """A name for this result that two equal results share."""
        return blake2b(self.body.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_CLEAN = Look("", 0)


class Survey:
    """Everything here happens on the event loop, except `_look`."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._walk: asyncio.Future[Files] | None = None
        self._looks: dict[str, tuple[State | None, Look]] = {}
        self._published: set[str] = set()
        self._news = asyncio.Event()
        self._was_asked_for = False

    def disturbed(self) -> None:
        """Something has changed that findings may rest on."""
        self._news.set()

    def files_changed(self) -> None:
        """Files came, went or were written."""
        self._walk = None
        self._looks.clear()
        self._news.set()

    # --- pulled -----------------------------------------------------------------------------------------------

    async def report(self, known: Mapping[str, str]) -> dict[str, Any]:
        """The answer to workspace/diagnostic; `known` are the results the client has, by URI."""
        while True:
            self._news.clear()
            items = [item async for item in self._items(known)]
            if not known or any(item["kind"] == "full" for item in items):
                return {"items": items}
            await self._news.wait()
            await asyncio.sleep(_CALM_SECONDS)

    async def _items(self, known: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        seen = set()
        async for path, look in self._every(await self._pulled_paths()):
            uri, version = self._ls.documents.address(path)
            seen.add(uri)
            if look.number or uri in known:
                yield _item(uri, version, look, known.get(uri))
        for uri in known.keys() - seen:
            yield _item(uri, None, _CLEAN, known[uri])

    # --- pushed ------------------------------------------------------------------------------------------------

    async def check(self) -> dict[str, int]:
        """Look at every file and show what is found in those that are not open. The client may stop it."""
        self._was_asked_for, files, findings = True, 0, 0
        async with bar(self._ls, "AwaitLens: checking the workspace") as shown:
            paths = await self._all_paths()
            async for path, look in self._every(paths):
                files, findings = files + 1, findings + look.number
                if not self._ls.client.pulls:
                    self._publish(path, look)
                if not shown.report(files, len(paths)):
                    break
        self._news.set()
        return {"files": files, "findings": findings}

    def _publish(self, path: str, look: Look) -> None:
        if self._ls.documents.get(path) is None and (look.number or path in self._published):
            self._ls.protocol.send_text(publication(self._ls.documents.address(path)[0], None, look.body))
            self._published = self._published | {path} if look.number else self._published - {path}

    async def again(self, paths: Sequence[str]) -> None:
        """Of files that a check has shown: show what is in them now. They were written, deleted or closed."""
        for path in paths:
            if path in self._published:
                self._publish(path, await self._ls.turns.work_on_newest(partial(self._look, path)))

    # --- looking -----------------------------------------------------------------------------------------------

    async def _every(self, paths: Sequence[str]) -> AsyncIterator[tuple[str, Look]]:
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            for path, look in zip(some, await self._ls.turns.work_on_newest(partial(self._some, some))):
                yield path, look

    async def _pulled_paths(self) -> tuple[str, ...]:
        paths = await self._all_paths()
        return paths if self._was_asked_for or len(paths) <= _MOST_UNASKED else tuple(self._ls.documents)

    async def _all_paths(self) -> tuple[str, ...]:
        """The files of the folders; those open ones that lie in none come first."""
        if self._walk is None:
            walk = partial(files_of, self._ls.folders.roots, self._ls.folders.settings_for)
            self._walk = self._ls.indexing.submit(walk)
        # Several may wait for one walk: who gives up must not end it for the others.
        found = (await asyncio.shield(self._walk)).paths
        return tuple(dict.fromkeys((*self._ls.documents, *found)))

    def _some(self, paths: Sequence[str]) -> list[Look]:
        return [self._look(path) for path in paths]

    def _look(self, path: str) -> Look:
        known = self._looks.get(path)
        if known is not None and self._ls.session.consult(partial(_is_still, known[0], path)):
            return known[1]
        snapshot = self._ls.session.survey(path)
        if snapshot is None:
            return _CLEAN
        encoder = self._ls.diagnostics.encoder
        encoded = [encoder.encode(finding, snapshot.source) for finding in snapshot.findings]
        look = Look(",".join(encoded), len(encoded))
        self._looks[path] = (self._ls.session.consult(partial(_state, path)), look)
        return look


def _state(path: str, program: Program) -> State:
    """What the findings of a file rest on: its own facts, and what it may notice of others."""
    return program.epoch, program.edits, program.files.get(path)


def _is_still(state: State | None, path: str, program: Program) -> bool:
    now = _state(path, program)
    return state is not None and state[:2] == now[:2] and state[2] is now[2]


def _item(uri: str, version: int | None, look: Look, known: str | None) -> dict[str, Any]:
    common = {"uri": uri, "version": version, "resultId": look.mark}
    if known == look.mark:
        return {**common, "kind": "unchanged"}
    return {**common, "kind": "full", "items": json.loads(f"[{look.body}]")}
