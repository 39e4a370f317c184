"""What the server answers. Each handler translates, asks, and translates back.

Documents come with every keystroke and are read as plain JSON. Requests are coroutines, so that the client can cancel
them; what takes long in them runs in a thread of its own, on a frozen snapshot.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from awaitlens.edge import answers, commands, features, workspace
from awaitlens.edge.actions import KINDS
from awaitlens.edge.asking import answer
from awaitlens.edge.client import Json
from awaitlens.edge.convert import path_of
from awaitlens.edge.documents import Document, LostDocument
from awaitlens.edge.protocol import CONTENT_MODIFIED, Refused
from awaitlens.session import Change

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

_SMALL = 2000
"""Characters. A larger insertion is not taken in on the event loop."""


def register(ls: Server) -> None:
    """Offer what this client can use, before the capabilities are sent."""
    ls.protocol.clock = ls.documents.clock
    ls.protocol.notified |= {
        types.TEXT_DOCUMENT_DID_OPEN: partial(did_open, ls),
        types.TEXT_DOCUMENT_DID_CHANGE: partial(did_change, ls),
        types.TEXT_DOCUMENT_DID_CLOSE: partial(did_close, ls),
    }
    ls.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    ls.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=list(KINDS), resolve_provider=ls.client.resolves_edits),
    )(code_action)
    if ls.client.resolves_edits:
        ls.feature(types.CODE_ACTION_RESOLVE)(resolve_code_action)
    ls.feature(types.TEXT_DOCUMENT_INLAY_HINT)(inlay_hint)
    if ls.client.pulls:
        register_pull(ls)
    commands.register(ls)
    features.register(ls)
    workspace.register(ls)


def register_pull(ls: Server) -> None:
    options = types.DiagnosticOptions(
        identifier="awaitlens",
        inter_file_dependencies=True,
        workspace_diagnostics=ls.client.pulls_folders,
    )
    ls.protocol.asked[types.TEXT_DOCUMENT_DIAGNOSTIC] = partial(diagnostic_at_once, ls)
    ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(diagnostic)
    if ls.client.pulls_folders:
        ls.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic)


# --- documents ---------------------------------------------------------------------------------------------------


def did_open(ls: Server, params: Json) -> None:
    document = ls.documents.open(params["textDocument"])
    source = document.source
    workspace.let_in(ls, partial(ls.session.open, source.path, source.text, source.version))
    ls.diagnostics.edited(document.path, ())
    ls.late.wanted(document.path)


def did_change(ls: Server, params: Json) -> None:
    try:
        changed = ls.documents.change(params)
    except LostDocument as lost:
        workspace.close(ls, lost.document)
        raise
    if changed is not None:
        _hand_over(ls, *changed)


def _hand_over(ls: Server, document: Document, changes: list[Change]) -> None:
    hand_over = ls.turns.edit if all(map(_is_small, changes)) else partial(workspace.let_in, ls)
    hand_over(partial(_take_in, ls, document, changes, document.version))
    ls.diagnostics.edited(document.path, changes)
    ls.survey.disturbed()
    ls.late.wanted(document.path)


def _take_in(ls: Server, document: Document, changes: list[Change], version: int | None) -> None:
    """An edit the session stumbles over must not leave it with another text than the editor's."""
    try:
        ls.session.change(document.path, changes, version)
    except Exception:
        ls.session.open(document.path, document.source.text, document.version)
        raise


def _is_small(change: Change) -> bool:
    return change.span is not None and len(change.text) < _SMALL


def did_close(ls: Server, params: Json) -> None:
    document = ls.documents.close(path_of(params["textDocument"]["uri"]))
    if document is not None:
        workspace.close(ls, document)


# --- diagnostics, when the client asks for them -------------------------------------------------------------------


def diagnostic_at_once(ls: Server, params: Json) -> str | None:
    return ls.diagnostics.report(path_of(params["textDocument"]["uri"]), params.get("previousResultId"))


async def diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> dict[str, Any]:
    return await ls.diagnostics.report_later(path_of(params.text_document.uri), params.previous_result_id)


async def workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> dict[str, Any]:
    return await ls.survey.report({each.uri: each.value for each in params.previous_result_ids})


# --- questions about a place ----------------------------------------------------------------------------------------


async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    return await answer(ls, params.text_document.uri, partial(answers.hover, ls, params.position))


async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    return await answer(ls, params.text_document.uri, partial(answers.code_actions, ls, params))


async def resolve_code_action(ls: Server, action: types.CodeAction) -> types.CodeAction:
    uri, key = answers.checked(ls, action.data)
    resolved = await answer(ls, uri, partial(answers.resolved, ls, action, key))
    if resolved is None:
        raise Refused(CONTENT_MODIFIED, "The document has changed.")
    return resolved


async def inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    with ls.hinted.answering():
        return await answer(ls, params.text_document.uri, partial(answers.inlay_hints, ls, params.range))
