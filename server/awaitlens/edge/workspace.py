"""What goes on around the documents: folders, settings, files on the disk, the index."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from awaitlens.edge.convert import path_of
from awaitlens.edge.documents import Document
from awaitlens.edge.folders import SECTION, own_section
from awaitlens.edge.progress import bar
from awaitlens.edge.protocol import Refused

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

log = logging.getLogger("awaitlens.edge")

_WATCHED = ("**/*.py", "**/*.pyi", "**/pyproject.toml")


def register(ls: Server) -> None:
    ls.feature(types.INITIALIZED)(initialized)
    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    ls.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_watched_files)
    ls.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders)


async def initialized(ls: Server, _: types.InitializedParams) -> None:
    ls.spawn(_register_with_client(ls))
    await ask_for_configuration(ls)
    await index(ls)


async def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    if ls.client.answers_configuration:
        await ask_for_configuration(ls)
    else:
        _configure(ls, {None: own_section(params.settings)})


def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    paths = [path_of(change.uri) for change in params.changes]
    if any(path.endswith("pyproject.toml") for path in paths):
        reconfigure(ls)
    ls.documents.files_changed()
    ls.survey.files_changed()
    for change in params.changes:
        if change.type == types.FileChangeType.Deleted:
            _clear_deleted(ls, path_of(change.uri))
    for path in paths:
        ls.turns.edit(partial(ls.session.file_changed, path))
    let_in(ls, _nothing)
    ls.spawn(ls.survey.again(paths))


async def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for folder in params.event.removed:
        ls.folders.remove(folder.uri)
    for folder in params.event.added:
        ls.folders.add(folder.uri)
    await ask_for_configuration(ls)
    reconfigure(ls)
    await index(ls)


async def ask_for_configuration(ls: Server) -> None:
    """The client's settings, for each folder and for what lies in none."""
    if not ls.client.answers_configuration:
        return
    scopes = ls.folders.uris()
    items = [types.ConfigurationItem(scope_uri=scope, section=SECTION) for scope in scopes]
    with suppress(Refused):
        values = await ls.protocol.send_request_async(
            types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items)
        )
        if isinstance(values, list):
            _configure(ls, dict(zip(scopes, values)))


def _configure(ls: Server, values: dict[str | None, Any]) -> None:
    if ls.folders.configure(values):
        reconfigure(ls)


def reconfigure(ls: Server) -> None:
    """Settings may be others now: everything shown is looked at again."""
    ls.folders.refresh()
    ls.survey.files_changed()
    let_in(ls, ls.session.settings_changed)
    ls.diagnostics.mark(list(ls.documents))
    ls.refresh(types.WORKSPACE_INLAY_HINT_REFRESH)
    ls.settle()


def close(ls: Server, document: Document) -> None:
    """From now on the disk speaks for the file."""
    ls.diagnostics.clear(document)
    ls.hinted.forget(document.path)
    let_in(ls, partial(ls.session.close, document.path))
    ls.spawn(ls.survey.again([document.path]))


def let_in(ls: Server, job: Callable[[], object]) -> None:
    """Tell the session something large, and look again at what that may have changed."""
    ls.spawn(_notice(ls, ls.turns.load(job)))


async def _notice(ls: Server, affected: Awaitable[Sequence[str]]) -> None:
    ls.diagnostics.mark(await affected)
    ls.survey.disturbed()
    ls.settle()
    for problem in ls.folders.new_problems():
        ls.window_log_message(types.LogMessageParams(types.MessageType.Warning, problem))


def _nothing() -> None:
    """All there is to tell has been told."""


def _clear_deleted(ls: Server, path: str) -> None:
    document = ls.documents.get(path)
    if document is not None:
        ls.diagnostics.clear(document)


async def index(ls: Server) -> None:
    """Read the folders, with a progress bar. The open documents are answered for meanwhile."""
    roots, settings_for = ls.folders.roots, ls.folders.settings_for
    if not roots:
        return
    async with bar(ls, "AwaitLens: reading the workspace") as shown:
        take_in = await ls.indexing.submit(partial(ls.analysis.read_ahead, roots, settings_for, shown.report))
    let_in(ls, partial(take_in, ls.session.session))


async def _register_with_client(ls: Server) -> None:
    registrations = []
    if ls.client.registers_configuration:
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        registrations.append(types.Registration("configuration", method, {"section": SECTION}))
    if ls.client.registers_watchers:
        watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registrations.append(types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if registrations:
        with suppress(Refused):
            params = types.RegistrationParams(registrations)
            await ls.protocol.send_request_async(types.CLIENT_REGISTER_CAPABILITY, params)
